"""The worked examples are whole: executed, small, of no machine, and of today's package."""

import ast
import importlib
import importlib.util
import inspect
import json
import re
from pathlib import Path

import click
import pytest

from fourmu.cli import COMMANDS, application

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"
NAMES = ("lhe_sample.ipynb", "pseudoscalar.ipynb")
MAX_BYTES = 400_000
MACHINE = re.compile(r"(?<![\w.])/(?:work|root|tmp|home|Users|private|var)/|[A-Z]:\\\\")

each_notebook = pytest.mark.parametrize("name", NAMES)


def read(name):
    return json.loads((EXAMPLES / name).read_text(encoding="utf-8"))


def cells(name, kind):
    return [cell for cell in read(name)["cells"] if cell["cell_type"] == kind]


def source(cell):
    """Python of a cell; commands of the shell are no Python."""
    text = "".join(cell["source"])
    return "" if text.startswith("!") else text


def trees(name):
    return [ast.parse(source(cell)) for cell in cells(name, "code")]


def outputs(name):
    return [output for cell in cells(name, "code") for output in cell["outputs"]]


def text_of(output):
    """Text of an output, figures left out."""
    texts = [output.get("text", [])]
    texts += [value for kind, value in output.get("data", {}).items() if kind.startswith("text/")]
    return "".join("".join(text) for text in texts)


def everything(name):
    """Text of all cells and outputs."""
    sources = ["".join(cell["source"]) for cell in read(name)["cells"]]
    return "\n".join([*sources, *map(text_of, outputs(name))])


def test_these_are_all_examples():
    assert sorted(path.name for path in EXAMPLES.glob("*.ipynb")) == list(NAMES)


@each_notebook
def test_notebooks_are_valid(name):
    notebook = read(name)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    identifiers = [cell["id"] for cell in notebook["cells"]]
    assert len(identifiers) == len(set(identifiers))
    if importlib.util.find_spec("nbformat") is not None:
        nbformat = importlib.import_module("nbformat")
        nbformat.validate(nbformat.from_dict(notebook))


@each_notebook
def test_notebooks_were_executed_from_top_to_bottom(name):
    counts = [cell["execution_count"] for cell in cells(name, "code")]
    assert counts == list(range(1, len(counts) + 1))
    kinds = {output["output_type"] for output in outputs(name)}
    assert "error" not in kinds
    assert any("image/png" in output.get("data", {}) for output in outputs(name))


@each_notebook
def test_nothing_was_printed_to_stderr(name):
    assert [text_of(o) for o in outputs(name) if o.get("name") == "stderr"] == []


@each_notebook
def test_notebooks_name_no_folder_of_a_machine(name):
    assert MACHINE.findall(everything(name)) == []


@pytest.mark.parametrize("text", ["/tmp/x", "(/home/me)", r"C:\\Users"])
def test_a_folder_of_a_machine_would_be_found(text):
    assert MACHINE.search(text)


@pytest.mark.parametrize("text", ["../../output/x", "a /channels/0", "https://x.org/home/y"])
def test_other_paths_are_not_taken_for_one(text):
    assert not MACHINE.search(text)


@each_notebook
def test_notebooks_are_small_and_hold_no_times(name):
    assert (EXAMPLES / name).stat().st_size < MAX_BYTES
    assert all(cell["metadata"] == {} for cell in read(name)["cells"])


@each_notebook
def test_pseudo_data_are_called_so(name):
    prose = "\n".join("".join(cell["source"]) for cell in cells(name, "markdown"))
    assert "pseudo-data" in prose
    assert "Belle" not in prose
    assert "pseudo-data" in "".join(map(text_of, outputs(name)))


@each_notebook
def test_the_archive_comes_from_one_cell(name):
    text = everything(name)
    assert text.count("FOURMU_ARCHIVE") == 1
    assert text.count("../../output/fourmu-likelihoods.tar.gz") == 1


def imported(name):
    """Module and name of everything that is imported from the package."""
    for tree in trees(name):
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "fourmu":
                yield from ((node.module, alias.name) for alias in node.names)


@each_notebook
def test_imported_names_exist_and_are_public(name):
    found = list(imported(name))
    assert found
    for module_name, attribute in found:
        module = importlib.import_module(module_name)
        if not hasattr(module, attribute):
            importlib.import_module(f"{module_name}.{attribute}")
        elif hasattr(module, "__all__") and not inspect.ismodule(getattr(module, attribute)):
            assert attribute in module.__all__, f"{module_name}.{attribute}"


@each_notebook
def test_functions_of_the_package_take_the_arguments_given(name):
    known = {}
    for module_name, attribute in imported(name):
        value = getattr(importlib.import_module(module_name), attribute, None)
        if inspect.isfunction(value) or inspect.isclass(value):
            known[attribute] = value
    calls = [
        node
        for tree in trees(name)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in known
        and not any(isinstance(argument, ast.Starred) for argument in node.args)
    ]
    assert calls
    for call in calls:
        keywords = {keyword.arg: None for keyword in call.keywords if keyword.arg is not None}
        inspect.signature(known[call.func.id]).bind(*call.args, **keywords)


@each_notebook
def test_functions_of_plots_exist(name):
    plots = importlib.import_module("fourmu.plots")
    used = {
        node.attr
        for tree in trees(name)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "plots"
    }
    assert used
    assert used <= set(plots.__all__)


@each_notebook
def test_commands_and_their_options_exist(name):
    context = click.Context(application)
    text = "\n".join("".join(cell["source"]) for cell in read(name)["cells"])
    commands = re.findall(
        r"^(?:!|    )fourmu ([a-z-]+)\b(.*)$", text.replace("\\\n", " "), re.MULTILINE
    )
    assert commands
    for command_name, rest in commands:
        assert command_name in COMMANDS
        command = application.get_command(context, command_name)
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"(?<!\S)--[a-z-]+", rest)) <= known


def test_the_events_of_the_example_are_in_the_repository():
    paths = re.findall(r'Path\("(\.\./[^"]*\.lhe\.gz)"\)', everything("lhe_sample.ipynb"))
    assert paths
    assert all((EXAMPLES / path).is_file() for path in paths)


@pytest.fixture(scope="module")
def execute():
    for module in ("nbclient", "nbformat"):
        pytest.importorskip(module)
    spec = importlib.util.spec_from_file_location("execute", EXAMPLES / "execute.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_all_notebooks_are_executed(execute):
    assert sorted(execute.NOTEBOOKS) == list(NAMES)


def test_a_missing_archive_is_one_line_that_says_what_to_do(execute, tmp_path, capsys, monkeypatch):
    config = tmp_path / "analysis.yaml"
    config.write_text((ROOT / "analysis.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["execute.py", "--config", str(config)])
    assert execute.main() == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert "fourmu-likelihoods.tar.gz" in printed.err
    assert "make archive" in printed.err


def test_a_written_notebook_does_not_change_when_it_is_made_stable_again(execute):
    nbformat = importlib.import_module("nbformat")
    for name in NAMES:
        text = (EXAMPLES / name).read_text(encoding="utf-8")
        notebook = execute.stable(nbformat.reads(text, as_version=4))
        assert [cell.metadata for cell in notebook.cells] == [{}] * len(notebook.cells)
        assert notebook.metadata == read(name)["metadata"]
