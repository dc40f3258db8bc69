"""The whole chain, run once by its command on a tiny configuration."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

COMMAND = Path(sys.executable).parent / "fourmu"
HERE = Path(__file__).parent
MODELS = ("zprime", "scalar")


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A finished run."""

    root: Path
    done: subprocess.CompletedProcess[str]

    @property
    def config(self) -> Path:
        return self.root / "tiny.yaml"

    def json(self, name: str) -> dict[str, Any]:
        """Content of a product."""
        return json.loads((self.root / name).read_text(encoding="utf-8"))

    def index(self, model: str) -> list[dict[str, Any]]:
        return self.json(f"workspaces/{model}/index.json")["windows"]

    def fitted(self, model: str) -> list[dict[str, Any]]:
        """Index entries of the hypotheses that are not vetoed."""
        return [window for window in self.index(model) if not window["vetoed"]]

    def workspace(self, model: str, window: str) -> dict[str, Any]:
        return self.json(f"workspaces/{model}/{window}.json")


@pytest.fixture(scope="session")
def new_root(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Make a folder with the tiny configuration and what lies beside it."""

    def make() -> Path:
        root = tmp_path_factory.mktemp("chain")
        shutil.copy(HERE / "tiny.yaml", root)
        shutil.copytree(HERE.parents[1] / "cabinetry_configs", root / "cabinetry_configs")
        return root

    return make


@pytest.fixture(scope="session")
def command() -> Path:
    """The installed command."""
    return COMMAND


@pytest.fixture(scope="session")
def read_json() -> Callable[[Path], dict[str, Any]]:
    return lambda path: json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def fourmu() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command in a folder, as a user would."""

    def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, *arguments], cwd=root, check=False, capture_output=True, text=True
        )

    return run


@pytest.fixture(scope="session")
def chain(new_root: Callable[[], Path], fourmu: Callable[..., Any]) -> Chain:
    root = new_root()
    return Chain(root=root, done=fourmu(root, "figures", "--config", "tiny.yaml"))


@dataclass(frozen=True, kw_only=True)
class BuiltArchive:
    """The archive of the finished run, as a folder and as a tarball."""

    folder: Path
    tarball: Path
    done: subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def archive(chain: Chain, fourmu: Callable[..., Any]) -> BuiltArchive:
    done = fourmu(chain.root, "archive", "build", "--config", "tiny.yaml")
    output = chain.root / "output"
    return BuiltArchive(
        folder=output / "archive", tarball=output / "fourmu-likelihoods.tar.gz", done=done
    )


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> str:
    return request.param
