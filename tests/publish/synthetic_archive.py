"""Archives for tests of stores: an index that can be read, and files of any number and size."""

import json

import numpy as np

from fourmu.archive import Archive, ArchiveIndex
from fourmu.archive.checksums import CHECKSUMS, checksums_file
from fourmu.archive.index import index_document
from fourmu.archive.record import INDEX
from fourmu.publish.manifest import sha256_of


def synthetic_archive(seed=0, files=12, largest=4000):
    """Archive in memory; some files are the same for every seed, two have the same content."""
    rng = np.random.default_rng(seed)
    content = {
        INDEX: json.dumps(index_document(_index(f"Archive {seed}"))).encode(),
        "README.md": b"# The same in all of them\n",
        "empty.txt": b"",
        "windows/w0000/twin.json": b"{}",
        "windows/w0001/twin.json": b"{}",
    }
    for number in range(files):
        size = int(rng.integers(1, largest))
        content[f"windows/w{number:04d}/BkgOnly.json"] = rng.bytes(size)
    return archive_of(content)


def archive_of(content, source="an archive"):
    """Archive with these files."""
    sums = {name: sha256_of(value) for name, value in content.items()}
    return Archive(source, {**content, CHECKSUMS: checksums_file(sums)})


def files_below(folder):
    """Content by name, as an archive in memory has it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def write_files(archive, folder):
    """Write an archive in memory as a folder."""
    for name, content in archive.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _index(title):
    return ArchiveIndex(
        title=title,
        data_kind="pseudo-data",
        licence="CC0-1.0",
        authors=("Nobody",),
        citation="none",
        doi=None,
        hepdata=None,
        sqrt_s_gev=10.58,
        luminosity_ifb=178.0,
        poi="xsec_fb",
        confidence_level=0.9,
        provenance={"seed": 1, "inputs_sha256": {"generate": "0" * 64}},
        name=("w0000", "w0001"),
        mass_gev=np.array([1.0, 1.1]),
        reduced_mass_gev=np.array([0.98, 1.08]),
        sigma_gev=np.array([0.01, 0.01]),
        mlp_range=np.array([0, 0]),
        vetoed=np.array([False, False]),
        bin_low=((0.9,), (1.0,)),
        bin_high=((1.0,), (1.1,)),
        background_sha256=(None, None),
        models={},
    )
