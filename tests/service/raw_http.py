"""HTTP byte by byte: what well-behaved clients do not send."""

import json
import socket
import time


def talk(port, *parts, wait=0.0, seconds=40.0):
    """Send some bytes, and return what is answered until the connection is closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        for part in parts:
            connection.sendall(part)
            time.sleep(wait)
        received = b""
        while part := connection.recv(2**16):
            received += part
    return received


def head_of(method="POST", path="/api/reinterpret/table", **headers):
    lines = [f"{method} {path} HTTP/1.1", "host: service", "content-type: application/json"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def problem_in(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    assert b"content-security-policy" in head.lower()
    return json.loads(body)
