"""Routes of the archive: what it holds, its limits, and the file itself."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Request, Response
from starlette.responses import FileResponse

from fourmu.errors import DomainError

from .answers import REVALIDATED, answer, matches
from .bodies import json_bytes
from .documents import ArchiveDocument, LimitsDocument, ModelDocument
from .examples import EXAMPLE_CSV, EXAMPLE_LMT
from .headers import IS_HEAD
from .parameters import check_parameters
from .problems import documented, refused
from .ranges import satisfiable_ranges
from .state import Service
from .views import archive_document, limits_csv, limits_document, limits_lmt, models_document

__all__ = ["ModelPath", "archive_routes", "known_model"]

_CSV: Final = "text/csv; charset=utf-8"
_TEXT: Final = "text/plain; charset=utf-8"
_TARBALL: Final = "application/gzip"

_ALWAYS: Final = documented(422, conditional=True)
_IN_PARTS: Final = {
    206: {"description": "Parts of the file, as the header Range asks for"},
    **documented(416, 422, conditional=True),
}
_NAMED: Final = documented(404, 422, conditional=True)

ModelPath = Annotated[str, Path(description="Name of a model of the archive.", examples=["zprime"])]


class CsvResponse(Response):
    """For OpenAPI."""

    media_type = "text/csv"


class TextResponse(Response):
    """For OpenAPI."""

    media_type = "text/plain"


class TarballResponse(Response):
    """For OpenAPI."""

    media_type = _TARBALL


def known_model(service: Service, model: str) -> str:
    """Name of a model that the archive has.

    Raises
    ------
    ProblemError
        It has none of this name (404).
    """
    try:
        service.archive.index.table(model)
    except DomainError as error:
        raise refused(
            DomainError(error.message, key="model", expected=error.expected), 404
        ) from None
    return model


def archive_routes(service: Service) -> APIRouter:
    """Routes below ``/api/archive`` and ``/api/models``."""
    routes = APIRouter(prefix="/api", tags=["archive"], dependencies=[Depends(check_parameters)])
    archive, index = service.archive, service.archive.index

    @routes.get("/archive", response_model=ArchiveDocument, responses=_ALWAYS)
    async def get_archive(request: Request) -> Response:
        """What the archive says of itself: models, number of windows, citation, digest."""
        body = await service.kept("archive", lambda: json_bytes(archive_document(archive)))
        return answer(body, request.headers)

    @routes.get("/models", response_model=list[ModelDocument], responses=_ALWAYS)
    async def get_models(request: Request) -> Response:
        """Models of the archive with their couplings to muons."""
        body = await service.kept("models", lambda: json_bytes(models_document(index)))
        return answer(body, request.headers)

    @routes.get(
        "/models/{model}/limits",
        response_model=LimitsDocument,
        responses=_NAMED,
    )
    async def get_limits(request: Request, model: ModelPath) -> Response:
        """Limits on cross section and coupling in every window, in columns."""
        name = known_model(service, model)
        body = await service.kept(
            ("limits", name), lambda: json_bytes(limits_document(archive, name))
        )
        return answer(body, request.headers)

    @routes.get(
        "/models/{model}/limits.csv",
        response_class=CsvResponse,
        responses={**_NAMED, 200: {"content": {"text/csv": {"example": EXAMPLE_CSV}}}},
    )
    async def get_limits_csv(request: Request, model: ModelPath) -> Response:
        """The same and more as a table: a row per window."""
        name = known_model(service, model)
        body = await service.kept(
            ("csv", name), lambda: limits_csv(index, name).encode(), media_type=_CSV
        )
        return answer(body, request.headers, filename=f"{name}_limits.csv")

    @routes.get(
        "/models/{model}/limits.lmt",
        response_class=TextResponse,
        responses={**_NAMED, 200: {"content": {"text/plain": {"example": EXAMPLE_LMT}}}},
    )
    async def get_limits_lmt(request: Request, model: ModelPath) -> Response:
        """Mass in GeV and coupling limit in two columns, as DarkCast reads them."""
        name = known_model(service, model)
        body = await service.kept(
            ("lmt", name), lambda: limits_lmt(index, name).encode(), media_type=_TEXT
        )
        return answer(body, request.headers, filename=f"{name}_limits.lmt")

    @routes.get("/archive.tar.gz", response_class=TarballResponse, responses=_IN_PARTS)
    async def get_tarball(request: Request) -> Response:
        """The whole archive as one file; ranges of it can be asked for."""
        packed = await service.packed()
        tag = f'"{packed.digest}"'
        headers = {"Cache-Control": REVALIDATED, "ETag": tag}
        if matches(request.headers.get("if-none-match"), packed.digest):
            return Response(status_code=304, headers=headers)
        if (given := request.headers.get("range")) is not None:
            wanted = None
            if request.headers.get("if-range", tag) == tag:
                wanted = satisfiable_ranges(given, packed.path.stat().st_size)
            # starlette reads the header by itself, and answers what it refuses in plain text
            others = [(name, value) for name, value in request.scope["headers"] if name != b"range"]
            asked = [] if wanted is None else [(b"range", wanted.encode())]
            request.scope["headers"] = [*others, *asked]
        found = FileResponse(
            packed.path, headers=headers, media_type=_TARBALL, filename="fourmu-likelihoods.tar.gz"
        )
        if request.scope.get(IS_HEAD):
            size = str(packed.path.stat().st_size)
            found.headers["Content-Length"] = size
            return Response(headers=dict(found.headers))
        return found

    return routes
