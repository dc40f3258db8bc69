"""What somebody may do to an archive, and that it is found and named."""

import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import time

import pytest

from fourmu.archive import (
    Archive,
    canonical_digest,
    checksums_file,
    index_rows,
    patched,
    problems,
)
from fourmu.archive.content import index_schema
from fourmu.archive.index import BAND_COLUMNS, COLUMNS, index_document, index_from_document
from fourmu.errors import InputError
from fourmu.io.archives import FolderFiles, open_archive
from fourmu.io.csv_files import csv_text
from fourmu.io.likelihoods import read_likelihoods
from fourmu.statmodel import workspace_bytes

pytestmark = pytest.mark.filterwarnings(
    "ignore:jsonschema.RefResolver:DeprecationWarning"  # of pyhf
)

SUMS = "SHA256SUMS"
WINDOW = "windows/w0003/patchset.json"
BACKGROUND = "windows/w0003/BkgOnly.json"
SECONDS = 20.0
"""Of a processor: a refusal takes at most one, and half a minute is what bombs are for."""
MEBIBYTE = 2**20


def listed(archive, **options):
    """All problems, as the command lists them."""
    return [f"{name}: {reason}" for name, reason in problems(archive, **options)]


def found(path, **options):
    """Those of an archive on the disk; one that cannot be opened is one problem."""
    try:
        archive = open_archive(path)
    except InputError as error:
        return [str(error).removeprefix(f"{path}: ")]
    return listed(archive, **options)


# --- a folder, edited ---


@pytest.fixture
def folder(archive, tmp_path):
    return shutil.copytree(archive.folder, tmp_path / "archive")


def summed_again(folder):
    """Recompute SHA256SUMS, as somebody with intent would."""
    names = sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )
    lines = [
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n"
        for name in names
        if name != SUMS
    ]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


def edited(path, change):
    """Change a JSON document in place."""
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    return content


def a_window(folder, place=5):
    return sorted(path.name for path in (folder / "windows").iterdir())[place]


def test_an_untouched_copy_holds(folder):
    assert found(folder) == []


def test_a_flipped_byte(folder):
    name = f"windows/{a_window(folder)}/BkgOnly.json"
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    (problem,) = found(folder)
    assert problem.startswith(f"{name}: the file was changed")


def test_a_missing_window(folder):
    window = a_window(folder)
    shutil.rmtree(folder / "windows" / window)
    assert f"windows/{window}/BkgOnly.json: the file is missing" in found(folder)
    summed_again(folder)
    assert any(window in problem and "is missing" in problem for problem in found(folder))


def test_a_window_that_the_index_forgets_too(folder):
    window = a_window(folder)
    shutil.rmtree(folder / "windows" / window)

    def forget(content):
        content["windows"] = [w for w in content["windows"] if w["name"] != window]

    edited(folder / "index.json", forget)
    summed_again(folder)
    assert any(f"window {window} is missing" in problem for problem in found(folder))


def test_patchsets_of_two_windows_exchanged(folder):
    first, second = (folder / "windows" / a_window(folder, place) for place in (3, 4))
    texts = [(path / "patchset.json").read_bytes() for path in (first, second)]
    (first / "patchset.json").write_bytes(texts[1])
    (second / "patchset.json").write_bytes(texts[0])
    assert len(found(folder)) == 2
    summed_again(folder)
    problem = found(folder)[0]
    assert first.name in problem
    assert "another background-only workspace" in problem


def test_patches_of_two_models_exchanged(folder):
    window = a_window(folder)

    def exchange(content):
        one, other = content["patches"]
        one["patch"], other["patch"] = other["patch"], one["patch"]

    edited(folder / "windows" / window / "patchset.json", exchange)
    summed_again(folder)
    problem = found(folder)[0]
    assert f"windows/{window}/patchset.json" in problem
    assert "not the patch of the index" in problem


def test_an_index_edited_without_its_checksum(folder):
    edited(folder / "index.json", lambda content: content.update(luminosity_ifb=1.0))
    (problem,) = found(folder)
    assert problem.startswith("index.json: a file of the archive was changed")


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "windows/../../x", "windows//x"])
def test_checksums_of_a_path_that_leaves_the_folder(folder, name):
    with (folder / SUMS).open("a", encoding="utf-8") as stream:
        stream.write(f"{'0' * 64}  {name}\n")
    assert found(folder)[0].startswith(f"{SUMS}: a path leaves the archive")


@pytest.mark.parametrize("line", ["x" * 64 + "  a", "0" * 64 + " a", "0" * 63 + "  a", "\ufeff"])
def test_checksums_that_are_none(folder, line):
    with (folder / SUMS).open("a", encoding="utf-8") as stream:
        stream.write(f"{line}\n")
    (problem,) = found(folder)
    assert problem.startswith(f"{SUMS}: not a line of checksums")


def test_checksums_of_a_file_twice(folder):
    content = (folder / SUMS).read_bytes()
    (folder / SUMS).write_bytes(content + content.splitlines(keepends=True)[3])
    (problem,) = found(folder)
    assert problem.startswith(f"{SUMS}: not a line of checksums, or a name that stands twice")


def test_checksums_that_are_not_utf8(folder):
    content = (folder / SUMS).read_bytes()
    (folder / SUMS).write_bytes(content.replace(b"LICENSE", b"LIC\xff\xfeENSE"))
    assert "LICENSE: the file is not in SHA256SUMS" in found(folder)
    (folder / SUMS).write_bytes(b"\xff\xfe" + content)
    (problem,) = found(folder)
    assert problem.startswith(f"{SUMS}: not a line of checksums")


def test_a_link_in_the_folder(folder):
    (folder / "windows" / "link").symlink_to("/")
    with pytest.raises(InputError, match="no links"):
        open_archive(folder)


def test_a_link_in_place_of_a_file(folder):
    target = (folder / "README.md").rename(folder.parent / "README.md")
    (folder / "README.md").symlink_to(target)
    with pytest.raises(InputError, match="no links") as caught:
        open_archive(folder)
    assert caught.value.where == str(folder / "README.md")


def test_a_pipe_in_place_of_a_file(folder):
    """Reading it would wait for a writer for ever."""
    (folder / "README.md").unlink()
    os.mkfifo(folder / "README.md")
    with pytest.raises(InputError, match="files and folders only") as caught:
        open_archive(folder)
    assert caught.value.where == str(folder / "README.md")


def test_a_folder_in_place_of_a_file(folder):
    (folder / "README.md").unlink()
    (folder / "README.md").mkdir()
    assert found(folder) == ["README.md: the file is missing"]


def test_folders_as_deep_as_the_stack(folder):
    # pathlib has no deeper stack itself, nor has the clean-up of pytest
    subprocess.run(["mkdir", "-p", "/".join("a" * 1200)], cwd=folder, check=True)
    try:
        with pytest.raises(InputError, match="too deep"):
            open_archive(folder)
    finally:
        subprocess.run(["rm", "-r", "a"], cwd=folder, check=True)


def test_a_file_that_is_not_listed(folder):
    (folder / "extra.txt").write_text("x", encoding="utf-8")
    assert found(folder) == ["extra.txt: the file is not in SHA256SUMS"]


def test_another_schema_version(folder):
    edited(folder / "index.json", lambda content: content.update(schema_version="2.0.0"))
    summed_again(folder)
    with pytest.raises(InputError, match="another schema version") as caught:
        open_archive(folder)
    assert (caught.value.found, caught.value.expected) == ("2.0.0", "1.x.y")


@pytest.mark.parametrize(
    "text", ['"sqrt_s_gev":NaN', '"sqrt_s_gev":-Infinity', '"sqrt_s_gev":10.58.1', '"sqrt_s_gev":']
)
def test_something_that_json_does_not_have(folder, text):
    content = (folder / "index.json").read_text("utf-8")
    assert content.count('"sqrt_s_gev":10.58') == 1
    content = content.replace('"sqrt_s_gev":10.58', text)
    (folder / "index.json").write_text(content, encoding="utf-8")
    summed_again(folder)
    with pytest.raises(InputError, match=r"index\.json: not valid JSON"):
        open_archive(folder)


@pytest.mark.parametrize("name", ["index.json", "analysis.json", WINDOW])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_json_as_deep_as_the_stack(files, name, opening, closing):
    text = opening * 100_000 + "1" + closing * 100_000
    content = whole({**files, name: text.encode()})
    try:
        (problem,) = listed(Archive("here", content))
    except InputError as error:
        problem = str(error).removeprefix("here: ")
    assert problem.startswith(f"{name}: not valid JSON: recursion limit exceeded")


# --- numbers and documents, edited so that every digest fits ---


def whole(files):
    """Files with the checksums that they have."""
    sums = {name: hashlib.sha256(text).hexdigest() for name, text in files.items() if name != SUMS}
    return {**files, SUMS: checksums_file(sums)}


@pytest.fixture(scope="module")
def files(archive):
    """The first windows of the archive, as an archive of their own, by name."""
    read = dict(FolderFiles(archive.folder))
    document = json.loads(read["index.json"])
    index = index_from_document({**document, "windows": document["windows"][:5]}, "here")
    read = {
        name: text
        for name, text in read.items()
        if not name.startswith("windows/") or name.split("/")[1] in index.name
    }
    read["index.json"] = json.dumps(index_document(index)).encode()
    read["index.csv"] = csv_text(index_rows(index), bands=BAND_COLUMNS).encode()
    return whole(read)


def with_index(files, document, *, csv=True):
    """Another index, and on request the table that goes with it."""
    changed = {**files, "index.json": json.dumps(document).encode()}
    if csv:
        rows = index_rows(index_from_document(document, "here"))
        changed["index.csv"] = csv_text(rows, bands=BAND_COLUMNS).encode()
    return whole(changed)


def changed(files, name, path, value):
    """Another value at a place of a JSON document."""
    document = json.loads(files[name])
    level = document
    *keys, last = (int(key) if key.lstrip("-").isdigit() else key for key in path.split("/"))
    for key in keys:
        level = level[key]
    level[last] = value(level[last]) if callable(value) else value
    return whole({**files, name: json.dumps(document).encode()})


def test_a_few_windows_are_an_archive(files):
    assert listed(Archive("few", files)) == []


def another(value):
    """A number, or band, that is off by a permille."""
    if isinstance(value, list):
        return [*value[:-1], 0.999 * value[-1]]
    return value + 1e-3 if value == 0.0 else 0.999 * value


@pytest.mark.parametrize("column", [*COLUMNS, *BAND_COLUMNS])
def test_an_edited_number_of_the_index(files, column):
    """With index.csv edited alike and the checksums made anew only the contents can tell."""
    document = json.loads(files["index.json"])
    numbers = document["windows"][3]["models"]["scalar"]
    numbers[column] = another(numbers[column])
    only_json = listed(Archive("here", with_index(files, document, csv=False)))
    assert only_json[0].startswith(("index.json: w0003", "index.csv: w0003"))
    problem = listed(Archive("here", with_index(files, document)))[0]
    assert problem.startswith("index.json: w0003: ")
    assert f"scalar.{column} is not that of" in problem or column in (
        # from which the coupling limits follow, which are looked at first
        *("branching_fraction", "xsec_limit_fb", "xsec_limit_expected_fb"),
    )


@pytest.mark.parametrize("column", ["xsec_limit_fb", "xsec_limit_expected_fb", "p0", "poi_hat"])
def test_an_edited_result_that_fits_the_rest(files, column):
    """Only a new fit can tell."""
    document = json.loads(files["index.json"])
    numbers = document["windows"][3]["models"]["scalar"]
    numbers[column] = another(numbers[column])
    if column == "xsec_limit_fb":
        numbers["coupling_limit"] *= 0.999**0.5
    elif column == "xsec_limit_expected_fb":
        numbers["coupling_limit_expected"][-1] *= 0.999**0.5
    edited_files = with_index(files, document)
    assert listed(Archive("here", edited_files), refit=False) == []
    (problem,) = listed(Archive("here", edited_files))
    assert problem.startswith(
        f"index.json: w0003: scalar.{column} is not that of a fit to the likelihood"
    )


@pytest.mark.parametrize("key", ["sigma_gev", "mass_gev", "reduced_mass_gev", "bin_low"])
def test_an_edited_window(files, key):
    document = json.loads(files["index.json"])
    document["windows"][3][key] = another(document["windows"][3][key])
    problem = listed(Archive("here", with_index(files, document)), refit=False)[0]
    # a mass is also an end of the window before it
    assert problem.startswith(("index.json: w0003: ", "index.json: w0002: "))


@pytest.mark.parametrize("key", ["mass_low_gev", "mass_high_gev"])
def test_a_gap_between_windows(files, key):
    document = json.loads(files["index.json"])
    document["windows"][3][key] *= 1.0001
    (problem,) = listed(Archive("here", with_index(files, document, csv=False)))
    assert problem == "index.json: w0003: mass_low_gev, mass_high_gev leave gaps between windows"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("sqrt_s_gev", another),
        ("luminosity_ifb", another),
        ("confidence_level", 0.95),
        ("poi", "other"),
        ("data_kind", "data"),
        ("licence", "CC0-1.0"),
        ("citation", "me"),
        ("doi", "10.1234/x"),
        ("hepdata", "ins7654321"),
        ("models/zprime/coupling", 2.0),
        ("models/zprime/couplings/gV", 2.0),
        ("windows/3/models/zprime/status", "width_not_negligible"),
        ("windows/3/models/zprime/workspace_sha256", "f" * 64),
        ("windows/3/background_sha256", "f" * 64),
        ("windows/3/name", "w0004"),
        ("windows/3/vetoed", True),
        ("windows/3/mlp_range", 1),
        ("windows/3/mlp_range", 77),
        ("windows", lambda windows: windows[::-1]),
    ],
)
def test_an_edited_setting_of_the_index(files, path, value):
    """What the archive has elsewhere, or follows from it."""
    document = json.loads(changed(files, "index.json", path, value)["index.json"])
    assert listed(Archive("here", with_index(files, document)), refit=False) != []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mass_gev", -1.0),
        ("mass_gev", "1.0"),
        ("mass_gev", None),
        ("mass_gev", True),
        ("name", "../w0000"),
        ("vetoed", "no"),
        ("bin_low", [None]),
        ("bin_low", {}),
        ("mlp_range", 1.5),
        ("more", 1),
    ],
)
def test_an_index_that_leaves_its_schema(files, key, value):
    content = changed(files, "index.json", "windows/1", lambda window: {**window, key: value})
    try:
        problem = listed(Archive("here", content))[0]
    except InputError as error:
        problem = str(error).removeprefix("here: ")
    assert problem.startswith("index.json: ")


@pytest.mark.parametrize("key", index_schema()["$defs"]["window"]["required"])
def test_a_key_that_the_index_lacks(files, key):
    content = changed(
        *(files, "index.json", "windows/1"),
        lambda window: {name: value for name, value in window.items() if name != key},
    )
    assert listed(Archive("here", content))[0].startswith("index.json: ")


@pytest.mark.parametrize("place", [3, 40, 119])
def test_an_edited_yield_with_all_digests_made_anew(files, place):
    def scaled(values):
        return [*values[:place], 1.01 * values[place], *values[place + 1 :]]

    content = changed(files, WINDOW, "patches/0/patch/0/value/data", scaled)
    background = json.loads(files[BACKGROUND])
    patch = json.loads(content[WINDOW])["patches"][0]
    workspace = patched(background, patch["patch"], "here")
    document = json.loads(content["index.json"])
    entry = document["windows"][3]
    assert entry["background_sha256"] == canonical_digest(background)
    digest = hashlib.sha256(workspace_bytes(workspace)).hexdigest()
    entry["models"][patch["metadata"]["name"]]["workspace_sha256"] = digest
    (problem,) = listed(Archive("here", with_index(content, document)))
    expected = "zprime: the signal is not luminosity x efficiency x shape"
    assert problem == f"{WINDOW}: {expected}"


def test_an_edited_observation_with_all_digests_made_anew(files):
    """Only a new fit can tell: 30 more events."""
    content = changed(files, BACKGROUND, "observations/0/data/60", lambda n: n + 30)
    background = json.loads(content[BACKGROUND])
    digest = canonical_digest(background)
    content = changed(content, WINDOW, "metadata/digests/sha256", digest)
    document = json.loads(content["index.json"])
    entry = document["windows"][3]
    entry["background_sha256"] = digest
    for patch in json.loads(content[WINDOW])["patches"]:
        workspace = patched(background, patch["patch"], "here")
        entry["models"][patch["metadata"]["name"]]["workspace_sha256"] = hashlib.sha256(
            workspace_bytes(workspace)
        ).hexdigest()
    content = with_index(content, document)
    assert listed(Archive("here", content), refit=False) == []
    problem = listed(Archive("here", content))[0]
    assert problem.startswith("index.json: w0003: zprime.")
    assert "is not that of a fit" in problem


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "/measurements/0/config/poi", "value": "other"},
        {"op": "add", "path": "/channels/0/samples/0", "value": {}},
        {"op": "remove", "path": "/channels/0/samples/0"},
        {"op": "copy", "from": "/channels/0", "path": "/channels/1"},
        {"op": "move", "from": "/channels/0/samples/1", "path": "/channels/0/samples/0"},
        {"op": "replace", "path": "/channels/9/samples/0", "value": {}},
        {"op": "replace", "path": "/observations/0/data", "value": [1.0]},
        {"op": "replace", "path": "", "value": {}},
        {"op": "replace", "path": f"/channels/{'1' * 5000}/samples/0", "value": {}},
        {"op": "replace", "path": "/channels/0/samples/0", "value": 3},
        5,
        None,
        [],
    ],
    ids=lambda operation: str(operation)[:60],
)
def test_a_patch_that_does_something_else(files, operation):
    content = changed(files, WINDOW, "patches/1/patch", lambda patch: [*patch, operation])
    problem = listed(Archive("here", content))[0]
    assert problem.startswith(WINDOW)
    assert "scalar" in problem
    assert "patch" in problem.removeprefix(WINDOW)


@pytest.mark.parametrize("patch", [5, None, [1, 2], [{"op": "remove", "path": "/channels/0"}], "x"])
def test_limits_of_the_other_windows_do_not_suffer(files, patch, tmp_path):
    """``fourmu limits --workspaces`` has a row for what it cannot read."""
    for name, text in changed(files, WINDOW, "patches/1/patch", patch).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
    batch = read_likelihoods([tmp_path]).batch
    assert len(batch) == 10
    refused = {name for name, status in zip(batch.workspaces, batch.status, strict=True) if status}
    assert refused == {"w0003"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata/references", {}),
        ("metadata/references/hepdata", "1"),
        ("metadata/labels", ["model"]),
        ("metadata/labels", "x"),
        ("metadata/description", 5),
        ("metadata/digests", lambda digests: {**digests, "md5": "0" * 32}),
        ("metadata/digests", {}),
        ("metadata/licence", "none"),
        ("metadata", []),
        ("version", "2.0.0"),
        ("version", "x"),
        ("patches/0/metadata/name", "a name"),
        ("patches/0/metadata/values", ["zprime"]),
        ("patches/0/metadata/values", ["zprime", 0.3]),
        ("patches/0", lambda patch: {**patch, "more": 1}),
        ("patches", lambda patches: patches[:1]),
        ("patches", lambda patches: [*patches, patches[0]]),
        ("patches", {}),
        ("version", "1.0.1"),
    ],
)
def test_a_patchset_that_clients_would_refuse(files, path, value):
    """In any window, not only in the first one that is looked at."""
    content = changed(files, WINDOW, path, value)
    problem = listed(Archive("here", content), refit=False)[0]
    assert problem.startswith(f"{WINDOW}: ")


HUGE = 10**400
"""JSON has such numbers; doubles do not."""


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        pytest.param("index.json", "windows/2/mass_gev", HUGE, id="huge windows/2/mass_gev"),
        ("index.json", "windows/2/mlp_range", 2**70),
        pytest.param(
            "index.json",
            "windows/2/models/zprime/efficiency",
            HUGE,
            id="huge windows/2/models/zprime/efficiency",
        ),
        ("index.json", "windows", None),
        ("index.json", "windows", []),
        ("index.json", "models", []),
        ("analysis.json", "detector", 5),
        ("analysis.json", "more", 5),
        ("analysis.json", "couplings/width_fraction", "x"),
        pytest.param(
            "networks/network_1.json", "network/weights/0", HUGE, id="huge network/weights/0"
        ),
        ("networks/network_1.json", "network/weights/0/0", []),
        ("networks/network_1.json", "network", None),
        ("networks/working_points.json", "working_points", 5),
        ("networks/working_points.json", "working_points/0/cut", "x"),
        ("signal/scalar.json", "signal_model/ranges", {}),
        ("signal/scalar.json", "signal_model/ranges/0/efficiency_no_isr/curve/covariance", True),
        pytest.param("cross_sections/scalar.json", "mass_gev/1", HUGE, id="huge mass_gev/1"),
        ("cross_sections/scalar.json", "mass_gev", lambda masses: masses[::-1]),
        pytest.param(
            "kinematics/scalar.json",
            "masses/0/generated/0/0/0",
            HUGE,
            id="huge masses/0/generated/0/0/0",
        ),
        ("kinematics/scalar.json", "masses/0/passing", [1.0]),
        ("kinematics/scalar.json", "masses", 5),
        (BACKGROUND, "version", "x"),
        (BACKGROUND, "channels", []),
        (BACKGROUND, "measurements", []),
        pytest.param(BACKGROUND, "observations/0/data/0", HUGE, id="huge observations/0/data/0"),
        (BACKGROUND, "channels/0/samples/0/data", None),
    ],
)
def test_a_document_of_something_else_ends_in_a_line_not_in_a_traceback(files, name, path, value):
    content = changed(files, name, path, value)
    if name == BACKGROUND:  # with the digest that the index wants, up to where it can be had
        document = json.loads(content["index.json"])
        digest = canonical_digest(json.loads(content[name]))
        document["windows"][3]["background_sha256"] = digest
        content = changed(with_index(content, document), WINDOW, "metadata/digests/sha256", digest)
    try:
        problem = listed(Archive("here", content), refit=False)[0]
    except InputError as error:
        problem = str(error).removeprefix("here: ")
    assert problem.startswith(name) or "do not fit together" in problem


@pytest.mark.parametrize(
    "text",
    [b'"' + b"x" * 200_000 + b'"', b"zpr\rime", b"zpr\0ime", b'"zprime', b"\xff\xfe", b"scalar"],
    ids=["a cell of 200 kB", "a carriage return", "a zero", "a quote", "no UTF-8", "another"],
)
def test_a_table_of_something_else(files, text):
    content = whole({**files, "index.csv": files["index.csv"].replace(b"zprime", text, 1)})
    problem = listed(Archive("here", content), refit=False)[0]
    assert problem.startswith("index.csv: ")


# --- tarballs ---


def tarball(path, members):
    """Write a tarball of (TarInfo, content) pairs."""
    with tarfile.open(path, "w:gz") as tar:
        for member, content in members:
            if content is not None:
                member.size = len(content)
            tar.addfile(member, None if content is None else io.BytesIO(content))
    return path


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "a\\..\\x"])
def test_a_member_that_leaves_the_tarball(tmp_path, name):
    path = tarball(tmp_path / "a.tar.gz", [(tarfile.TarInfo(name), b"x")])
    with pytest.raises(InputError, match="a path leaves the archive"):
        open_archive(path)


@pytest.mark.parametrize(
    "kind",
    [*(tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE), b"Y"],
)
def test_a_member_that_is_no_file(tmp_path, kind):
    member = tarfile.TarInfo("SHA256SUMS")
    member.type, member.linkname = kind, "/etc/passwd"
    path = tarball(tmp_path / "a.tar.gz", [(member, None)])
    with pytest.raises(InputError, match="files and folders only"):
        open_archive(path)


def test_a_truncated_tarball(archive, tmp_path):
    content = archive.tarball.read_bytes()
    path = tmp_path / "cut.tar.gz"
    path.write_bytes(content[: len(content) // 2])
    (problem,) = found(path)
    assert "damaged, truncated or none" in problem
    path.write_bytes(content[:100])
    with pytest.raises(InputError, match="damaged, truncated or none"):
        open_archive(path)


def test_a_damaged_tarball(archive, tmp_path):
    content = bytearray(archive.tarball.read_bytes())
    content[len(content) // 2] ^= 1
    path = tmp_path / "damaged.tar.gz"
    path.write_bytes(content)
    assert found(path) != []


def test_a_file_twice_in_a_tarball(tmp_path):
    for second in ("a", "./a", "b/../a"):
        members = [(tarfile.TarInfo("a"), b"1"), (tarfile.TarInfo(second), b"2")]
        with pytest.raises(InputError, match=r"twice|leaves"):
            open_archive(tarball(tmp_path / "a.tar.gz", members))


@pytest.mark.parametrize("make", ["empty folder", "no archive", "empty file", "zip", "nothing"])
def test_something_else(tmp_path, make):
    path = tmp_path / "a.tar.gz"
    if make == "empty folder":
        path.mkdir()
    elif make == "no archive":
        path.write_bytes(b"x" * 100)
    elif make == "empty file":
        path.touch()
    elif make == "zip":
        path.write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(InputError, match=r"a\.tar\.gz"):
        open_archive(path)


def header(name, size=0, kind=tarfile.REGTYPE):
    """One block that announces any size."""
    member = tarfile.TarInfo(name)
    member.type = kind
    block = bytearray(member.tobuf(tarfile.USTAR_FORMAT)[: tarfile.BLOCKSIZE])
    block[124:136] = b"%011o\0" % size if size < 8**11 else b"\x80" + size.to_bytes(11, "big")
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def record(key, value):
    """One record of a pax header; its length counts itself."""
    rest = b" %s=%s\n" % (key, value)
    size = len(rest)
    while len(str(size)) + len(rest) != size:
        size = len(str(size)) + len(rest)
    return b"%d" % size + rest


def pax(*records, kind=tarfile.XHDTYPE):
    content = b"".join(records)
    return header("pax", len(content), kind) + content + bytes(-len(content) % tarfile.BLOCKSIZE)


def packed(path, *parts):
    """Write parts as a gzip file; (part, times) is compressed once and repeated."""
    with path.open("wb") as stream:
        for part in parts:
            content, times = part if isinstance(part, tuple) else (part, 1)
            compressed = gzip.compress(content, 1, mtime=0)
            for _ in range(times):
                stream.write(compressed)
    return path


ZEROS = bytes(MEBIBYTE)
SPARSE = (record(b"GNU.sparse.major", b"1"), record(b"GNU.sparse.minor", b"0"))
BOMBS = {
    "zeros": (header("zeros", 600 * MEBIBYTE), (ZEROS, 600)),
    "a claim": (header("zeros", 2**60), ZEROS),
    "many large files": tuple(
        part for place in range(10) for part in (header(f"z{place}", 2**25), (ZEROS, 32))
    ),
    "a pax header of zeros": (header("pax", 600 * MEBIBYTE, tarfile.XHDTYPE), (ZEROS, 600)),
    "a long name": (header("name", 500 * MEBIBYTE, tarfile.GNUTYPE_LONGNAME), (ZEROS, 500)),
    "headers of headers": (pax(record(b"a", b"b")) * 3000, header("a")),
    "headers for all": (pax(record(b"a", b"b"), kind=tarfile.XGLTYPE) * 3000, header("a")),
    "names of names": (
        (header("n", 512, tarfile.GNUTYPE_LONGNAME) + b"a" * 511 + b"\0") * 3000,
        header("a"),
    ),
    "a million folders": ((header("d", kind=tarfile.DIRTYPE) * 2048, 512),),
    "a negative size": (pax(record(b"size", b"-51200")), header("a"), header("b")),
    "a sparse map of letters": (pax(record(b"GNU.sparse.map", b"a")), header("a")),
    "a sparse size of letters": (
        pax(record(b"GNU.sparse.realsize", b"x"), record(b"GNU.sparse.major", b"0")),
        header("a"),
    ),
    "a long sparse map": (
        pax(*SPARSE, record(b"GNU.sparse.name", b"x"), record(b"GNU.sparse.realsize", b"9")),
        header("a", 2**25) + b"99999999999\n",
        (b"1\n" * 2**19, 32),
    ),
}


def start_of(archive):
    """Checksums and index of a good archive: what comes after them is the bomb."""
    blocks = []
    for name in (SUMS, "index.json"):
        text = (archive.folder / name).read_bytes()
        blocks += [header(name, len(text)), text, bytes(-len(text) % tarfile.BLOCKSIZE)]
    return b"".join(blocks)


@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_is_refused_soon(archive, tmp_path, kind):
    path = packed(tmp_path / "bomb.tar.gz", start_of(archive), *BOMBS[kind])
    assert path.stat().st_size < 8 * MEBIBYTE
    start = time.process_time()
    (problem,) = found(path)
    assert time.process_time() - start < SECONDS
    assert any(reason in problem for reason in ("too large", "too many", "damaged", "only"))


def test_too_many_files_are_refused(archive, tmp_path):
    blocks = b"".join(header(f"f{place}") for place in range(50_001))
    path = packed(tmp_path / "many.tar.gz", start_of(archive), blocks)
    start = time.process_time()
    (problem,) = found(path)
    assert time.process_time() - start < SECONDS
    assert "too many files" in problem


@pytest.mark.parametrize("kind", ["zeros", "a value"])
def test_a_bomb_does_not_fill_the_memory(archive, command, tmp_path, kind):
    """The real command, in a process of its own, whose memory can be told."""
    parts = BOMBS.get(kind) or (
        # one record, whose value tarfile cuts out and decodes
        header("pax", 500 * MEBIBYTE, tarfile.XHDTYPE),
        f"{500 * MEBIBYTE} a=".encode() + b"b" * (MEBIBYTE - 13),
        (b"b" * MEBIBYTE, 498),
        b"b" * (MEBIBYTE - 1) + b"\n",
        header("a"),
    )
    path = packed(tmp_path / "bomb.tar.gz", start_of(archive), *parts)
    log = tmp_path / "stderr"
    with log.open("wb") as stream:
        process = subprocess.Popen([command, "archive", "verify", path], stderr=stream)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    text = log.read_text("utf-8")
    assert process.returncode == 2, text
    assert "too large" in text
    assert "bomb.tar.gz" in text.splitlines()[-1]
    assert usage.ru_utime + usage.ru_stime < SECONDS
    # what an archive may hold, 256 MiB, once more while it is put together, and the program
    assert usage.ru_maxrss * 1024 < 1000 * MEBIBYTE


# --- the command ---


def test_the_command_names_file_and_reason(folder, fourmu, chain):
    window = a_window(folder)
    with (folder / "windows" / window / "BkgOnly.json").open("a", encoding="utf-8") as stream:
        stream.write(" ")
    (folder / "extra\n.txt").write_text("x", encoding="utf-8")
    done = fourmu(chain.root, "archive", "verify", str(folder))
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert any(
        line.startswith(f"windows/{window}/BkgOnly.json: the file was changed (SHA-256 found ")
        for line in lines
    )
    # a line each, whatever the name
    assert "extra\\n.txt: the file is not in SHA256SUMS" in lines
    assert lines[-1] == f"fourmu: {folder}: the archive does not hold: 2 problems"


def test_the_command_says_why_it_cannot_open(archive, fourmu, chain, tmp_path):
    path = packed(tmp_path / "a.tar.gz", header("../x", 0), start_of(archive))
    done = fourmu(chain.root, "archive", "verify", str(path))
    assert done.returncode == 2
    assert done.stderr == f"fourmu: {path}: ../x: a path leaves the archive\n"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sqrt_s_gev", 10.6),
        ("confidence_level", 0.95),
        ("poi", "other"),
        ("licence", "CC0-1.0"),
        ("citation", "me"),
        ("data_kind", "data"),
    ],
)
def test_an_edited_setting_of_the_folder(folder, key, value):
    edited(folder / "index.json", lambda content: content.update({key: value}))
    summed_again(folder)
    assert found(folder) != []


@pytest.mark.parametrize("place", [2, -1])
@pytest.mark.parametrize("key", ["sigma_gev", "width_gev"])
def test_an_edited_resolution_or_width(folder, key, place):
    def change(content):
        entry = content["windows"][place]
        (entry if key in entry else entry["models"]["zprime"])[key] *= 1.01

    edited(folder / "index.json", change)
    summed_again(folder)
    rows = index_rows(open_archive(folder).index)
    (folder / "index.csv").write_text(csv_text(rows, bands=BAND_COLUMNS), encoding="utf-8")
    summed_again(folder)
    assert key in found(folder)[0]
