"""Build hook: the built web client travels in the wheel as `server/_web`.

An editable install serves web/dist from the checkout, so it needs nothing here;
a wheel without pages would be a broken release, so it is refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebBuildHook(BuildHookInterface[Any]):
    """Named by pyproject.toml under tool.hatch.build.targets.wheel.hooks.custom."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        built = Path(self.root, "web", "dist")
        if not (built / "web-manifest.json").is_file():
            self.app.abort(
                "The web client is not built: run `npm ci && npm run build` in web/ before building a wheel."
            )
        build_data["force_include"][str(built)] = "server/_web"
