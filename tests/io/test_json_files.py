"""JSON: all digits come back, NaN is refused, and a bad file is one clear error."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fourmu.errors import InputError
from fourmu.io.json_files import read_json, write_json

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.dictionaries(st.text(), PLAIN, max_size=4), indent=st.sampled_from([None, 2]))
def test_plain_content_comes_back(tmp_path, content, indent):
    path = tmp_path / "new" / "content.json"
    write_json(path, content, indent=indent)
    assert read_json(path) == content
    assert path.read_bytes().endswith(b"}\n")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_json_cannot_hold_is_refused_and_leaves_the_earlier_file(tmp_path, value):
    path = tmp_path / "content.json"
    write_json(path, {"a": 1.0})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"a": value})
    assert read_json(path) == {"a": 1.0}
    assert [p.name for p in tmp_path.iterdir()] == ["content.json"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b'{"a": 1', "not valid JSON"),
        (b'{"a": 1} {"b": 2}', "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[1, 2]", "found list"),
        (b"null", "found NoneType"),
    ],
)
def test_another_file_is_refused_by_name(tmp_path, content, message):
    path = tmp_path / "content.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"content\.json.*{message}"):
        read_json(path)
