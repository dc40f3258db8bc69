"""``fourmu reinterpret``: limits on a model of one's own."""

from __future__ import annotations

import contextlib
import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import click
from click.core import ParameterSource

from fourmu.errors import ConfigError, InputError

from .compiled import has_kernels
from .messages import complain

if TYPE_CHECKING:  # these need numpy
    from fourmu.archive import Archive
    from fourmu.reinterpret import Reinterpretation

__all__ = ["command"]

_PATH = click.Path(path_type=Path)
_OUTPUTS = {
    "--json": "json_path",
    "--csv": "csv_path",
    "--lmt": "lmt_path",
    "--figure": "figure_path",
    "--patch-out": "patch_path",
}
_WITH_LIMIT = ("ok", "width_not_negligible")
_FIGURES: dict[str, Literal["png", "pdf"]] = {".png": "png", ".pdf": "pdf"}
_WAYS = "--xsec TABLE --efficiency-from MODEL, --couplings gV=.. or --lhe FILES"


@click.command("reinterpret")
@click.argument("archive")
@click.option(
    "--xsec",
    "xsec_path",
    type=_PATH,
    metavar="TABLE",
    help="CSV with mass_gev and xsec_br_fb, or xsec_fb and br.",
)
@click.option(
    "--efficiency-from",
    metavar="MODEL",
    help="Model of the archive: its efficiency for a table; its corrections for ISR for LHE events "
    "(zprime without it).",
)
@click.option("--couplings", metavar="gV=..,gA=..", help="Couplings to muons: gV, gA, gS, gP.")
@click.option(
    "--lhe",
    "lhe",
    type=_PATH,
    multiple=True,
    help="LHE file, plain or gzip, of one mass; more may follow it, or the option be repeated.",
)
@click.argument("more_lhe", type=_PATH, nargs=-1, metavar="[FILE]...")
@click.option(
    "--coupling",
    type=float,
    default=1.0,
    show_default=True,
    help="Coupling at which the input was computed.",
)
@click.option(
    "--br",
    metavar="B",
    help="Branching fraction to two muons; with --couplings also the name of a model.",
)
@click.option(
    "--level",
    type=click.Choice(["born", "isr"]),
    help="Level of the cross sections given; born without it, isr for LHE events with ISR.",
)
@click.option("--x-pdg", type=int, help="Particle code of X; that of no known particle without it.")
@click.option(
    "--mass",
    "masses",
    type=float,
    multiple=True,
    help="Masses of the rows, with --couplings; all windows without it.",
)
@click.option(
    "--every-window", is_flag=True, help="Interpolate the table at all windows within it."
)
@click.option(
    "--events",
    type=click.IntRange(1000, 10_000_000),
    default=40_000,
    show_default=True,
    help="Events per mass that --couplings generates.",
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of all events.")
@click.option("--json", "json_path", type=_PATH, required=True, help="File for the results.")
@click.option("--csv", "csv_path", type=_PATH, help="The same as CSV.")
@click.option("--lmt", "lmt_path", type=_PATH, help="Coupling limits as DarkCast reads them.")
@click.option("--figure", "figure_path", type=_PATH, help="Figure of the limits, .png or .pdf.")
@click.option(
    "--patch-out",
    "patch_path",
    type=_PATH,
    help="Patch for pyhf; a folder of them if there are several windows, or if it is one already.",
)
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> None:
    """Limits on a model of one's own from an ARCHIVE of likelihoods.

    ARCHIVE is a folder, a tarball, s3://bucket/prefix of a release, or http(s):// of a tarball or
    of a service.

    Give one of: a table of cross sections and the model whose efficiency is taken; couplings to
    muons, for which events are generated and analysed; or LHE events of any generator.
    """
    way = _way(ctx, options)
    from fourmu.io.reinterpretations import (  # noqa: PLC0415  needs numpy
        check_outputs,
        write_lmt,
        write_patches,
        write_reinterpretation_csv,
        write_reinterpretation_json,
    )
    from fourmu.publish import is_remote, open_archive_at  # noqa: PLC0415

    address = options["archive"]
    outputs = {option: options[name] for option, name in _OUTPUTS.items()}
    check_outputs(outputs, _input_files(options), None if is_remote(address) else Path(address))
    archive = open_archive_at(address)
    found = _FUNCTIONS[way](archive, options)
    write_reinterpretation_json(options["json_path"], found, _provenance(archive, options))
    if options["csv_path"] is not None:
        write_reinterpretation_csv(options["csv_path"], found)
    # if no mass has a limit, this says why, before the next lines fail
    _tell(found)
    if options["figure_path"] is not None:
        _draw(options["figure_path"], found, archive)
    if options["lmt_path"] is not None:
        write_lmt(options["lmt_path"], found)
    if options["patch_path"] is not None:
        files = write_patches(options["patch_path"], found)
        first = f"{files[0]}" + (" ..." if len(files) > 1 else "")
        click.echo(f"{len(files)} patch{'es' * (len(files) > 1)}: {first}", err=True)


def _way(ctx: click.Context, options: Mapping[str, Any]) -> str:
    """Say which input was given; options that belong to another one are refused, not ignored."""
    given = [name for name in ("xsec_path", "couplings", "lhe") if options[name] not in (None, ())]
    if len(given) != 1:
        raise ConfigError(
            "one kind of input is needed",
            where="fourmu reinterpret",
            found=", ".join("--" + name.removesuffix("_path") for name in given) or "none",
            expected=_WAYS,
        )
    (way,) = given
    allowed = {
        "xsec_path": {"efficiency_from", "br", "level", "every_window"},
        "couplings": {"br", "masses", "events", "seed"},
        "lhe": {"efficiency_from", "br", "level", "x_pdg", "seed", "more_lhe"},
    }
    others = {name for names in allowed.values() for name in names} - allowed[way]
    for name in sorted(others):
        if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE and options[name] != ():
            raise ConfigError(
                "this option does not belong to --" + way.removesuffix("_path"),
                key={"more_lhe": "FILE", "masses": "--mass"}.get(
                    name, "--" + name.replace("_", "-")
                ),
            )
    if way == "xsec_path" and options["efficiency_from"] is None:
        raise ConfigError(
            "a table says nothing of kinematics: name the model whose efficiency is taken",
            key="--efficiency-from",
            expected="a model of the archive, zprime or scalar",
        )
    figure = options["figure_path"]
    if figure is not None and figure.suffix not in _FIGURES:
        raise ConfigError(
            "unknown kind of figure", key="--figure", found=figure.name, expected=".png or .pdf"
        )
    return way


def _input_files(options: Mapping[str, Any]) -> list[Path]:
    """Files that are read beside the archive."""
    if options["xsec_path"] is not None:
        return [options["xsec_path"]]
    return [*options["lhe"], *options["more_lhe"]]


def _number(text: str | None, key: str, expected: str | None = None) -> float | None:
    if text is None:
        return None
    try:
        return float(text)
    except ValueError as error:
        raise ConfigError(
            "not a number", key=key, found=text or "nothing", expected=expected
        ) from error


def _from_table(archive: Archive, options: Mapping[str, Any]) -> Reinterpretation:
    from fourmu.io.xsec_tables import read_xsec_table  # noqa: PLC0415  needs numpy
    from fourmu.reinterpret import at_every_window, reinterpret_table  # noqa: PLC0415

    table = read_xsec_table(options["xsec_path"], branching_fraction=_number(options["br"], "--br"))
    if options["every_window"]:
        table = at_every_window(archive, table)
    return reinterpret_table(
        archive,
        table,
        options["efficiency_from"],
        coupling=options["coupling"],
        level=cast(Literal["born", "isr"], options["level"] or "born"),
        with_patches=options["patch_path"] is not None,
    )


def _from_couplings(archive: Archive, options: Mapping[str, Any]) -> Reinterpretation:
    import numpy as np  # noqa: PLC0415

    from fourmu.physics.models import MODELS  # noqa: PLC0415
    from fourmu.pipeline.progress import Progress  # noqa: PLC0415
    from fourmu.reinterpret import reinterpret_couplings  # noqa: PLC0415
    from fourmu.reinterpret.simulation import simulated_masses  # noqa: PLC0415
    from fourmu.reinterpret.windows import place_masses  # noqa: PLC0415

    br, masses = options["br"], options["masses"] or None
    couplings = _parsed_couplings(options["couplings"])
    fraction = (
        br if br in MODELS else _number(br, "--br", f"a number, or one of {', '.join(MODELS)}")
    )
    # masses without a window are rows, but nothing is simulated for them alone
    simulates = masses is None or place_masses(archive.index, np.array(masses)).usable.any()
    with contextlib.ExitStack() as stack:
        progress = None
        if simulates:
            if not has_kernels():
                complain("kernels are compiled first, which takes a minute or two, once")
            steps = len(simulated_masses(archive))
            progress = stack.enter_context(Progress("simulation", steps, "masses")).advance
        return reinterpret_couplings(
            archive,
            couplings,
            coupling=options["coupling"],
            branching_fraction=fraction,
            mass_gev=masses,
            events_per_mass=options["events"],
            seed=options["seed"],
            progress=progress,
        )


def _parsed_couplings(text: str) -> dict[str, float]:
    """Parse ``gV=1,gA=0.5``."""
    couplings: dict[str, float] = {}
    for part in text.split(","):
        name, separator, value = part.partition("=")
        if not separator or name.strip() in couplings:
            raise ConfigError(
                "not a list of couplings",
                key="--couplings",
                found=text or "nothing",
                expected="gV=..,gA=.. or gS=..,gP=.., each once",
            )
        number = _number(value, "--couplings", f"{name.strip()}=<number>")
        couplings[name.strip()] = 0.0 if number is None else number
    return couplings


def _from_lhe(archive: Archive, options: Mapping[str, Any]) -> Reinterpretation:
    import numpy as np  # noqa: PLC0415

    from fourmu.io.lhe_samples import read_lhe_samples  # noqa: PLC0415
    from fourmu.reinterpret import reinterpret_samples  # noqa: PLC0415

    files = _input_files(options)
    _refuse_copies(files)
    samples = read_lhe_samples(
        files,
        np.random.default_rng((options["seed"], len(options["lhe"]))),
        sqrt_s_gev=archive.index.sqrt_s_gev,
        x_pdg=options["x_pdg"],
    )
    return reinterpret_samples(
        archive,
        samples,
        efficiency_from=options["efficiency_from"] or "zprime",
        coupling=options["coupling"],
        branching_fraction=_number(options["br"], "--br"),
        level=options["level"],
        seed=options["seed"],
    )


def _refuse_copies(files: list[Path]) -> None:
    """Refuse a file that is given twice: the same events are no second run."""
    from fourmu.io.files import existing_file  # noqa: PLC0415

    first: dict[str, Path] = {}
    for path in files:
        existing_file(path)
        other = first.setdefault(_digest(path), path)
        if other is not path:
            raise ConfigError(
                "the same events are given twice",
                key="--lhe",
                found=f"{other} and {path}",
                expected="independent runs",
            )


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


_FUNCTIONS = {"xsec_path": _from_table, "couplings": _from_couplings, "lhe": _from_lhe}


def _provenance(archive: Archive, options: Mapping[str, Any]) -> dict[str, Any]:
    """What the results were made from: the archive by its digest, and the input."""
    import fourmu  # noqa: PLC0415

    files = _input_files(options)
    return {
        "fourmu_version": fourmu.__version__,
        "archive_sha256": archive.digest,
        "data_kind": archive.index.data_kind,
        "input": options["couplings"] or [path.name for path in files],
        "input_sha256": [_digest(path) for path in files],
        "br": options["br"],
        "events_per_mass": options["events"] if options["couplings"] else None,
        "seed": None if options["xsec_path"] else options["seed"],
    }


def _draw(path: Path, found: Reinterpretation, archive: Archive) -> None:
    from fourmu import plots  # noqa: PLC0415  matplotlib takes a second
    from fourmu.io.files import atomic_path  # noqa: PLC0415

    if not any(status in _WITH_LIMIT for status in found.status):
        raise InputError("no mass has a limit to draw", where=path)
    figure = plots.draw_reinterpretation(found, kind=cast(plots.Kind, archive.index.data_kind))
    with atomic_path(path) as temporary:
        temporary.write_bytes(plots.rendered(figure, _FIGURES[path.suffix]))


def _tell(found: Reinterpretation) -> None:
    """Print what a person wants to know first."""
    for text in found.warnings:
        complain(f"warning: {text}")
    counts: dict[str, int] = {}
    for status in found.status:
        counts[status] = counts.get(status, 0) + 1
    click.echo(
        f"{len(found)} mass{'es' * (len(found) > 1)}: "
        + ", ".join(f"{n} {status}" for status, n in counts.items())
    )
    for row in _few(found):
        mass, window = found.mass_gev[row], found.window[row]
        if found.status[row] not in _WITH_LIMIT:
            click.echo(f"  {mass:.5g} GeV: {found.status[row]}: {found.message[row]}")
            continue
        limit = found.coupling_limit[row]
        coupling = f"coupling < {limit:.4g}" if math.isfinite(limit) else "no limit on the coupling"
        click.echo(
            f"  {mass:.5g} GeV ({window}): sigma_ISR x BR < {found.xsec_limit_fb[row]:.4g} fb "
            f"(expected {found.xsec_limit_expected_fb[row, 2]:.4g}), {coupling}, "
            f"efficiency {found.efficiency[row]:.4f} +- "
            f"{found.efficiency_error[row]:.4f}"
            + (f"  [{found.status[row]}]" if found.status[row] != "ok" else "")
        )
    excluded = ", ".join(
        f"{low:.4g}" if low == high else f"{low:.4g} - {high:.4g}"
        for low, high in found.excluded_gev[:8]
    )
    more = len(found.excluded_gev) - 8
    click.echo(
        f"excluded at coupling {found.coupling:g} (GeV): {excluded or 'nowhere'}"
        + (f" and {more} more intervals" if more > 0 else "")
    )


def _few(found: Reinterpretation) -> list[int]:
    """Rows to print: all of a few, else some over the range."""
    n = len(found)
    return list(range(n)) if n <= 12 else [round(i * (n - 1) / 7) for i in range(8)]
