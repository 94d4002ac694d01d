"""Pictures and files of messages as HTML, in the layout that Discord gives to one to ten pictures."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from .errors import Json
from .files import Attachment
from .messages import ATTACHMENT_SCHEME

ROWS = {1: (1,), 2: (2,), 4: (2, 2), 5: (2, 3), 6: (3, 3), 7: (1, 3, 3), 8: (2, 3, 3), 9: (3, 3, 3), 10: (1, 3, 3, 3)}
KIB = 1024


@dataclass(frozen=True)
class Picture:
    """A picture ready to be shown."""

    source: str
    alt: str = ""
    spoiler: bool = False

    def html(self) -> str:
        """Return the picture, veiled where it is a spoiler."""
        image = f'<img src="{escape(self.source)}" alt="{escape(self.alt)}">'
        return f"<div class=veiled>{image}<b>SPOILER</b></div>" if self.spoiler else f"<div>{image}</div>"


class Media:
    """Finds the files behind the links of a message: its own, and others that the CDN holds."""

    def __init__(self, own: Iterable[Attachment], stored: Mapping[str, Attachment]) -> None:
        self._own = {file.filename: file for file in own}
        self._stored = stored

    def file(self, url: str) -> Attachment | None:
        """Return the file that a link leads to, if it is one of Discord's."""
        if url.startswith(ATTACHMENT_SCHEME):
            return self._own.get(url.removeprefix(ATTACHMENT_SCHEME))
        path = url.split("?")[0].split("://", 1)[-1].partition("/")[2]
        return self._stored.get(f"/{path}")

    def source(self, url: str) -> str:
        """Return what an <img> shows for a link: the bytes themselves, where they are known."""
        found = self.file(url)
        return data_url(found) if found else url

    def picture(self, item: Json) -> Picture:
        """Return a gallery item or thumbnail."""
        source = self.source(item["media"]["url"])
        return Picture(source, item.get("description") or "", bool(item.get("spoiler")))


def data_url(file: Attachment) -> str:
    """Return the file as a link that holds its bytes."""
    return f"data:{content_type(file)};base64,{base64.b64encode(file.data).decode()}"


def content_type(file: Attachment) -> str:
    """Return the type of a file, guessed by its name if nobody said."""
    return file.content_type or mimetypes.guess_type(file.filename)[0] or "application/octet-stream"


def gallery(pictures: Sequence[Picture]) -> str:
    """Return one to ten pictures in Discord's rows; three stand as one beside two."""
    if len(pictures) == 1:
        return f"<div class=single>{pictures[0].html()}</div>"
    if len(pictures) == 3:
        first, *others = (picture.html() for picture in pictures)
        return f"<div class=three>{first}<div>{''.join(others)}</div></div>"
    rows, left = [], list(pictures)
    for count in ROWS.get(len(pictures), ()):
        cells = "".join(picture.html() for picture in left[:count])
        rows.append(f'<div class="row of{count}">{cells}</div>')
        del left[:count]
    return f"<div class=gallery>{''.join(rows)}</div>"


def attachments(files: Iterable[Attachment]) -> str:
    """Return the files that a message lists: pictures together, then a card for each other file."""
    present = list(files)
    images = [file for file in present if content_type(file).startswith("image/")]
    shown = [Picture(data_url(file), file.description or "", file.filename.startswith("SPOILER_")) for file in images]
    cards = "".join(file_card(file) for file in present if file not in images)
    return (gallery(shown) if shown else "") + cards


def file_card(file: Attachment) -> str:
    """Return the card of a file that is no picture."""
    size = f"{file.size / KIB:.2f} KB" if file.size >= KIB else f"{file.size} bytes"
    return f"<div class=file><i>📄</i><div><a>{escape(file.filename)}</a><small>{size}</small></div></div>"
