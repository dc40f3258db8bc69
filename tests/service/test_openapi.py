"""What OpenAPI says: in words, with examples that work."""

import pytest

from fourmu.service import documents
from fourmu.service.examples import EXAMPLES

ADDRESSES = {"{model}": "zprime", "{window}": "w0001", "{id}": "none"}


@pytest.fixture(scope="module")
def document(client):
    return client.get("/openapi.json").json()


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def resolved(document, schema):
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def test_everything_is_said_in_words(document):
    assert len(document["info"]["description"]) > 100
    for path, _, operation in operations(document):
        assert operation["description"], path
        assert operation["tags"], path
        for parameter in operation.get("parameters", ()):
            described = parameter.get("description") or parameter["schema"].get("description")
            assert described, (path, parameter["name"])


def test_every_field_is_said_in_words(document):
    for name, schema in document["components"]["schemas"].items():
        assert schema["description"], name
        for field, described in schema.get("properties", {}).items():
            assert described.get("description"), (name, field)


def test_every_answer_has_an_example(document):
    for path, _, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            has = "examples" in parameter or "examples" in parameter["schema"]
            assert has or "example" in parameter, (path, parameter["name"])
        for status, answer in operation["responses"].items():
            for kind, content in answer.get("content", {}).items():
                if kind == "application/gzip":
                    continue
                schema = content.get("schema", {})
                while schema.get("type") == "array" or "anyOf" in schema:
                    schema = schema.get("items") or schema["anyOf"][-1]
                schema = resolved(document, schema)
                free = schema.get("type") == "object" and "properties" not in schema
                assert free or "example" in content or "examples" in schema, (path, status)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_of_answers_follow_their_schema(name):
    kind = getattr(documents, name)
    kind.model_validate(EXAMPLES[name])


def test_names_of_operations_are_short_and_different(document):
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    assert all(name.startswith(("get_", "post_")) for name in names)


def test_examples_of_bodies_are_answered(client, document):
    posted = [(path, op) for path, method, op in operations(document) if method == "post"]
    assert len(posted) == 3
    for path, operation in posted:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        for example in resolved(document, schema)["examples"]:
            answer = client.post(path, json=example)
            assert answer.status_code in (200, 202), answer.text


def test_documented_answers_are_those_that_are_given(client, document):
    for path, method, operation in operations(document):
        if method != "get":
            continue
        address = path
        for name, value in ADDRESSES.items():
            address = address.replace(name, value)
        wanted = [p["name"] for p in operation.get("parameters", ()) if p.get("required")]
        asked = {"model": "scalar"} if "model" in wanted and "{model}" not in path else {}
        answer = client.get(address, params=asked)
        described = operation["responses"][str(answer.status_code)]["content"]
        assert answer.headers["content-type"].split(";")[0] in described, path


def test_the_schema_loads_nothing_from_elsewhere(document):
    assert "servers" not in document
    assert "http://" not in str(document["paths"])
    assert "https://" not in str(document["paths"])
