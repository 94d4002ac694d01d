"""Files: what is uploaded, the attachments it becomes, and the signed links that lead there."""

from __future__ import annotations

import hashlib
import hmac
import mimetypes
import re
import secrets
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from .clock import Clock
from .constants import LINK_SECONDS
from .errors import Json

PNG_MAGIC, GIF_MAGIC = b"\x89PNG\r\n\x1a\n", b"GIF8"


@dataclass(frozen=True)
class Upload:
    """A file on its way to Discord."""

    filename: str
    data: bytes = field(repr=False)
    content_type: str | None = None
    description: str | None = None


class LinkSigner:
    """Makes links to stored files that expire after 24 h, and checks them."""

    def __init__(self, clock: Clock) -> None:
        self.base = ""
        self._clock = clock
        self._secret = secrets.token_bytes(16)

    def sign(self, path: str) -> str:
        """Return a full link to `path`, good for a day."""
        issued = int(self._clock.now())
        expires = issued + int(LINK_SECONDS)
        mark = self._mark(path, f"{expires:x}")
        return f"{self.base}{path}?ex={expires:x}&is={issued:x}&hm={mark}"

    def accepts(self, path: str, query: Mapping[str, str]) -> bool:
        """Is this link genuine and still alive?"""
        expires = query.get("ex", "0")
        genuine = hmac.compare_digest(self._mark(path, expires), query.get("hm", ""))
        return genuine and self._clock.now() < int(expires, 16)

    def _mark(self, path: str, expires: str) -> str:
        return hmac.new(self._secret, f"{path}?{expires}".encode(), hashlib.sha256).hexdigest()


@dataclass(eq=False)
class Attachment:
    """A stored file; `url` is signed afresh each time it is asked for."""

    id: str
    filename: str
    data: bytes = field(repr=False)
    folder: str
    signer: LinkSigner
    content_type: str | None = None
    description: str | None = None

    @property
    def path(self) -> str:
        """The link without host and signature."""
        return f"{self.folder}/{self.id}/{self.filename}"

    @property
    def url(self) -> str:
        """A fresh signed link."""
        return self.signer.sign(self.path)

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self.data)

    def read(self) -> bytes:
        """Return the bytes that were uploaded."""
        return self.data

    def payload(self) -> Json:
        """Return the attachment object of the API."""
        url = self.url
        payload: Json = {
            "id": self.id,
            "filename": self.filename,
            "size": self.size,
            "url": url,
            "proxy_url": url,
        }
        if self.description is not None:
            payload["description"] = self.description
        if self.folder.startswith("/ephemeral-attachments/"):
            payload["ephemeral"] = True
        if content_type := self.content_type or mimetypes.guess_type(self.filename)[0]:
            payload["content_type"] = content_type
        if dimensions := image_dimensions(self.data):
            payload["width"], payload["height"] = dimensions
        return payload


def stored_name(filename: str) -> str:
    """Return the name under which Discord keeps a file: no spaces, no punctuation."""
    return re.sub(r"[^\w.-]", "_", filename)


def image_dimensions(data: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels of a PNG or GIF, None for anything else."""
    if data.startswith(PNG_MAGIC) and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
    elif data.startswith(GIF_MAGIC) and len(data) >= 10:
        width, height = struct.unpack("<HH", data[6:10])
    else:
        return None
    return int(width), int(height)
