"""Parameters after the question mark: none but those that an address has, and each once."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import Request
from pydantic import BaseModel

from .problems import ProblemError

__all__ = ["check_parameters"]


async def check_parameters(request: Request) -> None:
    """Refuse parameters that would be ignored; a dependency of routes.

    Raises
    ------
    ProblemError
        An unknown parameter, or one that is given twice (422).
    """
    given = [name for name, _ in request.query_params.multi_items()]
    if not given:
        return
    known = set(_known(request))
    for name in given:
        if name not in known:
            raise ProblemError(422, "this parameter is not known here", key=name[:64])
        if given.count(name) > 1:
            raise ProblemError(422, "this parameter is given twice", key=name)


def _known(request: Request) -> Iterator[str]:
    """Names of the parameters of the route; a model stands for its fields."""
    for field in request.scope["route"].dependant.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from kind.model_fields
        else:
            yield field.alias
