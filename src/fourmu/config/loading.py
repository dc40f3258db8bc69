"""From a YAML file to a validated :class:`Analysis`, and back to a commented file."""

from __future__ import annotations

import difflib
import json
import reprlib
import textwrap
from collections.abc import Iterable
from pathlib import Path

import yaml
from pydantic import BaseModel, ValidationError

from fourmu.errors import ConfigError

from .analysis import Analysis
from .section import Section
from .yaml_files import read_yaml

__all__ = ["commented_yaml", "load_analysis"]


def load_analysis(path: str | Path) -> Analysis:
    """Read and validate a configuration file.

    Parameters
    ----------
    path
        YAML file; keys that it leaves out take their defaults.

    Raises
    ------
    ConfigError
        The file cannot be read, is not YAML, or has an unknown key or a value outside its
        domain; the message names file, key, what was found and what was expected.
    """
    path = Path(path)
    content = read_yaml(path)
    if content is None:
        content = {}
    if not isinstance(content, dict):
        raise ConfigError(
            "the configuration must be a mapping of sections",
            where=path,
            found=type(content).__name__,
        )
    if "source" in content:  # says where the file lies; not a key of the file
        raise _unknown_key(["source"], path)
    try:
        analysis = Analysis.model_validate(content)
    except ValidationError as error:
        raise _translated(error, path) from error
    # data from outside stay blind until a command says --unblind
    blind = analysis.blind or bool(analysis.ntuples.data.files)
    return analysis.model_copy(update={"source": path.resolve(), "blind": blind})


def _translated(error: ValidationError, path: Path) -> ConfigError:
    """Say the first problem in one line; the number of others is added."""
    problems = error.errors(include_url=False)
    first = problems[0]
    location = [str(part) for part in first["loc"]]
    more = f"; {len(problems) - 1} more" if len(problems) > 1 else ""
    if first["type"] == "extra_forbidden":
        return _unknown_key(location, path, more)
    message = first["msg"].removeprefix("Value error, ")
    # a rule of a whole section names its keys itself
    is_rule = first["type"] == "value_error"
    return ConfigError(
        f"{message}{more}",
        where=path,
        key=".".join(location) or None,
        found=None if is_rule else _short(first["input"]),
    )


def _unknown_key(location: list[str], path: Path, more: str = "") -> ConfigError:
    """Refuse a key by name, with the one that may have been meant."""
    known = _fields_at(location[:-1])
    close = difflib.get_close_matches(location[-1], known, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"one of {', '.join(known)}"
    return ConfigError(f"unknown key '{'.'.join(location)}', {hint}{more}", where=path)


def _short(value: object) -> str:
    """Beginning of a value as it stands in the file; never unfolds what YAML aliases repeat."""
    limited = reprlib.Repr()
    limited.maxlevel, limited.maxlist, limited.maxdict = 2, 4, 4
    if value is None or isinstance(value, bool | float):
        return json.dumps(value)
    try:
        return limited.repr(value)
    except ValueError:  # Python does not print integers of thousands of digits
        return type(value).__name__


def _fields_at(location: Iterable[str]) -> list[str]:
    """Names that are known at a place of the configuration."""
    model: type[BaseModel] = Analysis
    for part in location:
        field = model.model_fields.get(part)
        annotation = None if field is None else field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            model = annotation
    return [name for name, field in model.model_fields.items() if not field.exclude]


def commented_yaml(analysis: Analysis) -> str:
    """Render every key of a configuration with its description as a comment."""
    lines = [
        "# Configuration of a fourmu analysis. Every key, its value and what it means;",
        "# a key that is left out takes its default, an unknown one is refused.",
    ]
    lines += _section_lines(analysis, indent=0)
    return "\n".join(lines) + "\n"


def _section_lines(section: Section, indent: int) -> list[str]:
    pad = " " * indent
    lines: list[str] = []
    for name, field in type(section).model_fields.items():
        if field.exclude:
            continue
        value = getattr(section, name)
        if indent == 0:
            lines.append("")
        description = " ".join((field.description or "").split())
        lines += [f"{pad}# {line}" for line in textwrap.wrap(description, 96 - indent)]
        if isinstance(value, Section):
            lines.append(f"{pad}{name}:")
            lines += _section_lines(value, indent + 2)
        else:
            plain = section.model_dump(mode="json", include={name})[name]
            text = yaml.safe_dump(
                plain, default_flow_style=True, width=88 - indent, sort_keys=False
            ).strip()
            text = text.removesuffix("...").strip()
            first, *rest = text.splitlines()
            lines.append(f"{pad}{name}: {first}")
            lines += [f"{pad}    {line.strip()}" for line in rest]
    return lines
