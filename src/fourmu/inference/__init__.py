"""Batched fits of workspaces: limits, significances, p-values.

All windows are fitted at once by compiled kernels, from the workspaces alone::

    from fourmu.statmodel import read_workspaces
    from fourmu.inference import limits
    result = limits(read_workspaces("workspaces/zprime"))

``model`` is the likelihood with its algebra, ``minimise`` its minimum, ``asymptotics`` the
distributions of the test statistics, ``upper_limits`` the searches along the parameter of
interest, ``window_fit`` all that is asked of one window, ``limits`` the loop over windows.
"""

from .likelihood import Likelihood, likelihood
from .limits import WINDOWS_PER_TASK, limits
from .results import STATUSES, Limits

__all__ = ["STATUSES", "WINDOWS_PER_TASK", "Likelihood", "Limits", "likelihood", "limits"]
