"""Shared set-up: tests use the compiled kernels of the command."""

from fourmu.cli.compiled import use_kernel_cache

use_kernel_cache()
