"""The application: routes, middleware and what becomes of errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

import fourmu
from fourmu.archive import Archive

from .access import AccessMiddleware
from .answers import problem_response
from .examples import EXAMPLES
from .headers import HeadersMiddleware
from .problems import Problem, ProblemError, validation_problem
from .routes_archive import archive_routes
from .routes_compute import compute_routes, job_routes
from .routes_page import page_routes
from .routes_status import status_routes
from .routes_windows import window_routes
from .settings import ServiceSettings
from .state import Service

__all__ = ["create_app"]

_DESCRIPTION = """Limits on e+e- -> mu+mu- X, X -> mu+mu- from an archive of likelihoods: what it
holds, the likelihood of every window as a workspace of pyhf, and limits on models of one's own.

Masses and energies are in GeV, cross sections in fb. `xsec_limit_fb` is on sigma_ISR x BR. Lists
of five are expected limits, -2 ... +2 standard deviations. A number that there is none of is null.
Every error is a problem document (RFC 9457). Answers carry an ETag; `If-None-Match` is answered
with 304. Nothing here changes the archive."""


def create_app(archive: Archive, settings: ServiceSettings | None = None) -> FastAPI:
    """Application that serves one archive.

    Processes that compute are started and ended with its lifespan.

    Parameters
    ----------
    archive
        As :func:`fourmu.io.archives.open_archive` returns it.
    settings
        Bounds; the defaults if None.

    Raises
    ------
    InputError
        Files of the archive are missing.

    Examples
    --------
    ::

        from fourmu.io.archives import open_archive
        app = create_app(open_archive("fourmu-likelihoods.tar.gz"))
    """
    service = Service(archive, settings or ServiceSettings())

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        service.start()
        try:
            yield
        finally:
            await asyncio.to_thread(service.stop)

    # pages of documentation load scripts from elsewhere, and OpenAPI is answered with an ETag
    app = FastAPI(
        title="fourmu",
        version=fourmu.__version__,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.service = service
    app.include_router(archive_routes(service))
    app.include_router(window_routes(service))
    app.include_router(compute_routes(service))
    app.include_router(job_routes(service))
    app.include_router(status_routes(service, app))
    app.include_router(page_routes(service.page))
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)
    # the last one is the outermost
    app.add_middleware(
        AccessMiddleware,
        metrics=service.metrics,
        most=service.settings.requests,
        head_bytes=service.settings.head_bytes,
    )
    app.add_middleware(HeadersMiddleware)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """OpenAPI of the routes, with the schema of problem documents."""
    document = get_openapi(
        title="fourmu",
        version=fourmu.__version__,
        description=_DESCRIPTION,
        license_info={"name": "BSD-3-Clause", "identifier": "BSD-3-Clause"},
        routes=app.routes,
    )
    schemas: dict[str, Any] = document["components"]["schemas"]
    schemas.setdefault("Problem", Problem.model_json_schema())
    for name, example in EXAMPLES.items():
        schemas[name]["examples"] = [example]
    return document


async def _problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return problem_response(error)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # locations of FastAPI begin with body, query or path
    found = [{**problem, "loc": problem["loc"][1:]} for problem in error.errors()]
    return problem_response(validation_problem(found))


async def _http(request: Request, error: Exception) -> Response:
    """What the router refuses: unknown addresses and methods."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        allowed = headers.get("Allow", "")
        if "GET" in allowed:
            headers["Allow"] = f"{allowed}, HEAD"
        detail = f"{request.method[:20]} is not allowed here"
    elif error.status_code == 404:
        detail = "there is nothing at this address"
    else:
        detail = "the request was refused"
    return problem_response(ProblemError(error.status_code, detail, headers=headers))


async def _left(_request: Request, _error: Exception) -> Response:
    """Nobody reads this."""
    return problem_response(ProblemError(400, "the client went away"))


_HANDLERS: dict[type[Exception], Any] = {
    ProblemError: _problem,
    RequestValidationError: _invalid,
    HTTPException: _http,
    ClientDisconnect: _left,
}
