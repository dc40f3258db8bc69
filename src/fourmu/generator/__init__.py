"""Event generation: exact amplitudes, phase space, initial-state radiation, unweighting."""

from .decay import decay_isotropic
from .events import PartonEvents, concatenate
from .x_sampler import XSampler, generate_x, prepare_x_sampler

__all__ = [
    "PartonEvents",
    "XSampler",
    "concatenate",
    "decay_isotropic",
    "generate_x",
    "prepare_x_sampler",
]
