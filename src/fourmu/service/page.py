"""Files of the page: they ship in the package and are read once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from .bodies import Body

__all__ = ["page_files"]

_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
}
_PLAIN: Final = "text/plain; charset=utf-8"


def page_files() -> Mapping[str, Body]:
    """Files of the page by their names below its folder."""
    folder = resources.files("fourmu.service").joinpath("static")
    return dict(_files(folder, "")) if folder.is_dir() else {}


def _files(folder: Traversable, prefix: str) -> Iterator[tuple[str, Body]]:
    for entry in folder.iterdir():
        if entry.name.startswith((".", "__")):
            continue
        if entry.is_dir():
            yield from _files(entry, f"{prefix}{entry.name}/")
        else:
            _, dot, ending = entry.name.rpartition(".")
            kind = _TYPES.get(dot + ending.lower(), _PLAIN)
            yield f"{prefix}{entry.name}", Body.of(entry.read_bytes(), kind)
