"""Expected contents of the bins of a workspace, sample by sample, by pyhf."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["expected_bins"]


def expected_bins(
    workspace: Mapping[str, Any], parameters: Mapping[str, float]
) -> dict[str, npt.NDArray[np.float64]]:
    """Events expected in each bin of a one-channel workspace.

    Parameters
    ----------
    workspace
        pyhf specification.
    parameters
        Value of every parameter by name.

    Returns
    -------
    expected
        (n,) events by sample name.
    """
    import pyhf  # type: ignore[import-untyped]  # noqa: PLC0415

    model = pyhf.Workspace(workspace).model(
        modifier_settings={
            "normsys": {"interpcode": "code4"},
            "histosys": {"interpcode": "code4p"},
        }
    )
    values = np.array([parameters[name] for name in model.config.par_order], dtype=np.float64)
    by_sample = model.main_model.expected_data(values, return_by_sample=True)
    names = model.config.samples
    return {name: np.asarray(by_sample[place]) for place, name in enumerate(names)}
