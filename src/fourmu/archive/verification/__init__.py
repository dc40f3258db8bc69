"""Doubts about an archive from elsewhere, step by step.

``structure`` (files, digests, schema, windows), ``numbers`` (the index against the rest of the
archive), ``likelihoods`` (workspaces and patches), ``refit`` (their limits), and ``steps``, which
takes them in this order.
"""

from .steps import problems

__all__ = ["problems"]
