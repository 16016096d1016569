"""Wire shapes of visits."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from server.waiting.schemas import VersionIn


class EndIn(VersionIn):
    """`this`: the visit of this one person of a group, who leaves the call; the others go on."""

    scope: Literal["all", "this"] = "all"


class PathsOut(BaseModel):
    """`ice_servers` and `ice_transport_policy` of an RTCConfiguration (W3C WebRTC 1.0 section 4.2.1)."""

    ice_servers: list[dict[str, Any]]
    ice_transport_policy: Literal["all", "relay"]
