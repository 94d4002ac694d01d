"""Who may order what: bans, rules, limits and prices, decided before anything is queued, from memory alone."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import discord

from limner_bot.asking.menu import PICTURES, Menu
from limner_bot.asking.wanted import MOST_PIXELS
from limner_bot.operating.sections import QueueSection
from limner_bot.policy.bans import Ban
from limner_bot.policy.place import Place
from limner_bot.policy.policies import Policies
from limner_bot.policy.rules import Rules, texts_of
from limner_bot.queue.limits import Limits, OverLimit, check_request, least, shrunk
from limner_bot.queue.records import Price
from limner_bot.queue.room import Room, Share
from limner_bot.talking.guard import Refusal
from limner_bot.talking.harmless import quoted, short
from limner_bot.working.lessons import foreseen
from limner_sdk import InvalidRequest, Request, Size
from limner_sdk.messages import Planned
from limner_sdk.request import LARGEST_SIDE

Interaction = discord.Interaction[Any]
#: Jobs of one command where no limit says anything else.
MOST_JOBS: Final = 10
_NO_LIMIT: Final = 10**9
#: What stands in a request for a picture that is still to be fetched from Discord.
UPLOAD: Final = "upload"
_OVER: Final = {
    "models": "over-models",
    "largest_pixels": "over-pixels",
    "steps": "over-steps",
    "count": "over-count",
    "repeat": "over-repeat",
    "waiting": "over-waiting",
    "seconds_per_day": "over-day",
}


@dataclass(frozen=True)
class Admitted:
    """What may be queued: the request as the rules allow it, what it costs, and how much room there is."""

    request: Request
    price: Price
    room: Room


@dataclass(frozen=True)
class Admission:
    """Decides. It holds for every way to ask: commands, buttons, menus and forms, in servers and in direct messages."""

    menu: Menu
    policies: Policies
    queue: QueueSection
    now: Callable[[], float] = time.time

    def admit(self, interaction: Interaction, request: Request, wish: str = "", *, draws: bool = True) -> Admitted:
        """Let a request in; what `draws` nothing shows a picture that is there. Raises `Refusal`, which says why."""
        place = Place.of(interaction)
        rules = self._welcome(place)
        refusal = "rule-model" if request.model else "rule-model-unsaid"
        request = self._by_default(place, request)
        if UPLOAD in (request.finished, request.image, request.mask):
            _require_uploads(rules)
        _require_words(rules, (*texts_of(request), *_texts_in(wish)))
        model = self._model(request)
        if draws:
            _require_models(rules, (model,) if model else (), refusal)
            request = self._within(place, request)
            self._require_limits(place, self._complete(request))
        return Admitted(request, self._price(place, request), self._room(place))

    def admit_grid(self, interaction: Interaction, request: Request, planned: Planned) -> Price:
        """Let a grid in that the host has planned, and say what it costs. Raises `Refusal`."""
        place = Place.of(interaction)
        rules = self._welcome(place)
        _require_words(rules, (*texts_of(request), *planned.prompts))
        _require_models(rules, planned.models)
        largest = {"width": planned.width or None, "height": planned.height or None, "steps": planned.steps or None}
        for model in planned.models or (None,):
            self._require_limits(place, request.model_copy(update=largest | {"model": model}))
        first = next(iter(planned.models), self._model(request))
        # What post-processors draw is part of what the host has planned.
        seconds = self.policies.rates.rates.predicted(planned.work, first or "")
        return self._priced(place, planned.work, first, seconds)

    def require_uploads(self, interaction: Interaction) -> None:
        """People may bring pictures of their own here. Raises `Refusal`."""
        _require_uploads(self._welcome(Place.of(interaction)))

    def allows_model(self, interaction: Interaction, model: str) -> bool:
        """Whether somebody may use a model of this full id here."""
        place = Place.of(interaction)
        limits = self._limits(place)
        return self._rules(place).allows_model(model) and all(each.allows(model) for each in limits)

    def most_jobs(self, interaction: Interaction) -> int:
        """How many jobs somebody may ask for by one command."""
        told = [each.repeat for each in self._limits(Place.of(interaction)) if each.repeat is not None]
        return min(told, default=MOST_JOBS)

    def defaults(self, interaction: Interaction) -> dict[str, Any]:
        """What holds where a member says nothing, as far as limits allow it, by the names of /imagine's options."""
        limits, found = self._limits(Place.of(interaction)), self.policies.defaults(interaction)
        found["count"] = least("count", limits, found.get("count", PICTURES))
        if "steps" in found:
            found["steps"] = least("steps", limits, found["steps"])
        if (most := least("largest_pixels", limits, LARGEST_SIDE**2)) < LARGEST_SIDE**2:
            found[MOST_PIXELS] = most
        return found

    def offered(self, interaction: Interaction, request: Request) -> Request:
        """What a button asks for, whose number of pictures nobody has said: as many as limits allow."""
        return request.model_copy(update={"count": self.most_pictures(interaction, request.count or 1)})

    def most_pictures(self, interaction: Interaction, count: int) -> int:
        """So many pictures, or as many as limits allow."""
        return least("count", self._limits(Place.of(interaction)), count)

    def limits_of(self, interaction: Interaction) -> tuple[Limits, Limits]:
        """What somebody may do in this server, and what nobody may go beyond anywhere."""
        return self._limits(Place.of(interaction))

    def price(self, request: Request) -> Price:
        """What a request costs somebody whose roles say nothing."""
        return self._price(Place(0), request)

    def _welcome(self, place: Place) -> Rules:
        """The rules of a place where somebody may ask for something."""
        ban = self.policies.bans.on(place.user_id, place.guild_id)
        if ban is not None:
            raise banned(ban)
        rules = self._rules(place)
        if not rules.allows_channel(place):
            raise Refusal.of("rule-channels", channels=" ".join(f"<#{channel}>" for channel in rules.channels[:20]))
        if rules.age_restricted_only and not place.age_restricted:
            raise Refusal.of("rule-age-restricted")
        return rules

    def _rules(self, place: Place) -> Rules:
        return self.policies.rules.holding(place.guild_id)

    def _limits(self, place: Place) -> tuple[Limits, Limits]:
        return self.policies.limits.at(place), self.policies.limits.everywhere

    def _by_default(self, place: Place, request: Request) -> Request:
        """The request by the model of the place, if it names none; one that the host has lost is as if not said."""
        default = self.policies.preferences.at(place).model
        if default is None or request.model is not None or request.finished is not None:
            return request
        try:
            return self.menu.known(request.model_copy(update={"model": default}))
        except InvalidRequest:
            return request

    def _model(self, request: Request) -> str | None:
        """The full id of the model that will work; None for a finished picture, which may bring its own."""
        entry = self.menu.entry_of(request)
        return entry.id if entry is not None and (request.model or request.finished is None) else request.model

    def _within(self, place: Place, request: Request) -> Request:
        """The request with fewer steps and pixels than its model likes where nobody has said any, as limits want."""
        entry, limits = self.menu.entry_of(request), self._limits(place)
        if entry is None or request.finished is not None:
            return request
        changes: dict[str, Any] = {}
        if request.steps is None and (steps := least("steps", limits, entry.steps)) < entry.steps:
            changes["steps"] = steps
        own = Size(entry.width, entry.height)
        if (request.width, request.height) == (None, None) and (size := shrunk(own, limits)) != own:
            changes |= {"width": size.width, "height": size.height}
        return request.model_copy(update=changes)

    def _complete(self, request: Request) -> Request:
        """The request with what the host will fill in where that counts."""
        entry = self.menu.entry_of(request)
        if entry is None or request.finished is not None:
            return request
        liked = {"model": entry.id, "width": entry.width, "height": entry.height, "steps": entry.steps, "count": 1}
        return request.model_copy(update={name: getattr(request, name) or value for name, value in liked.items()})

    def _require_limits(self, place: Place, request: Request) -> None:
        for limits in self._limits(place):
            try:
                check_request(request, limits)
            except OverLimit as error:
                raise over(error, self.now()) from None

    def _price(self, place: Place, request: Request) -> Price:
        work, model = self.menu.work(request), self._model(request)
        return self._priced(place, work, model, foreseen(self.policies.rates.rates, request, work, model or ""))

    def _priced(self, place: Place, work: float, model: str | None, seconds: float) -> Price:
        return Price(work, seconds, self.policies.limits.at(place).share, model or "")

    def _room(self, place: Place) -> Room:
        here, everywhere = self._limits(place)
        shares = [Share(here), Share(everywhere, everywhere=True)]
        if self.queue.seconds_per_day:
            shares.append(Share(Limits(seconds_per_day=self.queue.seconds_per_day), everywhere=True))
        bounding = tuple(share for share in shares if share.limits != Limits())
        queue = self.queue
        return Room(queue.most_per_user or _NO_LIMIT, queue.most_jobs_waiting or _NO_LIMIT, bounding)


def banned(ban: Ban) -> Refusal:
    """What somebody hears who is banned."""
    ends = "never" if ban.until is None else f"<t:{ban.until:.0f}:f>"
    return Refusal.of("banned", ends=ends, reason=quoted(ban.reason, 300) if ban.reason else "")


def over(error: OverLimit, now: float) -> Refusal:
    """What somebody hears who wants too much, and when there is room again."""
    key = _OVER[error.limit]
    if error.limit == "models":
        return Refusal.of(key, name=short(str(error.value)))
    most = str(error.most) if not isinstance(error.most, float) else f"{error.most:g}"
    if error.limit != "seconds_per_day":
        return Refusal.of(key, value=str(error.value), most=most)
    room = "never" if error.room_in is None else f"<t:{now + error.room_in + 1:.0f}:R>"
    return Refusal.of(key, value=str(error.value), most=most, room=room)


def _require_uploads(rules: Rules) -> None:
    if not rules.uploads:
        raise Refusal.of("rule-uploads")


def _require_words(rules: Rules, texts: Iterable[str]) -> None:
    if (word := rules.blocked_in(texts)) is not None:
        raise Refusal.of("rule-words", word=quoted(word, 100))


def _require_models(rules: Rules, models: Iterable[str], refusal: str = "rule-model") -> None:
    for model in models:
        if not rules.allows_model(model):
            raise Refusal.of(refusal, name=short(model))


def _texts_in(wish: str) -> Iterator[str]:
    """All texts in the JSON of a grid's axes."""
    waiting: list[Any] = [json.loads(wish)] if wish else []
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict | list):
            waiting += part.values() if isinstance(part, dict) else part
