"""From a YAML file to a validated :class:`Analysis`, and back to a commented file."""

from __future__ import annotations

import difflib
import json
import textwrap
from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from fourmu.errors import ConfigError

from .analysis import Analysis
from .section import Section

__all__ = ["commented_yaml", "load_analysis"]


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML in which a key that stands twice is an error instead of the last one winning."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        doubled = sorted({str(key) for key in keys if keys.count(key) > 1})
        if doubled:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {doubled[0]!r} stands twice", node.start_mark
            )
        return super().construct_mapping(node, deep)


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
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(
            f"the configuration cannot be read: {reason}",
            where=path,
            expected="a YAML file; 'fourmu init' writes one",
        ) from error
    try:
        # the loader is a SafeLoader that refuses doubled keys
        content = yaml.load(text, Loader=_UniqueKeyLoader)
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"not valid YAML: {reason}", where=path) from error
    if content is None:
        content = {}
    if not isinstance(content, dict):
        raise ConfigError(
            "the configuration must be a mapping of sections",
            where=path,
            found=type(content).__name__,
        )
    try:
        analysis = Analysis.model_validate(content)
    except ValidationError as error:
        raise _translated(error, path) from error
    return analysis.model_copy(update={"source": path.resolve()})


def _translated(error: ValidationError, path: Path) -> ConfigError:
    """Say the first problem in one line; the number of others is added."""
    problems = error.errors(include_url=False)
    first = problems[0]
    location = [str(part) for part in first["loc"]]
    key = ".".join(location)
    more = f"; {len(problems) - 1} more" if len(problems) > 1 else ""
    if first["type"] == "extra_forbidden":
        known = _fields_at(location[:-1])
        close = difflib.get_close_matches(location[-1], known, n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"one of {', '.join(known)}"
        return ConfigError(f"unknown key '{key}', {hint}{more}", where=path)
    found = json.dumps(first["input"], default=str)
    return ConfigError(
        f"{first['msg']}{more}", where=path, key=key, found=textwrap.shorten(found, 80)
    )


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
