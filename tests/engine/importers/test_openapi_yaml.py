"""YAML documents: the same values as PyYAML's own loader makes, but texts where JSON has texts, and bounded."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from enrichment.engine.importers import openapi_yaml

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda one: st.lists(one, max_size=4) | st.dictionaries(st.text(max_size=5), one, max_size=4),
    max_leaves=20,
)


@given(JSON, st.booleans())
def test_what_was_written_is_read(value: object, flow: bool) -> None:
    text = yaml.safe_dump(value, default_flow_style=flow, allow_unicode=True)
    assert openapi_yaml.load(text) == yaml.load(text, yaml.CSafeLoader)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: &x {b: 1}\nc: *x",
        "a: &x 5\nc: [*x, *x]",
        "base: &b {x: 1, y: 2}\nmore: {<<: *b, y: 3}",
        "a: &a {x: 1}\nb: &b {x: 2, z: 3}\nc: {<<: [*a, *b], y: 1}",
        "a: |\n  two\n  lines\nb: >-\n  one\n  line",
        "1: a\n2.5: b\nnull: c\ntrue: d",
        "a: 0x1F\nb: 0o17\nc: 1_000\nd: .inf\ne: ~\nf: 1e3\ng: -0\nh: 010",
        "a: !!str 5\nb: !!int '5'\nc: ! x\nd: !!map {e: !!seq [1]}",
        "a: 1\na: 2",
        "? a\n: b",
    ],
)
def test_the_features_of_yaml_are_read_as_pyyaml_reads_them(text: str) -> None:
    assert openapi_yaml.load(text) == yaml.safe_load(text)


def test_what_only_yaml_takes_for_something_else_is_text() -> None:
    text = "{on: off, yes: no, a: 2026-12-31, b: 12:30:00, c: true}"
    assert openapi_yaml.load(text) == {"on": "off", "yes": "no", "a": "2026-12-31", "b": 45000, "c": True}


@pytest.mark.parametrize(
    "text",
    [
        "a: *x",
        "a: !!python/object:os.system x",
        "!include x.yaml",
        "[a]: b",
        "a: 1\n---\nb: 2",
        "{<<: 5}",
        "a: [",
        "a: b: c",
    ],
)
def test_what_is_no_document_is_refused(text: str) -> None:
    with pytest.raises((yaml.YAMLError, ValueError)):
        openapi_yaml.load(text)
