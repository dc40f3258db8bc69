"""Other people's programs take the archive of a run, and find our numbers in it.

Each runs in processes of its own, in the interpreter that ``FOURMU_CLIENTS_PYTHON`` names, by
default the one that runs the tests; a client that cannot be imported there is skipped.
"""

import functools
import http.server
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from fourmu.io.archives import open_archive
from fourmu.statmodel import workspace_bytes

SCRIPTS = Path(__file__).parents[1] / "clients"
MODELS = ("zprime", "scalar")
CONFIDENCE_LEVEL = 0.9


@pytest.fixture(scope="module")
def python():
    """Return the interpreter with a package, or skip."""
    chosen = os.environ.get("FOURMU_CLIENTS_PYTHON", sys.executable)

    @functools.cache
    def has(package):
        code = (
            f"import importlib.util, sys; sys.exit(importlib.util.find_spec({package!r}) is None)"
        )
        return subprocess.run([chosen, "-c", code], check=False).returncode == 0

    def find(*packages):
        for package in packages:
            if not has(package):
                pytest.skip(
                    f"{package} cannot be imported by {chosen}; install the extra 'clients', or "
                    "set FOURMU_CLIENTS_PYTHON to an interpreter that has it"
                )
        return chosen

    return find


def run(*command, **options):
    """Output of a client that ends well."""
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **options,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def pyhf_command(python):
    """Run the command of pyhf in a folder."""
    program = Path(python("pyhf")).with_name("pyhf")
    return lambda folder, *arguments, **options: run(program, *arguments, cwd=folder, **options)


@pytest.fixture(scope="module")
def opened(archive):
    assert archive.done.returncode == 0, archive.done.stderr
    return open_archive(archive.folder)


@pytest.fixture(scope="module")
def excess(opened):
    """The window of the largest excess that is not cut by a veto or the threshold, of each model.

    There the best fit is far from its bound, which other programs have and we do not.
    """
    index = opened.index
    whole = np.array([len(low) == max(map(len, index.bin_low)) for low in index.bin_low])
    places = {
        name: int(np.nanargmax(np.where(whole, table.z_local, np.nan)))
        for name, table in index.models.items()
    }
    for name, place in places.items():
        assert index.models[name].poi_hat[place] > index.models[name].poi_hat_error[place]
    return places


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_pyhf_inspects_and_verifies_and_patches_a_window(
    archive, opened, excess, pyhf_command, chain, tmp_path
):
    window = opened.index.name[excess["zprime"]]
    folder = archive.folder / "windows" / window
    text = pyhf_command(folder, "inspect", "BkgOnly.json")
    assert "signal" in text
    assert "(*) scan" in text  # the measurement, whose parameter of interest is declared
    assert "xsec_fb" in text
    assert "All good" in pyhf_command(folder, "patchset", "verify", "BkgOnly.json", "patchset.json")
    listed = pyhf_command(folder, "patchset", "inspect", "patchset.json").split()
    assert [name for name in listed if name in MODELS] == list(MODELS)
    out = tmp_path / "patched.json"
    for model in MODELS:
        arguments = ("--name", model, "--output-file", out)
        pyhf_command(folder, "patchset", "apply", *arguments, "BkgOnly.json", "patchset.json")
        published = chain.root / "workspaces" / model / f"{window}.json"
        assert workspace_bytes(read(out)) == published.read_bytes()


def test_pyhf_finds_the_confidence_level_at_our_limits(
    archive, opened, excess, pyhf_command, tmp_path
):
    """CLs is 1 - confidence level where our limit is: observed, and the median of the band."""
    index = opened.index
    for model, kind in (("zprime", "observed"), ("scalar", "median")):
        place, table = excess[model], index.models[model]
        folder = archive.folder / "windows" / index.name[place]
        patch = tmp_path / f"{model}.json"
        arguments = ("--name", model, "--output-file", patch)
        pyhf_command(folder, "patchset", "extract", *arguments, "patchset.json")
        limit = (
            table.xsec_limit_fb[place]
            if kind == "observed"
            else table.xsec_limit_expected_fb[place, 2]
        )
        text = pyhf_command(
            folder, "cls", "BkgOnly.json", "--patch", patch, "--test-poi", repr(float(limit))
        )
        found = json.loads(text)
        cls = found["CLs_obs"] if kind == "observed" else found["CLs_exp"][2]
        # around a limit CLs changes by 0.07 per unit of -2 ln L: this is 1.5e-3 of it, of which
        # scipy's SLSQP, which stops where it changes by 1e-6, leaves less than a tenth
        assert cls == pytest.approx(1.0 - CONFIDENCE_LEVEL, abs=1e-4)


def test_pyhf_downloads_and_unpacks_the_tarball(archive, python, pyhf_command, tmp_path):
    python("requests")
    handler = functools.partial(Quiet, directory=str(archive.tarball.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            address = f"http://127.0.0.1:{server.server_address[1]}/{archive.tarball.name}"
            pyhf_command(
                tmp_path,
                *("contrib", "download", "--force", address, "unpacked"),
                env=os.environ | {"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"},
            )
        finally:
            server.shutdown()
            thread.join()

    def files(folder):
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }

    assert files(tmp_path / "unpacked") == files(archive.folder)


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Files of a folder, without a line on stderr for each."""

    def log_message(self, format, *arguments):  # noqa: A002  the name of the parameter it has
        pass


def test_cabinetry_finds_our_best_fits(archive, opened, excess, python, tmp_path):
    interpreter = python("cabinetry")
    index = opened.index
    files = []
    for model, place in excess.items():
        (workspace,) = (
            found for _, name, found in opened.window_workspaces(index.name[place]) if name == model
        )
        files.append(tmp_path / f"{model}.json")
        files[-1].write_bytes(workspace_bytes(workspace))
    results = json.loads(run(interpreter, SCRIPTS / "fit_cabinetry.py", *files))
    for (model, place), result in zip(excess.items(), results, strict=True):
        table = index.models[model]
        best, error = table.poi_hat[place], table.poi_hat_error[place]
        value, its_error = result["xsec_fb"]
        # 2e-9 left in -2 ln L is 4e-5 of the error; minuit differentiates numerically
        assert value == pytest.approx(best, abs=1e-3 * error)
        # minuit stops to refine its second derivatives when they change by less than 5 %
        assert its_error == pytest.approx(error, rel=0.05)


def test_spey_finds_our_limits(archive, opened, excess, python, tmp_path):
    interpreter = python("spey", "spey_pyhf")
    index = opened.index
    question, answer = tmp_path / "question.json", tmp_path / "answer.json"
    folders = {
        model: archive.folder / "windows" / index.name[place] for model, place in excess.items()
    }
    windows = [
        {
            "background": str(folder / "BkgOnly.json"),
            "patchset": str(folder / "patchset.json"),
            "patch": model,
        }
        for model, folder in folders.items()
    ]
    question.write_text(
        json.dumps({"confidence_level": CONFIDENCE_LEVEL, "windows": windows}), encoding="utf-8"
    )
    run(interpreter, SCRIPTS / "limit_spey.py", question, answer)
    for (model, place), found in zip(excess.items(), read(answer), strict=True):
        table = index.models[model]
        # its search for the root ends at 1e-4 of it, and is mostly much better
        assert found["observed"] == pytest.approx(table.xsec_limit_fb[place], rel=1e-4)
        median = table.xsec_limit_expected_fb[place, 2]
        assert found["median"] == pytest.approx(median, rel=1e-4)


@pytest.mark.parametrize(("start", "target"), [MODELS, MODELS[::-1]])
def test_redist_reweights_as_we_do(archive, opened, python, start, target):
    """The efficiency of one model from events of the other, per bin of M_R."""
    interpreter = python("redist")
    mass = opened.kinematics(start)[5].mass_gev
    files = [archive.folder / "kinematics" / f"{model}.json" for model in (start, target)]
    found = json.loads(run(interpreter, SCRIPTS / "reweight_redist.py", *files, repr(mass)))
    ours, other = (
        next(density for density in opened.kinematics(model) if density.mass_gev == mass)
        for model in (start, target)
    )
    expected = ours.reweighted(other.generated)
    # no event of the sample passes there: nothing to reweight
    empty = np.array([value is None for value in found])
    assert not expected[empty].any()
    assert np.count_nonzero(~empty) > 10
    values = np.array(found, dtype=float)[~empty]
    # sums of 300 cells, each from a quadrature of a constant: some 1e-14
    np.testing.assert_allclose(values, expected[~empty], rtol=1e-9)
    # and it does something: the spins differ by more than the cells do
    assert abs(values.sum() / ours.reweighted(ours.generated).sum() - 1.0) > 0.01
