"""Windows, limits on cross sections, local and global significances (Secs. V and VII)."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from fourmu.inference import Excess, GlobalSignificance, global_significance

from .claims import no_number, span, value
from .found import Found, NotMeasured, number, numbers
from .groups import Group
from .row import Row
from .run import Run

__all__ = ["LIMITS", "SIGNIFICANCES", "WINDOWS"]

_PAPER_LARGEST = (3.4, 5.307)
_PAPER_GLOBAL = 1.6


# windows


def _fits(run: Run) -> Found:
    windows = run.windows(run.analysis.models[0])
    vetoed = sum(window["vetoed"] for window in windows)
    step = run.analysis.templates.step_sigmas
    text = f"(and {vetoed} vetoed)" + (f" in steps of {step:g} sigma" if step != 1.0 else "")
    return number(len(windows) - vetoed, text=text)


def _masses(run: Run) -> Found:
    masses = [window["mass_gev"] for window in run.windows(run.analysis.models[0])]
    return numbers(min(masses), max(masses))


def _without_limit(run: Run) -> Found:
    """Over all models."""
    rows = [row for model in run.analysis.models for row in run.results(model)]
    bad = sum(row["status"] not in ("ok", "width_not_negligible") for row in rows)
    return number(bad, text=f"of {len(rows)}")


WINDOWS = Group(
    name="windows",
    title="The scan (Sec. V)",
    rows=(
        Row(
            id="windows.fits",
            quantity="mass hypotheses that are fitted, one sigma(M_R) apart",
            source="Sec. V",
            claim=value("2315"),
            measure=_fits,
        ),
        Row(
            id="windows.masses",
            quantity="first and last mass of the scan",
            source="Secs. I, V",
            unit="GeV",
            claim=span("0.212", "9.0"),
            measure=_masses,
        ),
        Row(
            id="windows.without_limit",
            quantity="fits that end without a limit",
            source="Sec. V",
            claim=no_number(),
            measure=_without_limit,
        ),
    ),
)


# limits


def _observed(model: str, run: Run) -> Found:
    run.refuse_if_blind()
    rows = [row for row in run.results(model) if row["xsec_limit_fb"] is not None]
    if not rows:
        raise NotMeasured("no window has a limit")
    low = min(rows, key=lambda row: row["xsec_limit_fb"])
    high = max(rows, key=lambda row: row["xsec_limit_fb"])
    text = f"(at {low['mass_gev']:.2f} and {high['mass_gev']:.2f} GeV)"
    return numbers(low["xsec_limit_fb"], high["xsec_limit_fb"], text=text)


def _expected(model: str, run: Run) -> Found:
    rows = run.results(model)
    # the median over background-only pseudo-experiments is the paper's way; it is on request
    name = "xsec_limit_expected_pseudo_fb"
    if not any(row.get(name) for row in rows):
        name = "xsec_limit_expected_fb"
    medians = [row[name][2] for row in rows if row.get(name) and row[name][2] is not None]
    if not medians:
        raise NotMeasured("no window has an expected limit")
    way = "pseudo-experiments" if "pseudo" in name else "Asimov data"
    return numbers(min(medians), max(medians), text=f"(median, {way})")


_LIMITS = (("zprime", "Z'", "0.046", "0.97"), ("scalar", "S", "0.055", "1.3"))

LIMITS = Group(
    name="limit",
    title="Limits on cross sections (Sec. VII, Fig. 13)",
    rows=(
        *(
            Row(
                id=f"limit.observed_{model}",
                quantity=f"observed 90 % CL limits on sigma x BR of the {symbol}, "
                "smallest and largest",
                source="Secs. VII, VIII",
                unit="fb",
                claim=span(low, high),
                measure=partial(_observed, model),
            )
            for model, symbol, low, high in _LIMITS
        ),
        *(
            Row(
                id=f"limit.expected_{model}",
                quantity=f"expected 90 % CL limits on sigma x BR of the {symbol}, "
                "smallest and largest",
                source="Fig. 13",
                unit="fb",
                claim=no_number("curve"),
                measure=partial(_expected, model),
            )
            for model, symbol, _, _ in _LIMITS
        ),
    ),
)


# significances


def _largest(run: Run) -> Found:
    run.refuse_if_blind()
    excess = _excesses(run)[0]
    return number(excess.z_local, text=f"at {excess.mass_gev:.3f} GeV")


def _global_of_largest(run: Run) -> Found:
    run.refuse_if_blind()
    return _z_global(_excesses(run)[0].in_full)


def _above_three(run: Run) -> Found:
    run.refuse_if_blind()
    above = [excess for excess in _excesses(run) if excess.z_local > 3.0]
    where = ", ".join(f"{excess.mass_gev:.3f}" for excess in above)
    return number(len(above), text=f"(at {where} GeV)" if above else "")


def _excesses(run: Run) -> tuple[Excess, ...]:
    excesses = run.look_elsewhere("zprime").excesses
    if not excesses:
        raise NotMeasured("there is no excess")
    return excesses


def _paper_over(region_of: str, run: Run) -> Found:
    """Global significance that the paper's largest local one has in our scan."""
    record = run.look_elsewhere("zprime")
    z, mass = _PAPER_LARGEST
    if region_of == "full":
        region = record.full
    else:
        region = record.range(int(run.mlp_range_of(np.array([mass]))[0]))
    found = _z_global(global_significance(region, z))
    text = f"{found.text} ({region.hypotheses} hypotheses)".strip()
    return Found(values=found.values, errors=found.errors, text=text)


def _z_global(significance: GlobalSignificance) -> Found:
    """By pseudo-scans, with its interval of 68 %."""
    z = significance.z_scans
    low, high = significance.z_scans_interval
    if significance.is_upper_limit:
        return number(z, text="or more, at 95 % CL")
    if not math.isfinite(z):
        raise NotMeasured(f"every pseudo-scan has a larger one (p = {significance.p_scans:.3f})")
    known = [end for end in (low, high) if math.isfinite(end)]
    error = 0.5 * (high - low) if len(known) == 2 else abs(known[0] - z)
    return number(z, error)


def _hypotheses_needed(run: Run) -> Found:
    """Part of the scan in which the paper's local significance has its global one.

    The probability that a scan has no such excess is a power of its length.
    """
    region = run.look_elsewhere("zprime").full
    found = global_significance(region, _PAPER_LARGEST[0])
    if not 0.0 < found.p_scans < 1.0:
        raise NotMeasured("pseudo-scans above the local significance: all or none")
    wanted = 0.5 * math.erfc(_PAPER_GLOBAL / math.sqrt(2.0))
    rate = -math.log1p(-found.p_scans) / region.hypotheses
    error = 0.5 * (found.p_scans_high - found.p_scans_low) / (1.0 - found.p_scans)
    needed = -math.log1p(-wanted) / rate
    return number(needed, needed * error / -math.log1p(-found.p_scans))


SIGNIFICANCES = Group(
    name="significance",
    title="Local and global significances (Sec. VII, Fig. 12)",
    rows=(
        Row(
            id="significance.largest",
            quantity="largest local significance of the Z' scan (paper: at 5.307 GeV)",
            source="Sec. VII",
            unit="sigma",
            claim=value("3.4"),
            measure=_largest,
            of_data=True,
        ),
        Row(
            id="significance.global",
            quantity="its global significance",
            source="Sec. VII",
            unit="sigma",
            claim=value("1.6"),
            measure=_global_of_largest,
            of_data=True,
        ),
        Row(
            id="significance.above_three",
            quantity="masses with a local significance above 3 (paper: 5.307, 1.939, 4.518 and "
            "4.947 GeV)",
            source="Sec. VII",
            claim=value("4"),
            measure=_above_three,
            of_data=True,
        ),
        Row(
            id="significance.paper_in_full_scan",
            quantity="global significance of 3.4 sigma local over the full scan",
            source="Sec. VII",
            unit="sigma",
            claim=value("1.6"),
            measure=partial(_paper_over, "full"),
        ),
        Row(
            id="significance.paper_in_full_scan_notes",
            quantity="the same, expected for some 2,300 hypotheses one sigma(M_R) apart",
            source="notes 10",
            unit="sigma",
            claim=value("0.1", about=True),
            measure=partial(_paper_over, "full"),
        ),
        Row(
            id="significance.paper_in_range",
            quantity="global significance of 3.4 sigma local over the MLP range of 5.307 GeV",
            source="Sec. VII",
            unit="sigma",
            claim=value("1.6"),
            measure=partial(_paper_over, "range"),
        ),
        Row(
            id="significance.hypotheses_needed",
            quantity="hypotheses over which 3.4 sigma local are 1.6 sigma global",
            source="notes 10",
            claim=value("250", about=True),
            measure=_hypotheses_needed,
        ),
    ),
)
