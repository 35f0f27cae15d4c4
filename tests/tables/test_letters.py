"""Filters, the search, find and replace and sorts take the same letters for the same, on either database."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tables import columns, letters, rows
from tables.find_replace import Replacer, Search
from tables.models import Row, Table
from tables.row_queries import View

pytestmark = pytest.mark.django_db(transaction=True)

# Letters with twins, with accents of their own sign or of two, capitals that are longer, signs of LIKE and of JSON.
SIGNS = 'aAäÄeEéÉ\u0301\u0308iIıİsSſßẞkK\u212a;\u037e`\u1fefσςΣ-_%\\":, .5\n\u00a0日😀'
TEXTS = st.text(alphabet=SIGNS, min_size=1, max_size=4)
PATTERNS = {"contains": "{}", "starts_with": r"\A{}", "ends_with": r"{}\Z"}


def composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def alphabetical(text: str) -> str:
    bare = "".join(sign for sign in unicodedata.normalize("NFD", text) if not "\u0300" <= sign <= "\u036f")
    return bare.lower().translate(str.maketrans("ςıſ", "σis"))


def test_letters_are_the_same_wherever_they_are_sought(table: Table) -> None:
    live = columns.live(table)
    name = live[0].pk

    @settings(max_examples=30)
    @given(st.lists(TEXTS, min_size=4, max_size=10), TEXTS.filter(lambda text: text == text.strip()))
    def check(texts: list[str], sought: str) -> None:
        rows.delete(table, Row.objects.filter(table=table).values_list("pk", flat=True))
        stored = dict(zip(rows.append(table, [{"Name": text} for text in texts]), texts, strict=True))

        def found(op: str, value: str | list[str]) -> list[int]:
            return list(View(live, [{"column": name, "op": op, "value": value}], [], "").row_ids(table))

        def expected(pattern: str) -> list[int]:
            whole = re.compile(pattern.format(re.escape(composed(sought))), re.IGNORECASE)
            return [row_id for row_id, text in stored.items() if whole.search(composed(text))]

        for op, pattern in PATTERNS.items():
            assert found(op, sought) == expected(pattern)
        equal = [row_id for row_id, text in stored.items() if composed(text) == composed(sought)]
        assert found("eq", sought) == found("one_of", [sought]) == equal
        assert list(View(live, [], [], sought).row_ids(table)) == expected("{}")
        replacer = Replacer(table, Search(sought), None)
        assert [row.pk for row in replacer.rows() if replacer.changes(row)[0]] == expected("{}")
        in_order = sorted(stored, key=lambda row_id: (alphabetical(stored[row_id]), row_id))
        assert list(View(live, [], [{"column": name}], "").row_ids(table)) == in_order

    check()


def test_no_other_letter_is_found_where_one_of_ascii_is_sought() -> None:
    found = {chr(code): letters.folded(chr(code)) for code in range(0x80, 0x110000) if not 0xD800 <= code < 0xE000}
    twins = {sign: folded for sign, folded in found.items() if any(map(str.isascii, folded))}
    assert twins == {twin: sign for sign, others in letters.TWINS.items() for twin in others}
