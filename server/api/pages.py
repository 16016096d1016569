"""The browser's pages: static files from the wheel (`server/_web`) or the checkout (`web/dist`).

Page zero alone is filled in by the server, by replacing named placeholders
with escaped text; no other page differs from one person to the next.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_HERE = Path(__file__).resolve().parent.parent
_MISSING = (
    "<!doctype html><html lang=en><title>Careroom</title><h1>The pages are not built yet</h1>"
    "<p>Run <code>scripts/demo</code> in the checkout; it builds them and starts the clinic.</p></html>"
)


def web_root() -> Path | None:
    """Where the built pages lie, or None when they were never built."""
    for folder in (_HERE / "_web", _HERE.parent / "web" / "dist"):
        if (folder / "web-manifest.json").is_file():
            return folder
    return None


class Pages:
    """Serves pages by name. `root` is None until the web was built; then each page says so."""

    def __init__(self, root: Path | None) -> None:
        self.root = root
        self._templates: dict[str, str] = {}

    def page(self, name: str) -> Response:
        if self.root is None:
            return HTMLResponse(_MISSING, 503)
        return FileResponse(self.root / f"{name}.html", headers={"cache-control": "no-cache"})

    def script(self, name: str) -> Response:
        """A script that keeps its name, such as a service worker: the browser asks for it anew each time."""
        if self.root is None:
            return Response(status_code=404)
        headers = {"cache-control": "no-cache"}
        return FileResponse(self.root / name, media_type="text/javascript", headers=headers)

    def filled(self, name: str, values: Mapping[str, str], status: int = 200) -> Response:
        """A page with its `{{placeholders}}` replaced by escaped text."""
        if self.root is None:
            return HTMLResponse(_MISSING, 503)
        if name not in self._templates:
            file = self.root / f"{name}.html"
            if not file.is_file():  # the default language carries no suffix
                file = self.root / f"{name.partition('.')[0]}.html"
            self._templates[name] = file.read_text("utf-8")
        text = self._templates[name]
        for key, value in values.items():
            text = text.replace("{{" + key + "}}", html.escape(value, quote=True))
        return HTMLResponse(text, status, {"cache-control": "no-store"})

    def assets(self) -> StaticFiles:
        return _Assets(directory=self.root / "assets" if self.root else None, check_dir=False)


class _Assets(StaticFiles):
    """File names hold a hash of their content, so a browser may keep them for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        if self.directory is None:
            raise HTTPException(404)
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response
