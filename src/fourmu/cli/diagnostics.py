"""``fourmu diagnostics``: pulls, errors, correlations and impacts in any pyhf workspaces."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fourmu.errors import ConfigError, InputError, StorageError

from .messages import complain
from .options import histosys_code_option, normsys_code_option, refuse_other_interpolations

if TYPE_CHECKING:  # numpy and numba are imported where they are needed
    from fourmu.inference.diagnostics import Diagnostics

__all__ = ["command"]

_PATH = click.Path(path_type=Path)
_FIGURE_PER_WINDOW_UP_TO = 10


@click.command("diagnostics")
@click.option(
    "--workspaces",
    type=_PATH,
    multiple=True,
    metavar="PATH",
    help="Folder or file of pyhf workspaces, may be given several times (or followed by more "
    "paths).",
)
@click.argument("more_workspaces", nargs=-1, type=_PATH, metavar="[PATH]...")
@click.option("--json", "json_path", type=_PATH, required=True, help="File for the results.")
@click.option(
    "--figures",
    type=_PATH,
    help="Folder for figures: pulls and impacts of each window, or of all together if there are "
    f"more than {_FIGURE_PER_WINDOW_UP_TO}.",
)
@click.option(
    "--confidence-level",
    type=click.FloatRange(0.5, 1.0, max_open=True),
    default=0.90,
    show_default=True,
    help="Of the upper limits.",
)
@click.option("--measurement", default=None, help="Name; the first one of each by default.")
@normsys_code_option
@histosys_code_option
def command(
    workspaces: tuple[Path, ...],
    more_workspaces: tuple[Path, ...],
    json_path: Path,
    figures: Path | None,
    confidence_level: float,
    measurement: str | None,
    normsys_code: str,
    histosys_code: str,
) -> None:
    """Pulls, errors and correlations of all parameters, and their impacts on limit and best fit."""
    paths = (*workspaces, *more_workspaces)
    if not paths:
        raise ConfigError("workspaces are needed", key="--workspaces")
    if math.isnan(confidence_level):  # passes every comparison with a range
        raise ConfigError("not a number", key="--confidence-level", found=confidence_level)
    refuse_other_interpolations(normsys_code, histosys_code)
    import fourmu  # noqa: PLC0415  (the rest of this function needs numpy and numba)
    from fourmu.config.inference import Inference  # noqa: PLC0415
    from fourmu.inference.diagnostics import diagnostics, passes_over  # noqa: PLC0415
    from fourmu.io.diagnostics import write_diagnostics_json  # noqa: PLC0415
    from fourmu.pipeline.progress import Progress  # noqa: PLC0415
    from fourmu.statmodel.reading import read_workspaces  # noqa: PLC0415

    batch = read_workspaces(
        paths, measurement=measurement, normsys_code=normsys_code, histosys_code=histosys_code
    )
    with Progress("diagnostics", passes_over(batch), "windows") as progress:
        found = diagnostics(
            batch, Inference(confidence_level=confidence_level), progress=progress.advance
        )
    limits = found.limits
    for name, status, message in zip(limits.workspaces, limits.status, limits.message, strict=True):
        if status != "ok":
            complain(f"{name}: {status}: {message}")
    write_diagnostics_json(json_path, found, provenance={"fourmu_version": fourmu.__version__})
    if figures is not None and limits.ok.any():
        _write_figures(figures, found)
    if all(status == "invalid" for status in limits.status):
        raise InputError("no workspace could be read", where=", ".join(str(path) for path in paths))


def _write_figures(folder: Path, found: Diagnostics) -> None:
    """A figure per window, or one over all of them."""
    from fourmu import plots  # noqa: PLC0415
    from fourmu.io.files import atomic_path  # noqa: PLC0415

    places = found.limits.ok.nonzero()[0]
    if len(places) > _FIGURE_PER_WINDOW_UP_TO:
        drawn = {"all_windows": plots.draw_overview(plots.overview(found))}
    else:
        drawn = {
            f"{number}_{Path(found.limits.workspaces[place]).stem}": plots.draw_ranking(
                plots.ranking(found, int(place))
            )
            for number, place in enumerate(places)
        }
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"no folder for figures: {error.strerror}", where=folder) from error
    for name, figure in drawn.items():
        with atomic_path(folder / f"{name}.png") as temporary:
            temporary.write_bytes(plots.rendered(figure, "png"))
