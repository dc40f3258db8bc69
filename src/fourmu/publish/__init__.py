"""Releases of an archive of likelihoods, which others can fetch and nobody can silently change.

``store`` is what a place must be able to do, ``folder_store`` and ``s3_store`` are the two
places, ``addresses`` opens one, ``probing`` are the doubts about it; ``manifest`` is what a release
says of itself, ``readiness`` what an archive must hold before it becomes one, ``publishing`` and
``fetching`` the two directions, ``remote`` a release that is read where it lies, ``downloads`` an
archive behind a web server, ``opening`` an archive wherever it is. ``new_folder`` is a folder that
appears whole, ``parallel`` and ``retrying`` are how requests are made; ``disk_errors``,
``s3_errors`` and ``endpoints`` say what is wrong. The package ``hepdata`` makes the record at
HEPData.
"""

from .addresses import open_store
from .downloads import download_archive
from .fetching import fetch_release
from .manifest import Manifest, manifest_of
from .opening import is_remote, open_archive_at
from .probing import require_immutable
from .publishing import Preparation, Publication, prepare_release, publish_release
from .readiness import require_publishable, windows_without_limit
from .releases import find_release, read_manifest, release_names
from .remote import ReleaseFiles, open_release
from .store import Store

__all__ = [
    "Manifest",
    "Preparation",
    "Publication",
    "ReleaseFiles",
    "Store",
    "download_archive",
    "fetch_release",
    "find_release",
    "is_remote",
    "manifest_of",
    "open_archive_at",
    "open_release",
    "open_store",
    "prepare_release",
    "publish_release",
    "read_manifest",
    "release_names",
    "require_immutable",
    "require_publishable",
    "windows_without_limit",
]
