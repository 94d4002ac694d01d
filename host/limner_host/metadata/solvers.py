"""How a graph of ComfyUI's steps: its sampler, schedule and steps, which may stand in nodes of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from limner_host.registry import Registry
from limner_sdk.errors import quote

from .draft import Draft
from .graph import Graph, Node, chain

#: Nodes that are a sampler, and what it is called here.
SAMPLER_NODES: Final[Mapping[str, str]] = {
    "SamplerEulerAncestral": "euler_a",
    "SamplerDPMPP_2S_Ancestral": "dpmpp_2s_a",
    "SamplerDPMPP_SDE": "dpmpp_sde",
    "SamplerDPMPP_2M_SDE": "dpmpp_2m_sde",
    "SamplerDPMPP_3M_SDE": "dpmpp_3m_sde",
    "SamplerLMS": "lms",
}
#: Inputs of such nodes, and what they are called here.
_TUNED: Final[Mapping[str, str]] = {"eta": "eta", "s_noise": "noise_scale", "order": "order"}
#: Names of samplers that mean one of ours with other parameters than its usual ones.
SAMPLERS_SET: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "uni_pc_bh2": ("unipc", {"variant": "bh2"}),
    "dpm_fast": ("dpm_fast", {"eta": 0.0}),
    "dpm_adaptive": ("dpm_adaptive", {"eta": 0.0}),
}
#: Samplers whose noise there comes from the whole seed, and not from its lower half.
BROWNIAN: Final = tuple(
    f"samplers:{name}" for name in ("dpmpp_sde", "dpmpp_2m_sde", "dpmpp_2m_sde_heun", "dpmpp_3m_sde")
)
#: Schedules that go by another name here.
SCHEDULERS: Final[Mapping[str, str]] = {"beta": "beta_timesteps", "ddim_uniform": "ddim"}
#: Nodes that are a schedule, and what it is called here.
SCHEDULE_NODES: Final[Mapping[str, str]] = {
    "KarrasScheduler": "karras",
    "ExponentialScheduler": "exponential",
    "PolyexponentialScheduler": "polyexponential",
    "BetaSamplingScheduler": "beta_timesteps",
    "AlignYourStepsScheduler": "align_your_steps",
}
_RANGE: Final = ("sigma_max", "sigma_min", "rho", "alpha", "beta")
_TABLES: Final[Mapping[str, str]] = {"SD1": "sd15", "SDXL": "sdxl"}


def read_steps(graph: Graph, sampler: Node, draft: Draft, registry: Registry) -> None:
    """Sampler, schedule and steps, with a notice if the sampler's noise is another one there."""
    _sampler(graph, graph.source(sampler, "sampler") or sampler, draft, registry)
    if _draws_noise(draft.settings("sampler", registry.sampler)):
        draft.note("its sampler's noise comes from another source there; the picture will be close, not equal")
    sigmas = _sigmas(graph, sampler, draft)
    read_number(graph, sigmas, "steps", "steps", draft)
    _schedule(graph, sigmas, draft, registry)
    _part_of_steps(graph, sampler, draft)


def read_number(graph: Graph, node: Node, name: str, field: str, draft: Draft) -> None:
    """Set a field to a node's number, or leave it open with a notice."""
    value = graph.number(node, name)
    if value is None:
        draft.note(f"left out {field}: the node {quote(node.id)} has no number for {name}")
    else:
        draft.put(name, **{field: value})


def _sampler(graph: Graph, select: Node, draft: Draft, registry: Registry) -> None:
    name = SAMPLER_NODES.get(select.kind) or graph.text(select, "sampler_name") or select.kind
    if select.kind == "SamplerDPMPP_2M_SDE" and graph.text(select, "solver_type") == "heun":
        name = "dpmpp_2m_sde_heun"
    name, params = SAMPLERS_SET.get(name, (name, {}))
    offer = draft.look_up("sampler_name", name, registry.sampler)
    if offer is None:
        return
    draft.choose("sampler", "sampler_name", offer)
    for key, value in params.items():
        draft.tune("sampler", key, registry.sampler, {key: value})
    if select.kind in SAMPLER_NODES:
        _sampler_inputs(graph, select, draft, registry)


def _sampler_inputs(graph: Graph, select: Node, draft: Draft, registry: Registry) -> None:
    for key, param in _TUNED.items():
        value = graph.number(select, key)
        if value is not None:
            draft.tune("sampler", key, registry.sampler, {param: value})
    if graph.number(select, "r") not in (None, 0.5):
        draft.note("left out r: here the sampler looks at the middle of each step")


def _draws_noise(params: Mapping[str, Any]) -> bool:
    """Whether a sampler adds noise at these parameters: none that has a scale for it, and no share that is 0."""
    usual = {"noise_scale": 0, "eta": 1, "churn": 1}
    return all(float(params.get(name, value)) > 0 for name, value in usual.items())


def _sigmas(graph: Graph, sampler: Node, draft: Draft) -> Node:
    """The node that says how many steps there are: the sampler, or the scheduler behind nodes that cut its list."""
    if sampler.link("sigmas") is None:
        return sampler
    for node in chain(graph, sampler, ("sigmas",)):
        if "steps" in node.inputs:
            return node
        draft.note(f"left out what {quote(node.kind)} does to the schedule")
    return sampler


def _schedule(graph: Graph, sigmas: Node, draft: Draft, registry: Registry) -> None:
    name = SCHEDULE_NODES.get(sigmas.kind) or graph.text(sigmas, "scheduler") or sigmas.kind
    offer = draft.look_up("scheduler", SCHEDULERS.get(name, name), registry.schedule)
    if offer is None:
        return
    draft.choose("schedule", "scheduler", offer)
    for param in _RANGE if sigmas.kind in SCHEDULE_NODES else ():
        value = graph.number(sigmas, param)
        if value is not None:
            draft.tune("schedule", param, registry.schedule, {param: value})
    table = graph.text(sigmas, "model_type") if sigmas.kind == "AlignYourStepsScheduler" else None
    if table is not None:
        draft.tune("schedule", "model_type", registry.schedule, {"table": _TABLES.get(table, table)})


def _part_of_steps(graph: Graph, sampler: Node, draft: Draft) -> None:
    start, end = graph.number(sampler, "start_at_step") or 0, graph.number(sampler, "end_at_step")
    if start > 0 or (end is not None and end < (draft.get("steps") or 0)):
        draft.note("left out start_at_step and end_at_step: it ran only a part of its steps")
