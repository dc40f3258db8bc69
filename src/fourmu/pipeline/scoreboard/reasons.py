"""Why ours differs, by row: short texts about what was measured.

A text is shown where a row does not agree. ``{row.id}`` in it stands for our value of another
row in the same run, so that no number of ours is typed in. A row that differs without a text
here is shown as "not explained".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from .row import Entry

__all__ = ["NOT_EXPLAINED", "REASONS", "explained", "referenced"]

NOT_EXPLAINED: Final = "not explained"

_SHARES = (
    "Conversion is {generation.conversion} of the total and interference "
    "{generation.interference}, with amplitudes that agree with an independent generator's, so the "
    "mean over all masses is the rest. Which pairs and which acceptance the paper's shares belong "
    "to is not said."
)
_SELECTED = f"{_SHARES} Of annihilation more passes the selection than of conversion."
_SINGLE_MUON = (
    "The single-muon trigger outside 51 - 117 degrees is not in the paper. Here it falls linearly "
    "to the ends of the tracking acceptance, which comes closest to all four printed efficiencies; "
    "without any trigger beyond the barrel of the KLM that at threshold would be far too low."
)
_RESOLUTION = (
    "The scan steps by sigma(M_R), and that differs: {resolution.below_1} below 1 GeV and "
    "{resolution.at_9} at 9 GeV."
)
_POSITION = "Fluctuations are where the data have them: these are not the paper's."

_FEWER = "The configuration of this run has fewer."
_RATIO = (
    "Four muons with radiation and the detector of the pseudo-data are "
    "{data.four_muons_alone_before} times the simulated ones. What lifts the ratio is what "
    "simulation has nothing of: resonances, above all a rho of the size of the notes, of which "
    "every event adds four pairs."
)
_FAKES = (
    "How often electrons are taken for muons is a choice, for which the paper has no number: "
    "{response.electron_as_muon_soft} below the momentum that reaches the KLM, "
    "{response.electron_as_muon_gap} in its gaps, {response.electron_as_muon} elsewhere. The "
    "electron veto looks at candidates below 1 GeV alone."
)
_PUT_IN = (
    "The size is that of what pseudo-data were made different by, and it is found: "
    "{measured.closure}. Belle II's detector differs from its simulation by other amounts."
)
_NETWORKS = (
    "Before the networks {data.mostly_four_muons} are four muons, in the paper almost all: "
    "networks and working points see another background. Training takes only candidates with "
    "M(4mu) near 10.58 GeV. What each of the two does is not measured here."
)
_EXTREMES = (
    "Smallest and largest of all windows: both follow fluctuations of the data. Expected: {}."
)
_COUPLING = (
    "From the limits on cross sections, {}, with cross sections that agree with an independent "
    "generator's."
)
_AT_THE_END = (
    "The paper's limit has this value because its exclusion ends here. Cross sections, branching "
    "fractions and band agree with independent numbers; the limit on the cross section differs. "
    "Not explained."
)
_IMPACT = (
    "Asymptotic CLs, expected limits, and a total of {table_one.total} as in the paper. Not "
    "explained."
)

REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "generation.conversion": "The paper rounds; the notes' independent amplitudes say 83 %.",
        "generation.annihilation_below": _SHARES,
        "generation.annihilation_above": _SHARES,
        "generation.annihilation_below_selected": _SELECTED,
        "generation.annihilation_above_selected": _SELECTED,
        "radiation.four_muon_k": "A cross section that falls with 1/s' from threshold on gives "
        "1.33. The exact one at 2 GeV is only {radiation.four_muon_rise} times that at "
        "10.58 GeV. Above 10 GeV, where the selection looks, the shares agree.",
        "radiation.photon_loss": "One photon of the exact amplitude on top of collinear radiation. "
        "The paper's KKMC has further photons and its own detector, and it does not say relative "
        "to what; with radiation off the muons ours is {radiation.photon_loss_all}.",
        "trigger.threshold": _SINGLE_MUON,
        "trigger.at_10": _SINGLE_MUON,
        "networks.first_variable": _NETWORKS,
        "networks.second_variable": _NETWORKS,
        "networks.rejection": _NETWORKS,
        "networks.best_rejection": _NETWORKS,
        "networks.candidates_background": _NETWORKS,
        "networks.candidates_signal": _NETWORKS,
        "efficiency.scalar_below_1": "Before the networks: {efficiency.scalar_below_1_before}. The "
        "first network, trained on the Z' alone, rejects on momenta in which the scalar differs.",
        "resolution.below_1": "Near threshold the angular resolution decides, for which the paper "
        "has no number; the choice gives the notes' widths at 1, 3 and 6 GeV.",
        "resolution.at_9": "The spread of sqrt(s), which the paper does not mention, decides at "
        "9 GeV: without it the width is {resolution.postfit_9}.",
        "windows.fits": _RESOLUTION,
        "generation.zprime_masses": _FEWER,
        "generation.scalar_masses": _FEWER,
        "data.ratio_before": _RATIO,
        "data.deficit_below_2": _RATIO,
        "data.mostly_four_muons": _FAKES,
        "data.four_muons_after": _FAKES,
        "data.mumu_gamma_after": _FAKES,
        "data.ee_mumu_after": _FAKES,
        "data.above_one_after": "Without resonances the ratio is {data.four_muons_alone_before} "
        "before and {data.four_muons_alone_after} after the networks: they keep more of the "
        "candidates with radiation, but by less than in the paper. Not explained beyond that.",
        "data.resonances_visible": "What is put in is the area of the notes: with "
        "{data.area_upsilon1s} of continuum the Upsilon(1S) is no larger than the fluctuations.",
        "data.area_jpsi": "Put in relative to the continuum of four muons and of the muon pair of "
        "e e mu mu; measured relative to all candidates, of which other processes and pairs of "
        "unlike leptons have no J/psi. {data.mostly_four_muons} are four muons.",
        "measured.trigger": _PUT_IN,
        "measured.particle_id": _PUT_IN,
        "measured.mlp": "Pseudo-data differ from simulation by radiation and the detector: "
        "{measured.closure}. The size per MLP range is what their efficiencies differ by.",
        "measured.jpsi_width": "The peak has {measured.jpsi_events} events, and part of its "
        "width is not the detector's. Found of all that was put in: {measured.closure}.",
        "measured.total": "The quadratic sum of the rows above, and of tracking and luminosity "
        "from the configuration.",
        "impact.zprime": _IMPACT,
        "impact.scalar": _IMPACT,
        "significance.paper_in_full_scan_notes": "For as many hypotheses as this scan has.",
        "limit.observed_zprime": _EXTREMES.format("{limit.expected_zprime}"),
        "limit.observed_scalar": _EXTREMES.format("{limit.expected_scalar}"),
        "coupling.range_zprime": _COUPLING.format("{limit.observed_zprime}"),
        "coupling.range_scalar": _COUPLING.format("{limit.observed_scalar}"),
        "coupling.limit_zprime_0.8": _AT_THE_END,
        "coupling.limit_zprime_4.9": _AT_THE_END,
        "coupling.limit_scalar_2.9": _AT_THE_END,
        "coupling.limit_scalar_3.5": _AT_THE_END,
        "significance.hypotheses_needed": "From the share of pseudo-scans with an excess as large, "
        "as if windows were alike.",
        "coupling.g_minus_2_zprime": "The band's lower edge at 0.8 GeV is "
        "{coupling.band_edge_zprime_0.8}, so the paper's limit is as large there; ours is "
        "{coupling.limit_zprime_0.8}. Cross sections and band agree with independent numbers: the "
        "difference is in the limits on cross sections. Not explained.",
        "coupling.g_minus_2_scalar": "The band's lower edge at 3.5 GeV is "
        "{coupling.band_edge_scalar_3.5}; ours is {coupling.limit_scalar_3.5}. With our cross "
        "sections that takes limits near the smallest of the paper's whole range. Not explained.",
        "windows.masses": "The next step would leave the range.",
        "significance.largest": _POSITION,
        "significance.global": _POSITION,
        "significance.above_three": _POSITION,
        "significance.paper_in_full_scan": "Pseudo-scans of the whole scan, correlations between "
        "overlapping windows included; up-crossings by Gross and Vitells say the same. 1.6 sigma "
        "would need a range of {significance.hypotheses_needed} hypotheses.",
        "significance.paper_in_range": "Pseudo-scans of this MLP range alone. 1.6 sigma would need "
        "a range of {significance.hypotheses_needed} hypotheses.",
    }
)
"""Text by id of the row."""

_REFERENCE = re.compile(r"\{([a-z0-9_.]+)\}")


def referenced(text: str) -> list[str]:
    """Ids of the rows whose values a text quotes."""
    return _REFERENCE.findall(text)


def _quotation(entry: Entry) -> str:
    """Our value as it stands in a sentence: of a statement, what was found."""
    found = entry.found
    return entry.ours if found is None or found.holds is None else found.text


def explained(entries: Sequence[Entry], reasons: Mapping[str, str] = REASONS) -> list[Entry]:
    """Entries with their reasons filled in; rows that agree need none.

    Parameters
    ----------
    entries
        All rows of a run.
    reasons
        Text by id.
    """
    values = {entry.id: _quotation(entry) for entry in entries}

    def quoted(match: re.Match[str]) -> str:
        return values.get(match.group(1), "not measured")

    result = []
    for entry in entries:
        reason = ""
        if entry.verdict == "not measured":
            reason = entry.message
        elif entry.verdict in ("close", "differs", "other data"):
            text = reasons.get(entry.id, NOT_EXPLAINED if entry.verdict == "differs" else "")
            reason = _REFERENCE.sub(quoted, text)
        result.append(replace(entry, reason=reason))
    return result
