"""Problem documents (RFC 9457): what every error becomes, without a trace of this machine."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, ConfigDict

from fourmu.errors import FourMuError

__all__ = [
    "PROBLEM_TYPE",
    "Problem",
    "ProblemError",
    "busy",
    "documented",
    "problem_bytes",
    "refused",
    "unavailable",
    "validation_problem",
]

PROBLEM_TYPE: Final = "application/problem+json"

_LONGEST: Final = 500
_RETRY_SECONDS: Final = "5"


class _Kind(NamedTuple):
    name: str
    title: str


_KINDS: Final = {
    400: _Kind("malformed", "The request is malformed"),
    404: _Kind("not-found", "There is no such thing"),
    405: _Kind("method-not-allowed", "The method is not allowed here"),
    408: _Kind("slow-request", "The request took too long to arrive"),
    413: _Kind("too-large", "The request is too large"),
    415: _Kind("not-json", "The body must be JSON"),
    416: _Kind("range", "The file has no such part"),
    422: _Kind("invalid", "The request cannot be used"),
    429: _Kind("too-many", "Too many requests"),
    431: _Kind("head-too-large", "The head of the request is too large"),
    500: _Kind("internal", "Something went wrong inside the service"),
    503: _Kind("unavailable", "The service cannot answer this now"),
}


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    type: str
    """Name of the kind of problem, a URN."""
    title: str
    """The kind of problem in words."""
    status: int
    """HTTP status."""
    detail: str
    """What went wrong this time."""
    key: str = ""
    """The field, parameter or name concerned; left out where there is none."""


class ProblemError(Exception):
    """An error that is answered with a problem document.

    Parameters
    ----------
    status
        HTTP status, one of those that have a kind of problem.
    detail
        What went wrong.
    key
        Field or parameter concerned.
    headers
        More headers of the answer.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.key = key
        self.headers = dict(headers or {})

    @property
    def document(self) -> dict[str, Any]:
        """Content of the problem document."""
        kind = _KINDS.get(self.status, _Kind("error", "The request failed"))
        document: dict[str, Any] = {
            "type": f"urn:fourmu:problem:{kind.name}",
            "title": kind.title,
            "status": self.status,
            "detail": self.detail,
        }
        return document if self.key is None else {**document, "key": self.key}

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep the fields when an error crosses a process border."""
        return (_rebuilt, (self.status, self.detail, self.key, self.headers))


def _rebuilt(status: int, detail: str, key: str | None, headers: dict[str, str]) -> ProblemError:
    return ProblemError(status, detail, key=key, headers=headers)


def busy(detail: str) -> ProblemError:
    """Tell a client that there is too much to do, and when to come back."""
    return ProblemError(429, detail, headers={"Retry-After": _RETRY_SECONDS})


def unavailable(detail: str) -> ProblemError:
    """Tell a client that there is no answer now, and when to come back."""
    return ProblemError(503, detail, headers={"Retry-After": _RETRY_SECONDS})


def problem_bytes(error: ProblemError) -> bytes:
    """Problem document as it is sent."""
    return json.dumps(error.document).encode() + b"\n"


def refused(error: FourMuError, status: int = 422) -> ProblemError:
    """What an error about a request is told as; where it happened is left out, it may be a path."""
    parts = [
        f"{name} {value[:120]}"
        for name, value in (("found", error.found), ("expected", error.expected))
        if value is not None
    ]
    detail = error.message + (f" ({', '.join(parts)})" if parts else "")
    key = None if error.key is None else error.key.lstrip("-").replace("-", "_")
    return ProblemError(status, detail[:_LONGEST], key=key)


def validation_problem(problems: Sequence[Any]) -> ProblemError:
    """First of the problems that pydantic found with a request, and how many more there are.

    Their locations are within the body, or the parameters of an address.
    """
    by_key: dict[str | None, list[str]] = {}
    for problem in problems:
        message = _MESSAGES.get(problem["type"], str(problem["msg"]))
        message = message.removeprefix("Value error, ").removeprefix("Input should be ")
        by_key.setdefault(_key_of(problem["loc"]), []).append(message)
    key, messages = next(iter(by_key.items()))
    more = f"; {len(by_key) - 1} more" if len(by_key) > 1 else ""
    # members of a union are each refused for a reason of their own
    detail = " or ".join(dict.fromkeys(messages))
    if str(problems[0]["msg"]).startswith("Input should be "):
        detail = f"expected {detail}"
    return ProblemError(422, f"{detail[:_LONGEST]}{more}", key=key)


_MESSAGES: Final = {
    "missing": "this is missing",
    "extra_forbidden": "this is not known here",
    "model_attributes_type": "Input should be an object",
    "model_type": "Input should be an object",
}
"""Words for what happens most, by pydantic's names."""


def _key_of(location: Sequence[str | int]) -> str | None:
    """Place of a problem as a dotted key.

    Names of types stand for the members of a union and are not part of the key.
    """
    parts = [str(part) for part in location]
    named = [part for part in parts if re.fullmatch(r"\w{1,64}", part) and part not in _TYPES]
    return ".".join(named)[:_LONGEST] or None


_TYPES: Final = frozenset(
    {
        *("float", "int", "str", "list", "none"),
        *("normfactor", "normsys", "histosys", "lumi"),
        *("shapefactor", "shapesys", "staterror"),
    }
)


def documented(*statuses: int, conditional: bool = False) -> dict[int | str, dict[str, Any]]:
    """Entries of OpenAPI for errors.

    Parameters
    ----------
    statuses
        Those that a route has beside the ones that anything can end with.
    conditional
        Whether 304 may be answered, too.
    """
    unchanged: dict[int | str, dict[str, Any]] = {304: {"description": "The client has it"}}
    schema = {"$ref": "#/components/schemas/Problem"}
    return (unchanged if conditional else {}) | {
        status: {
            "description": _KINDS[status].title,
            "content": {PROBLEM_TYPE: {"schema": schema, "example": _example(status)}},
        }
        for status in sorted({*statuses, 429, 500, 503})
    }


def _example(status: int) -> dict[str, Any]:
    """Problem document of a kind."""
    return ProblemError(status, "what went wrong this time").document
