"""The command ``fourmu``: parse, print, route; nothing else.

Commands are imported when they are called, so that help and up-to-date checks stay fast.
"""

from __future__ import annotations

import importlib
import sys

import click

from fourmu.errors import FourMuError

__all__ = ["main"]

# Stages in chain order, then the tools around them: name -> module in this package.
COMMANDS = {
    "simulate": "simulate",
    "limits": "limits",
    "cross-section": "cross_section",
    "matrix-element": "matrix_element",
}


class LazyGroup(click.Group):
    """A group whose commands are imported on demand and listed in chain order."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Names in chain order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the module of a command and return its ``command``."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"{__name__}.{COMMANDS[cmd_name]}")
        command: click.Command = module.command
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="fourmu")
def application() -> None:
    """Search for e+e- -> mu+mu- X, X -> mu+mu-: from events to limits."""


def main() -> None:
    """Run the command line; one line on stderr and exit status 2 for errors raised on purpose."""
    try:
        application()
    except FourMuError as error:
        click.echo(f"fourmu: {error}", err=True)
        sys.exit(2)
