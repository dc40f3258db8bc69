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

from fourmu.errors import DomainError

from .checks import RefusedError
from .interpolation import CODE4_LENGTH, HISTOSYS_CODES, NORMSYS_CODES, code4_coefficients
from .parameter_sets import FREE, GAUSSIAN, POISSON
from .parsing import parse_specification
from .specification import Specification

__all__ = ["FREE", "GAUSSIAN", "POISSON", "Batch", "Tables", "batch_of"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Tables(NamedTuple):
    """The arrays of a batch, as kernels take them; W windows.

    The ``*_start`` arrays have W + 1 entries. A cell is a sample in a channel. Its factors are
    those from ``cell_factors[c]`` to ``cell_factors[c + 1]``, counted over the whole batch,
    likewise its normsys and per-bin multipliers; they have one entry more than there are cells.
    Templates and multipliers of a window are as long as its widest channel, filled up with 0
    and -1.
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
    kinked: NDArray[np.bool_]
    """Whether the likelihood has a kink where the parameter is 0."""
    poi: Integers
    """Place of the parameter of interest among the window's parameters, shape (W,)."""
    general: Integers
    """1 where the window needs the general form, 0 where it factorises, shape (W,)."""
    term_start: Integers
    term_cell: Integers
    """Cell of a term, counted within the window."""
    term_kind: Integers
    """0: nominal template; 1: times alpha; 2: g(alpha); 3: abs(alpha); 4: as code 2."""
    term_parameter: Integers
    template_start: Integers
    templates: Floats
    """Yields per bin, term after term."""
    cell_start: Integers
    cell_first_bin: Integers
    cell_bins: Integers
    cell_factors: Integers
    factor_parameter: Integers
    cell_normsys: Integers
    normsys_parameter: Integers
    normsys_code: Integers
    """1 or 4."""
    normsys_code4: Floats
    """Shape (number of normsys, 8): see :func:`code4_coefficients`."""
    cell_multipliers: Integers
    multiplier_start: Integers
    """Where the multipliers of a window begin in ``multiplier_parameter``."""
    multiplier_parameter: Integers
    """Parameter of every bin, multiplier after multiplier."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Windows ready to be fitted, and those that cannot be, with the reason.

    Attributes
    ----------
    workspaces
        Names of all windows, shape (W,).
    status, message
        Per window: empty if it can be fitted, else the status of its row and why.
    unread
        Per window, whether its file holds no JSON document at all.
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
    unread: tuple[bool, ...]
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
    normsys_code: str = "code4",
    histosys_code: str = "code4p",
) -> Batch:
    """Pack pyhf workspaces into one batch.

    Parameters
    ----------
    specifications
        Pairs of a name and the content of the workspace (a dictionary as pyhf takes it), or
        of a name and the :class:`RefusedError` that reading it ended with.
    measurement
        Name of the measurement; the first one of each workspace if None.
    normsys_code, histosys_code
        Interpolation of the systematics: ``code1`` or ``code4``; ``code0``, ``code2`` or
        ``code4p``. The defaults are those of pyhf.

    Returns
    -------
    Batch
        All windows in the order given; those that are refused carry status and message.

    Raises
    ------
    DomainError
        There is no such interpolation.
    """
    for key, found, known in (
        ("normsys_code", normsys_code, tuple(NORMSYS_CODES)),
        ("histosys_code", histosys_code, HISTOSYS_CODES),
    ):
        if found not in known:
            raise DomainError(
                "this interpolation is not supported", key=key, found=found, expected=known
            )
    names: list[str] = []
    status: list[str] = []
    message: list[str] = []
    unread: list[bool] = []
    parsed: list[Specification | None] = []
    for name, content in specifications:
        names.append(name)
        try:
            if isinstance(content, RefusedError):
                raise content
            parsed.append(
                parse_specification(
                    content,
                    measurement=measurement,
                    normsys_code=normsys_code,
                    histosys_code=histosys_code,
                )
            )
            status.append("")
            message.append("")
            unread.append(False)
        except RefusedError as error:
            parsed.append(None)
            status.append(error.status)
            message.append(error.message)
            unread.append(error.unread)
    return Batch(
        workspaces=tuple(names),
        status=tuple(status),
        message=tuple(message),
        unread=tuple(unread),
        poi_names=tuple("" if s is None else s.parameters[s.poi].name for s in parsed),
        parameter_names=tuple(
            () if s is None else tuple(parameter.name for parameter in s.parameters) for s in parsed
        ),
        tables=_tables(parsed),
    )


def _tables(parsed: Sequence[Specification | None]) -> Tables:
    filled = [s for s in parsed if s is not None]
    parameters = [p for s in filled for p in s.parameters]
    cells = [cell for s in filled for cell in s.cells]
    terms = [term for cell in cells for term in cell.terms]
    normsys = [entry for cell in cells for entry in cell.normsys]
    code4 = code4_coefficients(
        np.array([hi for _, hi, _ in normsys], dtype=np.float64),
        np.array([lo for _, _, lo in normsys], dtype=np.float64),
    )
    templates = [_templates(s) for s in parsed]
    multipliers = [_multipliers(s) for s in parsed]
    return Tables(
        bin_start=_starts([0 if s is None else s.observed.size for s in parsed]),
        observed=_joined([s.observed for s in filled]),
        parameter_start=_starts([0 if s is None else len(s.parameters) for s in parsed]),
        init=_floats([p.init for p in parameters]),
        lower=_floats([p.lower for p in parameters]),
        upper=_floats([p.upper for p in parameters]),
        constraint=_integers([p.constraint for p in parameters]),
        auxiliary=_floats([p.auxiliary for p in parameters]),
        precision=_floats([p.precision for p in parameters]),
        rate_factor=_floats([p.rate_factor for p in parameters]),
        fixed=_flags([p.fixed for p in parameters]),
        kinked=_flags([p.kinked for p in parameters]),
        poi=_integers([0 if s is None else s.poi for s in parsed]),
        general=_integers([0 if s is None or s.factorises else 1 for s in parsed]),
        term_start=_starts(
            [0 if s is None else sum(len(cell.terms) for cell in s.cells) for s in parsed]
        ),
        term_cell=_integers(
            [place for s in filled for place, cell in enumerate(s.cells) for _ in cell.terms]
        ),
        term_kind=_integers([term.kind for term in terms]),
        term_parameter=_integers([term.parameter for term in terms]),
        template_start=_starts([array.size for array in templates]),
        templates=_joined(templates),
        cell_start=_starts([0 if s is None else len(s.cells) for s in parsed]),
        cell_first_bin=_integers([cell.first_bin for cell in cells]),
        cell_bins=_integers([cell.terms[0].template.size for cell in cells]),
        cell_factors=_starts([len(cell.normfactors) for cell in cells]),
        factor_parameter=_integers([place for cell in cells for place in cell.normfactors]),
        cell_normsys=_starts([len(cell.normsys) for cell in cells]),
        normsys_parameter=_integers([place for place, _, _ in normsys]),
        normsys_code=_integers(
            [s.normsys_code for s in filled for c in s.cells for _ in c.normsys]
        ),
        normsys_code4=np.ascontiguousarray(code4.reshape(-1, CODE4_LENGTH)),
        cell_multipliers=_starts([len(cell.multipliers) for cell in cells]),
        multiplier_start=_starts([array.size for array in multipliers]),
        multiplier_parameter=np.concatenate([*multipliers, np.empty(0, dtype=np.int64)]),
    )


def _templates(specification: Specification | None) -> Floats:
    """Return the templates of a window one after another, all as long as the longest."""
    if specification is None:
        return np.empty(0)
    arrays = [term.template for cell in specification.cells for term in cell.terms]
    if not specification.factorises:
        width = max(array.size for array in arrays)
        arrays = [np.pad(array, (0, width - array.size)) for array in arrays]
    return np.concatenate(arrays)


def _multipliers(specification: Specification | None) -> Integers:
    """Return the parameters of the per-bin factors likewise, -1 where there is none."""
    if specification is None or specification.factorises:
        return np.empty(0, dtype=np.int64)
    width = max(cell.terms[0].template.size for cell in specification.cells)
    arrays = [
        np.pad(array, (0, width - array.size), constant_values=-1)
        for cell in specification.cells
        for array in cell.multipliers
    ]
    return np.concatenate([*arrays, np.empty(0, dtype=np.int64)])


def _starts(sizes: Sequence[int]) -> Integers:
    return np.concatenate(([0], np.cumsum(sizes, dtype=np.int64))).astype(np.int64)


def _integers(values: Sequence[int]) -> Integers:
    return np.array(values, dtype=np.int64)


def _floats(values: Sequence[float]) -> Floats:
    return np.array(values, dtype=np.float64)


def _flags(values: Sequence[bool]) -> NDArray[np.bool_]:
    return np.array(values, dtype=np.bool_)


def _joined(arrays: Sequence[Floats]) -> Floats:
    return np.concatenate(arrays) if arrays else np.empty(0)
