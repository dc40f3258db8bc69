"""A configuration is typed, complete and refused in one clear line."""

from itertools import pairwise

import pytest
import yaml

from fourmu.config import Analysis, commented_yaml, load_analysis
from fourmu.errors import ConfigError


def write(folder, text):
    path = folder / "analysis.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_commented_file_gives_the_same_configuration_back(tmp_path):
    path = write(tmp_path, commented_yaml(Analysis()))
    assert load_analysis(path).model_dump() == Analysis().model_dump()


def test_every_key_of_the_commented_file_has_a_comment():
    lines = commented_yaml(Analysis()).splitlines()
    for before, line in pairwise(lines):
        if line.strip() and not line.strip().startswith("#") and ":" in line.split("[")[0]:
            assert before.strip().startswith("#") or before.rstrip().endswith((",", "[")), line


def test_the_shipped_configuration_is_the_default_one_and_complete(pytestconfig):
    path = pytestconfig.rootpath / "analysis.yaml"
    assert path.read_text(encoding="utf-8") == commented_yaml(Analysis())


def test_the_small_configuration_has_its_own_root(pytestconfig):
    small = load_analysis(pytestconfig.rootpath / "small.yaml")
    full = load_analysis(pytestconfig.rootpath / "analysis.yaml")
    assert small.paths.output.is_relative_to("output/small")
    assert small.paths.workspaces.is_relative_to("output/small")
    assert full.paths.output != small.paths.output


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("samples:\n  evnts_per_mass: 5\n", ["samples.evnts_per_mass", "events_per_mass"]),
        ("smaples: {}\n", ["smaples", "samples"]),
        ("samples:\n  events_per_mass: -5\n", ["samples.events_per_mass", "-5"]),
        ("seed: .nan\n", ["seed", "NaN"]),
        ("seed: 1\nseed: 2\n", ["seed", "twice"]),
        ("seed: [1\n", ["not valid YAML"]),
        ("- 1\n", ["mapping", "list"]),
        ("[" * 3000, ["not valid YAML", "nested too deeply"]),
        ("seed: 2024-99-99\n", ["not valid YAML", "month"]),
        ("seed: !!int many\n", ["not valid YAML", "many"]),
        ("seed: " + "9" * 5000 + "\n", ["not valid YAML"]),
        ("seed: 0x" + "f" * 5000 + "\n", ["seed", "found int"]),
        ("seed: !!python/object/apply:os.getcwd []\n", ["not valid YAML", "tag"]),
        ("a: &a [*a]\n", ["unknown key 'a'"]),
        ("seed: " + "x" * 5000 + "\n", ["seed", "xxx...xxx"]),
        ("source: elsewhere.yaml\n", ["unknown key 'source'"]),
        ("seed: 1\n" + "#" * 1_000_000, ["no configuration", "1000000 bytes"]),
        ("models: []\n", ["models"]),
        ("samples:\n  zprime_masses_gev: [1, 2, 3, 3, 4, 5]\n", ["zprime_masses_gev", "increase"]),
    ],
)
def test_bad_configurations_are_refused_by_name(tmp_path, text, pieces):
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_analysis(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    for piece in pieces:
        assert piece in message


def test_aliases_that_unfold_without_end_are_refused_at_once(tmp_path):
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    path = write(tmp_path, "\n".join([*levels, "samples: *a11\n"]))
    with pytest.raises(ConfigError) as caught:
        load_analysis(path)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"seed: 1\x00\n"])
def test_binary_files_are_refused(tmp_path, content):
    path = tmp_path / "analysis.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"not UTF-8 text|not valid YAML"):
        load_analysis(path)


def test_a_missing_file_says_how_to_make_one(tmp_path):
    with pytest.raises(ConfigError, match="fourmu init"):
        load_analysis(tmp_path / "nothing.yaml")


def test_the_configuration_is_frozen():
    with pytest.raises(ValueError, match="frozen"):
        Analysis().seed = 3


def test_the_commented_file_is_plain_yaml():
    assert yaml.safe_load(commented_yaml(Analysis()))["seed"] == Analysis().seed
