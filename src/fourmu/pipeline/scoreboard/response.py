"""The simulated detector, measured with single particles (Secs. II, IV A, IV B, notes 3)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise

import numpy as np

from fourmu.classifiers.ranges import BoolArray
from fourmu.detector import Events, beam_frame, lab_from_cm, simulate
from fourmu.generator import PartonEvents
from fourmu.physics.constants import ELECTRON_MASS_GEV, MUON_MASS_GEV
from fourmu.physics.kinematics import FloatArray, energy_momentum

from .claims import Claim, no_number, span, value
from .found import Found, NotMeasured, number, numbers, share
from .groups import Group
from .row import Row
from .run import Run

__all__ = ["RESPONSE"]

_PION_MASS_GEV = 0.13957039
_MUON, _PION, _ELECTRON, _PHOTON = range(4)
_PDG = (13, -211, 11, 22)
_MASSES = np.array([MUON_MASS_GEV, _PION_MASS_GEV, ELECTRON_MASS_GEV, 0.0])
_LAST_GEV = 6.0
_MOMENTUM_EDGES_GEV = np.array([0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0])
_PT_EDGES_GEV = np.array([0.3, 0.5, 0.8, 1.2, 1.6, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0])
_QUANTILE = 0.683


@dataclass(frozen=True, kw_only=True)
class _Tracks:
    """Tracks of one particle of every event beside the truth, shapes (n,); NaN where not found."""

    found: BoolArray
    pt: FloatArray
    is_muon: BoolArray
    is_electron: BoolArray
    true_pt: FloatArray
    true_theta: FloatArray
    true_momentum: FloatArray


@lru_cache(maxsize=2)
def _gun(run: Run) -> tuple[Events, FloatArray]:
    """One muon, pion, electron and photon per event, isotropic; and their momenta in the lab."""
    rng, count = run.rng("response"), run.analysis.report.single_particles
    cosine = rng.uniform(-1.0, 1.0, (count, 4))
    phi = rng.uniform(-math.pi, math.pi, (count, 4))
    size = rng.uniform(0.05, _LAST_GEV, (count, 4))
    # many soft muons, for the efficiency at 0.1 GeV
    size[1::2, _MUON] = rng.uniform(0.05, 0.4, count // 2)
    # of photons, half are soft, where the resolution changes
    size[: count // 2, _PHOTON] = rng.uniform(0.05, 0.5, count // 2)
    size[count // 2 :, _PHOTON] *= 1.5
    sine = np.sqrt(1.0 - cosine**2)
    direction = np.stack([sine * np.cos(phi), sine * np.sin(phi), cosine], axis=-1)
    momenta = energy_momentum(size[..., None] * direction, _MASSES)
    partons = PartonEvents(
        momenta=momenta,
        pdg=np.array(_PDG, dtype=np.int64),
        photons=np.zeros((count, 2, 4)),
        weight=np.ones(count),
        x_mass_gev=np.full(count, np.nan),
        sqrt_s_gev=run.analysis.generation.sqrt_s_gev,
        process="single particles",
    )
    # a lower threshold than in the analysis shows the whole width at 0.1 GeV
    settings = run.analysis.detector.model_copy(
        update={"photon_energy_min_gev": 0.05, "background_photons_mean": 0.0}
    )
    lab = lab_from_cm(momenta, beam_frame(settings))
    return simulate(partons, settings, rng), lab


@lru_cache(maxsize=8)
def _tracks(run: Run, particle: int) -> _Tracks:
    """Join the tracks of one particle to the truth."""
    events, lab = _gun(run)
    owner = np.repeat(np.arange(len(events)), np.diff(events.track_offsets))
    rows = events.track_truth == particle
    place = owner[rows]

    def spread(values: np.ndarray, empty: float) -> np.ndarray:
        result = np.full(len(events), empty, dtype=np.asarray(values).dtype)
        result[place] = values[rows]
        return result

    found = np.zeros(len(events), dtype=np.bool_)
    found[place] = True
    x, y, z = (lab[:, particle, axis] for axis in (1, 2, 3))
    pt = np.hypot(x, y)
    return _Tracks(
        found=found,
        pt=spread(events.track_pt, np.nan),
        is_muon=spread(events.track_is_muon, False),
        is_electron=spread(events.track_is_electron, False),
        true_pt=pt,
        true_theta=np.degrees(np.arctan2(pt, z)),
        true_momentum=np.sqrt(pt**2 + z**2),
    )


def _half_width(values: FloatArray) -> tuple[float, float]:
    """Half the central interval of 68.3 %, and its error for a Gaussian."""
    if len(values) < 50:
        raise NotMeasured("too few tracks")
    low, high = np.quantile(values, (0.5 - _QUANTILE / 2, 0.5 + _QUANTILE / 2))
    half = 0.5 * float(high - low)
    return half, 1.3 * half / math.sqrt(2.0 * len(values))


def _pt_resolution(term: int, run: Run) -> Found:
    """Fit of (sigma/pT)^2 = a^2 pT^2 + b^2 in bins of pT; ``term`` 0 is a, 1 is b, in per cent."""
    tracks = _tracks(run, _MUON)
    inside = tracks.found & (np.abs(tracks.true_theta - 83.5) < 60.0)
    pulls = tracks.pt / tracks.true_pt - 1.0
    squares, errors, centres = [], [], []
    for low, high in pairwise(_PT_EDGES_GEV):
        rows = inside & (tracks.true_pt >= low) & (tracks.true_pt < high)
        width, error = _half_width(pulls[rows])
        squares.append(width**2)
        errors.append(2.0 * width * error)
        centres.append(float(np.mean(tracks.true_pt[rows] ** 2)))
    (slope, constant), covariance = np.polyfit(
        centres, squares, 1, w=1.0 / np.array(errors), cov="unscaled"
    )
    squared, variance = (slope, covariance[0, 0]) if term == 0 else (constant, covariance[1, 1])
    if not squared > 0.0:
        raise NotMeasured("the fit gives a negative square")
    result = math.sqrt(squared)
    return number(100.0 * result, 100.0 * math.sqrt(variance) / (2.0 * result))


def _efficiency_near(pt_gev: tuple[float, float], run: Run) -> Found:
    """Tracks found in an interval of pT, well inside the polar angles."""
    tracks = _tracks(run, _MUON)
    low, high = run.analysis.detector.track_theta_deg
    rows = (tracks.true_theta > low) & (tracks.true_theta < high)
    rows &= (tracks.true_pt >= pt_gev[0]) & (tracks.true_pt < pt_gev[1])
    return share(
        float(np.count_nonzero(tracks.found & rows)), float(np.count_nonzero(rows)), scale=100.0
    )


def _over_momentum(particle: int, rejected: bool, run: Run) -> Found:
    """Smallest and largest share of tracks identified as muons (or not) over bins of momentum."""
    tracks = _tracks(run, particle)
    shares = []
    for low, high in pairwise(_MOMENTUM_EDGES_GEV):
        rows = tracks.found & (tracks.true_momentum >= low) & (tracks.true_momentum < high)
        total = int(np.count_nonzero(rows))
        if total < 50:
            raise NotMeasured("too few tracks")
        kept = np.count_nonzero(tracks.is_muon[rows] != rejected) / total
        shares.append((100.0 * kept, 100.0 * math.sqrt(max(kept * (1 - kept), 1 / total) / total)))
    low_share, high_share = min(shares), max(shares)
    return numbers(low_share[0], high_share[0], errors=(low_share[1], high_share[1]))


def _identified_as_electron(particle: int, run: Run) -> Found:
    tracks = _tracks(run, particle)
    found = float(np.count_nonzero(tracks.found))
    return share(float(np.count_nonzero(tracks.is_electron & tracks.found)), found, scale=100.0)


def _electron_as_muon(where: str, run: Run) -> Found:
    """Electrons taken for muons: too soft for the KLM, in its gaps, elsewhere."""
    tracks, settings = _tracks(run, _ELECTRON), run.analysis.detector
    soft = tracks.true_momentum < settings.klm_momentum_min_gev
    gap = np.zeros(len(soft), dtype=np.bool_)
    for low, high in settings.klm_gaps_deg:
        gap |= (tracks.true_theta >= low) & (tracks.true_theta < high)
    chosen = {"soft": soft, "gap": ~soft & gap, "elsewhere": ~soft & ~gap}[where] & tracks.found
    fakes = float(np.count_nonzero(tracks.is_muon & chosen))
    return share(fakes, float(np.count_nonzero(chosen)), scale=100.0)


def _photon_resolution(energy_gev: float, run: Run) -> Found:
    """Width of E/E_true - 1 of the nearest seen photon, in a narrow interval of energy."""
    events, lab = _gun(run)
    true = lab[:, _PHOTON]
    theta = np.arctan2(np.hypot(true[:, 1], true[:, 2]), true[:, 3])
    phi = np.arctan2(true[:, 2], true[:, 1])
    owner = np.repeat(np.arange(len(events)), np.diff(events.photon_offsets))
    turned = np.abs(np.angle(np.exp(1j * (events.photon_phi - phi[owner])))) * np.sin(theta[owner])
    near = (np.abs(events.photon_theta - theta[owner]) < 0.03) & (turned < 0.03)
    ratio = events.photon_energy[near] / true[owner[near], 0] - 1.0
    rows = np.abs(true[owner[near], 0] / energy_gev - 1.0) < 0.1
    width, error = _half_width(ratio[rows])
    return number(100.0 * width, 100.0 * error)


def _trigger_plateau(particle_theta: tuple[float, float], run: Run) -> Found:
    """Single-muon trigger of muons that reach the KLM, events with one muon each."""
    events, _ = _gun(run)
    tracks = _tracks(run, _MUON)
    low, high = particle_theta
    rows = (tracks.true_theta > low) & (tracks.true_theta < high)
    rows &= tracks.true_momentum > run.analysis.detector.klm_momentum_min_gev
    fired = float(np.count_nonzero(events.trigger_single_muon & rows))
    return share(fired, float(np.count_nonzero(rows)), scale=100.0)


def _three_track_plateau(run: Run) -> Found:
    """Three-track trigger of events with muon, pion and electron above 0.5 GeV of pT in its angles.

    Exactly three charged particles: all of them have to be found.
    """
    events, _ = _gun(run)
    low, high = run.analysis.detector.three_track_theta_deg
    rows = np.ones(len(events), dtype=np.bool_)
    for particle in (_MUON, _PION, _ELECTRON):
        tracks = _tracks(run, particle)
        rows &= (tracks.true_theta > low) & (tracks.true_theta < high) & (tracks.true_pt > 0.5)
    fired = float(np.count_nonzero(events.trigger_three_track & rows))
    return share(fired, float(np.count_nonzero(rows)), scale=100.0)


def _velocity(axis: int, run: Run) -> Found:
    return number(float(beam_frame(run.analysis.detector).beta[axis]))


def _row(
    name: str, quantity: str, source: str, unit: str, claim: Claim, measure: partial[Found]
) -> Row:
    return Row(
        id=f"response.{name}",
        quantity=quantity,
        source=source,
        unit=unit,
        claim=claim,
        measure=measure,
    )


RESPONSE = Group(
    name="response",
    title="The simulated detector (Secs. II, IV A, IV B)",
    cost=4.0,
    rows=(
        _row(
            "pt_slope",
            "part of sigma(pT)/pT that grows with pT, per GeV",
            "Sec. II",
            "%",
            value("0.1"),
            partial(_pt_resolution, 0),
        ),
        _row(
            "pt_constant",
            "constant part of sigma(pT)/pT",
            "Sec. II",
            "%",
            value("0.3"),
            partial(_pt_resolution, 1),
        ),
        _row(
            "three_track",
            "three-track trigger for three tracks of pT above 0.5 GeV in 37 - 120 degrees "
            "(paper: close to 100 %)",
            "Sec. IV A",
            "%",
            value("100", about=True),
            partial(_three_track_plateau),
        ),
        _row(
            "single_muon",
            "single-muon trigger in 51 - 117 degrees",
            "Sec. IV A",
            "%",
            value("90", about=True),
            partial(_trigger_plateau, (51.0, 117.0)),
        ),
        _row(
            "muon_id",
            "muons retained by the identification, smallest and largest over momentum",
            "Sec. IV B",
            "%",
            span("93", "99"),
            partial(_over_momentum, _MUON, False),
        ),
        _row(
            "pion_rejection",
            "pions rejected by it, smallest and largest over momentum",
            "Sec. IV B",
            "%",
            span("80", "97"),
            partial(_over_momentum, _PION, True),
        ),
        _row(
            "electron_id",
            "electrons identified as electrons",
            "notes 3",
            "%",
            value("95"),
            partial(_identified_as_electron, _ELECTRON),
        ),
        _row(
            "muon_as_electron",
            "muons identified as electrons",
            "notes 3",
            "%",
            value("0.5"),
            partial(_identified_as_electron, _MUON),
        ),
        *(
            _row(
                name,
                f"electrons identified as muons {title}",
                "Sec. IV C",
                "%",
                no_number(),
                partial(_electron_as_muon, where),
            )
            for name, where, title in (
                ("electron_as_muon_soft", "soft", "that do not reach the KLM"),
                ("electron_as_muon_gap", "gap", "in the gaps of the KLM"),
                ("electron_as_muon", "elsewhere", "elsewhere"),
            )
        ),
        _row(
            "tracking_high",
            "tracks found above 0.3 GeV of pT",
            "notes 3",
            "%",
            value("99"),
            partial(_efficiency_near, (0.3, 5.0)),
        ),
        _row(
            "tracking_low",
            "tracks found just above 0.1 GeV of pT (0.10 to 0.11)",
            "notes 3",
            "%",
            value("95"),
            partial(_efficiency_near, (0.10, 0.11)),
        ),
        *(
            _row(
                f"photon_{energy:g}",
                f"energy resolution of photons of {energy:g} GeV",
                "notes 3",
                "%",
                value(percent),
                partial(_photon_resolution, energy),
            )
            for energy, percent in ((0.1, "4"), (8.0, "1.6"))
        ),
        *(
            _row(
                f"velocity_{axis}",
                f"velocity of the c.m. frame along {axis}",
                "notes 3",
                "",
                value(velocity),
                partial(_velocity, place),
            )
            for place, axis, velocity in ((0, "x", "0.0415"), (2, "z", "0.2725"))
        ),
    ),
)
