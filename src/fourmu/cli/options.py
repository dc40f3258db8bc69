"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

from fourmu.errors import ConfigError

__all__ = [
    "config_option",
    "executor_option",
    "histosys_code_option",
    "normsys_code_option",
    "refuse_other_interpolations",
    "unblind_option",
]

config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    default=Path("analysis.yaml"),
    show_default=True,
    help="Configuration file.",
)

executor_option = click.option(
    "--executor",
    type=click.Choice(["threads", "processes"]),
    default=None,
    help="How the work is spread; the default is the configuration's. No result depends on it.",
)

unblind_option = click.option(
    "--unblind",
    is_flag=True,
    help="Look at the observed data of an analysis that is blind.",
)

normsys_code_option = click.option(
    "--normsys-code", default="code4", show_default=True, help="Or code1."
)

histosys_code_option = click.option(
    "--histosys-code", default="code4p", show_default=True, help="code0, code2 or code4p."
)


def refuse_other_interpolations(normsys_code: str, histosys_code: str) -> None:
    """An option that is not supported is said to be so, never ignored."""
    for key, found, expected in (
        ("--normsys-code", normsys_code, ("code1", "code4")),
        ("--histosys-code", histosys_code, ("code0", "code2", "code4p")),
    ):
        if found not in expected:
            raise ConfigError(
                "this interpolation is not supported",
                key=key,
                found=found,
                expected=" or ".join(expected),
            )
