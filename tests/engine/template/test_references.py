import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.engine.template.references import Hole, Names, column_ids, find, parse, split, to_shown, to_stored

NAMES = {1: "Company", 2: "Zip", 3: "Company.size", 4: "a}b\\c", 5: "Größe & co"}
IDS = {name: pk for pk, name in NAMES.items()}


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("{{Zip}}", ["Zip"]),
        ("${{{Zip}}}", ["Zip"]),
        ('{"a":{{Zip}}}', ["Zip"]),
        ("{{ Zip }} {{Company}}", ["Zip", "Company"]),
        (r"{{a\}b\\c}}", ["a}b\\c"]),
        ("{{never closed", []),
        ("{{ {{Zip}}", ["Zip"]),
        ("{Zip}", []),
        ("{{Gro\u0308ße & co}}", ["Größe & co"]),
    ],
)
def test_the_innermost_pair_of_braces_is_a_reference(text: str, inside: list[str]) -> None:
    assert [reference.text for reference in find(text)] == inside


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("Company", (1, "")),
        ("Company.address.city", (1, "address.city")),
        ("Company[0].city", (1, "[0].city")),
        ("Company.size", (3, "")),
        ("Company.size.x", (3, "x")),
        ("company", None),
        ("@2", (2, "")),
        ("@9", None),
    ],
)
def test_an_exact_name_wins_and_then_the_longest(text: str, target: tuple[int, str] | None) -> None:
    assert split(text, IDS) == target


def test_an_unknown_column_is_told_at_its_place_with_the_nearest_name() -> None:
    _, [problem] = parse('{\n "a": "{{Compny}}"}', NAMES)
    assert (problem.line, problem.column, problem.reference) == (2, 8, "Compny")
    assert problem.edit
    assert problem.edit.text == "{{Company}}"


def test_secrets_belong_into_connections_alone() -> None:
    assert "connection" in parse("{{secret.password}}", NAMES)[1][0].message
    assert parse("{{secret.password}}", {}, secrets=True)[1] == []
    assert parse("{{Company}}", NAMES, secrets=True)[1] != []


def test_a_reference_survives_a_new_name() -> None:
    stored = to_stored("https://x/{{Company.address[0].zip}}?z={{Zip}}", NAMES)
    assert stored == "https://x/{{@1.address[0].zip}}?z={{@2}}"
    assert column_ids(stored) == {1, 2}
    assert to_shown(stored, {1: "Firm", 2: "Post}code"}) == r"https://x/{{Firm.address[0].zip}}?z={{Post\}code}}"


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("{{@1.size}}", '{{Company["size"]}}'),
        ("{{@1.size.x}}", '{{Company["size"].x}}'),
        ("{{@1.sizes}}", "{{Company.sizes}}"),
        ("{{@3.x}}", "{{Company.size.x}}"),
    ],
)
def test_a_path_that_is_also_a_column_is_shown_so_that_it_leads_back(stored: str, shown: str) -> None:
    assert to_shown(stored, NAMES) == shown
    holes, _ = parse(shown, NAMES)
    before, _ = parse(stored, NAMES)
    assert isinstance(holes[0], Hole)
    assert isinstance(before[0], Hole)
    assert (holes[0].column_id, holes[0].path and holes[0].path.steps) == (
        before[0].column_id,
        before[0].path and before[0].path.steps,
    )


@given(st.sampled_from(sorted(IDS)), st.text(alphabet="ab {}\\.[", max_size=20), st.text(max_size=10))
def test_stored_and_shown_are_two_sides_of_one_text(name: str, before: str, after: str) -> None:
    stored = to_stored(to_shown(f"{before}{{{{@{IDS[name]}}}}}{after}", NAMES), NAMES)
    assert to_stored(to_shown(stored, NAMES), NAMES) == stored


@given(st.text(alphabet="ab{}\\@1.[]\n ", max_size=40))
def test_any_text_can_be_read(text: str) -> None:
    parts, _ = parse(text, NAMES)
    assert all(part for part in parts)


def test_a_deleted_column_is_told_by_its_name() -> None:
    names = Names({1: "Company"}, {7: "Zip"})
    shown = to_shown("{{@7.code}} {{Company}}", names)
    assert shown == "{{Zip.code}} {{Company}}"
    for text in (shown, "{{@7.code}} {{Company}}"):
        [problem] = parse(text, names)[1]
        assert problem.message == "The column “Zip” was deleted. Restore it, or choose another one."
        assert (problem.offset, problem.reference) == (0, text[2 : text.index("}")])


def test_a_new_column_with_a_deleted_ones_name_does_not_take_its_place() -> None:
    names = Names({1: "Zip"}, {7: "Zip"})
    assert to_shown("{{@7}} {{@1}}", names) == "{{@7}} {{Zip}}"
    assert [problem.message for problem in parse("{{@7}} {{Zip}}", names)[1]] == [
        "The column “Zip” was deleted. Restore it, or choose another one."
    ]
