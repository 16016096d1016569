"""`/healthz` says the process lives, `/readyz` that it can serve, `/metrics` how it goes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.core.metrics import Metrics

Probe = Callable[[], Awaitable[str]]
PATIENCE = 5.0  # seconds a probe may take before its part counts as away


async def run_probe(probe: Probe) -> tuple[bool, str]:
    """(works, one sentence). A probe fails by raising; the sentence then names only the kind of failure."""
    try:
        return True, await asyncio.wait_for(probe(), PATIENCE)
    except TimeoutError:
        return False, f"no answer within {PATIENCE:.0f} seconds"
    except Exception as error:  # noqa: BLE001 - whatever a driver raises means "away"; doctor prints the sentence
        return False, f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no detail'}"


def routes(probes: Mapping[str, Probe], metrics: Metrics) -> list[Route]:
    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_request: Request) -> Response:
        results = await asyncio.gather(*(run_probe(probe) for probe in probes.values()))
        parts = {name: "ready" if good else "away" for name, (good, _) in zip(probes, results, strict=True)}
        ready = all(good for good, _ in results)
        return JSONResponse({"ready": ready, "parts": parts}, 200 if ready else 503)

    async def shown(_request: Request) -> Response:
        media_type, text = metrics.render()
        return Response(text, headers={"content-type": media_type})

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", shown)]
