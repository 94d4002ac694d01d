"""Takes pictures of pages: a headless Chromium draws, and what is empty is cut off."""

from __future__ import annotations

import asyncio
import html as markup
import io
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageChops
from tests.loopback import Message
from tests.loopback.errors import Json
from tests.loopback.rendering import page

WIDTH = 680
SCALE = 1.5
MARGIN = 16
TALLEST = 2600
BACKGROUND = (49, 51, 56)
COLOURS = 256
MOST_BYTES = 150_000
PATIENCE = 60.0
#: Clients draw links to messages so; the loopback's page shows them as they are.
_LINK = re.compile(r"<a[^>]*>https://discord\.com/channels/[0-9@me/]*</a>")


@dataclass(frozen=True)
class Camera:
    """Puts pictures into a folder. `browser` is Chromium's name or path."""

    folder: Path
    browser: str = "chromium"

    async def messages(self, name: str, messages: Sequence[Message], menu: str = "", **how: object) -> None:
        """Messages as somebody sees them, with `menu` opened below; `how` is what `page` takes."""
        drawn = page(messages, width=WIDTH, **how)  # type: ignore[arg-type]
        await self.take(name, drawn.replace("</body>", f"{menu}</body>"))

    async def take(self, name: str, html: str) -> None:
        """A page. Raises `ValueError` if the picture is too large for a repository."""
        image = await self._drawn(_LINK.sub("<span class=mention># art › 💬</span>", html))
        file = io.BytesIO()
        _cropped(image).quantize(COLOURS, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        if file.tell() > MOST_BYTES:
            raise ValueError(f"{name} has {file.tell()} bytes; show less")
        (self.folder / f"{name}.png").write_bytes(file.getvalue())
        print(f"{name}.png {file.tell()}", flush=True)

    async def _drawn(self, html: str) -> Image.Image:
        with TemporaryDirectory(prefix="limner-camera-") as folder:
            source, target = Path(folder, "page.html"), Path(folder, "page.png")
            source.write_text(html, encoding="utf-8")
            size = f"--window-size={WIDTH},{TALLEST}"
            options = ("--headless", "--no-sandbox", "--hide-scrollbars", f"--force-device-scale-factor={SCALE}", size)
            words = (*options, f"--user-data-dir={folder}/profile", f"--screenshot={target}", source.as_uri())
            process = await asyncio.create_subprocess_exec(
                shutil.which(self.browser) or self.browser,
                *words,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
            await asyncio.wait_for(process.wait(), PATIENCE)
            with Image.open(target) as image:
                return image.convert("RGB")


def _cropped(image: Image.Image) -> Image.Image:
    """The picture without what is empty above and below."""
    box = ImageChops.difference(image, Image.new("RGB", image.size, BACKGROUND)).getbbox()
    top, bottom = (box[1], box[3]) if box else (0, image.height)
    margin = round(MARGIN * SCALE)
    return image.crop((0, max(0, top - margin), image.width, min(image.height, bottom + margin)))


def opened(options: Iterable[Json]) -> str:
    """A select menu that somebody has clicked on."""
    rows = "".join(_offer(option["label"], option.get("description") or "") for option in options)
    return f'<div class=offers style="width:400px;margin:-4px 0 0 72px;padding:4px;font-size:14px">{rows}</div>'


def apps_menu(names: Iterable[str]) -> str:
    """The menu of a message, open at its apps."""
    rows = "".join(_offer(name, "") for name in names)
    return f'<div class=offers style="width:220px;margin:8px 0 0 72px;padding:4px"><h4>APPS</h4>{rows}</div>'


def _offer(label: str, more: str) -> str:
    small = f'<small style="font-size:12px">{markup.escape(more)}</small>' if more else ""
    return f'<div class=offer style="padding:3px 8px">{markup.escape(label)}{small}</div>'
