"""The code that a stage depends on: every module of fourmu that its module imports, in turn.

Found by reading import statements, without importing anything, so that a check of what is out of
date stays fast and no list of packages can be forgotten.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import fourmu

__all__ = ["code_digest", "imported_modules"]

_ROOT = Path(fourmu.__file__).parent.parent
# settings enter a stage's key by value; how work is spread and shown changes no result
_WITHOUT_INFLUENCE = (
    "fourmu.config",
    "fourmu.pipeline.layout",
    "fourmu.pipeline.progress",
    "fourmu.pipeline.workers",
)


@cache
def code_digest(module: str) -> str:
    """Digest of the sources behind a module: changed code makes a stage out of date."""
    digest = hashlib.sha256(fourmu.__version__.encode())
    for name in imported_modules(module):
        digest.update(name.encode())
        digest.update(_path(name).read_bytes())
    return digest.hexdigest()


def imported_modules(module: str) -> list[str]:
    """Modules of fourmu whose code a module can run, itself included, sorted."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found or name.startswith(_WITHOUT_INFLUENCE):
            continue
        found.add(name)
        waiting += _imports(name)
    return sorted(found)


@cache
def _imports(module: str) -> tuple[str, ...]:
    """Modules of fourmu that a module imports anywhere, packages with their ``__init__``."""
    path = _path(module)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    result = []
    for node in ast.walk(ast.parse(path.read_bytes())):
        for name in _targets(node, package):
            parts = name.split(".")
            # importing a.b.c runs a, a.b and a.b.c; a name in a module is no module
            candidates = (".".join(parts[: end + 1]) for end in range(1, len(parts)))
            result += [candidate for candidate in candidates if _path(candidate).exists()]
    # the pipeline's __init__ imports the chain, which runs no stage's code
    return tuple(name for name in result if name != "fourmu.pipeline")


def _targets(node: ast.AST, package: str) -> Iterator[str]:
    """Dotted names that an import statement asks for."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name.startswith("fourmu"))
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            parts = package.split(".")
            above = ".".join(parts[: len(parts) - node.level + 1])
            base = f"{above}.{base}" if base else above
        if base.startswith("fourmu"):
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _path(module: str) -> Path:
    folder = _ROOT.joinpath(*module.split("."))
    return folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
