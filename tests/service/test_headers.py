"""What every answer carries: validators, encodings, and that nothing comes from elsewhere."""

import gzip
import hashlib
import os
import re
import shutil

import pytest

from fourmu.io.archives import open_archive

KEPT = (
    "/",
    "/api/archive",
    "/api/models",
    "/api/models/zprime/limits",
    "/api/models/zprime/limits.csv",
    "/api/models/scalar/limits.lmt",
    "/api/windows",
    "/api/windows?mass=2.01",
    "/api/windows/w0001",
    "/api/windows/w0001/background",
    "/api/windows/w0001/patchset",
    "/api/windows/w0001/patch?model=zprime",
    "/api/windows/w0001/workspace?model=zprime",
    "/api/windows/w0001/fit?model=zprime",
    "/api/archive.tar.gz",
    "/openapi.json",
)
NOT_KEPT = ("/api/health", "/api/metrics")
MISSING = ("/nothing", "/api/jobs/none")


def get(client, address, **headers):
    return client.get(address, headers={k.replace("_", "-"): v for k, v in headers.items()})


@pytest.fixture(params=KEPT)
def address(request, client):
    if request.param == "/" and client.get("/").status_code == 404:
        pytest.skip("the page is not installed")
    return request.param


def test_what_the_client_has_is_not_sent_again(client, address):
    first = get(client, address)
    assert first.status_code == 200
    again = get(client, address, if_none_match=first.headers["etag"])
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == first.headers["etag"]
    assert "no-cache" in again.headers["cache-control"]
    weak = f'"other", W/{first.headers["etag"]}'
    assert get(client, address, if_none_match=weak).status_code == 304
    assert get(client, address, if_none_match="*").status_code == 304
    assert get(client, address, if_none_match='"other"').status_code == 200


def test_head_is_get_without_content(client, address):
    get_, head = get(client, address), client.request("HEAD", address)
    assert head.status_code == 200
    assert head.content == b""
    for name in ("etag", "content-type", "content-length"):
        assert head.headers[name] == get_.headers[name]


def test_encodings_are_two_forms_of_one_content(client):
    address = "/api/models/zprime/limits"
    plain = get(client, address, accept_encoding="identity")
    packed = get(client, address, accept_encoding="br;q=1.0, gzip;q=0.8, *;q=0.1")
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content)
    assert plain.content == packed.content  # httpx unpacks
    assert plain.headers["etag"] != packed.headers["etag"]
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
    refused = get(client, address, accept_encoding="gzip;q=0, identity")
    assert "content-encoding" not in refused.headers


def test_an_etag_is_the_digest_of_the_content(client):
    answer = get(client, "/api/windows/w0001/background", accept_encoding="identity")
    assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'


@pytest.mark.parametrize("address", NOT_KEPT)
def test_what_changes_is_not_kept(client, address):
    answer = get(client, address)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


@pytest.mark.parametrize("address", [*KEPT, *NOT_KEPT, *MISSING])
def test_nothing_is_loaded_from_elsewhere(client, address):
    headers = get(client, address).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers
    assert "set-cookie" not in headers


def test_the_page_names_no_other_host(client):
    """Addresses of others may be linked to; nothing of them may be loaded."""
    files = client.service.page
    if "index.html" not in files:
        pytest.skip("the page is not installed")
    for name, body in files.items():
        if name.startswith("vendor/") or not name.endswith((".html", ".js", ".css")):
            continue
        text = body.content.decode()
        loads = re.findall(r"""(?:src|import|from|url\()\s*[=(]?\s*["']?(https?:)?//""", text)
        assert loads == [], name
        for tag in re.findall(r"<(?:script|link|img|iframe)\b[^>]*>", text):
            assert "//" not in tag, (name, tag)


def test_files_of_the_page_have_their_kinds(client):
    files = client.service.page
    if not files:
        pytest.skip("the page is not installed")
    for name in files:
        answer = client.get(f"/static/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].split(";")[0] != "application/octet-stream"


@pytest.mark.parametrize("name", ["../app.py", "..%2fapp.py", "%2e%2e/app.py", "/etc/passwd", ""])
def test_nothing_beside_the_page_can_be_reached(client, name):
    assert client.get(f"/static/{name}").status_code == 404


def test_the_icon_is_never_an_error(client):
    assert client.get("/favicon.ico").status_code in (200, 204)


def test_the_archive_is_answered_byte_by_byte(client, tarball):
    answer = client.get("/api/archive.tar.gz")
    assert answer.content == tarball.read_bytes()
    assert answer.headers["content-type"] == "application/gzip"
    assert "fourmu-likelihoods.tar.gz" in answer.headers["content-disposition"]
    assert gzip.decompress(answer.content)
    part = client.get("/api/archive.tar.gz", headers={"range": "bytes=100-199"})
    assert part.status_code == 206
    assert part.content == answer.content[100:200]


@pytest.mark.parametrize(
    ("given", "start", "stop"),
    [
        ("bytes=100-", 100, None),
        ("bytes=-7", -7, None),
        ("bytes=10-19, 99999999-", 10, 20),
        ("Bytes = 10-19", 10, 20),
    ],
)
def test_parts_of_the_archive(client, tarball, given, start, stop):
    part = client.get("/api/archive.tar.gz", headers={"range": given})
    assert part.status_code == 206
    assert part.content == tarball.read_bytes()[start:stop]


MANY = "bytes=" + ",".join(f"{k}-{k}" for k in range(17))


@pytest.mark.parametrize(
    "given",
    [
        "bytes=abc",
        "lines=1-2",
        "xyz",
        "bytes=10-5",
        "bytes=--5",
        "bytes=-",
        "bytes=1-2,x",
        "",
        MANY,
    ],
)
def test_ranges_that_are_none_are_ignored(client, tarball, given):
    """RFC 9110, 14.2."""
    answer = client.get("/api/archive.tar.gz", headers={"range": given})
    assert answer.status_code == 200
    assert answer.content == tarball.read_bytes()


@pytest.mark.parametrize("given", ["bytes=99999999999-", "bytes=-0", "bytes=99999999-, -0"])
def test_ranges_beyond_the_file_are_problems(client, tarball, given):
    answer = client.get("/api/archive.tar.gz", headers={"range": given})
    assert answer.status_code == 416
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-range"] == f"bytes */{tarball.stat().st_size}"
    # of another file: the whole of this one
    stale = {"range": given, "if-range": '"another"'}
    assert client.get("/api/archive.tar.gz", headers=stale).content == tarball.read_bytes()


def test_a_file_that_became_a_pipe_keeps_nobody_waiting(archive_folder, tmp_path, started):
    copy = shutil.copytree(archive_folder, tmp_path / "archive")
    service = started(open_archive(copy))
    path = copy / "windows" / "w0001" / "BkgOnly.json"
    path.unlink()
    os.mkfifo(path)
    assert service.get("/api/windows/w0001/background").status_code == 500
    assert service.get("/api/windows/w0002/background").status_code == 200


@pytest.mark.parametrize(("size", "status"), [(15_000, 200), (2**14, 431)])
def test_a_head_that_comes_at_once_has_a_bound(client, size, status):
    assert client.get("/api/models", headers={"x": "y" * size}).status_code == status


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("/api/archive?x=1", "x"),
        ("/api/models/zprime/limits?foo=1", "foo"),
        ("/api/windows?mass=1&mass=2", "mass"),
        ("/api/windows/w0001/patch?model=zprime&models=scalar", "models"),
        ("/api/health?verbose=1", "verbose"),
    ],
)
def test_parameters_that_would_be_ignored_are_refused(client, address, key):
    answer = client.get(address)
    assert answer.status_code == 422
    assert answer.json()["key"] == key


def test_a_stray_file_of_the_folder_is_not_published(archive_folder, started, tarball):
    stray = archive_folder / "secret.txt"
    stray.write_text("not of the archive")
    try:
        answer = started().get("/api/archive.tar.gz")
    finally:
        stray.unlink()
    assert answer.content == tarball.read_bytes()


def test_metrics_count_by_route(client):
    client.get("/api/windows/w0002")
    client.get("/nothing/at/all")
    text = client.get("/api/metrics").text
    wanted = 'fourmu_http_requests_total{route="/api/windows/{window}",method="GET",status="200"}'
    assert wanted in text
    assert 'route="unmatched"' in text
    assert "/nothing/at/all" not in text
    for line in text.splitlines():
        assert re.fullmatch(r'# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)+\})? [-+.e\d]+', line)


def test_health_says_what_is_served(client):
    found = client.get("/api/health").json()
    assert found["status"] == "ok"
    assert found["archive"] == client.service.digest
    assert found["lanes"] == {"quick": True, "fits": True}
