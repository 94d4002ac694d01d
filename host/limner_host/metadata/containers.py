"""Where texts lie inside PNG, JPEG and WebP files: PNG's text chunks, EXIF's user comment, and XMP.

PNG has named text chunks. JPEG and WebP have none: the infotext is EXIF's UserComment, as everybody expects it, and
our recipe is one element of an XMP packet. Each of the two takes one segment of a JPEG, hence at most 64 KB.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Final

from PIL import Image, PngImagePlugin

#: The names of texts: our own JSON, what A1111 calls its infotext, ComfyUI's graph that ran, and the one it draws.
RECIPE: Final = "limner"
INFOTEXT: Final = "parameters"
GRAPH: Final = "prompt"
DRAWING: Final = "workflow"
#: What A1111 says that its tab "Extras" did to a finished picture.
EXTRAS: Final = "postprocessing"

#: Bytes that one segment of a JPEG has left for EXIF and for XMP.
MOST_EXIF: Final = 65_533
MOST_XMP: Final = 65_533 - 29

_EXIF_FOLDER: Final = 0x8769
_USER_COMMENT: Final = 0x9286
_UNICODE: Final = b"UNICODE\0"
_PACKET: Final = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:limner="urn:limner"><limner:recipe>{}</limner:recipe></rdf:Description>'
    "</rdf:RDF></x:xmpmeta>"
)
_RECIPE: Final = re.compile(r"<limner:recipe>([^<]*)</limner:recipe>")


def png_chunks(texts: Mapping[str, str]) -> PngImagePlugin.PngInfo:
    """`texts` as chunks: tEXt where Latin-1 suffices, which the oldest readers know, else iTXt."""
    chunks = PngImagePlugin.PngInfo()
    for key, text in texts.items():
        # PNG forbids it inside of texts.
        chunks.add_text(key, text.replace("\0", "�"))
    return chunks


def exif_of(texts: Mapping[str, str]) -> bytes:
    """The infotext as EXIF; empty if there is none."""
    if INFOTEXT not in texts:
        return b""
    exif = Image.Exif()
    # UTF-16 in big-endian order, whatever EXIF's own: what A1111 and its readers do.
    exif.get_ifd(_EXIF_FOLDER)[_USER_COMMENT] = _UNICODE + texts[INFOTEXT].encode("utf-16-be")
    return exif.tobytes()


def xmp_of(texts: Mapping[str, str]) -> bytes:
    """The recipe as XMP (UTF-8); empty if there is none."""
    return _PACKET.format(html.escape(texts[RECIPE])).encode() if RECIPE in texts else b""


def fitting(texts: Mapping[str, str], suffix: str) -> dict[str, str]:
    """Those of `texts` that a file ending in `suffix` has room for: all but what exceeds a segment of a JPEG."""
    if suffix.lower() == ".png":
        return dict(texts)
    known = {key: text for key, text in texts.items() if key in (RECIPE, INFOTEXT)}
    if suffix.lower() == ".webp":
        return known
    room = {RECIPE: len(xmp_of(known)) <= MOST_XMP, INFOTEXT: len(exif_of(known)) <= MOST_EXIF}
    return {key: text for key, text in known.items() if room[key]}


def texts_of(image: Image.Image) -> dict[str, str]:
    """Every text of a picture that has been loaded, by the names above; PNG's other chunks by their own.

    Raises what Pillow raises for damaged EXIF.
    """
    found = {str(key): str(text) for key, text in image.info.items() if isinstance(text, str)}
    for key, text in (*_from_xmp(image), *_from_exif(image.getexif())):
        found.setdefault(key, text)
    return found


def _from_xmp(image: Image.Image) -> Iterator[tuple[str, str]]:
    packet = image.info.get("xmp") or b""
    text = packet if isinstance(packet, str) else packet.decode("utf-8", "replace")
    match = _RECIPE.search(text)
    if match:
        yield RECIPE, html.unescape(match[1])


def _from_exif(exif: Image.Exif) -> Iterator[tuple[str, str]]:
    """The user comment, and the graphs that ComfyUI hides in other fields as ``prompt:{…}`` and ``workflow:{…}``."""
    comment = exif.get_ifd(_EXIF_FOLDER).get(_USER_COMMENT)
    if isinstance(comment, bytes | str) and comment:
        yield INFOTEXT, comment if isinstance(comment, str) else comment_text(comment)
    for value in exif.values():
        name, found, text = value.partition(":") if isinstance(value, str) else ("", "", "")
        if found and name.lower() in (GRAPH, DRAWING):
            yield name.lower(), text.rstrip("\0")


def comment_text(comment: bytes) -> str:
    """A UserComment's text. Eight bytes name its code; UTF-16 comes in either order, whatever the name promises."""
    code, body = comment[:8], comment[8:]
    if code == _UNICODE:
        return _utf16(body)
    if code in (b"ASCII\0\0\0", bytes(8)):
        return body.decode("utf-8", "replace").rstrip("\0")
    return comment.decode("utf-8", "replace").rstrip("\0")


def _utf16(body: bytes) -> str:
    """An infotext has Latin letters and digits, each of them half a zero: where the zeros lie tells the order."""
    if body[:2] in (b"\xfe\xff", b"\xff\xfe"):
        return body.decode("utf-16", "replace").rstrip("\0")
    big = body[0::2].count(0) >= body[1::2].count(0)
    return body.decode("utf-16-be" if big else "utf-16-le", "replace").rstrip("\0")
