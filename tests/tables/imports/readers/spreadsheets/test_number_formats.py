"""Numbers as a person sees them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tables.imports.readers.spreadsheets.number_formats import hides, number, shown, shown_text


@pytest.mark.parametrize(
    ("raw", "code", "seen"),
    [
        ("57.699999999999996", "General", "57.7"),
        ("1234567890123460", "General", "1234567890123460"),
        ("1.23456789012346E+15", "General", "1234567890123460"),
        ("1E-05", "General", "0.00001"),
        ("1E+30", "General", "1E+30"),
        ("-0", "General", "0"),
        ("501", "00000", "00501"),
        ("12345678", "000-00-0000", "012-34-5678"),
        ("42", '"SKU-"0000', "SKU-0042"),
        ("-7", "0000", "-0007"),
        ("-7", "0000;(0000)", "(0007)"),
        ("-7", "000;-000", "-007"),
        ("-1234.567", "0;-0", "-1234.567"),
        ("-1234.567", '0 "kg";[Red]\\-0 "kg";"none"', "-1234.567"),
        ("5", '"INV-"0', "INV-5"),
        ("5", '"kr"0', "5"),
        ("5", "00?", "005"),
        ("7.5", "000.00", "007.50"),
        ("1234567812345670", "0000 0000 0000 0000", "1234 5678 1234 5670"),
        ("1", '"Yes";"No";"Maybe"', "Yes"),
        ("-1", '"Yes";"No";"Maybe"', "No"),
        ("0", '"Yes";"No";"Maybe"', "Maybe"),
        ("0", '[=1]"Yes";[=0]"No";General', "No"),
        ("7", '[=1]"Yes";[=0]"No";General', "7"),
        ("7", '[=1]"Yes";[=0]"No"', "7"),
        ("5", '[>100]"high; very";"low"', "low"),
        ("0", '#,##0_);(#,##0);"-"??', "0"),
        ("5551234", "[&lt;=9999999]###-####;(###) ###-####".replace("&lt;", "<"), "555-1234"),
        ("2125551234", "[<=9999999]###-####;(###) ###-####", "(212) 555-1234"),
        ("0.125", "0.0%", "12.5%"),
        ("0.07", "0%", "7%"),
        ("1234.5", "#,##0.00 [$€-407]", "1234.5"),
        ("1234.5", "$#,##0.00;[Red]-$#,##0.00", "1234.5"),
        ("1500000", "0.00E+00", "1500000"),
        ("0.5", "# ?/?", "0.5"),
        ("5", '0 "days"', "5"),
        ("46053", "d/m/yyyy", "2026-01-31"),
        ("46053", "[$-409]mmmm d, yyyy;@", "2026-01-31"),
        ("46053.4375", "yyyy-mm-dd hh:mm", "2026-01-31 10:30"),
        ("46053.4375", "d/m/yy h:mm:ss", "2026-01-31 10:30:00"),
        ("46053", "yyyy-mm-dd h:mm:ss", "2026-01-31"),
        ("46053.4375", "yyyy-mm-dd", "2026-01-31"),
        ("46053", "mmm", "2026-01-31"),
        ("0.4375", "h:mm AM/PM", "10:30"),
        ("0.4375", "h:mm:ss", "10:30:00"),
        ("0.0050", "mm:ss", "00:07:12"),
        ("1.25", "[h]:mm", "30:00"),
        ("1.25", "[h]:mm:ss", "30:00:00"),
        ("0.0625", "[mm]:ss", "90:00"),
        ("-0.25", "[h]:mm", "-6:00"),
        ("1.0000179398148148", "[ss].00", "86401.55"),
        ("1.0416809490740742", "[h]:mm:ss.000", "25:00:01.234"),
        ("46053", "aaaa", "2026-01-31"),
        ("1", "yyyy-mm-dd", "1900-01-01"),
        ("59", "yyyy-mm-dd", "1900-02-28"),
        ("60", "yyyy-mm-dd", "1900-02-29"),
        ("61", "yyyy-mm-dd", "1900-03-01"),
        ("-5", "yyyy-mm-dd", "-5"),
    ],
)
def test_a_format_shows_what_a_person_reads(raw: str, code: str, seen: str) -> None:
    assert shown(code)(raw) == seen


@pytest.mark.parametrize(
    ("text", "code", "seen"),
    [
        ("A1", '"SKU-"@', "SKU-A1"),
        ("x", '0;-0;0;"T: "@', "T: x"),
        ("x", "@", None),
        ("x", "0;-0;0;@", None),
        ("x", ";;;", None),
        ("00501", "00000", None),
    ],
)
def test_a_format_adds_words_to_texts(text: str, code: str, seen: str | None) -> None:
    way = shown_text(code)
    assert (way and way(text)) == seen


def test_the_epoch_of_1904_begins_with_its_day_0() -> None:
    assert shown("yyyy-mm-dd", is_1904=True)("0") == "1904-01-01"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_keeps_15_digits(value: float) -> None:
    assert float(number(repr(value))) == float(f"{value:.15g}")


@given(st.text(max_size=30), st.floats(-1e9, 1e9))
def test_any_format_shows_something(code: str, value: float) -> None:
    assert isinstance(shown(code)(repr(value)), str)


@pytest.mark.parametrize(
    ("code", "hidden"),
    [
        (";;;", [5, -5, 0, "x"]),
        (";;;@", [5, -5, 0]),
        ("0;-0;;@", [0]),
        ("0;;0", [-5]),
        ("0;-0;0;", ["x"]),
        ("_-* #,##0_-;-* #,##0_-;_-* _-;_-@_-", [0]),
    ],
)
def test_formats_with_empty_sections_hide_values(code: str, hidden: list[float | str]) -> None:
    is_hidden = hides(code)
    assert is_hidden
    assert [value for value in (5, -5, 0, "x") if is_hidden(value)] == hidden


@pytest.mark.parametrize("code", ["General", "0;-0;0;@", "@", '"";0', '#,##0_);(#,##0);"-"??', "[=0];General"])
def test_formats_that_show_each_value_hide_none(code: str) -> None:
    assert hides(code) is None
