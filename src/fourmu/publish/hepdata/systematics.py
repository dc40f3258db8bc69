"""Sizes of the systematic uncertainties as the likelihoods of an archive have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fourmu.archive import Archive
from fourmu.archive.patches import signal_place

__all__ = ["SignalUncertainties", "signal_uncertainties"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class SignalUncertainties:
    """Relative uncertainties of the signal yield of one model in (k,) windows with a likelihood."""

    mass_gev: FloatArray
    size: Mapping[str, FloatArray]
    """(k,) one standard deviation by source, in the order of the workspaces; NaN where a window
    does not have the source."""
    shapes: frozenset[str]
    """Sources that change the shape of the signal, too."""

    @property
    def total(self) -> FloatArray:
        """(k,) quadratic sum of all sources."""
        every = np.array([*self.size.values()]).reshape(len(self.size), len(self.mass_gev))
        return np.asarray(np.sqrt(np.nansum(every**2, axis=0)))


def signal_uncertainties(archive: Archive) -> dict[str, SignalUncertainties]:
    """Read the uncertainties of every model out of all workspaces.

    Parameters
    ----------
    archive
        The archive.

    Returns
    -------
    uncertainties
        By model. A size is half the distance of the yields at +1 and -1 standard deviation.

    Raises
    ------
    InputError
        A workspace is missing or was changed.
    """
    index = archive.index
    sizes: dict[str, list[dict[str, float]]] = {name: [] for name in index.models}
    shapes: dict[str, set[str]] = {name: set() for name in index.models}
    for window, model, workspace in archive.workspaces():
        i, j = signal_place(workspace, window)
        modifiers = workspace["channels"][i]["samples"][j]["modifiers"]
        sizes[model].append(
            {entry["name"]: _size(entry["data"]) for entry in modifiers if _is(entry, "normsys")}
        )
        shapes[model].update(entry["name"] for entry in modifiers if _is(entry, "histosys"))
    mass = index.mass_gev[~index.vetoed]
    return {
        model: SignalUncertainties(
            mass_gev=mass,
            size={
                source: np.array([window.get(source, np.nan) for window in windows])
                for source in dict.fromkeys(name for window in windows for name in window)
            },
            shapes=frozenset(shapes[model]),
        )
        for model, windows in sizes.items()
    }


def _is(modifier: Mapping[str, Any], kind: str) -> bool:
    return bool(modifier["type"] == kind)


def _size(data: Mapping[str, float]) -> float:
    """Half the distance of hi and lo; near 1 they are good to 2e-16: more decimals are rounding."""
    return round(0.5 * abs(float(data["hi"]) - float(data["lo"])), 15)
