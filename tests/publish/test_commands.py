"""The commands publish, fetch and releases: what they say, and what they never say."""

import json
import logging
import traceback

import pytest
from click.testing import CliRunner

from fourmu.cli.fetch import command as fetch_command
from fourmu.cli.publish import command as publish_command
from fourmu.cli.releases import command as releases_command
from fourmu.errors import (
    ConsistencyError,
    ConvergenceError,
    FourMuError,
    InputError,
    StorageError,
)
from fourmu.io.archives import open_archive, write_checksums, write_tarball
from fourmu.publish import open_store, require_publishable, windows_without_limit
from fourmu.publish.folder_store import FolderStore
from publish.conftest import ACCESS_KEY, SECRET
from publish.synthetic_archive import files_below, synthetic_archive, write_files
from publish.test_publishing import publish as publish_archive

pytestmark = pytest.mark.filterwarnings(
    "ignore:jsonschema.RefResolver:DeprecationWarning"  # of pyhf
)
COMMANDS = {"publish": publish_command, "fetch": fetch_command, "releases": releases_command}


@pytest.fixture(scope="session")
def valid(tmp_path_factory):
    """An archive that holds."""
    from publish.valid_archive import write_valid_archive  # noqa: PLC0415  fits windows

    folder = tmp_path_factory.mktemp("valid") / "archive"
    write_valid_archive(folder)
    return folder


@pytest.fixture
def other(valid, tmp_path):
    """Another one that holds."""
    write_files(open_archive(valid), tmp_path / "other")
    (tmp_path / "other/README.md").write_text("another text\n")
    write_checksums(tmp_path / "other")
    return tmp_path / "other"


def run(name, *arguments):
    """Run a command that works; gives what it prints."""
    result = CliRunner().invoke(
        COMMANDS[name], [str(argument) for argument in arguments], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return result.output


def test_an_archive_is_published_listed_and_fetched(valid, address, tmp_path):
    said = run("publish", address, "--archive", valid, "--name", "v1.0", "--jobs", 3)
    assert "release v1.0" in said
    assert "pseudo-data" in said
    assert "objects uploaded" in said
    assert "v1.0  " in run("releases", address)
    said = run("fetch", address, "--out", tmp_path / "out")
    assert "licence CC0-1.0" in said
    assert files_below(tmp_path / "out") == files_below(valid)
    assert "it was there" in run("fetch", address, "--name", "v1.0", "--out", tmp_path / "out")
    assert "so was the release" in run("publish", address, "--archive", valid, "--name", "v1.0")


def test_releases_as_json(valid, address):
    run("publish", address, "--archive", valid)
    (row,) = json.loads(run("releases", address, "--json"))["releases"]
    assert row["name"] == row["archive_sha256"][:12]
    assert row["n_files"] == len(files_below(valid))
    assert row["size"] == sum(len(content) for content in files_below(valid).values())
    assert row["status"]["zprime"]["ok"] > 0
    assert "files" not in row


def test_a_dry_run_writes_nothing(valid, address, tmp_path):
    before = sorted(open_store(address, writing=True).list(""))
    said = run("publish", address, "--archive", valid, "--name", "v1", "--dry-run")
    n = len(set(files_below(valid).values()))
    assert f"would upload {n} objects" in said
    assert "0 are there already" in said
    assert sorted(open_store(address, writing=True).list("")) == before == []
    assert not (tmp_path / "store").exists()
    run("publish", address, "--archive", valid, "--name", "v1")
    said = run("publish", address, "--archive", valid, "--name", "v1", "--dry-run")
    assert "would upload 0 objects, 0 bytes" in said
    assert "so is the release" in said


def test_a_tarball_is_published_as_its_folder(valid, tmp_path):
    write_tarball(valid, tmp_path / "a.tar.gz")
    run("publish", tmp_path / "store", "--archive", tmp_path / "a.tar.gz")
    run("fetch", tmp_path / "store", "--out", tmp_path / "out")
    assert files_below(tmp_path / "out") == files_below(valid)


def test_without_paths_those_of_the_configuration_are_taken(valid, tmp_path):
    (tmp_path / "mine.yaml").write_text("seed: 1\n")
    write_files(open_archive(valid), tmp_path / "output/archive")
    config = ("--config", tmp_path / "mine.yaml")
    run("publish", *config, "--name", "v1")
    assert (tmp_path / "output/published/releases/v1.json").is_file()
    assert "v1" in run("releases", *config)


def test_there_is_no_archive_yet(tmp_path):
    (tmp_path / "mine.yaml").write_text("seed: 1\n")
    with pytest.raises(InputError, match=r"no archive yet .*fourmu archive build first"):
        run("publish", "--config", tmp_path / "mine.yaml")


def test_there_are_no_releases_yet(tmp_path):
    (tmp_path / "store").mkdir()
    assert "no releases" in run("releases", tmp_path / "store")


def test_another_archive_cannot_have_the_name(valid, other, address):
    run("publish", address, "--archive", valid, "--name", "v1")
    with pytest.raises(ConsistencyError, match="there is another release of this name"):
        run("publish", address, "--archive", other, "--name", "v1")
    run("publish", address, "--archive", other, "--name", "v2")
    with pytest.raises(InputError, match="there are several releases"):
        run("fetch", address, "--out", "nowhere")


def test_the_cited_digest_is_compared(valid, other, tmp_path):
    for name, archive in (("v1", valid), ("v2", other)):
        run("publish", tmp_path / "store", "--archive", archive, "--name", name)
    rows = json.loads(run("releases", tmp_path / "store", "--json"))["releases"]
    digest = rows[0]["archive_sha256"]
    fetch = ("fetch", tmp_path / "store", "--out", tmp_path / "out", "--sha256", digest)
    with pytest.raises(ConsistencyError, match="that of another archive"):
        run(*fetch, "--name", "v2")
    run(*fetch, "--name", "v1")


def test_an_archive_is_no_destination(valid):
    before = files_below(valid)
    with pytest.raises(InputError, match="an archive is what is published, not where"):
        run("publish", valid, "--archive", valid)
    assert files_below(valid) == before


def test_an_archive_that_does_not_hold_is_not_published(valid, tmp_path):
    write_files(open_archive(valid), tmp_path / "broken")
    table = tmp_path / "broken/index.csv"
    table.write_text(table.read_text().replace("w0000", "w9999", 1))
    write_checksums(tmp_path / "broken")
    with pytest.raises(ConsistencyError, match=r"index\.csv: the archive does not hold"):
        run("publish", tmp_path / "store", "--archive", tmp_path / "broken")
    assert not (tmp_path / "store").exists()


def test_with_verify_the_limits_are_fitted_again(valid, tmp_path):
    """The limits of this archive are those of other signals."""
    with pytest.raises(ConsistencyError, match="is not that of a fit to the likelihood"):
        run("publish", tmp_path / "store", "--archive", valid, "--verify")


def with_status(valid, folder, status, message, limit):
    """Copy the archive, and change a window of its index and table."""
    from fourmu.archive import index_rows  # noqa: PLC0415
    from fourmu.archive.index import BAND_COLUMNS  # noqa: PLC0415
    from fourmu.io.csv_files import csv_text  # noqa: PLC0415

    write_files(open_archive(valid), folder)
    index = json.loads((folder / "index.json").read_text())
    numbers = index["windows"][0]["models"]["zprime"]
    numbers.update(status=status, message=message)
    if not limit:
        numbers.update(
            xsec_limit_fb=None, coupling_limit=None, xsec_limit_expected_fb=None,
            coupling_limit_expected=None,
        )  # fmt: skip
    (folder / "index.json").write_text(json.dumps(index))
    write_checksums(folder)
    rows = index_rows(open_archive(folder).index)
    (folder / "index.csv").write_text(csv_text(rows, bands=BAND_COLUMNS))
    write_checksums(folder)
    return open_archive(folder)


def test_a_window_without_limit_is_published_with_its_status(valid, tmp_path):
    with_status(valid, tmp_path / "a", "not_converged", "the fit did not converge", limit=False)
    said = run("publish", tmp_path / "store", "--archive", tmp_path / "a", "--name", "v1")
    assert "warning: zprime: windows without a limit are published as such: 1 not_conv" in said
    (row,) = json.loads(run("releases", tmp_path / "store", "--json"))["releases"]
    assert row["status"]["zprime"]["not_converged"] == 1


@pytest.mark.parametrize(
    ("status", "message", "limit"),
    [
        ("ok", None, False),
        ("not_converged", "why", True),
        ("not_converged", None, False),
        ("not_converged", "", False),
    ],
)
def test_a_window_without_limit_or_status_is_refused(valid, tmp_path, status, message, limit):
    archive = with_status(valid, tmp_path / "a", status, message, limit)
    with pytest.raises((ConvergenceError, ConsistencyError)):
        require_publishable(archive)


def test_an_archive_without_failures_has_none(valid):
    assert windows_without_limit(open_archive(valid).index) == {}


def test_one_damaged_manifest_does_not_hide_the_others(tmp_path):
    store = open_store(str(tmp_path / "store"), writing=True)
    publish_archive(synthetic_archive(), store, "good")
    store.put_if_absent("releases/bad.json", b"{")
    result = CliRunner().invoke(COMMANDS["releases"], [str(tmp_path / "store")])
    assert "good" in result.output
    assert "bad.json: the manifest is not valid JSON" in result.output
    assert isinstance(result.exception, InputError)


def test_a_manifest_that_cannot_be_read_does_not_hide_the_others(tmp_path):
    store = open_store(str(tmp_path / "store"), writing=True)
    publish_archive(synthetic_archive(), store, "good")
    store.put_if_absent("releases/bad.json", b"")

    def denied(key, **_):
        raise StorageError("cannot be read: Permission denied", where=key)

    with pytest.MonkeyPatch.context() as patch:
        get = FolderStore.get
        patch.setattr(
            FolderStore,
            "get",
            lambda self, key, *, limit: (
                denied(key) if "bad" in key else get(self, key, limit=limit)
            ),
        )  # root may read everything
        result = CliRunner().invoke(COMMANDS["releases"], [str(tmp_path / "store")])
    assert "good  " in result.output
    assert "bad.json: cannot be read" in result.output
    assert isinstance(result.exception, InputError)


def test_an_archive_is_not_published_inside_of_itself(valid):
    before = files_below(valid)
    for options in ([], ["--dry-run"]):
        with pytest.raises(InputError, match="inside of the archive"):
            run("publish", valid / "pub", "--archive", valid, *options)
    assert files_below(valid) == before


@pytest.mark.parametrize("dest", ["", "s3:bucket/prefix"])
def test_what_looks_like_no_folder_is_none(valid, tmp_path, monkeypatch, dest):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="no address of a store"):
        run("publish", dest, "--archive", valid)
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_cannot_be_looked_at(valid, tmp_path):
    """As where somebody may not look; root may everywhere, but no name is as long as this."""
    name = tmp_path / ("long" * 100)
    for arguments in (
        ("publish", name, "--archive", valid),
        ("publish", tmp_path / "store", "--archive", name),
        ("releases", name),
        ("fetch", name, "--out", tmp_path / "out"),
    ):
        with pytest.raises(StorageError, match="File name too long"):
            run(*arguments)


def everything_said(caplog, result):
    """Output, log and traceback."""
    shown = result.output + caplog.text
    if result.exception is not None:
        shown += "".join(traceback.format_exception(*result.exc_info))
        shown += repr(result.exception) + repr(vars(result.exception))
    return shown


@pytest.mark.parametrize(
    "trouble",
    ["none", "denied", "signature", "no bucket", "no endpoint", "500", "unsendable", "profile"],
)
@pytest.mark.parametrize("name", ["publish", "fetch", "releases"])
def test_secrets_are_never_said(name, trouble, valid, bucket, proxy, tmp_path, monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    secrets = [SECRET, ACCESS_KEY, "t0ken/of/a/session"]
    monkeypatch.setenv("AWS_SESSION_TOKEN", secrets[2])
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    address, options = f"s3://{bucket}/p", ["--endpoint-url", proxy.endpoint_url]
    if trouble in ("denied", "500"):
        proxy.fail(403 if trouble == "denied" else 500, times=10**6)
    elif trouble == "signature":
        proxy.fail("signature", times=10**6)
    elif trouble == "no bucket":
        address = "s3://nowhere/p"
    elif trouble == "no endpoint":
        options = ["--endpoint-url", "http://127.0.0.1:9"]
    elif trouble == "unsendable":
        monkeypatch.setenv("AWS_SESSION_TOKEN", secrets[2] + "\nx")
    elif trouble == "profile":
        (tmp_path / "aws_config").write_text(f"[profile x]\naws_secret_access_key = {SECRET}\n[")
        options += ["--profile", "x"]
    arguments = {
        "publish": [address, "--archive", str(valid), "--name", "v1", *options],
        "fetch": [address, "--out", str(tmp_path / "out"), *options],
        "releases": [address, *options],
    }[name]
    result = CliRunner().invoke(COMMANDS[name], arguments)
    said = everything_said(caplog, result)
    assert not [secret for secret in secrets if secret in said]
    if trouble != "none":
        assert isinstance(result.exception, FourMuError), said
        assert len(str(result.exception).splitlines()) == 1
    elif name == "publish":
        assert result.exit_code == 0
        store = open_store(address)
        for key, size in store.list(""):
            content = store.get(key, limit=size)
            assert not [secret for secret in secrets if secret.encode() in content]


def test_a_bad_address_or_name_is_said_before_anything_else(valid, tmp_path):
    with pytest.raises(InputError, match="cannot be the name of a release"):
        run("publish", tmp_path / "store", "--archive", tmp_path / "none", "--name", "a/b")
    with pytest.raises(InputError, match="no address of a store"):
        run("publish", "gs://bucket", "--archive", valid)
    with pytest.raises(StorageError, match="no such folder"):
        run("fetch", tmp_path / "nowhere", "--out", tmp_path / "out")


def test_a_destination_that_cannot_be_written(valid, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="Not a directory"):
        run("publish", tmp_path / "file/store", "--archive", valid, "--name", "v1")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
