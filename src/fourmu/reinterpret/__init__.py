"""A theorist's model -> its signal in the archived likelihoods -> limits.

Three ways: a table of cross sections with the efficiency of a named model (``table``), couplings
to muons alone (``couplings``), events of any generator (``samples``, of which ``judgement`` takes
one). ``simulation`` runs events through the archived analysis, ``signal`` puts yields into its
likelihoods, ``result`` is what all of them return.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .result import STATUSES, Reinterpretation
from .table import XsecTable, at_every_window, reinterpret_table

if TYPE_CHECKING:
    from .couplings import EVENTS_PER_MASS, couplings_from_mapping, reinterpret_couplings
    from .event_sample import EventSample
    from .samples import reinterpret_samples

__all__ = [
    "EVENTS_PER_MASS",
    "STATUSES",
    "EventSample",
    "Reinterpretation",
    "XsecTable",
    "at_every_window",
    "couplings_from_mapping",
    "reinterpret_couplings",
    "reinterpret_samples",
    "reinterpret_table",
]

_MODULES = {
    "EVENTS_PER_MASS": "couplings",
    "couplings_from_mapping": "couplings",
    "reinterpret_couplings": "couplings",
    "EventSample": "event_sample",
    "reinterpret_samples": "samples",
}


def __getattr__(name: str) -> Any:
    """Import what a table does not need, generator and fits, when it is asked for (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)
