"""Two hundred clients for half a minute."""

import pytest

from service.load import measured
from service.real_server import RealServer

pytestmark = pytest.mark.slow

CLIENTS = 200
SECONDS = 30.0
# what one more connection may keep in buffers at that moment: 64 KiB each way
GROWTH_BYTES = CLIENTS * 2 * 64 * 1024


def test_many_clients_see_no_error_and_memory_does_not_grow(archive_folder):
    server = RealServer(archive_folder, "--no-access-log")
    try:
        server.wait_until_ready()
        load = measured(server, clients=CLIENTS, seconds=SECONDS)
    finally:
        server.stop()
    print(load)
    assert load.errors == []
    assert load.requests > 20 * CLIENTS
    assert load.growth_bytes < GROWTH_BYTES
