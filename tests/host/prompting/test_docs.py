"""What docs/prompts.md shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from limner_host.prompting import LoraTag, Wildcards, filled, networks_of, parts_of, phases_of, spans_of

PAGE = (Path(__file__).parents[3] / "docs" / "prompts.md").read_text(encoding="utf-8")


def rows(section: str) -> list[tuple[str, ...]]:
    """The cells of a section's table."""
    body = PAGE.split(f"\n## {section}\n")[1].split("\n## ")[0]
    lines = [line for line in body.splitlines() if line.startswith("|")][2:]
    return [tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]) for line in lines]


def code(cell: str) -> list[str]:
    """What is set as code; a bar needs a backslash in a table."""
    return [text.replace(r"\|", "|") for text in re.findall(r"`([^`]+)`", cell)]


@pytest.mark.parametrize(("prompt", "said"), rows("How strongly"))
def test_documented_weights(prompt: str, said: str) -> None:
    spans = spans_of(code(prompt)[0])
    weights = {span.text.strip(): f"{span.weight:.2f}" for span in spans if span.weight != 1}
    counts = re.findall(r"(?:^|, )([a-z ]+?) (?:counts )?([\d.]+) times", said)
    assert weights == {words: f"{float(number):.2f}" for words, number in counts}
    assert any(span.breaks for span in spans) == ("chunk" in said)
    assert any("(" in span.text for span in spans) == ("ordinary" in said)


@pytest.mark.parametrize(("prompt", "said"), rows("When"))
def test_documented_steps(prompt: str, said: str) -> None:
    phases = [(phase.last_step, phase.text) for phase in phases_of(code(prompt)[0], 10)]
    ends = [int(step) for step in re.findall(r"up to step (\d+)", said)]
    assert phases == list(zip([*ends, 10], code(said), strict=True))


def test_documented_turns() -> None:
    prompt = next(text for text in code(PAGE) if text.startswith("a [dog|"))
    ends = {phase.text: phase.last_step for phase in reversed(phases_of(prompt, 10))}
    assert ends == {"a dog": 1, "a cat": 2, "a fox": 3}
    assert "dog at steps 0 and 1, cat at 2, fox at 3, dog at 4" in PAGE.replace("\n", " ")
    assert [phase.text for phase in phases_of("[fe|]male", 2)] == ["female", "male"]


def test_documented_composition() -> None:
    prompt = next(text for text in code(PAGE) if "AND a forest" in text)
    assert [(part.text, part.weight) for part in parts_of(prompt)] == [("a castle", 1.2), ("a forest", 0.5)]


@pytest.mark.parametrize(("prompt", "name", "weight", "text_weight"), rows("LoRA and embeddings"))
def test_documented_tags(prompt: str, name: str, weight: str, text_weight: str) -> None:
    assert networks_of(code(prompt)[0]) == ("a cat ", (LoraTag(name, float(weight), float(text_weight)),))


@pytest.mark.parametrize(("template", "possible"), rows("Chance"))
def test_documented_choices(template: str, possible: str, tmp_path: Path) -> None:
    (tmp_path / "pets").mkdir()
    (tmp_path / "colour.txt").write_text("red\nblue\n")
    (tmp_path / "pets" / "small.txt").write_text("mouse\n")
    expected = {text for text in code(possible) if not text.startswith("wildcards/")}
    assert {filled(code(template)[0], seed, Wildcards(tmp_path)) for seed in range(80)} == expected


@pytest.mark.parametrize("character", "( ) [ ] { } | : _ < > \\".split())
def test_documented_escapes(character: str) -> None:
    assert f"`{'( ) [ ] { } | : _ < > ' + chr(92)}`" in PAGE
    text = networks_of(filled(f"a\\{character}b", 1, Wildcards(Path("nowhere"))))[0]
    assert [span.text for span in spans_of(phases_of(text, 10)[0].text)] == [f"a{character}b"]
