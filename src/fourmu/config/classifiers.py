"""The five networks and their working points (Sec. IV D)."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from .section import Section

__all__ = ["Classifiers"]

Positive = Annotated[float, Field(gt=0)]
Fraction = Annotated[float, Field(gt=0, lt=1)]
Count = Annotated[int, Field(ge=1)]


class Classifiers(Section):
    """Five multilayer perceptrons, one per range of dimuon mass, and the cut on their output."""

    range_edges_gev: tuple[Positive, ...] = (0.21, 1.00, 3.75, 6.25, 8.25, 10.00)
    """Borders of the MLP ranges in dimuon mass (Sec. IV D); one network between two of them."""
    margin_sigmas: Annotated[float, Field(ge=0)] = 30.0
    """Each network is trained and evaluated this many sigma(M_R) beyond its range: half a fit
    window (choice), so that a window at the border is served by the network of its centre."""
    hidden_layers: tuple[Count, ...] = (32, 16)
    """Neurons of the hidden layers (choice; the paper gives 16 inputs and one output)."""
    activation: Literal["relu", "tanh"] = "relu"
    """Activation of the hidden neurons (choice)."""
    learning_rate: Positive = 0.003
    """Initial step of the Adam optimiser (choice)."""
    l2_penalty: Annotated[float, Field(ge=0)] = 1e-3
    """Weight decay (choice; keeps test and training alike)."""
    batch_size: Count = 500
    """Candidates per optimiser step (choice)."""
    max_epochs: Count = 60
    """Passes over the training candidates at most (choice)."""
    patience_epochs: Count = 8
    """Training stops when the validation loss has not improved for this many passes, and the
    network of the best pass is kept (early stopping)."""
    max_training_candidates: Count = 100_000
    """Candidates per class and network at most: bounds the training time (choice)."""
    training_fraction: Fraction = 0.6
    """Share of the events that train; what the two shares leave is the test sample."""
    validation_fraction: Fraction = 0.2
    """Share of the events that decide when to stop."""
    training_four_muon_mass_gev: tuple[Positive, Positive] = (10.50, 10.66)
    """M(4mu) of the candidates that train (choice). Signal is simulated with initial-state
    radiation and background without; near sqrt(s) both look alike (Sec. VI uses 10.54-10.62 for
    that), so that a network cannot tell them by the missing photon, which data would not confirm
    and which would select the tails of the signal instead of its peak."""
    mass_balance_bins: Count = 12
    """Bins of dimuon mass in which background is weighted to the spectrum of the signal, so that
    a network does not learn the mass itself (choice; Sec. IV D asks for no mass bias)."""
    punzi_sigmas: Positive = 1.2816
    """a in the figure of merit eps/(a/2 + sqrt B) (choice: one-sided 90 %)."""
    signal_window_sigmas: Positive = 2.0
    """B is the background expected within this many sigma(M_R) of the mass."""
    background_count_sigmas: Positive = 15.0
    """Half width, in sigma(M_R), in which simulated background is counted and scaled to the
    window above: the spectrum is straight over it, and more candidates make less noise (choice)."""
    efficiency_steps: Annotated[int, Field(ge=20)] = 200
    """Signal efficiencies at which the figure of merit is evaluated."""
    smoothing_degree: Annotated[int, Field(ge=0)] = 2
    """Degree of the polynomial in mass that smooths the optimal cuts (their logits) of a range
    (choice: the figure of merit is flat, so the cuts scatter where the efficiency should not)."""
    min_signal_candidates: Count = 50
    """Masses with fewer signal candidates give no working point of their own (choice)."""

    @model_validator(mode="after")
    def _consistent(self) -> Classifiers:
        edges = self.range_edges_gev
        if len(edges) < 2 or any(b <= a for a, b in pairwise(edges)):
            raise ValueError("range_edges_gev must increase and hold at least two values")
        if self.training_fraction + self.validation_fraction >= 1.0:
            raise ValueError("training and validation fractions leave no test sample")
        if self.training_four_muon_mass_gev[1] <= self.training_four_muon_mass_gev[0]:
            raise ValueError("training_four_muon_mass_gev must increase")
        if self.signal_window_sigmas > self.background_count_sigmas:
            raise ValueError("background_count_sigmas must not be below signal_window_sigmas")
        return self
