"""What a release says of itself, and what a stranger's manifest may not say."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourmu.archive.checksums import CHECKSUMS
from fourmu.errors import InputError
from fourmu.publish import Manifest, manifest_of
from fourmu.publish.manifest import object_key
from publish.synthetic_archive import archive_of, synthetic_archive

GOOD = json.loads(manifest_of(synthetic_archive(), "v1.0").to_bytes())
DIGEST = "0" * 64


def changed(**fields):
    return json.dumps({**GOOD, **fields}).encode()


def with_file(path, **entry):
    entry = {"sha256": DIGEST, "size": 1, **entry}
    return changed(files={**GOOD["files"], path: entry})


def test_it_lists_every_file_with_digest_and_size():
    archive = synthetic_archive()
    manifest = manifest_of(archive, "v1.0")
    assert set(manifest.files) == set(archive.files)
    assert manifest.size == sum(len(content) for content in archive.files.values())
    assert manifest.archive_sha256 == archive.digest
    assert manifest.title == "Archive 0"
    assert manifest.licence == "CC0-1.0"
    assert manifest.provenance["seed"] == 1


def test_it_comes_back_as_it_went():
    manifest = manifest_of(synthetic_archive(), "v1.0")
    assert Manifest.from_bytes(manifest.to_bytes(), "x") == manifest


def test_equal_archives_give_equal_bytes_and_no_time_is_in_them():
    first, second = (manifest_of(synthetic_archive(3), "a").to_bytes() for _ in range(2))
    assert first == second
    assert not {"created", "time", "date"} & set(json.loads(first))


def test_files_with_one_content_share_an_object():
    manifest = manifest_of(synthetic_archive())
    twins = [manifest.files[f"windows/w000{i}/twin.json"].sha256 for i in (0, 1)]
    assert twins[0] == twins[1]
    assert len(manifest.objects) == len(manifest.files) - 1
    assert object_key("ab" + "0" * 62) == "objects/sha256/ab/ab" + "0" * 62


def test_without_a_name_it_is_the_digest_of_the_archive():
    manifest = manifest_of(synthetic_archive())
    assert manifest.name == manifest.archive_sha256[:12]


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        ".v1",
        "a/b",
        "../a",
        "a\\b",
        "a b",
        "a\n",
        "ü",
        "a%2fb",
        "-v",
        "x" * 65,
        "a\0",
    ],
)
def test_names_that_cannot_be(name):
    with pytest.raises(InputError, match="cannot be the name"):
        manifest_of(synthetic_archive(), name)


def test_an_archive_with_a_changed_file_is_no_release():
    archive = synthetic_archive()
    archive.files["README.md"] = b"changed"
    with pytest.raises(InputError, match=r"README\.md: a file of the archive was changed"):
        manifest_of(archive)


def test_an_archive_with_a_hidden_file_is_no_release():
    files = {**synthetic_archive().files, ".netrc": b"machine"}
    del files[CHECKSUMS]
    with pytest.raises(InputError, match="cannot be a release"):
        manifest_of(archive_of(files))


@pytest.mark.parametrize(
    "path",
    [
        "../evil", "/etc/passwd", "a/../../evil", "a//b", "./a", "a/.", "a/", "", ".", "..",
        ".ssh/authorized_keys", "a/.hidden", "a\\b", "..\\evil", "a\0b", "a\nb", "C:\\evil",
        "x/" * 600 + "x", "y" * 201, "ü" * 150,
    ],
)  # fmt: skip
def test_paths_outside_the_archive_are_refused(path):
    with pytest.raises(InputError, match="a path leaves the archive"):
        Manifest.from_bytes(with_file(path), "there")


def test_a_file_is_no_folder_too():
    with pytest.raises(InputError, match="is a file too"):
        Manifest.from_bytes(with_file("README.md/x"), "there")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"[" * 100_000,
        b'{"name": NaN}',
        changed(archive_sha256=DIGEST),
        changed(files={}),
        changed(schema_version="2.0.0"),
        changed(schema_version=1),
        changed(name="../v1"),
        changed(title=None),
        changed(title="\x1b[2J"),
        changed(licence="x" * 1001),
        with_file("x", size=-1),
        with_file("x", size=65 * 2**20),
        with_file("x", size="1"),
        with_file("x", sha256="0" * 63),
        with_file("x", sha256="A" * 64),
        with_file("x", sha256=DIGEST + "\n"),
        changed(
            files={
                **GOOD["files"],
                **{f"f{i}": {"sha256": DIGEST, "size": 60 * 2**20} for i in range(9)},
            }
        ),
        changed(files={f"f{i}": {"sha256": DIGEST, "size": 0} for i in range(50_001)}),
        changed(files={k: v for k, v in GOOD["files"].items() if k != CHECKSUMS}),
    ],
)
def test_damaged_manifests_are_one_clear_error(content):
    with pytest.raises(InputError, match="there: "):
        Manifest.from_bytes(content, "there")


def test_what_a_later_version_adds_is_passed_over():
    manifest = Manifest.from_bytes(changed(schema_version="1.7.0", mood="good"), "there")
    assert manifest.name == "v1.0"


@given(st.binary(max_size=200))
def test_no_bytes_give_another_error(content):
    with pytest.raises(InputError):
        Manifest.from_bytes(content, "there")
