"""Routes of the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Request, Response

from .answers import answer
from .bodies import Body
from .problems import ProblemError

__all__ = ["page_routes"]

_ICONS: Final = ("favicon.ico", "favicon.svg", "favicon.png")


def page_routes(files: Mapping[str, Body]) -> APIRouter:
    """Routes ``/``, ``/static/...`` and ``/favicon.ico``.

    Parameters
    ----------
    files
        As ``fourmu.service.page.page_files`` returns them; nothing else can be reached.
    """
    routes = APIRouter(include_in_schema=False)

    def sent(request: Request, name: str) -> Response:
        body = files.get(name)
        if body is None:
            raise ProblemError(404, "the page has no such file")
        return answer(body, request.headers)

    @routes.get("/")
    async def get_page(request: Request) -> Response:
        return sent(request, "index.html")

    @routes.get("/static/{name:path}")
    async def get_file(request: Request, name: str) -> Response:
        return sent(request, name)

    @routes.get("/favicon.ico")
    async def get_icon(request: Request) -> Response:
        found = next((name for name in _ICONS if name in files), None)
        if found is None:  # browsers ask for it on their own, and complain of errors
            return Response(status_code=204)
        return sent(request, found)

    return routes
