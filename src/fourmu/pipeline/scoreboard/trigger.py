"""Trigger efficiency of signals that pass everything else (Sec. IV A)."""

from __future__ import annotations

from functools import partial

import numpy as np

from fourmu.selection import Cutflow

from .claims import statement, value
from .found import Found, NotMeasured, number, truth
from .groups import Group
from .row import Row
from .run import Run

__all__ = ["TRIGGER"]

_PLATEAU_GEV = (2.5, 8.5)
_NEAR_GEV = 0.13  # half a step of the grid


def _efficiency(flow: Cutflow) -> tuple[float, float]:
    """Efficiency and binomial error, in per cent."""
    total = float(flow.without_trigger[1])
    if not total > 0.0:
        raise NotMeasured("no event passes everything else")
    share = flow.trigger_efficiency
    return 100.0 * share, 100.0 * float(np.sqrt(max(share * (1 - share), 1.0 / total) / total))


def _at(model: str, mass_gev: float, run: Run) -> Found:
    flows = run.signal(model)
    nearest = min(flows, key=lambda mass: abs(mass - mass_gev))
    if abs(nearest - mass_gev) > _NEAR_GEV:
        raise NotMeasured(f"no sample near {mass_gev:g} GeV")
    share, error = _efficiency(flows[nearest][0])
    return number(share, error)


def _plateau(run: Run) -> Found:
    """Mean over the masses of the plateau, with the smallest."""
    low, high = _PLATEAU_GEV
    found = {
        mass: _efficiency(flow)
        for mass, (flow, _) in run.signal("zprime").items()
        if low <= mass <= high
    }
    if not found:
        raise NotMeasured("no sample on the plateau")
    shares = np.array([share for share, _ in found.values()])
    errors = np.array([error for _, error in found.values()])
    lowest = min(found, key=lambda mass: found[mass][0])
    text = f"(smallest {found[lowest][0]:.1f} at {lowest:g} GeV)"
    return number(float(shares.mean()), float(np.sqrt(np.sum(errors**2)) / len(errors)), text)


def _rise(run: Run) -> Found:
    """Whether the efficiency falls anywhere below the plateau."""
    flows = run.signal("zprime")
    masses = np.array(sorted(mass for mass in flows if mass <= _PLATEAU_GEV[0]))
    shares = np.array([_efficiency(flows[mass][0])[0] for mass in masses])
    falls = float(np.max(np.maximum.accumulate(shares) - shares, initial=0.0))
    errors = max(_efficiency(flows[mass][0])[1] for mass in masses)
    # smooth: nowhere lower than before by more than fluctuations of two points allow
    return truth(falls <= 3.0 * np.sqrt(2.0) * errors, f"largest step down {falls:.2f} points")


TRIGGER = Group(
    name="trigger",
    title="Trigger (Sec. IV A)",
    rows=(
        Row(
            id="trigger.threshold",
            quantity="trigger efficiency of a Z' close to the dimuon threshold (0.212 GeV), of "
            "events that pass everything else",
            source="Sec. IV A",
            unit="%",
            claim=value("91"),
            measure=partial(_at, "zprime", 0.212),
        ),
        Row(
            id="trigger.rise",
            quantity="it increases smoothly up to the plateau",
            source="Sec. IV A",
            claim=statement("increases smoothly"),
            measure=_rise,
        ),
        Row(
            id="trigger.plateau",
            quantity="the same for 2.5 to 8.5 GeV, mean",
            source="Sec. IV A",
            unit="%",
            claim=value("99", about=True),
            measure=_plateau,
        ),
        Row(
            id="trigger.at_10",
            quantity="the same at 10 GeV",
            source="Sec. IV A",
            unit="%",
            claim=value("89"),
            measure=partial(_at, "zprime", 10.0),
        ),
        Row(
            id="trigger.scalar",
            quantity="trigger efficiency of a scalar of 0.212 GeV",
            source="Sec. IV A",
            unit="%",
            claim=value("95"),
            measure=partial(_at, "scalar", 0.212),
        ),
    ),
)
