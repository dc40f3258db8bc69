"""Systematic uncertainties that the fits use, beside Table I (Sec. VI)."""

from __future__ import annotations

from functools import partial

from fourmu.io.json_files import read_json
from fourmu.statmodel import workspace_files

from .claims import Claim, span, value
from .found import Found, NotMeasured, numbers
from .groups import Group
from .row import Row
from .run import Run

__all__ = ["TABLE_ONE"]

_EVERY = 10  # sizes are smooth in mass: every tenth workspace shows their range


def _used(source: str, run: Run) -> Found:
    """Smallest and largest size in the workspaces, in per cent."""
    sizes = [window[source] for window in _windows(run) if source in window]
    if not sizes:
        raise NotMeasured("the workspaces have no such source")
    low, high = min(sizes), max(sizes)
    return numbers(low) if low == high else numbers(low, high)


def _windows(run: Run) -> list[dict[str, float]]:
    """Relative sizes by source, in per cent, and the total, of some workspaces."""
    files = workspace_files(run.layout.folder(f"workspaces/{run.analysis.models[0]}"))
    found = []
    for path in (*files[:-1:_EVERY], files[-1]):
        sizes = {}
        for sample in read_json(path)["channels"][0]["samples"]:
            if sample["name"] == "signal":
                for modifier in sample["modifiers"]:
                    if modifier["type"] == "normsys":
                        # hi = 1 + size, lo = 1 - size
                        hi, lo = modifier["data"]["hi"], modifier["data"]["lo"]
                        sizes[modifier["name"]] = round(50.0 * (hi - lo), 9)
        sizes["total"] = sum(size**2 for size in sizes.values()) ** 0.5
        found.append(sizes)
    return found


def _span_of(printed: tuple[str, ...]) -> Claim:
    return value(printed[0]) if len(printed) == 1 else span(printed[0], printed[1])


def _as_claimed(printed: tuple[str, ...], source: str, run: Run) -> Found:
    """A constant size where the paper has a range is both of its ends, and the reverse."""
    found = _used(source, run)
    if len(found.values) == len(printed):
        return found
    if len(printed) == 2:
        return numbers(found.values[0], found.values[0])
    return numbers(found.values[1], text=f"at most (at least {found.values[0]:.1f})")


TABLE: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("trigger", "Trigger", ("0.3", "1.7")),
    ("tracking", "Tracking", ("3.6",)),
    ("particle_id", "Particle identification", ("0.7", "3")),
    ("beam_background", "Beam background and calorimeter energy resolution", ("1",)),
    ("mlp", "MLP selection", ("1.1", "8.1")),
    ("interpolation", "Efficiency interpolation", ("3",)),
    ("fit_bias", "Fit bias", ("4",)),
    ("mass_resolution", "Mass resolution", ("7",)),
    ("luminosity", "Luminosity", ("1",)),
    ("total", "Total", ("9.5", "12.9")),
)
"""Name of the nuisance parameter, title in Table I, numbers printed there."""

TABLE_ONE = Group(
    name="table_one",
    title="Systematic uncertainties that the fits use (Table I)",
    cost=1.0,
    rows=tuple(
        Row(
            id=f"table_one.{source}",
            quantity=f"{title}: relative uncertainty of the signal yield in the workspaces",
            source="Table I",
            unit="%",
            claim=_span_of(printed),
            measure=partial(_as_claimed, printed, source),
        )
        for source, title, printed in TABLE
    ),
)
