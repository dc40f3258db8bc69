"""A proxy in front of an S3 server that fails on request."""

import contextlib
import http.client
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_ERROR = "<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
_SIGNATURE = (
    "<?xml version='1.0'?><Error><Code>SignatureDoesNotMatch</Code><Message>{key}</Message>"
    "<AWSAccessKeyId>{key}</AWSAccessKeyId><StringToSign>{token}</StringToSign></Error>"
)
_CODES = {
    500: "InternalError",
    503: "SlowDown",
    403: "AccessDenied",
    409: "ConditionalRequestConflict",
    501: "NotImplemented",
}
_HOP_BY_HOP = ("connection", "transfer-encoding", "date", "server")


class FaultyProxy(ThreadingHTTPServer):
    """Passes requests on, but for those that a rule of :meth:`fail` takes."""

    daemon_threads = True

    def __init__(self, upstream):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = urlsplit(upstream).netloc
        self.endpoint_url = f"http://127.0.0.1:{self.server_port}"
        self.seen = []
        self.ending = threading.Event()
        self._rules = []
        self._lock = threading.Lock()

    def fail(self, fault, *, method="", path="", times=1):
        """Have the next requests of a method, with a text in their path, fail.

        ``fault`` is an HTTP status, or ``hang`` (answer after a second), ``stall`` (answer nothing
        as long as this server runs), ``truncate`` (half of the body), ``reset`` (before the server
        sees the request), ``lose_answer`` (after it did), ``ignore_condition`` (as servers do that
        do not know If-None-Match), ``signature`` (denied, with the credentials in the answer).
        """
        with self._lock:
            self._rules.append([fault, method, path, times])

    def fault_for(self, method, path):
        """Fault of a request, if a rule wants one."""
        with self._lock:
            self.seen.append((method, path))
            for rule in self._rules:
                fault, wanted, part, times = rule
                if times > 0 and method.startswith(wanted) and part in path:
                    rule[3] -= 1
                    return fault
        return None

    def count(self, method, path=""):
        """Requests seen."""
        return sum(m == method and path in p for m, p in self.seen)

    def handle_error(self, request, client_address):
        """Clients that were treated badly go away; that is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.server.fault_for(self.command, self.path)
        if fault == "reset":
            self._reset()
            return
        if fault == "hang":
            time.sleep(1.0)
            self._reset()
            return
        if fault == "stall":
            self.server.ending.wait()
            self._reset()
            return
        if isinstance(fault, int):
            code = _CODES[fault]
            self._answer(fault, [], _ERROR.format(code=code, message="on request").encode())
            return
        if fault == "signature":
            self._answer(403, [], _SIGNATURE.format(**self._signed()).encode())
            return
        if fault == "ignore_condition":
            del self.headers["If-None-Match"]
        status, headers, content = self._passed_on(body)
        if fault == "lose_answer":
            self._reset()
        elif fault == "truncate":
            self._answer(status, headers, content[: len(content) // 2], length=len(content))
            self.close_connection = True
        else:
            self._answer(status, headers, content)

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _serve  # noqa: N815

    def _passed_on(self, body):
        connection = http.client.HTTPConnection(self.server.upstream, timeout=60)
        try:
            connection.request(self.command, self.path, body or None, dict(self.headers.items()))
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def _signed(self):
        """What the client sent of its credentials: servers repeat it when it is wrong."""
        signed = self.headers.get("Authorization", "Credential=/")
        key = signed.partition("Credential=")[2].partition("/")[0]
        return {"key": key, "token": self.headers.get("X-Amz-Security-Token")}

    def _answer(self, status, headers, content, length=None):
        self.send_response_only(status)
        length = len(content) if length is None else length
        for name, value in headers:
            if name.lower() == "content-length":
                length = int(value)
            elif name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _reset(self):
        """Close with RST in place of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def finish(self):
        with contextlib.suppress(OSError, ValueError):
            super().finish()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def running_proxy(upstream):
    """Start one in front of a server."""
    with FaultyProxy(upstream) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield proxy
        finally:
            proxy.ending.set()
            proxy.shutdown()
            thread.join()
