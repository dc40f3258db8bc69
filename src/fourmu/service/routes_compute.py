"""Routes that compute: limits on one's own table, couplings or workspace."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from fourmu.physics.models import MODELS

from .answers import NOT_KEPT, answer
from .bodies import Body, digest_of, json_bytes
from .bounds import CheckedRequest, bounded_route
from .documents import JobDocument, JobReceipt, LimitRow, ReinterpretationDocument
from .parameters import check_parameters
from .problems import ProblemError, documented
from .requests import CouplingsRequest, TableRequest
from .state import Service
from .worker import Task
from .workspaces import Workspace, check_size

__all__ = ["compute_routes", "job_routes"]

JobPath = Annotated[
    str, Path(alias="id", description="As the receipt has it.", examples=["6a001242b9ef"])
]
_ERRORS = documented(400, 408, 413, 415, 422)


def compute_routes(service: Service) -> APIRouter:
    """Routes that take bodies, and those of jobs."""
    settings = service.settings
    routes = APIRouter(
        prefix="/api",
        tags=["compute"],
        route_class=bounded_route(settings, service.checks),
        dependencies=[Depends(check_parameters)],
    )

    def digest(what: str, content: bytes) -> str:
        """Digest of a request to this archive."""
        return digest_of(what, service.digest, content)

    @routes.post("/reinterpret/table", response_model=ReinterpretationDocument, responses=_ERRORS)
    async def post_table(request: Request, table: TableRequest) -> Response:
        """Limits on a table of cross sections, with the efficiency of a model of the archive."""
        if table.efficiency_from not in service.archive.index.models:
            raise ProblemError(
                422,
                "the archive has no such model (expected "
                f"{' or '.join(service.archive.index.models)})",
                key="efficiency_from",
            )
        content = table.model_dump()
        body = await service.computed(
            service.quick,
            ("table", digest("table", table.model_dump_json().encode())),
            Task(name="table", arguments={"request": content}),
        )
        return answer(body, request.headers, cache_control=NOT_KEPT)

    @routes.post("/limits/workspace", response_model=LimitRow, responses=_ERRORS)
    async def post_workspace(request: Request, workspace: Workspace) -> Response:
        """Limit of a workspace of pyhf, whose first measurement is taken: best fit, CLs limits.

        A workspace that is understood and has no limit gives a row whose status says why.
        """
        check_size(workspace)
        content = request.content if isinstance(request, CheckedRequest) else await request.body()
        body = await service.computed(
            service.fits,
            ("workspace", digest("workspace", content)),
            Task(name="workspace", arguments={"body": content}),
        )
        return answer(body, request.headers, cache_control=NOT_KEPT)

    @routes.post(
        "/reinterpret/couplings",
        status_code=202,
        response_model=JobReceipt,
        responses=_ERRORS,
    )
    async def post_couplings(request: Request, couplings: CouplingsRequest) -> Response:
        """Limits on a model from its couplings to muons alone, a job that takes a minute.

        Events are generated and run through the analysis. Asking for the same again gives the
        same job.
        """
        if isinstance(couplings.br, str) and couplings.br not in MODELS:
            raise ProblemError(
                422,
                f"the branching fraction of this model is not known (known {', '.join(MODELS)})",
                key="br",
            )
        content = couplings.model_dump()
        job = service.jobs.submit(
            digest("couplings", couplings.model_dump_json().encode()),
            Task(
                name="couplings",
                arguments={"request": content, "threads": settings.job_threads},
            ),
        )
        url = f"/api/jobs/{job.id}"
        receipt = Body.of(json_bytes({"job": job.id, "status_url": url}))
        return answer(
            receipt,
            request.headers,
            status=202,
            cache_control=NOT_KEPT,
            headers={"Location": url},
        )

    return routes


def job_routes(service: Service) -> APIRouter:
    """Routes below ``/api/jobs``."""
    routes = APIRouter(
        prefix="/api/jobs", tags=["compute"], dependencies=[Depends(check_parameters)]
    )

    @routes.get("/{id}", response_model=JobDocument, responses=documented(404, 422))
    async def get_job(
        request: Request,
        identity: Annotated[
            str, Path(alias="id", description="As the receipt has it.", examples=["6a001242b9ef"])
        ],
    ) -> Response:
        """State of a job; its result when it is done."""
        return answer(service.jobs.body(identity), request.headers, cache_control=NOT_KEPT)

    return routes
