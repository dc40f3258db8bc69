"""The command ``fourmu``: parse, print, route; nothing else.

Commands are imported when they are called, so that help and up-to-date checks stay fast.
"""

from __future__ import annotations

import importlib
import logging
import os
import signal
import sys
from pathlib import Path

import click

from fourmu.errors import FourMuError

from .compiled import use_kernel_cache
from .messages import complain

__all__ = ["main"]

# Stages in chain order, then the tools around them: name -> (module of this package, help).
COMMANDS = {
    "generate": ("stages", "Make events: generator and detector."),
    "select": ("select", "Select events, fit, and compute variables (of any ntuple)."),
    "train": ("stages", "Train the five networks and choose the working points."),
    "templates": ("stages", "Signal model, windows and templates."),
    "workspaces": ("workspaces", "Build one pyhf workspace per window with cabinetry."),
    "limits": ("limits", "Limits in every window (of any folder of workspaces)."),
    "toys": ("stages", "Limits by toys, bands by pseudo-experiments (on request: minutes)."),
    "look-elsewhere": ("stages", "Global significances by pseudo-scans, and Gross-Vitells."),
    "couplings": ("stages", "Cross sections, and limits on couplings."),
    "systematics": ("systematics", "Systematic uncertainties, measured, beside Table I."),
    "figures": ("stages", "Figures, and the tables beside the paper's numbers."),
    "report": ("report", "The scoreboard: every number of the paper beside ours, and the figures."),
    "archive": ("archive", "Likelihoods as others get them: build, verify, show."),
    "hepdata": ("hepdata", "A HEPData submission of the archive: tables, figures, likelihoods."),
    "publish": ("publish", "A release of the archive, in a folder or an object store."),
    "releases": ("releases", "List the releases of a folder or an object store."),
    "fetch": ("fetch", "Fetch a release into a folder, and verify it."),
    "reinterpret": ("reinterpret", "Limits on a model of one's own from an archive."),
    "serve": ("serve", "Answer from an archive over HTTP: a page, and an interface."),
    "matrix-element": ("matrix_element", "|M|^2 at given phase-space points."),
    "cross-section": ("cross_section", "Total cross sections."),
    "simulate": ("simulate", "Parton events (LHE) through the detector into an ntuple."),
    "init": ("configuration", "Write a commented configuration."),
    "config": ("configuration", "Show the configuration, resolved."),
    "clean": ("configuration", "Delete the products of a configuration."),
    "diagnostics": ("diagnostics", "Pulls, correlations and impacts of any workspaces."),
    "show": ("show", "One window's numbers."),
    "truth": ("truth", "The signals put into the pseudo-data, once nothing is blind."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported on demand and listed in chain order."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Names in chain order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the module of a command; ``command`` is its only one, or ``commands`` has it."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"{__name__}.{COMMANDS[cmd_name][0]}")
        found: click.Command = (
            module.commands[cmd_name] if hasattr(module, "commands") else module.command
        )
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing any."""
        with formatter.section("Commands, stages first in chain order"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="fourmu")
def application() -> None:
    """Search for e+e- -> mu+mu- X, X -> mu+mu-: from events to limits."""


class Terminated(BaseException):
    """The command was asked to end by SIGTERM, as batch systems and ``kill`` do.

    Not a KeyboardInterrupt: click turns those into something that does not know the signal.
    """


def _terminate(_number: int, _frame: object) -> None:
    raise Terminated


def main() -> None:
    """Run the command line; an error raised on purpose is one line on stderr, exit status 2."""
    signal.signal(signal.SIGTERM, _terminate)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # the caller has closed it
            nothing = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  till the end
            setattr(sys, name, nothing)
    use_kernel_cache()
    # the chain spreads its work itself, and sums of one thread are the same on every machine
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    # fonts without a date make the PDF writer warn once per figure
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    try:
        application(standalone_mode=False)
        sys.stdout.flush()
    except click.UsageError as error:
        complain(f"fourmu: {error.format_message()}")
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt, Terminated) as error:
        complain("fourmu: interrupted; finished files are kept, call again to resume")
        sys.exit(128 + (signal.SIGTERM if isinstance(error, Terminated) else signal.SIGINT))
    except FourMuError as error:
        complain(f"fourmu: {error}")
        sys.exit(2)
    except OSError as error:  # files are translated where they are opened: this is the output
        complain(f"fourmu: the output cannot be written: {error.strerror or error}")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left of it
        sys.exit(2)
    except MemoryError:
        complain("fourmu: there is not enough memory")
        sys.exit(2)
