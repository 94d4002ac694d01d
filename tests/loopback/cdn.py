"""The CDN: files by signed links that expire after 24 h."""

from __future__ import annotations

from aiohttp import web

from .world import World

EXPIRED = "This content is no longer available."


class Cdn:
    """Serves what users and the bot uploaded."""

    def __init__(self, world: World) -> None:
        self._world = world

    def attach(self, app: web.Application) -> None:
        """Add the routes of stored files."""
        for kind in ("attachments", "ephemeral-attachments"):
            app.router.add_get(f"/{kind}/{{owner}}/{{file}}/{{name}}", self._serve)

    async def _serve(self, request: web.Request) -> web.Response:
        file = self._world.files.get(request.path)
        if file is None or not self._world.signer.accepts(request.path, request.query):
            return web.Response(status=404, text=EXPIRED)
        content_type = file.payload().get("content_type", "application/octet-stream")
        return web.Response(body=file.data, headers={"Content-Type": content_type})
