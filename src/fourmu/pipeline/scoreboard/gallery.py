"""The figures of a report, in the order of the paper, with what each shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["GALLERY", "GalleryFigure", "Shown"]


@dataclass(frozen=True, kw_only=True)
class GalleryFigure:
    """One figure: its number in the paper, its file, and a caption of ours."""

    number: str
    """As in the paper; empty for figures that the paper does not have."""
    name: str
    """File name without suffix."""
    caption: str
    folder: str = "figures"
    """Layout folder of the stage that draws it."""

    @property
    def title(self) -> str:
        """What stands before the caption."""
        return f"Figure {self.number} of the paper" if self.number else "Not in the paper"


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A figure that a run has."""

    figure: GalleryFigure
    path: Path


def _figure(number: str, name: str, caption: str, folder: str = "figures") -> GalleryFigure:
    return GalleryFigure(number=number, name=name, caption=caption, folder=folder)


_PLANE = "Simulated Z' of 3 GeV (left) and background (right), 2.75 < M(μμ) < 3.25 GeV."

GALLERY: Final[tuple[GalleryFigure, ...]] = (
    _figure(
        "3",
        "figure_03_dimuon_mass",
        "Dimuon mass of candidates before the networks: pseudo-data, simulated processes stacked, "
        "and their ratio.",
    ),
    _figure("4", "figure_04_candidate_momenta", f"Momenta of the candidate muons. {_PLANE}"),
    _figure("5", "figure_05_recoil_momenta", f"Momenta of the recoil muons. {_PLANE}"),
    _figure("6", "figure_06_helicity", f"Absolute cosine of the helicity angle. {_PLANE}"),
    _figure(
        "7",
        "figure_07_pair_pt_recoil",
        "Transverse momentum of the pair with respect to the recoil muons of largest and of "
        f"smallest momentum. {_PLANE}",
    ),
    _figure(
        "8",
        "figure_08_pair_pt_beam",
        "Transverse momentum of the pair with respect to the recoil muon of smallest momentum and "
        f"to the beam. {_PLANE}",
    ),
    _figure("9", "figure_09_pair_momentum", f"Momentum of the pair. {_PLANE}"),
    _figure(
        "10",
        "figure_10_efficiency",
        "Signal efficiency after all selections against the mass of the Z' and of the scalar.",
    ),
    _figure(
        "11",
        "figure_11_dimuon_mass_after_mlp",
        "Dimuon mass of candidates after all selections: pseudo-data, simulated processes stacked, "
        "and their ratio.",
    ),
    _figure(
        "12", "figure_12_window_zprime", "Fit of the mass with the largest local significance, Z'."
    ),
    _figure("12", "figure_12_window_scalar", "The same for the scalar."),
    _figure(
        "13",
        "figure_13_limits_zprime",
        "Observed and expected 90 % CL limits on the cross section of the Z'.",
    ),
    _figure("13", "figure_13_limits_scalar", "The same for the scalar."),
    _figure(
        "14",
        "figure_14_couplings_zprime",
        "Observed and expected 90 % CL limits on g', with the (g-2) band.",
    ),
    _figure("14", "figure_14_couplings_scalar", "The same for g_S."),
    _figure("", "trigger_efficiency", "Trigger efficiency of events that pass everything else."),
    _figure("", "resolution", "sigma(M_R) after the kinematic fit."),
    _figure("", "rejection", "Background before over after the networks, against dimuon mass."),
    _figure("", "multiplicity", "Candidates per event after the networks."),
    _figure("", "significance_zprime", "Local significances of the Z' scan."),
    _figure("", "largest_significance_zprime", "Largest local significance of pseudo-scans."),
    *(
        _figure("", name, caption, "systematics")
        for name, caption in (
            (
                "three_track_trigger",
                "Three-track trigger in tau pairs, pseudo-data and simulation.",
            ),
            (
                "single_muon_trigger",
                "Single-muon trigger in tau pairs, pseudo-data and simulation.",
            ),
            ("identification", "Identification of muons by tag and probe."),
            ("jpsi_prefit", "J/psi in e e mu mu before the kinematic fit."),
            ("jpsi_fitted", "J/psi in e e mu mu after the kinematic fit."),
            ("yield_bias", "Fitted over true yield where the resolution is that of the data."),
            ("mlp_ratio", "Efficiency of the networks in pseudo-data and simulation."),
            ("fit_bias", "Pulls of fits to signals overlaid on bootstrapped background."),
        )
    ),
)
"""Figures 1 and 2 of the paper are Feynman diagrams."""
