"""Answers that are kept, packed and asked for again."""

import gzip
import json
import random
import threading

import pytest

from fourmu.errors import DomainError
from fourmu.service.answers import answer, matches
from fourmu.service.bodies import Body, BodyCache, digest_of
from fourmu.service.metrics import exposition
from fourmu.service.problems import ProblemError, problem_bytes, refused


def body(content):
    return Body.of(content, "application/octet-stream")


def test_a_body_is_packed_where_that_is_worth_it():
    large = body(b"a" * 10_000)
    assert gzip.decompress(large.packed) == large.content
    assert body(b"a" * 10).packed is None
    noise = random.Random(1).randbytes(10_000)
    assert body(noise).packed is None
    assert Body.of(b"a" * 10_000, "image/png").packed is None


def test_the_same_content_is_packed_into_the_same_bytes():
    assert body(b"x" * 5000).packed == body(b"x" * 5000).packed


def test_what_was_not_asked_for_longest_is_forgotten_first():
    sized = body(random.Random(1).randbytes(1000))
    cache = BodyCache(3000)
    for key in "abc":
        cache.put(key, sized)
    assert cache.get("a") is sized
    cache.put("d", sized)
    assert cache.get("b") is None
    assert [key for key in "acd" if cache.get(key)] == ["a", "c", "d"]
    assert cache.bytes == 3000


def test_what_is_put_again_counts_once():
    cache = BodyCache(10_000)
    for _ in range(5):
        cache.put("a", body(b"0123456789"))
    assert (len(cache), cache.bytes) == (1, 10)


def test_a_body_that_is_too_large_is_not_kept():
    cache = BodyCache(1000)
    cache.put("small", body(b"x"))
    huge = body(random.Random(1).randbytes(2000))
    assert cache.put("huge", huge) is huge
    assert cache.get("huge") is None
    assert cache.get("small") is not None


def test_a_cache_holds_its_bound_in_threads():
    cache = BodyCache(20_000)
    sized = body(random.Random(1).randbytes(900))

    def fill(seed):
        chosen = random.Random(seed)
        for _ in range(2000):
            key = chosen.randrange(60)
            if cache.get(key) is None:
                cache.put(key, sized)

    threads = [threading.Thread(target=fill, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache.bytes == 900 * len(cache)
    assert cache.bytes <= 20_000


def test_a_digest_is_of_the_parts_and_their_borders():
    assert digest_of("a", "bc") != digest_of("ab", "c")
    assert digest_of("a", b"b") == digest_of("a", "b")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, False),
        ("*", True),
        ('"abc"', True),
        ('"abc-gzip"', True),
        ('W/"abc"', True),
        ('"x", "abc"', True),
        ('"abcd"', False),
        ("abc", False),
        ("", False),
    ],
)
def test_headers_name_a_digest_or_do_not(given, expected):
    assert matches(given, "abc") is expected


def test_an_answer_is_sent_in_slices():
    import asyncio  # noqa: PLC0415

    content = random.Random(1).randbytes(200_000)
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.disconnect"}

    asyncio.run(answer(body(content), {})({"type": "http"}, receive, send))
    parts = [message["body"] for message in sent[1:]]
    assert b"".join(parts) == content
    assert max(map(len, parts)) == 65536
    assert [message["more_body"] for message in sent[1:]] == [True] * 3 + [False]


def test_an_error_is_told_without_its_place():
    error = DomainError("no good", where="/home/somebody/x", key="--br", found=2, expected="less")
    told = json.loads(problem_bytes(refused(error)))
    assert told["detail"] == "no good (found 2, expected less)"
    assert told["key"] == "br"
    assert "somebody" not in json.dumps(told)


def test_a_problem_crosses_the_border_of_a_process():
    import pickle  # noqa: PLC0415

    error = ProblemError(429, "later", key="x", headers={"Retry-After": "5"})
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.document, copy.headers) == (error.document, error.headers)


def test_labels_of_metrics_are_escaped():
    text = exposition([("a", "gauge", "An a.", {"b": 'c"\\\n'}, 1.5)])
    assert text == '# HELP a An a.\n# TYPE a gauge\na{b="c\\"\\\\\\n"} 1.5\n'
