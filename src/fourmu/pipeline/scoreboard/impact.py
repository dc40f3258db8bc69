"""What the systematic uncertainties do to the limits: the same fits without them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from fourmu.inference import limits
from fourmu.io.json_files import read_json
from fourmu.io.results import read_limits
from fourmu.statmodel import batch_of, workspace_files

from .claims import at_most
from .found import Found, NotMeasured, number
from .groups import Group
from .row import Row
from .run import Run

__all__ = ["IMPACT"]

_SYSTEMATIC = ("normsys", "histosys")


def _stripped(run: Run, model: str) -> Iterator[tuple[str, object]]:
    """Workspaces of a model without systematic uncertainties, by name."""
    for path in workspace_files(run.layout.folder(f"workspaces/{model}")):
        content = read_json(path)
        for channel in content["channels"]:
            for sample in channel["samples"]:
                sample["modifiers"] = [
                    modifier
                    for modifier in sample["modifiers"]
                    if modifier["type"] not in _SYSTEMATIC
                ]
        yield f"{model}/{path.name}", content


def _worse(model: str, run: Run) -> Found:
    """Mean relative change of the median expected limit, in per cent."""
    if model not in run.analysis.models:
        raise NotMeasured(f"the analysis does not search for '{model}'")
    with_all = read_limits(run.limits_folder / f"{model}.json")
    without = limits(batch_of(_stripped(run, model)), run.analysis.inference, threads=1)
    if with_all.workspaces != without.workspaces:
        raise NotMeasured("limits and workspaces do not belong together")
    change = 100.0 * (with_all.limit_expected[:, 2] / without.limit_expected[:, 2] - 1.0)
    known = change[np.isfinite(change)]
    if not known.size:
        raise NotMeasured("no window has a limit")
    text = f"({known.min():.2f} to {known.max():.2f})"
    return number(float(known.mean()), float(known.std() / np.sqrt(known.size)), text)


IMPACT = Group(
    name="impact",
    title="Effect of systematic uncertainties on the limits (Sec. VII)",
    cost=8.0,
    rows=tuple(
        Row(
            id=f"impact.{model}",
            quantity=f"systematic uncertainties worsen the (expected) limits of the {particle} by, "
            "on average",
            source="Sec. VII",
            unit="%",
            claim=at_most("1"),
            measure=partial(_worse, model),
        )
        for model, particle in (("zprime", "Z'"), ("scalar", "scalar"))
    ),
)
