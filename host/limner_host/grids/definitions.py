"""The axes of models and definitions, and of every parameter that a definition has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from limner_host.offers import Offer
from limner_host.registry import Registry
from limner_sdk import Choice, Control, Hires, InvalidRequest, Request
from limner_sdk.catalogue import DEFAULT_NOISE
from limner_sdk.settings import LATENT_UPSCALERS, PICTURE_UPSCALERS

from .axes import LOADING, Axis, Put, Value
from .own_fields import axes_of_params, changed

#: Fields of a request that hold one choice, which are called like its kind.
SINGLE: Final = ("noise", "sampler", "schedule", "tiler", "codec", "inversion")
#: Those of them that a request may do without.
_OPTIONAL: Final = ("tiler", "codec", "inversion")
#: Fields that hold several, with the kind of definition in them.
SEVERAL: Final = {"denoisers": "denoiser", "postprocess": "postprocessor"}
#: Enlargers that the host has itself.
_OWN_UPSCALERS: Final = (*LATENT_UPSCALERS, *PICTURE_UPSCALERS)


def axes_of_choices(registry: Registry) -> Iterator[Axis]:
    """Which model, sampler, schedule … is taken."""
    models = tuple(sorted(offer.name for offer in registry.models))
    yield Axis("model", "", "choice", partial(_model, registry), models, cost=LOADING)
    for kind in SINGLE:
        put = partial(_chosen, registry, kind)
        yield Axis(kind, "", "choice", put, _names(registry, kind), optional=kind in _OPTIONAL)
    for field, kind in SEVERAL.items():
        yield Axis(field, "", "choice", partial(_only, registry, field), _names(registry, kind), optional=True)


def _names(registry: Registry, kind: str) -> tuple[str, ...]:
    return tuple(sorted(offer.name for offer in _offers(registry, kind)))


def _offers(registry: Registry, kind: str) -> list[Offer[Any]]:
    """The definitions of a kind that can be chosen; a guard is in nobody's list."""
    return [offer for offer in registry.offers(kind) if not getattr(offer.definition, "guard", False)]


def _model(registry: Registry, request: Request, value: Value) -> Request:
    registry.model(str(value))
    return changed(request, model=value)


def _chosen(registry: Registry, kind: str, request: Request, value: Value) -> Request:
    """The request with a definition by name, which keeps those parameters of the one before that it has too."""
    if value is None:
        return changed(request, **{kind: None})
    offer = _offer(registry, kind, str(value))
    before = getattr(request, kind)
    known = offer.definition.params.model_fields
    kept = {name: said for name, said in (before.params if before else {}).items() if name in known}
    changes: dict[str, Any] = {kind: Choice(name=offer.id, params=kept)}
    if kind == "sampler":
        # An old name such as "DPM++ 2M Karras" says both.
        schedule = registry.sampler_and_schedule(str(value))[1]
        changes |= {"schedule": Choice(name=schedule.id)} if schedule else {}
    return changed(request, **changes)


def _only(registry: Registry, field: str, request: Request, value: Value) -> Request:
    """The request with one definition by name in a field that could hold several."""
    names = () if value is None else (_offer(registry, SEVERAL[field], str(value)).id,)
    return changed(request, **{field: tuple(Choice(name=name) for name in names)})


def _offer(registry: Registry, kind: str, name: str) -> Offer[Any]:
    """The definition that `name` means. Raises `UnknownName` or `AmbiguousName`."""
    if kind == "sampler":
        return registry.sampler_and_schedule(name)[0]
    finders: dict[str, Callable[[str], Offer[Any]]] = {
        "noise": registry.noise,
        "schedule": registry.schedule,
        "tiler": registry.tiler,
        "codec": registry.codec,
        "inversion": registry.inversion,
        "denoiser": registry.denoiser,
        "postprocessor": registry.postprocessor,
        "upscaler": registry.upscaler,
    }
    return finders[kind](name)


def axes_of_second_pass(registry: Registry) -> Iterator[Axis]:
    """Which sampler, schedule and upscaler the second pass takes."""
    for kind in ("sampler", "schedule", "upscaler"):
        own = _OWN_UPSCALERS if kind == "upscaler" else ()
        names = (*own, *_names(registry, kind))
        put = partial(_second, registry, kind)
        yield Axis(f"hires.{kind}", "", "choice", put, names, optional=kind != "upscaler", rank=1)


def _second(registry: Registry, kind: str, request: Request, value: Value) -> Request:
    if value is not None and value not in _OWN_UPSCALERS:
        value = _offer(registry, kind, str(value)).id
    said = dict(request.hires or Hires()) | {kind: value}
    return changed(request, hires=Hires.parse(said, "hires."))


def axes_of_parameters(registry: Registry, base: Request) -> Iterator[Axis]:
    """One axis for each parameter, ``sampler.eta``; that of what `base` has chosen comes last and so wins."""
    for kind in SINGLE:
        now = current(registry, kind, base)
        offers = sorted(registry.offers(kind), key=lambda offer: now is not None and offer.id == now.id)
        for offer in offers:
            yield from axes_of_params(kind, offer.definition.params, partial(_parameter, registry, kind))
    for field, kind in SEVERAL.items():
        for offer in _offers(registry, kind):
            path = f"{field}.{offer.name}"
            yield from axes_of_params(path, offer.definition.params, partial(_inner, registry, field, offer))


def current(registry: Registry, kind: str, request: Request) -> Offer[Any] | None:
    """What a request has chosen of one kind, or gets if it does not say; None for nothing."""
    choice = getattr(request, kind)
    if choice is not None:
        return _offer(registry, kind, choice.name)
    if kind == "sampler":
        model = registry.model(request.model) if request.model else registry.default_model
        return _offer(registry, kind, model.definition.defaults.sampler)
    if kind == "schedule":
        return _schedule_of_sampler(registry, request)
    return registry.noise(DEFAULT_NOISE) if kind == "noise" else None


def _schedule_of_sampler(registry: Registry, request: Request) -> Offer[Any]:
    if request.sampler is not None:
        named = registry.sampler_and_schedule(request.sampler.name)[1]
        if named is not None:
            return named
    sampler = current(registry, "sampler", request)
    assert sampler is not None, "there is always a sampler"
    return registry.schedule(sampler.definition.schedule)


def check_choices(registry: Registry, request: Request) -> None:
    """Look up every name that a request has, and check its parameters. Raises `InvalidRequest`."""
    if request.model:
        registry.model(request.model)
    for kind in SINGLE:
        choice = getattr(request, kind)
        if choice is not None:
            _offer(registry, kind, choice.name).params(choice)
    for field, kind in SEVERAL.items():
        for choice in getattr(request, field):
            _offer(registry, kind, choice.name).params(choice)
    noise = current(registry, "noise", request)
    if request.variations and noise is not None and not noise.definition.mixes_variations:
        raise InvalidRequest("noise", noise.name, "mixes no variation seeds; choose one that does")


def _parameter(registry: Registry, kind: str, field: str) -> Put:
    def put(request: Request, value: Value) -> Request:
        offer = current(registry, kind, request)
        if offer is None:
            raise InvalidRequest(f"{kind}.{field}", value, f"has nothing to belong to; choose a {kind} first")
        choice = getattr(request, kind) or Choice(name=offer.id)
        return changed(request, **{kind: _with(offer, choice, f"{kind}.", {field: value})})

    return put


def _inner(registry: Registry, field: str, offer: Offer[Any], name: str) -> Put:
    """What sets a parameter of one of several choices; one that is not chosen yet is added."""

    def put(request: Request, value: Value) -> Request:
        choices: Sequence[Choice] = getattr(request, field)
        ids = [_offer(registry, SEVERAL[field], choice.name).id for choice in choices]
        if offer.id not in ids:
            choices, ids = [*choices, Choice(name=offer.id)], [*ids, offer.id]
        prefix = f"{field}.{offer.name}."
        said = [
            _with(offer, choice, prefix, {name: value}) if known == offer.id else choice
            for choice, known in zip(choices, ids, strict=True)
        ]
        return changed(request, **{field: tuple(said)})

    return put


def _with(offer: Offer[Any], choice: Choice, prefix: str, params: Mapping[str, Value]) -> Choice:
    """The choice with some parameters, all of them checked. Raises `InvalidRequest`."""
    said = {**choice.params, **params}
    unknown = next((name for name in params if name not in offer.definition.params.model_fields), None)
    if unknown is not None:
        raise InvalidRequest(f"{prefix}{unknown}", params[unknown], f"means nothing to {offer.name}; leave it out")
    offer.definition.params.parse(said, prefix)
    return choice.model_copy(update={"params": said})


def axes_of_controls() -> Iterator[Axis]:
    """How the control networks are heard, all of them alike: ``control.weight``."""
    yield from axes_of_params("control", Control, _control)


def _control(field: str) -> Put:
    def put(request: Request, value: Value) -> Request:
        if not request.controls:
            raise InvalidRequest(f"control.{field}", value, "has nothing to belong to; choose a control network first")
        heard = (Control.parse(dict(choice.settings) | {field: value}, "control.") for choice in request.controls)
        pairs = zip(request.controls, heard, strict=True)
        return changed(request, controls=tuple(choice.model_copy(update={"settings": new}) for choice, new in pairs))

    return put
