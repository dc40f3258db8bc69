"""A service that answers from one archive of likelihoods, read-only plus compute.

``app`` puts it together; ``routes_*`` are what can be asked for, ``requests``, ``workspaces`` and
``documents`` its forms, ``views``, ``page`` and ``tasks`` the answers. ``state`` is what a service
holds: ``bodies`` are answers that are kept, ``lanes`` the processes that compute (``worker`` is
what runs in them), ``jobs`` what takes longer than a request, ``tarball`` the archive as one file.
``bounds``, ``connections`` and ``access`` keep clients within bounds, ``problems`` tells them what
went wrong, ``answers`` and ``headers`` make HTTP of it, ``metrics`` counts, ``server`` runs it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .settings import ServiceSettings

if TYPE_CHECKING:
    from .app import create_app
    from .server import serve

__all__ = ["ServiceSettings", "create_app", "serve"]

_MODULES = {"create_app": "app", "serve": "server"}


def __getattr__(name: str) -> Any:
    """Import the application when it is asked for: processes that compute need none (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)
