"""Execute the worked examples in place, with the archive of a configuration.

``python docs/examples/execute.py [--config analysis.yaml] [NOTEBOOK ...]``

A notebook is written only when all its cells ran. Times and versions are left out of it, and
figures are stored with few colours: it stays small, and a second execution with the same archive
changes nothing.
"""

import argparse
import base64
import io
import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat.notebooknode import NotebookNode
from PIL import Image
from traitlets.config import Config

from fourmu.config import load_analysis
from fourmu.errors import FourMuError, InputError
from fourmu.io.files import atomic_path, existing_file
from fourmu.pipeline import Layout
from fourmu.pipeline.layout import TARBALL

FOLDER = Path(__file__).resolve().parent
NOTEBOOKS = ("pseudoscalar.ipynb", "lhe_sample.ipynb")
ARCHIVE_VARIABLE = "FOURMU_ARCHIVE"
"""Where the notebooks take the path of the archive from."""
CELL_SECONDS = 3600
KERNEL = "python3"
COLOURS = 128
"""Of a figure; lines and bands have a few, the rest smooths edges."""


def archive_of(config: Path) -> Path:
    """Tarball of the archive of a configuration; raises InputError if it was not made."""
    path = Layout.of(load_analysis(config)).folder(TARBALL)
    if not path.is_file():
        raise InputError(
            "there is no archive of this configuration",
            where=path,
            expected=f"what `make archive CONFIG={config}` makes",
        )
    return path.resolve()


def stable(notebook: NotebookNode) -> NotebookNode:
    """Leave out what changes from one execution or machine to the next."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": KERNEL},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata = {}
        for output in cell.get("outputs", ()):
            if "text" in output:  # commands write to a terminal
                output.text = output.text.replace("\r\n", "\n")
            if "image/png" in output.get("data", {}):
                output.data["image/png"] = few_colours(output.data["image/png"])
    return notebook


def few_colours(png: str) -> str:
    """Figure in base64 with a palette, a third of the size."""
    with Image.open(io.BytesIO(base64.b64decode(png))) as image:
        small = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    small.save(buffer, format="PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def execute(path: Path) -> None:
    """Execute a notebook where it lies; raises CellExecutionError, and then writes nothing."""
    notebook = nbformat.read(existing_file(path), as_version=4)
    config = Config()
    config.KernelManager.transport_encryption = "auto"
    client = NotebookClient(
        notebook,
        config=config,
        timeout=CELL_SECONDS,
        kernel_name=KERNEL,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    text = nbformat.writes(stable(notebook), version=4)
    with atomic_path(path) as temporary:
        temporary.write_text(text.rstrip("\n") + "\n", encoding="utf-8")


def main() -> int:
    """Execute all notebooks, or those that are named; status 1 if one fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", type=Path, default=Path("analysis.yaml"))
    parser.add_argument("notebooks", type=Path, nargs="*", metavar="NOTEBOOK")
    chosen = parser.parse_args()
    try:
        os.environ[ARCHIVE_VARIABLE] = str(archive_of(chosen.config))
        # the command fourmu of this Python, also where its environment is not activated
        os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        for path in chosen.notebooks or [FOLDER / name for name in NOTEBOOKS]:
            start = time.perf_counter()
            execute(path.resolve())
            print(f"{path.name}: {time.perf_counter() - start:.0f} s", flush=True)
    except (FourMuError, CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        print(f"execute.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
