"""The errors that fourmu raises.

::

    FourMuError
    |-- ConfigError        a configuration that cannot be used            (ValueError)
    |-- InputError         a file or table that cannot be read as promised (ValueError)
    |-- DomainError        a value outside the domain of a function        (ValueError)
    |-- ConvergenceError   a fit or an integration that did not converge   (ArithmeticError)
    |-- ConsistencyError   parts that contradict each other                (RuntimeError)
    `-- StorageError       a place that cannot be written or read          (OSError)

Each is also the natural builtin, so ``except ValueError`` keeps working for people who do
not know the tree. A message names where (file, table, option), which key or branch, what was
found and what was expected. Foreign exceptions are translated where they enter.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "ConfigError",
    "ConsistencyError",
    "ConvergenceError",
    "DomainError",
    "FourMuError",
    "InputError",
    "StorageError",
]


class FourMuError(Exception):
    """Root of all errors raised on purpose.

    Parameters
    ----------
    message
        What went wrong, in one sentence.
    where
        The file, table, option or window it happened in.
    key
        The key, branch, column or parameter concerned.
    found, expected
        What was there, and what should have been.
    """

    def __init__(
        self,
        message: str,
        *,
        where: object = None,
        key: str | None = None,
        found: object = None,
        expected: object = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = None if where is None else str(where)
        self.key = key
        self.found = None if found is None else str(found)
        self.expected = None if expected is None else str(expected)

    def __str__(self) -> str:
        text = self.message if self.where is None else f"{self.where}: {self.message}"
        details = [
            f"{name} {value}"
            for name, value in (
                ("key", self.key),
                ("found", self.found),
                ("expected", self.expected),
            )
            if value is not None
        ]
        return f"{text} ({', '.join(details)})" if details else text

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep the fields when an error crosses a process border."""
        return (_rebuild, (type(self), self.message, self.__dict__.copy()))


def _rebuild(cls: type[FourMuError], message: str, fields: dict[str, Any]) -> FourMuError:
    error = cls(message)
    error.__dict__.update(fields)
    return error


class ConfigError(FourMuError, ValueError):
    """A configuration that cannot be used."""


class InputError(FourMuError, ValueError):
    """A file, branch or table that does not hold what it promised."""


class DomainError(FourMuError, ValueError):
    """A value outside the domain on which a function is defined."""


class ConvergenceError(FourMuError, ArithmeticError):
    """A fit, search or integration that did not reach its tolerance."""


class ConsistencyError(FourMuError, RuntimeError):
    """Two parts of the analysis that contradict each other."""


class StorageError(FourMuError, OSError):
    """A place that cannot be written to or read from."""
