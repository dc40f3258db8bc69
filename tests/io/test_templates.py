"""Windows and templates on disk: every number comes back, vetoed windows too."""

import dataclasses

import numpy as np
import pytest

from fourmu.errors import InputError
from fourmu.io.templates import read_templates, write_templates
from fourmu.templates import Template, Window


def make(*, shape):
    """Three windows of different lengths: quadratic, vetoed without bins, straight."""
    rng = np.random.default_rng(1)
    windows, templates = [], []
    for index, (n, degree) in enumerate(((7, 2), (0, None), (4, 1))):
        low = np.sort(rng.random(n))
        windows.append(
            Window(
                name=f"w{index:04d}",
                index=index,
                mass_gev=rng.random(),
                reduced_mass_gev=rng.random(),
                sigma_gev=rng.random(),
                mlp_range=index,
                bin_low=low,
                bin_high=low + rng.random(),
                vetoed=degree is None,
            )
        )
        if degree is not None:
            templates.append(
                Template(
                    window=windows[-1],
                    signal=rng.random(n),
                    background=rng.random((degree + 1, n)),
                    observed=rng.poisson(3.0, n).astype(np.float64),
                    efficiency=rng.random(),
                    signal_wide=rng.random(n) if shape else None,
                    signal_narrow=rng.random(n) if shape else None,
                )
            )
    return windows, templates


def assert_same(one, other):
    assert type(one) is type(other)
    for field in dataclasses.fields(one):
        before, after = getattr(one, field.name), getattr(other, field.name)
        if dataclasses.is_dataclass(before):
            assert_same(before, after)
        elif isinstance(before, np.ndarray):
            np.testing.assert_array_equal(after, before)
            assert after.dtype == before.dtype
        else:
            assert after == before
            assert type(after) is type(before)


@pytest.mark.parametrize("shape", [False, True])
def test_every_number_comes_back(tmp_path, shape):
    windows, templates = make(shape=shape)
    path = tmp_path / "new" / "zprime.npz"
    write_templates(path, windows, templates)
    back_windows, back_templates = read_templates(path)
    assert len(back_windows) == 3
    assert len(back_templates) == 2
    for before, after in zip((*windows, *templates), (*back_windows, *back_templates), strict=True):
        assert_same(before, after)


def test_a_template_belongs_to_the_window_of_its_list(tmp_path):
    path = tmp_path / "zprime.npz"
    write_templates(path, *make(shape=False))
    windows, templates = read_templates(path)
    assert [template.window for template in templates] == [windows[0], windows[2]]


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x05\x06" + 18 * b"\x00"])
def test_another_file_is_refused(tmp_path, content):
    path = tmp_path / "zprime.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"zprime\.npz"):
        read_templates(path)


def test_a_truncated_file_is_refused(tmp_path):
    path = tmp_path / "zprime.npz"
    write_templates(path, *make(shape=False))
    whole = path.read_bytes()
    for length in (len(whole) // 2, len(whole) - 30):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"zprime\.npz"):
            read_templates(path)


def test_a_file_without_an_array_is_refused(tmp_path):
    path = tmp_path / "zprime.npz"
    write_templates(path, *make(shape=False))
    with np.load(path) as content:
        arrays = {name: content[name] for name in content.files if name != "observed"}
    np.savez(path, **arrays)
    with pytest.raises(InputError, match="observed"):
        read_templates(path)
