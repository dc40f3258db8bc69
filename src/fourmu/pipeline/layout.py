"""Where everything of one configuration lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fourmu.config import Analysis

__all__ = ["SUBMISSION", "TARBALL", "Layout"]

TARBALL = "fourmu-likelihoods.tar.gz"
"""The archive as one file."""
SUBMISSION = "hepdata-submission.tar.gz"
"""The submission to HEPData as one file, the one to upload."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Folders of one configuration; every configuration has its own root."""

    configuration: Path
    """Folder of the configuration file; other paths are relative to it."""
    output: Path
    workspaces: Path
    cabinetry_configs: Path

    @classmethod
    def of(cls, analysis: Analysis) -> Layout:
        """Resolve the paths of a configuration against the folder of its file."""
        base = analysis.source.parent if analysis.source is not None else Path.cwd()
        paths = analysis.paths
        return cls(
            configuration=base,
            output=base / paths.output,
            workspaces=base / paths.workspaces,
            cabinetry_configs=base / paths.cabinetry_configs,
        )

    @property
    def records(self) -> Path:
        """What each stage read and wrote, with digests."""
        return self.output / ".stages"

    @property
    def work(self) -> Path:
        """Unfinished stages; moved into place when they are complete."""
        return self.output / ".work"

    def folder(self, name: str) -> Path:
        """Final place of a product, mostly a folder (``events``, ``workspaces/zprime``, ...)."""
        head, _, rest = name.partition("/")
        root = self.workspaces if head == "workspaces" else self.output / head
        return root / rest if rest else root
