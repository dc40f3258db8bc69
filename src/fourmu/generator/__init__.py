"""Event generation: exact amplitudes, phase space, initial-state radiation, unweighting."""

from .amplitudes import Part, TreeConstants
from .cross_sections import CrossSection, cross_section, isr_table
from .decay import decay_isotropic
from .energy_spread import with_energy_spread
from .events import PartonEvents, concatenate
from .final_state_radiation import radiate_fsr
from .four_lepton_sampler import (
    FourLeptonSampler,
    TrackAcceptance,
    generate_four_lepton,
    prepare_four_lepton_sampler,
)
from .four_muon_sampler import FourMuonSampler, generate_four_muon, prepare_four_muon_sampler
from .lepton_pairs import generate_lepton_pairs, lepton_pair_cross_section
from .mumu_gamma_sampler import (
    MumuGammaSampler,
    generate_mumu_gamma,
    prepare_mumu_gamma_sampler,
)
from .pythia import PythiaSample, generate_pythia
from .radiation import Photons
from .resonant import luminosities_needed, resonant_events, strip_half_width_gev
from .tau_decays import decay_taus
from .x_sampler import XSampler, generate_x, kept_fraction, prepare_x_sampler

__all__ = [
    "CrossSection",
    "FourLeptonSampler",
    "FourMuonSampler",
    "MumuGammaSampler",
    "Part",
    "PartonEvents",
    "Photons",
    "PythiaSample",
    "TrackAcceptance",
    "TreeConstants",
    "XSampler",
    "concatenate",
    "cross_section",
    "decay_isotropic",
    "decay_taus",
    "generate_four_lepton",
    "generate_four_muon",
    "generate_lepton_pairs",
    "generate_mumu_gamma",
    "generate_pythia",
    "generate_x",
    "isr_table",
    "kept_fraction",
    "lepton_pair_cross_section",
    "luminosities_needed",
    "prepare_four_lepton_sampler",
    "prepare_four_muon_sampler",
    "prepare_mumu_gamma_sampler",
    "prepare_x_sampler",
    "radiate_fsr",
    "resonant_events",
    "strip_half_width_gev",
    "with_energy_spread",
]
