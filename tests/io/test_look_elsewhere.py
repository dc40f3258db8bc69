"""Global significances survive their file."""

import json

import numpy as np
import pytest

from fourmu.config.look_elsewhere import LookElsewhere as Settings
from fourmu.errors import InputError
from fourmu.inference import ScanBins, ScanSpectra, look_elsewhere
from fourmu.io.look_elsewhere import (
    read_look_elsewhere,
    read_significances,
    read_spectra,
    write_look_elsewhere,
    write_significances,
    write_spectra,
)


@pytest.fixture
def found():
    n = 30
    centre = 1.0 + 0.01 * np.arange(n)
    bins = ScanBins(
        start=np.arange(n + 1),
        low=centre,
        high=centre + 0.01,
        centre=centre,
        sigma=np.full(n, 0.01),
        mass_gev=centre,
        mlp_range=np.arange(n) // 15,
    )
    rng = np.random.default_rng(1)
    z = np.maximum(rng.standard_normal((50, n)), 0.0).astype(np.float32)
    observed = np.maximum(rng.standard_normal(n), 0.0)
    observed[3] = 6.0
    return look_elsewhere([f"w{i}" for i in range(n)], bins, observed, z, Settings(excesses=2))


def test_what_is_written_is_read(tmp_path, found):
    path = tmp_path / "zprime.json"
    write_look_elsewhere(path, found, seed=5, provenance={"key": "k"})
    again = read_look_elsewhere(path)
    assert again.pseudo_scans == 50
    assert again.workspaces == found.workspaces
    assert again.excesses == found.excesses
    for name in ("mass_gev", "sigma_gev", "mlp_range", "z_local", "failed_fits"):
        np.testing.assert_array_equal(getattr(again, name), getattr(found, name))
    for before, after in zip(found.regions, again.regions, strict=True):
        np.testing.assert_allclose(after.largest, before.largest, atol=1e-6)
        assert after.up_crossings == before.up_crossings
        assert after.reference == before.reference


def test_limits_and_extrapolations_are_labelled_in_the_file(tmp_path, found):
    path = tmp_path / "zprime.json"
    write_look_elsewhere(path, found, seed=5)
    content = json.loads(path.read_text())
    assert content["seed"] == 5
    assert content["pseudo_scans"] == 50
    largest = content["excesses"][0]["full"]
    assert largest["scans_above"] == 0
    assert largest["p_scans_is_upper_limit"] is True
    assert largest["p_scans_interval"] == [0.0, pytest.approx(1.0 - 0.05 ** (1 / 50))]
    assert largest["gross_vitells_is_extrapolation"] is True
    names = [region["name"] for region in content["regions"]]
    assert names == ["full", "range 0", "range 1"]
    local = [row["z_local"] for row in content["regions"][0]["global_against_local"]]
    assert local == [2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0]


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "other.json"
    path.write_text('{"windows": {}}')
    with pytest.raises(InputError, match="global significances"):
        read_look_elsewhere(path)


def test_spectra_and_significances_survive_their_files(tmp_path):
    spectra = ScanSpectra(
        edges=np.linspace(0.0, 1.0, 6), alone=np.ones((2, 5)), shared=np.full((1, 5), 0.5)
    )
    write_spectra(tmp_path / "spectra.npz", spectra)
    again = read_spectra(tmp_path / "spectra.npz")
    for name in ("edges", "alone", "shared"):
        np.testing.assert_array_equal(getattr(again, name), getattr(spectra, name))
    z = np.arange(6, dtype=np.float32).reshape(2, 3)
    write_significances(tmp_path / "z.npz", z)
    np.testing.assert_array_equal(read_significances(tmp_path / "z.npz"), z)
    with pytest.raises(InputError, match="arrays"):
        read_spectra(tmp_path / "z.npz")
