"""Rows as lines: whatever a database keeps comes back as it was."""

import pytest
from django.apps import apps
from hypothesis import given
from hypothesis import strategies as st

from workspaces.backups import lines, snapshots
from workspaces.backups.lines import Kind

KINDS: list[Kind] = ["integer", "number", "truth", "text", "bytes"]
rows = st.tuples(
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    st.none() | st.integers(0, 1),
    st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    st.none() | st.binary(),
)


@given(rows)
def test_a_row_comes_back_from_its_line(row: tuple[object, ...]) -> None:
    line = lines.line_of(row, KINDS)
    assert "\n" not in line
    assert "\r" not in line
    assert lines.values_of(line, KINDS) == list(row)


@pytest.mark.parametrize("text", ["\\N", "\\", "a\\nb", "a\nb\r\tc\\", "", "\\.", "\x0b\x08", '{"1": "Köln\\n"}'])
def test_text_that_looks_like_an_escape_stays_text(text: str) -> None:
    assert lines.values_of(lines.line_of([text], ["text"]), ["text"]) == [text]


@pytest.mark.parametrize(
    ("kept", "written"),
    [
        ("2026-01-02 10:00:00.123456", "2026-01-02 10:00:00.123456+00"),
        ("2026-01-02 10:00:00.120000", "2026-01-02 10:00:00.12+00"),
        ("2026-01-02 10:00:00", "2026-01-02 10:00:00+00"),
    ],
)
def test_a_moment_says_that_it_is_in_utc_and_stands_as_postgresql_writes_it(kept: str, written: str) -> None:
    assert lines.line_of([kept], ["moment"]) == written
    assert lines.values_of(written, ["moment"]) == [kept]


def test_a_moment_of_an_earlier_backup_comes_back_as_it_was() -> None:
    assert lines.values_of("2026-01-02 10:00:00.120000+00", ["moment"]) == ["2026-01-02 10:00:00.120000"]


def test_a_line_of_other_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="argument"):
        lines.values_of("1\t2", ["integer"])


def test_every_column_of_every_table_has_a_kind() -> None:
    kept = snapshots.tables()
    assert {model._meta.db_table for model in kept} >= {"tables_row", "enrichment_attempt", "workspaces_user"}
    for model in kept:
        assert snapshots.columns_of(model)


def test_only_sessions_are_left_out() -> None:
    every = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    assert every - {model._meta.db_table for model in snapshots.tables()} == {
        "django_session",
        "workspaces_browsersession",
    }
