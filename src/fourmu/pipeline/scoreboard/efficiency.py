"""Signal efficiencies (Sec. IV E, Fig. 10) and their interpolation (Sec. VI)."""

from __future__ import annotations

import numpy as np

from fourmu.physics.kinematics import FloatArray

from .claims import at_most, no_number, statement
from .found import Found, NotMeasured, number, numbers, truth
from .groups import Group
from .row import Row
from .run import Run

__all__ = ["EFFICIENCY"]

_BOTH = ("zprime", "scalar")


def _after_everything(run: Run, mass: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Efficiencies of Z' and scalar after all selections, with ISR."""
    models = run.products.signal_models
    if any(name not in models for name in _BOTH):
        raise NotMeasured("the analysis does not search for both models")
    return models["zprime"].efficiency(mass), models["scalar"].efficiency(mass)


def _before_networks(run: Run, model: str) -> dict[float, float]:
    """Share of the generated events that pass trigger and selection, by mass."""
    return {mass: float(flow.efficiencies()[-1]) for mass, (flow, _) in run.signal(model).items()}


def _scalar_low(run: Run) -> Found:
    mass = np.linspace(0.22, 0.98, 77)
    vector, scalar = _after_everything(run, mass)
    share = float(np.mean(scalar > vector))
    ratio = float(np.mean(scalar / vector))
    text = f"at {share:.0%} of the masses; mean ratio {ratio:.2f}"
    return truth(share > 0.5, text)


def _scalar_low_before(run: Run) -> Found:
    vector, scalar = (_before_networks(run, model) for model in _BOTH)
    masses = sorted(mass for mass in scalar if mass < 1.0)
    known = sorted(vector)
    ours = np.array([scalar[mass] for mass in masses])
    other = np.interp(masses, known, [vector[mass] for mass in known])
    share = float(np.mean(ours > other))
    text = f"at {share:.0%} of the masses; mean ratio {float(np.mean(ours / other)):.3f}"
    return truth(share > 0.5, text)


def _vector_high(run: Run) -> Found:
    mass = np.linspace(1.02, 8.98, 200)
    vector, scalar = _after_everything(run, mass)
    share = float(np.mean(vector > scalar))
    text = f"at {share:.0%} of the masses; mean ratio {float(np.mean(vector / scalar)):.2f}"
    return truth(share > 0.5, text)


def _span(run: Run) -> Found:
    mass = np.linspace(0.212, 8.99, 400)
    vector, _ = _after_everything(run, mass)
    return numbers(100.0 * float(vector.min()), 100.0 * float(vector.max()))


def _leave_one_out(run: Run) -> Found:
    """Typical and largest deviation when a simulated mass is predicted from the others."""
    left_out = np.concatenate(
        [
            np.abs(part.efficiency.left_out)
            for model in run.products.signal_models.values()
            for part in model.ranges
        ]
    )
    known = left_out[np.isfinite(left_out)]
    if not known.size:
        raise NotMeasured("no mass can be left out")
    return number(rms(100.0 * known), text=f"(at most {100.0 * known.max():.1f} %)")


def rms(values: FloatArray) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(values))))


EFFICIENCY = Group(
    name="efficiency",
    title="Signal efficiency (Secs. IV E, VI, Fig. 10)",
    rows=(
        Row(
            id="efficiency.range",
            quantity="efficiency of the Z' after all selections, smallest and largest",
            source="Fig. 10",
            unit="%",
            claim=no_number("curve"),
            measure=_span,
        ),
        Row(
            id="efficiency.scalar_below_1",
            quantity="below 1 GeV the scalar is more efficient than the Z'",
            source="Sec. IV E",
            claim=statement("more efficient"),
            measure=_scalar_low,
        ),
        Row(
            id="efficiency.scalar_below_1_before",
            quantity="below 1 GeV the harder muons of the scalar pass trigger and selection more "
            "often, before the networks",
            source="Sec. IV E",
            claim=statement("better detected"),
            measure=_scalar_low_before,
        ),
        Row(
            id="efficiency.zprime_above_1",
            quantity="above 1 GeV the Z' is more efficient than the scalar",
            source="Sec. IV E",
            claim=statement("more efficient"),
            measure=_vector_high,
        ),
        Row(
            id="efficiency.interpolation",
            quantity="efficiency between simulated masses: root mean square of the deviations of "
            "masses that are left out",
            source="Sec. VI",
            unit="%",
            claim=at_most("3"),
            measure=_leave_one_out,
        ),
    ),
)
