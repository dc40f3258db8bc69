"""The real server on the loopback: clients that do not keep going, and how it ends."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from fourmu.cli.serve import command
from fourmu.errors import InputError
from service.raw_http import head_of, problem_in, talk
from service.real_server import RealServer

TABLE = {"mass_gev": [2.01], "xsec_br_fb": [0.1], "efficiency_from": "zprime"}


@pytest.fixture(scope="module")
def server(archive_folder):
    running = RealServer(archive_folder)
    running.wait_until_ready()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def it_keeps_answering(request):
    yield
    if "server" in request.fixturenames:
        running = request.getfixturevalue("server")
        assert json.loads(running.read("/api/health"))["status"] == "ok"


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/9\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused(server, garbage):
    assert problem_in(talk(server.port, garbage))["status"] == 400


def test_a_head_that_is_too_large_is_refused(server):
    endless = b"GET / HTTP/1.1\r\nhost: x\r\n" + b"x: " + b"y" * 2**17
    assert problem_in(talk(server.port, endless))["status"] == 431


def test_a_body_that_is_too_large_is_refused_while_it_arrives(server):
    body = b" " * (8 * 2**20)
    start = time.monotonic()
    answer = talk(server.port, head_of(content_length=len(body), connection="close"), body)
    assert problem_in(answer)["status"] == 413
    assert time.monotonic() - start < 10.0


def test_a_body_in_chunks_without_end_is_refused(server):
    chunk = b"10000\r\n" + b" " * 2**16 + b"\r\n"
    head = head_of(transfer_encoding="chunked")
    with socket.create_connection(("127.0.0.1", server.port), timeout=30.0) as connection:
        connection.sendall(head)
        connection.settimeout(0.05)
        received = b""
        for _ in range(2000):  # 128 MB, if it let us
            try:
                connection.sendall(chunk)
                received += connection.recv(2**16)
            except TimeoutError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                break
            if b"413" in received:
                break
    assert b" 413 " in received


def test_a_connection_goes_on_after_a_body_that_was_refused(server):
    body = b"x" * 1000
    refused = head_of(content_length=len(body)).replace(b"application/json", b"text/plain") + body
    last = head_of("GET", "/api/models", connection="close")
    answer = talk(server.port, refused, last)
    assert b" 415 " in answer
    assert b" 200 " in answer


def test_a_client_that_leaves_is_no_error(server):
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(head_of(content_length=1000) + b'{"mass_gev"')
            linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # reset at once
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    time.sleep(0.2)
    assert not [line for line in server.lines if "Traceback" in line]


def test_head_and_get_share_a_connection(server):
    answer = talk(
        server.port,
        head_of("HEAD", "/api/archive"),
        head_of("GET", "/api/models", connection="close"),
    )
    assert answer.count(b"HTTP/1.1 200") == 2
    assert answer.count(b"data_kind") == 0


def test_the_log_has_a_line_per_request_without_what_was_asked(server):
    server.read("/api/windows?mass=2.0123")
    with pytest.raises(urllib.error.HTTPError):
        server.read("/a%0d%0aforged%20%22GET")
    found = server.line_with(r'127\.0\.0\.1 "GET /api/windows" 200 \d+ [\d.]+ ms', 5.0)
    assert found
    assert server.line_with(r'"GET /a%0D%0Aforged%20%22GET" 404', 5.0)
    assert not [line for line in server.lines if "2.0123" in line]


def is_running(pid):
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def test_it_stops_when_asked_answers_what_runs_and_leaves_nothing(archive_folder):
    server = RealServer(archive_folder, "--no-access-log")
    server.wait_until_ready()
    job = json.dumps({"gV": 1.0, "events": 20_000}).encode()
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(server.address + "/api/reinterpret/couplings", job, headers)
    with urllib.request.urlopen(request, timeout=30.0) as answer:
        assert answer.status == 202
    children = server.children()
    assert len(children) >= 2
    body = json.dumps(TABLE).encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=30.0) as connection:
        connection.sendall(head_of(content_length=len(body)) + body[:10])
        time.sleep(0.3)
        server.process.send_signal(signal.SIGTERM)
        server.line_with("Shutting down", 10.0)
        connection.sendall(body[10:])
        received = b""
        while part := connection.recv(2**16):
            received += part
    assert b" 200 " in received
    assert b'"results"' in received
    # the job is not waited for
    start = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - start < 10.0
    end = time.monotonic() + 5.0
    while left := [pid for pid in children if is_running(pid)]:
        assert time.monotonic() < end, left
        time.sleep(0.05)
    assert not [line for line in server.lines if "POST" in line or "Traceback" in line]


def test_a_port_that_is_taken_is_said_to_be_so(archive_folder, server):
    code = "from fourmu.cli.serve import command; command(standalone_mode=False)"
    found = subprocess.run(
        [sys.executable, "-c", code, str(archive_folder), "--port", str(server.port)],
        capture_output=True,
        text=True,
        timeout=60.0,
        check=False,
    )
    assert "StorageError" in found.stderr
    assert "address already in use" in found.stderr


def test_an_archive_that_is_not_there_is_an_input_error(tmp_path):
    found = CliRunner().invoke(command, [str(tmp_path / "nothing")])
    assert isinstance(found.exception, InputError)


def test_without_an_archive_it_is_that_of_the_configuration(tmp_path):
    config = tmp_path / "analysis.yaml"
    config.write_text("paths: {output: results}\n")
    found = CliRunner().invoke(command, ["--config", str(config)])
    assert isinstance(found.exception, InputError)
    assert found.exception.where == str(tmp_path / "results" / "archive")
    assert "archive build" in str(found.exception)
