"""Encoders that are made once write what `json.dumps` writes."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tables import json_text

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters()), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("how", [{}, {"ensure_ascii": True}, {"sort_keys": True}])
@given(value=VALUES)
def test_a_value_is_written_as_by_json(how: dict[str, Any], value: object) -> None:
    assert json_text.encoder(**how)(value) == json.dumps(value, **{"ensure_ascii": False, **how})


def test_what_json_does_not_know_is_written_as_the_caller_says() -> None:
    assert json_text.encoder(default=str)({"due": date(2026, 1, 2)}) == '{"due": "2026-01-02"}'


def test_what_nobody_can_write_is_refused_by_its_type() -> None:
    with pytest.raises(TypeError, match="date is not JSON serializable"):
        json_text.encoder()([date(2026, 1, 2)])
