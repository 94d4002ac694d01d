"""`limner recipe`: what a picture was made from."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("image", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print all of it as JSON.")
def recipe(image: Path, as_json: bool) -> None:
    """Print the recipe that IMAGE carries; `limner imagine --from IMAGE` makes it again."""
    from limner_host.pictures import read_recipe

    found = read_recipe(image)
    if as_json:
        print(found.model_dump_json(indent=2))
        return
    for field, value in found.model_dump(mode="json").items():
        if value not in (None, "", [], {}):
            print(f"{field + ':':<14}{_plain(value)}")


def _plain(value: object) -> str:
    if isinstance(value, dict):
        said = {key: inner for key, inner in value.items() if inner not in (None, "", [], {}, False)}
        return ", ".join(f"{key} {_plain(inner)}" for key, inner in said.items())
    if isinstance(value, list):
        return "; ".join(_plain(inner) for inner in value)
    # A foreign picture's prompt may hold sequences that steer the terminal.
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in str(value))
