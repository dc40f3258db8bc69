"""Tables that stand beside the paper's numbers: computed from the products, in no other way."""

from .data import data_ratio_table, ratio_against_mass_table
from .events import cutflow_table, process_table, trigger_table
from .limits import limit_table
from .networks import (
    multiplicity_in,
    multiplicity_table,
    network_table,
    own_range_passed,
    rejection,
    rejection_table,
)
from .signal import efficiency_table, resolution_table, systematic_table
from .table import Table, as_markdown

__all__ = [
    "Table",
    "as_markdown",
    "cutflow_table",
    "data_ratio_table",
    "efficiency_table",
    "limit_table",
    "multiplicity_in",
    "multiplicity_table",
    "network_table",
    "own_range_passed",
    "process_table",
    "ratio_against_mass_table",
    "rejection",
    "rejection_table",
    "resolution_table",
    "systematic_table",
    "trigger_table",
]
