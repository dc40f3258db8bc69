"""fourmu: a search for e+e- -> mu+mu- X, X -> mu+mu-, from events to published likelihoods.

The packages are laid out in the order in which data flow; imports only go from later to
earlier ones (the contract is in ``pyproject.toml``).
"""

from importlib.metadata import version

__version__ = version("fourmu")

__all__ = ["__version__"]
