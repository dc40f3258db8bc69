"""Where compiled kernels are kept between runs.

numba keys its cache by the source file of a kernel alone: after an edit of a kernel that others
call, those would go on running the old code, silently. So the command keeps one cache per state of
the sources that hold kernels.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import fourmu

__all__ = ["has_kernels", "use_kernel_cache"]

_VARIABLE = "NUMBA_CACHE_DIR"


def use_kernel_cache() -> None:
    """Choose the cache folder for this process and those it starts, unless the user did.

    Must run before numba is imported. An installation that cannot be written to keeps numba's
    own choice, a folder of the user.
    """
    package = Path(fourmu.__file__).parent
    if _VARIABLE in os.environ or not os.access(package, os.W_OK):
        return
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        content = path.read_bytes()
        # those that import the ways of compiling or each other's kernels, and the constants, which
        # are compiled into the kernels that use them
        if b"kernels import" in content or path.name in ("constants.py", "kernels.py"):
            digest.update(str(path.relative_to(package)).encode())
            digest.update(content)
    caches = package / "__pycache__"
    folder = caches / f"kernels-{digest.hexdigest()[:16]}"
    if not folder.exists():
        # those of older sources are of no use any more
        for outdated in caches.glob("kernels-*"):
            shutil.rmtree(outdated, ignore_errors=True)
    os.environ[_VARIABLE] = str(folder)


def has_kernels() -> bool:
    """Whether kernels are kept between runs, and some were compiled before."""
    folder = os.environ.get(_VARIABLE)
    return folder is not None and Path(folder).exists()
