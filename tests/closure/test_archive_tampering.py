"""What somebody may do to an archive, and that it is found and named."""

import gzip
import hashlib
import io
import json
import shutil
import tarfile
import time

import pytest

from fourmu.archive import canonical_digest, index_rows, patched, problems
from fourmu.archive.index import BAND_COLUMNS
from fourmu.errors import InputError
from fourmu.io.archives import open_archive
from fourmu.io.csv_files import csv_text
from fourmu.statmodel import workspace_bytes

pytestmark = pytest.mark.filterwarnings(
    "ignore:jsonschema.RefResolver:DeprecationWarning"  # of pyhf
)


@pytest.fixture
def folder(archive, tmp_path):
    return shutil.copytree(archive.folder, tmp_path / "archive")


def found(path, **options):
    """All problems, as the command lists them; an index that cannot be read is the only one."""
    try:
        archive = open_archive(path)
    except InputError as error:
        return [str(error).removeprefix(f"{path}: ")]
    return [f"{name}: {reason}" for name, reason in problems(archive, **options)]


def summed_again(folder):
    """Recompute SHA256SUMS, as somebody with intent would."""
    names = sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )
    lines = [
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n"
        for name in names
        if name != "SHA256SUMS"
    ]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


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


@pytest.mark.parametrize(
    "column",
    [
        "xsec_limit_fb",
        "coupling_limit",
        "efficiency",
        "efficiency_error",
        "xsec_isr_fb",
        "k_factor",
        "p0",
        "poi_hat",
    ],
)
def test_an_edited_number_of_the_index(folder, column):
    """With index.csv edited alike and the checksums made anew only the contents can tell."""

    def change(content):
        for entry in content["windows"]:
            numbers = entry["models"]["scalar"]
            if not entry["vetoed"] and numbers[column]:
                numbers[column] *= 1.001
                return

    edited(folder / "index.json", change)
    assert found(folder)[0].startswith("index.json: a file of the archive was changed")
    summed_again(folder)
    problem = found(folder)[0]
    assert problem.startswith("index")
    rows = index_rows(open_archive(folder).index)
    (folder / "index.csv").write_text(csv_text(rows, bands=BAND_COLUMNS), encoding="utf-8")
    summed_again(folder)
    problem = found(folder)[0]
    assert "scalar" in problem
    assert "is not that of" in problem


def test_an_edited_yield_with_all_digests_made_anew(folder):
    window = a_window(folder)
    background = json.loads((folder / "windows" / window / "BkgOnly.json").read_text("utf-8"))

    def change(content):
        content["patches"][0]["patch"][0]["value"]["data"][40] *= 1.01

    patchset = edited(folder / "windows" / window / "patchset.json", change)
    patch = patchset["patches"][0]
    digest = hashlib.sha256(workspace_bytes(patched(background, patch["patch"], "x"))).hexdigest()

    def name_it(content):
        entry = next(entry for entry in content["windows"] if entry["name"] == window)
        entry["models"][patch["metadata"]["name"]]["workspace_sha256"] = digest
        assert entry["background_sha256"] == canonical_digest(background)

    edited(folder / "index.json", name_it)
    summed_again(folder)
    rows = index_rows(open_archive(folder).index)
    (folder / "index.csv").write_text(csv_text(rows, bands=BAND_COLUMNS), encoding="utf-8")
    summed_again(folder)
    problem = found(folder)[0]
    assert f"windows/{window}/patchset.json" in problem
    assert "luminosity x efficiency x shape" in problem


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "/measurements/0/config/poi", "value": "other"},
        {"op": "add", "path": "/channels/0/samples/0", "value": {}},
        {"op": "remove", "path": "/channels/0/samples/0"},
        {"op": "copy", "from": "/channels/0", "path": "/channels/1"},
        {"op": "replace", "path": "/channels/9/samples/0", "value": {}},
        {"op": "replace", "path": "/observations/0/data", "value": [1.0]},
    ],
)
def test_a_patch_outside_the_channels(folder, operation):
    window = a_window(folder)

    def change(content):
        content["patches"][1]["patch"].append(operation)

    edited(folder / "windows" / window / "patchset.json", change)
    summed_again(folder)
    problem = found(folder)[0]
    assert f"windows/{window}/patchset.json" in problem
    assert "patch" in problem


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "windows/../../x"])
def test_checksums_of_a_path_that_leaves_the_folder(folder, name):
    with (folder / "SHA256SUMS").open("a", encoding="utf-8") as stream:
        stream.write(f"{'0' * 64}  {name}\n")
    assert found(folder)[0].startswith("SHA256SUMS: a path leaves the archive")


def test_a_link_in_the_folder(folder):
    (folder / "windows" / "link").symlink_to("/")
    with pytest.raises(InputError, match="no links"):
        open_archive(folder)


def test_a_file_that_is_not_listed(folder):
    (folder / "extra.txt").write_text("x", encoding="utf-8")
    assert found(folder) == ["extra.txt: the file is not in SHA256SUMS"]


def test_another_schema_version(folder):
    edited(folder / "index.json", lambda content: content.update(schema_version="2.0.0"))
    summed_again(folder)
    with pytest.raises(InputError, match="another schema version"):
        open_archive(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [("mass_gev", -1.0), ("name", "../w0000"), ("vetoed", "no"), ("bin_low", [None])],
)
def test_an_index_that_leaves_its_schema(folder, key, value):
    def change(content):
        content["windows"][1][key] = value

    edited(folder / "index.json", change)
    summed_again(folder)
    assert "index" in found(folder)[0]


def test_nan_in_the_index(folder):
    text = (folder / "index.json").read_text("utf-8")
    (folder / "index.json").write_text(
        text.replace('"sqrt_s_gev":10.58', '"sqrt_s_gev":NaN'), encoding="utf-8"
    )
    summed_again(folder)
    with pytest.raises(InputError, match=r"index\.json"):
        open_archive(folder)


def tarball(path, members):
    """Write a tarball of (TarInfo, content) pairs."""
    with tarfile.open(path, "w:gz") as tar:
        for member, content in members:
            if content is not None:
                member.size = len(content)
            tar.addfile(member, None if content is None else io.BytesIO(content))
    return path


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x"])
def test_a_member_that_leaves_the_tarball(tmp_path, name):
    path = tarball(tmp_path / "a.tar.gz", [(tarfile.TarInfo(name), b"x")])
    with pytest.raises(InputError, match="a path leaves the archive"):
        open_archive(path)


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_a_member_that_is_no_file(tmp_path, kind):
    member = tarfile.TarInfo("SHA256SUMS")
    member.type, member.linkname = kind, "/etc/passwd"
    path = tarball(tmp_path / "a.tar.gz", [(member, None)])
    with pytest.raises(InputError, match="files and folders only"):
        open_archive(path)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    """300 MB of zeros in one member: more than a file may have."""
    path = tmp_path / "bomb.tar.gz"
    member = tarfile.TarInfo("SHA256SUMS")
    member.size = 300 * 2**20
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(member.tobuf())
        for _ in range(300):
            stream.write(bytes(2**20))
    start = time.monotonic()
    with pytest.raises(InputError, match="too large"):
        open_archive(path)
    # the header is enough: unpacking would take a second or more
    assert time.monotonic() - start < 5.0


def test_a_bomb_of_headers_is_refused(tmp_path):
    """A pax header announces 2 GB, which tarfile would read into memory."""
    path = tmp_path / "bomb.tar.gz"
    member = tarfile.TarInfo("header")
    member.type, member.size = tarfile.XHDTYPE, 2 * 2**30
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(member.tobuf())
        for _ in range(400):
            stream.write(bytes(2**20))
    with pytest.raises(InputError, match=r"too large|damaged"):
        open_archive(path)


def test_a_truncated_tarball(archive, tmp_path):
    content = archive.tarball.read_bytes()
    path = tmp_path / "cut.tar.gz"
    path.write_bytes(content[: len(content) // 2])
    (problem,) = found(path)
    assert "damaged, truncated" in problem


def test_a_file_twice_in_a_tarball(tmp_path):
    members = [(tarfile.TarInfo("a"), b"1"), (tarfile.TarInfo("a"), b"2")]
    with pytest.raises(InputError, match="twice"):
        open_archive(tarball(tmp_path / "a.tar.gz", members))


@pytest.mark.parametrize("make", ["empty folder", "no archive", "nothing"])
def test_something_else(tmp_path, make):
    path = tmp_path / "a.tar.gz"
    if make == "empty folder":
        path.mkdir()
    elif make == "no archive":
        path.write_bytes(b"x" * 100)
    with pytest.raises(InputError):
        open_archive(path)


def test_the_command_names_file_and_reason(folder, fourmu, chain):
    window = a_window(folder)
    with (folder / "windows" / window / "BkgOnly.json").open("a", encoding="utf-8") as stream:
        stream.write(" ")
    done = fourmu(chain.root, "archive", "verify", str(folder))
    assert done.returncode != 0
    assert f"windows/{window}/BkgOnly.json: the file was changed" in done.stderr


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
def test_an_edited_setting_of_the_index(folder, key, value):
    edited(folder / "index.json", lambda content: content.update({key: value}))
    summed_again(folder)
    assert found(folder) != []


@pytest.mark.parametrize("key", ["sigma_gev", "width_gev"])
def test_an_edited_resolution_or_width(folder, key):
    def change(content):
        entry = content["windows"][2]
        (entry if key in entry else entry["models"]["zprime"])[key] *= 1.01

    edited(folder / "index.json", change)
    summed_again(folder)
    rows = index_rows(open_archive(folder).index)
    (folder / "index.csv").write_text(csv_text(rows, bands=BAND_COLUMNS), encoding="utf-8")
    summed_again(folder)
    assert key in found(folder)[0]
