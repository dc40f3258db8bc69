"""Whatever is posted: a problem document, and the service goes on."""

import asyncio
import time

import pytest

from fourmu.io.archives import open_archive

ROUTES = ("/api/reinterpret/table", "/api/reinterpret/couplings", "/api/limits/workspace")
JSON = {"content-type": "application/json"}
TABLE = {"mass_gev": [2.01], "xsec_br_fb": [0.1], "efficiency_from": "zprime"}


def check_problem(answer, status, key=None):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    problem = answer.json()
    assert set(problem) - {"key"} == {"type", "title", "status", "detail"}
    assert problem["status"] == status
    assert problem["type"].startswith("urn:fourmu:problem:")
    if key is not None:
        assert problem["key"] == key
    # nothing of this machine or of the code
    for word in ("Traceback", "/tmp", "/work", ".py", "pydantic", "Error"):
        assert word not in answer.text


MALFORMED = {
    "nothing": b"",
    "half": b'{"mass_gev": [',
    "NaN": b'{"mass_gev": [NaN], "xsec_br_fb": [1.0], "efficiency_from": "zprime"}',
    "infinity": b'{"mass_gev": [-Infinity]}',
    "not UTF-8": b'{"efficiency_from": "\xff"}',
    "half a character": b'"\\ud800"',
    "two documents": b"{}{}",
    "a mark of the order of bytes": b"\xef\xbb\xbf{}",
    "a number without end": b"[" + b"9" * 100_000 + b"]",
    "deep lists": b"[" * 30_000,
    "deep closed lists": b"[" * 300 + b"]" * 300,
    "deep objects": b'{"a":' * 30_000,
    "deep in a field": b'{"mass_gev": ' + b"[" * 300 + b"]" * 300 + b"}",
}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_json_is_refused(client, route, content):
    check_problem(client.post(route, content=content, headers=JSON), 400)


KEYS = b",".join(b'"%d":1' % place for place in range(350_000))
RICH = {
    "lists": b"[" + b"[]," * 1_300_000 + b"[]]",
    "objects": b'{"channels": [' + b"{}," * 1_300_000 + b"{}]}",
    "depth": b"[" * 4_000_000,
    "keys": b"{" + KEYS + b"}",
    "keys below": b'{"channels": [{"name": "c", "samples": [{' + KEYS + b"}]}]}",
    "numbers": b'{"mass_gev": [' + b"1.5," * 1_000_000 + b"1.5]}",
    "texts": b'{"mass_gev": [' + b'"",' * 1_300_000 + b'""]}',
}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("content", RICH.values(), ids=RICH)
def test_a_body_with_too_many_parts_is_refused(client, route, content):
    check_problem(client.post(route, content=content, headers=JSON), 413)


# as many as may be: every part is wrong, and telling so must not hold up the others
WRONG = {
    "objects": b'{"channels": [' + b"{}," * 39_900 + b"{}]}",
    "modifiers": b'{"channels": [{"name": "c", "samples": [{"name": "s", "data": [], "modifiers": ['
    + b"{}," * 39_900
    + b"{}]}]}]}",
    "lists": b'{"mass_gev": [' + b"[]," * 39_900 + b"[]]}",
    "keys": b"{" + b",".join(b'"%d":1' % place for place in range(60)) + b"}",
    "texts": b'{"mass_gev": ['
    + b'"",' * 4_990
    + b'""], "xsec_br_fb": ['
    + b'"",' * 4_990
    + b'""]}',
    "numbers": b"[" + b"1.5," * 399_000 + b"1.5]",
    "numbers of bins": b'{"observations": [{"name": "c", "data": [' + b'"",' * 399_000 + b'""]}]}',
}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG)
def test_a_body_that_is_wrong_all_over_is_refused_at_once(client, route, content):
    start = time.perf_counter()
    check_problem(client.post(route, content=content, headers=JSON), 422)
    # a tenth of it on a free core
    assert time.perf_counter() - start < 2.0


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("content", [b"[]", b"null", b"1", b'"x"', b"{}", b'{"mass_gev": 1}'])
def test_json_of_another_kind_is_refused(client, route, content):
    check_problem(client.post(route, content=content, headers=JSON), 422)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    "headers",
    [{}, {"content-type": "text/plain"}, {"content-type": "application/x-www-form-urlencoded"}],
)
def test_other_content_is_refused(client, route, headers):
    check_problem(client.post(route, content=b"{}", headers=headers), 415, "Content-Type")


def test_packed_bodies_are_refused(client):
    headers = {**JSON, "content-encoding": "gzip"}
    check_problem(client.post(ROUTES[0], content=b"", headers=headers), 415, "Content-Encoding")


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"mass_gev": []}, "mass_gev"),
        ({"mass_gev": ["2"]}, "mass_gev.0"),
        ({"mass_gev": [True]}, "mass_gev.0"),
        ({"mass_gev": [-1.0]}, "mass_gev.0"),
        ({"mass_gev": [10**400]}, "mass_gev.0"),
        ({"mass_gev": [2.0] * 5001}, "mass_gev"),
        ({"mass_gev": [2.0, 2.0], "xsec_br_fb": [1.0, 1.0]}, None),
        ({"xsec_br_fb": [0.1, 0.2]}, None),
        ({"xsec_br_fb": [-0.1]}, "xsec_br_fb.0"),
        ({"xsec_br_fb": [1e-60]}, "xsec_br_fb"),
        ({"xsec_fb": [0.1]}, None),
        ({"br": 0.5}, None),
        ({"br": 0.0}, "br"),
        ({"br": "half"}, "br"),
        ({"efficiency_from": "nothing"}, "efficiency_from"),
        ({"efficiency_from": "../../etc/passwd"}, "efficiency_from"),
        ({"coupling": 0.0}, "coupling"),
        ({"level": "nlo"}, "level"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_tables_that_make_no_sense_are_refused(client, change, key):
    check_problem(client.post(ROUTES[0], json={**TABLE, **change}), 422, key)


def test_a_number_beyond_floating_point_is_refused(client):
    content = b'{"mass_gev": [1e999], "xsec_br_fb": [1.0], "efficiency_from": "zprime"}'
    check_problem(client.post(ROUTES[0], content=content, headers=JSON), 422, "mass_gev.0")


@pytest.mark.parametrize(
    ("request_", "key"),
    [
        ({}, None),
        ({"gV": 0.0, "gS": 0.0}, None),
        ({"gV": 1.0, "gP": 1.0}, None),
        ({"gV": 1e-9}, None),
        ({"gV": 1e9}, "gV"),
        ({"gV": 1.0, "br": "nothing"}, "br"),
        ({"gV": 1.0, "br": 1.5}, "br"),
        ({"gV": 1.0, "events": 999}, "events"),
        ({"gV": 1.0, "events": 1e5}, "events"),
        ({"gV": 1.0, "events": 10**9}, "events"),
        ({"gV": 1.0, "mass_gev": []}, "mass_gev"),
        ({"gX": 1.0}, "gX"),
    ],
)
def test_couplings_that_make_no_sense_are_refused(client, request_, key):
    check_problem(client.post(ROUTES[1], json=request_), 422, key)


@pytest.mark.parametrize("length", ["5000000", "1" * 30])
def test_a_body_that_says_it_is_huge_is_not_read(client, length):
    async def never():
        yield b"{"
        raise AssertionError("the body was read")

    headers = {**JSON, "content-length": length}
    answer = client.post(ROUTES[0], content=never(), headers=headers)
    check_problem(answer, 413)


def test_a_body_that_becomes_huge_is_read_to_the_bound_only(client):
    taken = 0

    async def endless():
        nonlocal taken
        while True:
            taken += 2**16
            yield b" " * 2**16

    check_problem(client.post(ROUTES[2], content=endless(), headers=JSON), 413)
    # the parts up to the bound, and the one that crosses it
    assert taken == client.service.settings.body_bytes + 2**16


def test_a_slow_body_is_given_up(started):
    service = started(body_seconds=0.2)

    async def slow():
        for _ in range(100):
            yield b" "
            await asyncio.sleep(0.05)

    start = time.monotonic()
    check_problem(service.post(ROUTES[0], content=slow(), headers=JSON), 408)
    assert time.monotonic() - start < 2.0


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "QUERY"])
@pytest.mark.parametrize(
    ("route", "allowed"),
    [("/api/archive", {"GET", "HEAD"}), ("/api/reinterpret/table", {"POST"})],
)
def test_other_methods_are_refused(client, method, route, allowed):
    answer = client.request(method, route)
    check_problem(answer, 405)
    assert set(answer.headers["allow"].split(", ")) == allowed


@pytest.mark.parametrize(
    "address", ["/nothing", "/api", "/api/", "/api/archive/", "/docs", "/redoc", "/static/"]
)
def test_other_addresses_are_not_found(client, address):
    check_problem(client.get(address), 404)


def test_an_error_inside_is_a_problem_without_a_trace(archive_folder, tmp_path, started):
    import shutil  # noqa: PLC0415

    copy = tmp_path / "archive"
    shutil.copytree(archive_folder, copy)
    service = started(open_archive(copy))
    (copy / "windows" / "w0001" / "BkgOnly.json").write_text("{}")
    check_problem(service.get("/api/windows/w0001/background"), 500)
    assert service.get("/api/windows/w0002/background").status_code == 200
    assert service.service.metrics.active == 0


def test_too_many_requests_at_a_time_are_told_to_come_back(started):
    service = started(requests=3, body_seconds=2.0)
    release = asyncio.Event()

    async def waiting():
        yield b"{"
        await release.wait()
        yield b"}"

    async def crowd():
        held = [
            asyncio.ensure_future(service.http.post(ROUTES[0], content=waiting(), headers=JSON))
            for _ in range(3)
        ]
        while service.service.metrics.active < 3:
            await asyncio.sleep(0.01)
        refused = await service.http.get("/api/health")
        release.set()
        return refused, await asyncio.gather(*held)

    refused, held = service.run(crowd())
    check_problem(refused, 429)
    assert int(refused.headers["retry-after"]) > 0
    assert {answer.status_code for answer in held} == {422}
    assert service.get("/api/health").status_code == 200


def test_jobs_beyond_the_queue_are_told_to_come_back(started):
    service = started(waiting_jobs=1)
    answers = [
        service.post(ROUTES[1], json={"gV": 1.0, "gA": place / 10, "events": 1000})
        for place in range(4)
    ]
    # one runs or is about to, one waits
    assert [answer.status_code for answer in answers[:1]] == [202]
    check_problem(answers[-1], 429)
    assert int(answers[-1].headers["retry-after"]) > 0
    again = service.post(ROUTES[1], json={"gV": 1.0, "gA": 0.0, "events": 1000})
    assert again.json() == answers[0].json()


def test_what_takes_too_long_is_ended_and_the_next_is_answered(started):
    service = started(compute_seconds=0.05)
    service.wait_until_ready()
    mass = [2.0 + place * 1e-6 for place in range(5000)]
    large = {**TABLE, "mass_gev": mass, "xsec_br_fb": [0.1] * len(mass)}
    answer = service.post(ROUTES[0], json=large)
    check_problem(answer, 503)
    assert service.service.quick.ended == 1
    assert service.get("/api/models/zprime/limits").status_code == 200
    # a machine that is busy may need more than one turn for what takes 5 ms
    end = time.monotonic() + 120.0
    while service.post(ROUTES[0], json=TABLE).status_code != 200:
        assert time.monotonic() < end
        service.wait_until_ready()


def test_a_process_that_dies_is_replaced(started):
    service = started(compute_seconds=120.0)
    service.wait_until_ready()
    for lane in (service.service.quick, service.service.fits):
        lane._process.kill()
        lane._process.join()
    assert service.post(ROUTES[0], json=TABLE).status_code == 200
    assert service.service.quick.ended == 1
    # one that nobody asks for anything is replaced, too
    end = time.monotonic() + 60.0
    while service.service.fits.ended == 0:
        assert time.monotonic() < end
        time.sleep(0.05)
    service.wait_until_ready()


def test_before_it_is_warm_it_answers_what_needs_no_process(started):
    service = started(compute_seconds=0.01)
    health = service.get("/api/health").json()
    assert health["status"] == "starting"
    answer = service.post(ROUTES[0], json=TABLE)
    check_problem(answer, 503)
    assert "retry-after" in answer.headers
    assert service.get("/api/windows").status_code == 200


def test_a_client_that_goes_away_is_no_error(client):
    async def goes_away():
        messages = iter(
            [
                {"type": "http.request", "body": b"{", "more_body": True},
                {"type": "http.disconnect"},
            ]
        )
        sent = []

        async def receive():
            return next(messages)

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": ROUTES[0],
            "raw_path": ROUTES[0].encode(),
            "root_path": "",
            "scheme": "http",
            "query_string": b"",
            "headers": [(b"content-type", b"application/json")],
            "client": ("127.0.0.1", 1),
            "server": ("service", 80),
        }
        await client.app(scope, receive, send)
        return sent

    assert client.run(goes_away())[0]["status"] == 400


def test_documents_of_problems_are_described(client):
    schema = client.get("/openapi.json").json()
    problem = schema["components"]["schemas"]["Problem"]
    assert set(problem["required"]) == {"type", "title", "status", "detail"}
    for path in schema["paths"].values():
        for operation in path.values():
            for status, described in operation["responses"].items():
                if status >= "400":
                    assert list(described["content"]) == ["application/problem+json"]
