"""What docs/detailing.md says is what there is."""

from __future__ import annotations

import re

from tests.house.test_docs import ROOT

from limner_plugins.detailer.params import DetailerParams

PAGE = (ROOT / "docs" / "detailing.md").read_text()


def test_every_parameter_of_the_detailer_is_on_the_page() -> None:
    assert [name for name in DetailerParams.model_fields if f"`{name}`" not in PAGE] == []


def written(default: object) -> str:
    """A default as the page writes it."""
    if isinstance(default, float):
        return f"{default:g}"
    return "" if default is None else str(default).lower()


def test_the_defaults_on_the_page_are_true() -> None:
    told: dict[str, str] = {}
    for line in PAGE.splitlines():
        if line.startswith("| `"):
            names, defaults = line.split("|")[1:3]
            told |= dict(zip(re.findall(r"\w+", names), defaults.split(","), strict=False))
    assert len(told) > 25
    fields = DetailerParams.model_fields
    assert {name: text.strip(" `") for name, text in told.items()} == {
        name: written(fields[name].default) for name in told
    }
