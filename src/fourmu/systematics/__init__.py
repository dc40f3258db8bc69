"""Systematic uncertainties measured from control samples (Sec. VI)."""

from .values import MassShift, Measured, combined, ratio

__all__ = ["MassShift", "Measured", "combined", "ratio"]
