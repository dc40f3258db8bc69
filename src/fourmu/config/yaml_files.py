"""YAML files: plain content only, every key once, and one clear error."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from fourmu.errors import ConfigError

__all__ = ["read_yaml"]

_MAX_BYTES = 1_000_000
"""Far above any configuration; the rest of a device or of a wrong file is not read."""


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


def read_yaml(path: str | Path) -> Any:
    """Read a YAML file of plain content.

    Raises
    ------
    ConfigError
        The file cannot be read, is no text, is far too long, or is not YAML of plain content
        with every key once.
    """
    path = Path(path)
    try:
        with path.open("rb") as stream:
            data = stream.read(_MAX_BYTES + 1)
        text = data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(
            f"the configuration cannot be read: {reason}",
            where=path,
            expected="a YAML file; 'fourmu init' writes one",
        ) from error
    if len(data) > _MAX_BYTES:
        raise ConfigError(
            "this is no configuration", where=path, expected=f"at most {_MAX_BYTES} bytes"
        )
    try:
        # the loader is a SafeLoader that refuses doubled keys
        return yaml.load(text, Loader=_UniqueKeyLoader)
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split()).replace(' in "<unicode string>",', ",")
        raise ConfigError(f"not valid YAML: {reason}", where=path) from error
    except RecursionError as error:
        raise ConfigError("not valid YAML: nested too deeply", where=path) from error
    except (ValueError, AttributeError, TypeError) as error:
        # what a tag, a date or an endless number of the file makes PyYAML stumble over
        raise ConfigError(f"not valid YAML: a value cannot be read: {error}", where=path) from error
