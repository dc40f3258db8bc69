"""Routes about the service itself: health, metrics, and what can be asked for."""

from __future__ import annotations

from fastapi import APIRouter, Depends, FastAPI, Request, Response

import fourmu

from .answers import NOT_KEPT, answer
from .bodies import Body, json_bytes
from .documents import HealthDocument
from .examples import EXAMPLE_METRICS
from .metrics import METRICS_TYPE, exposition
from .parameters import check_parameters
from .problems import documented
from .routes_archive import TextResponse
from .state import Service

__all__ = ["status_routes"]


def status_routes(service: Service, app: FastAPI) -> APIRouter:
    """Routes ``/api/health``, ``/api/metrics`` and ``/openapi.json``."""
    routes = APIRouter(tags=["service"], dependencies=[Depends(check_parameters)])

    @routes.get("/api/health", response_model=HealthDocument, responses=documented(422))
    async def get_health(request: Request) -> Response:
        """Whether the service can answer, and whether it can compute."""
        ready = {lane.name: lane.ready.is_set() for lane in (service.quick, service.fits)}
        ended = any(lane.ended for lane in (service.quick, service.fits))
        starting = "degraded" if ended else "starting"
        content = {
            "status": "ok" if all(ready.values()) else starting,
            "fourmu_version": fourmu.__version__,
            "archive": service.digest,
            "lanes": ready,
            "jobs": service.jobs.counts(),
        }
        return answer(Body.of(json_bytes(content)), request.headers, cache_control=NOT_KEPT)

    @routes.get(
        "/api/metrics",
        response_class=TextResponse,
        responses={
            **documented(422),
            200: {"content": {"text/plain": {"example": EXAMPLE_METRICS}}},
        },
    )
    async def get_metrics(request: Request) -> Response:
        """Counters as Prometheus reads them."""
        body = Body.of(exposition(service.samples()).encode(), METRICS_TYPE)
        return answer(body, request.headers, cache_control=NOT_KEPT)

    @routes.get("/openapi.json", include_in_schema=False)
    async def get_openapi(request: Request) -> Response:
        body = await service.kept("openapi", lambda: json_bytes(app.openapi()))
        return answer(body, request.headers)

    return routes
