"""couplings."""
