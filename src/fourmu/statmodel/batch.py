"""Many workspaces as one set of flat arrays, which compiled kernels fit all at once.

Windows differ in bins, samples and systematics, so everything is ragged: the entries of
window w in an array are those from ``start[w]`` to ``start[w + 1]``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .interpolation import CODE4_LENGTH, code4_coefficients
from .specification import RefusedError, Specification, parse_specification

__all__ = ["FREE", "GAUSSIAN", "POISSON", "Batch", "Tables", "batch_of"]

FREE, GAUSSIAN, POISSON = 0, 1, 2
"""How a parameter is constrained."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Tables(NamedTuple):
    """The arrays of a batch, as kernels take them; W windows.

    The ``*_start`` arrays have W + 1 entries. A sample's factors are those from
    ``sample_factors[s]`` to ``sample_factors[s + 1]``, counted over the whole batch, likewise
    its normsys; they have one entry more than there are samples.
    """

    bin_start: Integers
    observed: Floats
    parameter_start: Integers
    init: Floats
    lower: Floats
    upper: Floats
    constraint: Integers
    """0: free; 1: Gaussian; 2: Poisson."""
    auxiliary: Floats
    """Measured value of the constraint, 0 for a free parameter: the mean is the parameter for a
    Gaussian, ``rate_factor`` times the parameter for a Poisson constraint."""
    precision: Floats
    """Inverse variance of a Gaussian constraint, else 0."""
    rate_factor: Floats
    """Expected auxiliary counts where the parameter of a Poisson constraint is 1, else 0."""
    fixed: NDArray[np.bool_]
    poi: Integers
    """Place of the parameter of interest among the window's parameters, shape (W,)."""
    term_start: Integers
    term_sample: Integers
    """Sample of a term, counted within the window."""
    term_kind: Integers
    """0: nominal template; 1: multiplied by alpha; 2: multiplied by g(alpha)."""
    term_parameter: Integers
    template_start: Integers
    templates: Floats
    """Yields per bin, term after term."""
    sample_start: Integers
    sample_factors: Integers
    factor_parameter: Integers
    sample_normsys: Integers
    normsys_parameter: Integers
    normsys_code4: Floats
    """Shape (number of normsys, 8): see :func:`code4_coefficients`."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Windows ready to be fitted, and those that cannot be, with the reason.

    Attributes
    ----------
    workspaces
        Names of all windows, shape (W,).
    status, message
        Per window: empty if it can be fitted, else the status of its row and why.
    poi_names
        Per window, the name of the parameter of interest; empty if refused.
    parameter_names
        Per window, in the order of the arrays.
    tables
        The numbers; a refused window has no entries.
    """

    workspaces: tuple[str, ...]
    status: tuple[str, ...]
    message: tuple[str, ...]
    poi_names: tuple[str, ...]
    parameter_names: tuple[tuple[str, ...], ...]
    tables: Tables

    def __len__(self) -> int:
        return len(self.workspaces)

    @property
    def usable(self) -> NDArray[np.int64]:
        """Places of the windows that can be fitted."""
        return np.flatnonzero([not status for status in self.status])


def batch_of(
    specifications: Iterable[tuple[str, object]],
    *,
    measurement: str | None = None,
) -> Batch:
    """Pack pyhf workspaces into one batch.

    Parameters
    ----------
    specifications
        Pairs of a name and the content of the workspace (a dictionary as pyhf takes it), or
        of a name and the :class:`RefusedError` that reading it ended with.
    measurement
        Name of the measurement; the first one of each workspace if None.

    Returns
    -------
    Batch
        All windows in the order given; those that are refused carry status and message.
    """
    names: list[str] = []
    status: list[str] = []
    message: list[str] = []
    parsed: list[Specification | None] = []
    for name, content in specifications:
        names.append(name)
        try:
            if isinstance(content, RefusedError):
                raise content
            parsed.append(parse_specification(content, measurement=measurement))
            status.append("")
            message.append("")
        except RefusedError as error:
            parsed.append(None)
            status.append(error.status)
            message.append(error.message)
    return Batch(
        workspaces=tuple(names),
        status=tuple(status),
        message=tuple(message),
        poi_names=tuple("" if s is None else s.parameters[s.poi].name for s in parsed),
        parameter_names=tuple(
            () if s is None else tuple(parameter.name for parameter in s.parameters) for s in parsed
        ),
        tables=_tables(parsed),
    )


def _tables(parsed: Sequence[Specification | None]) -> Tables:
    filled = [s for s in parsed if s is not None]
    parameters = [p for s in filled for p in s.parameters]
    terms = [term for s in filled for term in s.terms]
    factors = [factors for s in filled for factors in s.normfactors]
    normsys = [systematics for s in filled for systematics in s.normsys]
    flat_normsys = [entry for systematics in normsys for entry in systematics]
    code4 = code4_coefficients(
        np.array([hi for _, hi, _ in flat_normsys], dtype=np.float64),
        np.array([lo for _, _, lo in flat_normsys], dtype=np.float64),
    )
    return Tables(
        bin_start=_starts([0 if s is None else s.observed.size for s in parsed]),
        observed=_joined([s.observed for s in filled]),
        parameter_start=_starts([0 if s is None else len(s.parameters) for s in parsed]),
        init=_floats([p.init for p in parameters]),
        lower=_floats([p.lower for p in parameters]),
        upper=_floats([p.upper for p in parameters]),
        constraint=_integers([FREE if p.auxiliary is None else GAUSSIAN for p in parameters]),
        auxiliary=_floats([0.0 if p.auxiliary is None else p.auxiliary for p in parameters]),
        precision=_floats([0.0 if p.auxiliary is None else 1.0 for p in parameters]),
        rate_factor=np.zeros(len(parameters)),
        fixed=np.array([p.fixed for p in parameters], dtype=np.bool_),
        poi=_integers([0 if s is None else s.poi for s in parsed]),
        term_start=_starts([0 if s is None else len(s.terms) for s in parsed]),
        term_sample=_integers([term.sample for term in terms]),
        term_kind=_integers([term.kind for term in terms]),
        term_parameter=_integers([term.parameter for term in terms]),
        template_start=_starts(
            [0 if s is None else len(s.terms) * s.observed.size for s in parsed]
        ),
        templates=_joined([term.template for term in terms]),
        sample_start=_starts([0 if s is None else len(s.normfactors) for s in parsed]),
        sample_factors=_starts([len(entry) for entry in factors]),
        factor_parameter=_integers([place for entry in factors for place in entry]),
        sample_normsys=_starts([len(entry) for entry in normsys]),
        normsys_parameter=_integers([place for place, _, _ in flat_normsys]),
        normsys_code4=np.ascontiguousarray(code4.reshape(-1, CODE4_LENGTH)),
    )


def _starts(sizes: Sequence[int]) -> Integers:
    return np.concatenate(([0], np.cumsum(sizes, dtype=np.int64))).astype(np.int64)


def _integers(values: Sequence[int]) -> Integers:
    return np.array(values, dtype=np.int64)


def _floats(values: Sequence[float]) -> Floats:
    return np.array(values, dtype=np.float64)


def _joined(arrays: Sequence[Floats]) -> Floats:
    return np.concatenate(arrays) if arrays else np.empty(0)
