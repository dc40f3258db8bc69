"""Clients that do not keep going, on a server with short bounds in this process."""

import asyncio
import concurrent.futures
import json
import logging
import socket
import threading
import time
import urllib.request

import pytest

from fourmu.service import ServiceSettings
from fourmu.service.access import ACCESS_LOG
from fourmu.service.connections import LingeringTransport
from fourmu.service.server import make_server
from service.raw_http import head_of, problem_in, talk

SECONDS = 0.5
"""The bounds on heads, bodies and readers."""
LINGER_SECONDS = 5.0
"""The rest of a body that was refused is waited for."""
CONNECTIONS = 30


class Running:
    """A server in a thread."""

    def __init__(self, archive):
        settings = ServiceSettings(
            head_seconds=SECONDS,
            body_seconds=SECONDS,
            stalled_seconds=SECONDS,
            connections=CONNECTIONS,
            stop_seconds=2.0,
        )
        self.server = make_server(archive, settings, host="127.0.0.1", port=0)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        end = time.monotonic() + 30.0
        while not self.server.started:
            assert time.monotonic() < end
            time.sleep(0.01)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]

    @property
    def connections(self):
        return len(self.server.server_state.connections)

    def wait_until_left(self, seconds=10.0):
        end = time.monotonic() + seconds
        while self.connections:
            assert time.monotonic() < end, self.connections
            time.sleep(0.02)

    def check_it_answers(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/models") as answer:
            assert len(json.load(answer)) == 2


@pytest.fixture(scope="module")
def running(archive):
    found = Running(archive)
    yield found
    found.server.should_exit = True
    found.thread.join(30.0)
    assert not found.thread.is_alive()


@pytest.fixture(autouse=True)
def it_keeps_answering(running):
    running.wait_until_left()
    yield
    running.wait_until_left()
    running.check_it_answers()


def test_half_a_head_is_given_up(running):
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        halves = [pool.submit(talk, running.port, b"GET /api/health HT") for _ in range(10)]
        # one that sends a line now and then has no more time than the others
        lines = [b"GET / HTTP/1.1\r\n", *[b"x: y\r\n"] * 4]
        halves.append(pool.submit(talk, running.port, *lines, wait=0.1))
        running.check_it_answers()
        for half in halves:
            assert problem_in(half.result())["status"] == 408
    assert SECONDS <= time.monotonic() - start < SECONDS + LINGER_SECONDS


def test_a_connection_without_a_request_is_closed(running):
    start = time.monotonic()
    assert talk(running.port, b"") == b""
    assert SECONDS <= time.monotonic() - start < SECONDS + LINGER_SECONDS


def test_half_a_head_after_an_answer_is_given_up(running):
    answer = talk(running.port, head_of("GET", "/api/models"), b"GET /api", wait=0.2)
    assert answer.count(b"HTTP/1.1 200") == 1
    assert answer.count(b"HTTP/1.1 408") == 1


def test_half_a_body_is_given_up(running):
    start = time.monotonic()
    answer = talk(running.port, head_of(content_length=10), b"{")
    assert problem_in(answer)["status"] == 408
    assert time.monotonic() - start < SECONDS + 2.0 * LINGER_SECONDS


def test_a_reader_that_stops_is_dropped(running):
    request = head_of("GET", "/openapi.json")
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", running.port))
        # far more than buffers hold
        connection.sendall(request * 400)
        start = time.monotonic()
        while not running.connections:
            assert time.monotonic() - start < 10.0
        running.wait_until_left()
        assert time.monotonic() - start > 0.5 * SECONDS


class Buffered:
    """A transport with an answer in its buffer, which is read or not."""

    def __init__(self):
        self.left, self.closed, self.aborted = 1000, False, False

    def get_write_buffer_size(self):
        return self.left

    def is_closing(self):
        return self.closed

    def close(self):
        self.closed = True

    def abort(self):
        self.aborted = True


def test_a_reader_that_stops_at_the_end_of_an_answer_is_dropped():
    """Closing waits for what is in the buffer, without a bound of its own."""
    loop = asyncio.new_event_loop()
    slow, stopped = Buffered(), Buffered()
    for transport in (slow, stopped):
        LingeringTransport(transport, loop, 0.05).close()
        assert transport.closed

    async def read():
        for _ in range(10):
            slow.left -= 100
            await asyncio.sleep(0.03)

    loop.run_until_complete(read())
    loop.run_until_complete(asyncio.sleep(0.1))
    loop.close()
    assert stopped.aborted
    assert not slow.aborted


def test_chunks_that_are_none_are_told_once(running, caplog):
    """The application, which waits for the rest of the body, is told that the client is gone."""
    head = head_of(transfer_encoding="chunked")
    answer = talk(running.port, head, b"1\r\n{\r\n", b"zz\r\n", wait=0.1)
    assert problem_in(answer)["status"] == 400
    assert answer.count(b"HTTP/1.1") == 1
    time.sleep(2.0 * SECONDS)
    assert "an error of the service" not in caplog.text


def test_refusals_are_counted_and_logged(running, caplog):
    with caplog.at_level(logging.INFO, ACCESS_LOG):
        assert problem_in(talk(running.port, b"nonsense\r\n\r\n"))["status"] == 400
    assert '127.0.0.1 "- -" 400' in caplog.text
    with urllib.request.urlopen(f"http://127.0.0.1:{running.port}/api/metrics") as answer:
        text = answer.read().decode()
    assert 'fourmu_http_requests_total{route="refused",method="other",status="400"}' in text


def test_a_reader_that_is_only_slow_gets_everything(running):
    with socket.create_connection(("127.0.0.1", running.port), timeout=30.0) as connection:
        connection.sendall(head_of("GET", "/openapi.json", connection="close"))
        received = b""
        while part := connection.recv(2**13):
            received += part
            time.sleep(0.02)
    head, _, body = received.partition(b"\r\n\r\n")
    assert json.loads(body)["openapi"].startswith("3.")
    assert b" 200 " in head


def test_one_connection_too_many_is_told_so(running):
    held = [socket.create_connection(("127.0.0.1", running.port)) for _ in range(CONNECTIONS)]
    try:
        assert problem_in(talk(running.port, b""))["status"] == 503
    finally:
        for connection in held:
            connection.close()
