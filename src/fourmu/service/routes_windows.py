"""Routes of the windows: numbers, likelihoods as files, and fits."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any, Final

import numpy as np
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from fourmu.archive.record import background_file, patchset_file
from fourmu.statmodel import workspace_bytes

from .answers import answer
from .bodies import json_bytes
from .documents import FitDocument, WindowDocument, WindowEntry, WorkspaceDocument
from .parameters import check_parameters
from .problems import ProblemError, documented
from .requests import DownloadQuery, ModelQuery, OptionalModelQuery, WindowsQuery
from .routes_archive import known_model
from .state import Service
from .views import window_document
from .worker import Task

__all__ = ["window_routes"]

_NAMED: Final = documented(404, 422, conditional=True)

WindowPath = Annotated[
    str, Path(description="Name of a window, as in the list of windows.", examples=["w0000"])
]
Download = Annotated[DownloadQuery, Query()]
OfModel = Annotated[OptionalModelQuery, Query()]


def window_routes(service: Service) -> APIRouter:
    """Routes below ``/api/windows``."""
    routes = APIRouter(
        prefix="/api/windows", tags=["windows"], dependencies=[Depends(check_parameters)]
    )
    archive, index = service.archive, service.archive.index

    def place_of(window: str) -> int:
        place = service.places.get(window)
        if place is None:
            raise ProblemError(404, "the archive has no such window", key="window")
        return place

    def fitted(window: str) -> str:
        """Name of a window that has a likelihood."""
        if index.vetoed[place_of(window)]:
            raise ProblemError(
                404, "the window lies inside a veto and has no likelihood", key="window"
            )
        return window

    async def file(
        request: Request,
        what: str,
        window: str,
        download: str,
        make: Callable[[], bytes],
        model: str | None = None,
    ) -> Response:
        """Answer with a file of a window, or of a model in it."""
        body = await service.kept((what, window, model), make)
        stem = window if model is None else f"{window}_{model}"
        name = f"{stem}_{what}.json" if download == "1" else None
        return answer(body, request.headers, filename=name)

    @routes.get(
        "",
        response_model=list[WindowEntry] | WindowEntry,
        responses=_NAMED,
    )
    async def get_windows(request: Request, asked: Annotated[WindowsQuery, Query()]) -> Response:
        """Every hypothesis of the scan, or the one nearest to a mass."""
        place: int | None = None
        if asked.mass is not None:
            place = int(index.nearest(np.array([asked.mass]))[0])
            if place < 0:
                first, last = index.edges_gev[[0, -1]]
                raise ProblemError(
                    404, f"the scan goes from {first:.4f} to {last:.4f} GeV", key="mass"
                )
        body = await service.kept(
            ("windows", place),
            lambda: json_bytes(service.entries if place is None else service.entries[place]),
        )
        return answer(body, request.headers)

    @routes.get("/{window}", response_model=WindowDocument, responses=_NAMED)
    async def get_window(request: Request, window: WindowPath) -> Response:
        """Bins of a window, and its numbers for every model."""
        place = place_of(window)
        body = await service.kept(
            ("window", window),
            lambda: json_bytes(window_document(index, service.entries[place], place)),
        )
        return answer(body, request.headers)

    @routes.get(
        "/{window}/background",
        response_model=WorkspaceDocument,
        responses=_NAMED,
    )
    async def get_background(request: Request, window: WindowPath, asked: Download) -> Response:
        """Workspace with an empty signal, `BkgOnly.json` of the archive byte by byte."""
        name = background_file(fitted(window))
        return await file(request, "background", window, asked.download, lambda: archive.read(name))

    @routes.get(
        "/{window}/patchset",
        response_model=dict[str, Any],
        responses=_NAMED,
    )
    async def get_patchset(request: Request, window: WindowPath, asked: Download) -> Response:
        """Patches of all models, `patchset.json` of the archive byte by byte."""
        name = patchset_file(fitted(window))
        return await file(request, "patchset", window, asked.download, lambda: archive.read(name))

    @routes.get(
        "/{window}/patch",
        response_model=list[dict[str, Any]],
        responses=_NAMED,
    )
    async def get_patch(request: Request, window: WindowPath, asked: OfModel) -> Response:
        """JSON patch (RFC 6902) that puts the signal of a model into the background."""
        model = known_model(service, asked.model)
        fitted(window)

        def make() -> bytes:
            return json.dumps(archive.patches(window)[model], allow_nan=False).encode() + b"\n"

        return await file(request, "patch", window, asked.download, make, model)

    @routes.get(
        "/{window}/workspace",
        response_model=WorkspaceDocument,
        responses=_NAMED,
    )
    async def get_workspace(request: Request, window: WindowPath, asked: OfModel) -> Response:
        """Workspace of pyhf with the signal of a model; its SHA-256 stands in the archive."""
        model = known_model(service, asked.model)
        fitted(window)

        def make() -> bytes:
            found = {name: content for _, name, content in archive.window_workspaces(window)}
            return workspace_bytes(found[model])

        return await file(request, "workspace", window, asked.download, make, model)

    @routes.get(
        "/{window}/fit",
        response_model=FitDocument,
        responses=_NAMED,
    )
    async def get_fit(
        request: Request, window: WindowPath, asked: Annotated[ModelQuery, Query()]
    ) -> Response:
        """Data and fits of a window in bins: with signal, without, and the signal at the limit."""
        model = known_model(service, asked.model)
        task = Task(name="window_fit", arguments={"window": fitted(window), "model": model})
        body = await service.computed(service.quick, ("fit", window, model), task)
        return answer(body, request.headers)

    return routes
