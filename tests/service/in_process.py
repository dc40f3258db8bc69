"""The service in this process: one transport, no sockets."""

import asyncio
import threading
import time

import httpx

from fourmu.service import create_app

TESTED_SECONDS = 240.0  # kernels may have to be compiled


class InProcess:
    """A service with its lifespan, asked from any thread."""

    def __init__(self, archive, settings=None):
        self.app = create_app(archive, settings)
        self.service = self.app.state.service
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._lifespan = self.app.router.lifespan_context(self.app)
        self.run(self._lifespan.__aenter__())
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(
            transport=transport, base_url="http://service", timeout=TESTED_SECONDS
        )

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(TESTED_SECONDS)

    def wait_until_ready(self):
        end = time.monotonic() + TESTED_SECONDS
        while self.get("/api/health").json()["status"] != "ok":
            assert time.monotonic() < end, "the service does not become ready"
            time.sleep(0.05)

    def request(self, method, path, **options):
        return self.run(self.http.request(method, path, **options))

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, **options):
        return self.request("POST", path, **options)

    def close(self):
        self.run(self.http.aclose())
        self.run(self._lifespan.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
