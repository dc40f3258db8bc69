"""Constants of nature and of the machine, in GeV and fb.

The values are those of the reference numbers (``reference/README.md``): alpha does not run.
"""

from typing import Final

__all__ = [
    "ALPHA",
    "CROSS_SECTION_FB_GEV2",
    "ELECTRON_MASS_GEV",
    "MUON_MASS_GEV",
    "SQRT_S_GEV",
    "TAU_MASS_GEV",
]

MUON_MASS_GEV: Final = 0.1056583755
TAU_MASS_GEV: Final = 1.77686
ELECTRON_MASS_GEV: Final = 0.000511
ALPHA: Final = 1.0 / 137.035999
CROSS_SECTION_FB_GEV2: Final = 3.893793721e11
"""One GeV^-2 in fb."""
SQRT_S_GEV: Final = 10.58
"""Centre-of-mass energy of the data (Sec. III)."""
