"""One command makes everything, says how far it is, and does nothing when called again."""

import hashlib
import re
import time

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from fourmu.plots.style import rendered

PROGRESS = re.compile(
    r"== [\w-]+: .+"
    r"|   [\w-]+ took [\d.]+ s"
    r"|[\w -]+( \(once\)| \(resumed.*\))?: \d+/\d+, [\d.]+[kMG]? \w+, [\d.]+[kMG]? \w+/s, [\d.]+ s"
)
STAGES = [
    *("generate", "select", "train", "templates", "workspaces", "limits"),
    *("look-elsewhere", "couplings"),
]
SCAN_FIGURES = (
    *("figure_12_window", "figure_13_limits", "figure_14_couplings", "significance"),
    *("global_significance", "largest_significance"),
)
FIGURES = [
    *("figure_03_dimuon_mass", "figure_04_candidate_momenta", "figure_05_recoil_momenta"),
    *("figure_06_helicity", "figure_07_pair_pt_recoil", "figure_08_pair_pt_beam"),
    *("figure_09_pair_momentum", "figure_10_efficiency", "figure_11_dimuon_mass_after_mlp"),
    *("resolution", "trigger_efficiency", "rejection", "multiplicity", "roc", "working_points"),
    *(f"{name}_{model}" for model in ("zprime", "scalar") for name in SCAN_FIGURES),
]


def snapshot(root):
    """Time and content of every file, hidden ones too."""
    return {
        path: (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in root.rglob("*")
        if path.is_file()
    }


def test_the_chain_ends_well_and_prints_its_tables(chain):
    assert chain.done.returncode == 0, chain.done.stderr
    for title in ("Cut-flow", "Efficiency against mass", "Limits at 90 % CL on pseudo-data"):
        assert f"## {title}" in chain.done.stdout
    assert re.findall(r"\bnan\b", chain.done.stdout) == []
    assert "no Belle II data are used" in chain.done.stdout


def test_stderr_holds_progress_with_rates_and_nothing_else(chain):
    lines = chain.done.stderr.splitlines()
    assert [line for line in lines if not PROGRESS.fullmatch(line)] == []
    assert [line[3:].split(":")[0] for line in lines if line.startswith("== ")] == [
        *STAGES,
        "figures",
    ]


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_not_blank(chain, name):
    folder = chain.root / "output" / "figures"
    image = imread(folder / f"{name}.png")[..., :3]
    background = image[0, 0]
    drawn = np.any(np.abs(image - background) > 0.1, axis=-1)
    # frame and ticks alone cover about 1 % of a figure; an empty one has none
    assert drawn.mean() > 0.01
    # and no part of it is missing
    for axis in (0, 1):
        assert all(part.mean() > 0.003 for part in np.array_split(drawn, 3, axis=axis))
    document = (folder / f"{name}.pdf").read_bytes()
    assert document.startswith(b"%PDF-")
    assert document.rstrip().endswith(b"%%EOF")
    assert len(document) > 5 * len(rendered(Figure(), "pdf"))


def test_every_figure_is_listed_here(chain):
    folder = chain.root / "output" / "figures"
    found = sorted(path.name for path in folder.iterdir() if path.suffix in {".pdf", ".png"})
    assert found == sorted(f"{name}.{kind}" for name in FIGURES for kind in ("pdf", "png"))


def test_a_second_call_does_nothing(chain, fourmu):
    before = snapshot(chain.root)
    start = time.monotonic()
    again = fourmu(chain.root, "figures", "--config", "tiny.yaml")
    seconds = time.monotonic() - start
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout == chain.done.stdout
    assert snapshot(chain.root) == before
    assert seconds < 3.0  # issue 2; measured: 0.3 s


def test_nothing_is_left_of_the_work(chain):
    assert list((chain.root / "output" / ".work").iterdir()) == []
    assert [path for path in chain.root.rglob("*") if ".part" in path.name] == []
    assert [path for path in chain.root.rglob("*") if ".tmp" in path.name] == []
