"""What a picture of another program says of itself, kept as a text when the picture is finished here."""

from __future__ import annotations

from pathlib import Path

from limner_host.pictures import read_texts
from limner_host.registry import Registry
from limner_sdk import UnreadableImage
from limner_sdk.request import LONGEST_FINISHED_TEXT

from .containers import EXTRAS, GRAPH, INFOTEXT, RECIPE
from .grammar import composed, continued, pairs_of, parsed
from .origin import read_origin


def words_of_others(file: Path, registry: Registry) -> str:
    """A1111's infotext as it stands there, or the prompts of ComfyUI's graph in this form.

    "" for a picture that carries our own recipe or nothing that is understood, and for what is too long to be kept.
    Raises `UnreadableImage` for what is no picture.
    """
    texts = read_texts(file)
    text = texts.get(INFOTEXT, "")
    if RECIPE in texts or max(len(text), len(texts.get(EXTRAS, ""))) > LONGEST_FINISHED_TEXT:
        return ""
    told = parsed(text)
    if told.settings:
        beside = dict(pairs_of(texts.get(EXTRAS, "")))
        text = continued(text, ((key, value) for key, value in beside.items() if key not in told.settings))
    elif GRAPH in texts:
        text = _words_of_graph(file, registry)
    return text if len(text) <= LONGEST_FINISHED_TEXT else ""


def _words_of_graph(file: Path, registry: Registry) -> str:
    """The prompts alone; "" if they would be read as anything else."""
    try:
        request = read_origin(file, registry).request
    except UnreadableImage:
        # Whoever reads the picture hears of it.
        return ""
    text = composed(request.prompt, request.negative or "", ())
    return "" if parsed(text).settings else text.rstrip()
