import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.engine.errors import InvalidSettings, RowError
from enrichment.engine.template import paths, references
from enrichment.engine.template.paths import MISSING
from enrichment.engine.template.references import Hole

VALUE = {
    "a": {"b": [{"c": 1, "d": 2}, {"c": 3}], "x.y": "dot", "my-key": 5, "two words": 6, "n": None},
    "0": "zero",
    "$oid": "an id",
    "*": "a star",
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.b[0].c", 1),
        ("a.b[-1].c", 3),
        ("a.b[*].c", [1, 3]),
        ("a.b[*].d", [2]),
        ("a.b.1.c", 3),
        ("a.b.-1.c", 3),
        ("a.b.*.c", [1, 3]),
        ("a.b.*", [{"c": 1, "d": 2}, {"c": 3}]),
        ("a.*", MISSING),
        ("*", MISSING),
        ('["*"]', "a star"),
        (r"\*", "a star"),
        (r"a.x\.y", "dot"),
        ('a["x.y"]', "dot"),
        ("a['x.y']", "dot"),
        ("a.my-key", 5),
        ("a.two words", 6),
        ("a.n", None),
        ("a.nothing", MISSING),
        ("a.n.deeper", MISSING),
        ("a.b[7]", MISSING),
        ("0", "zero"),
        ("$.a.b[0].c", 1),
        ("$", VALUE),
        ('["$oid"]', "an id"),
        ("$..c", [1, 3]),
        ("$.a.b[?@.d > 1].c", [1]),
        ("$.a.b[::-1].c", [3, 1]),
        ("$.a.b[?@.d > 9]", []),
        ("$.a.nothing", MISSING),
        ("$[0]", MISSING),
    ],
)
def test_a_path_finds_what_it_names(path: str, found: object) -> None:
    assert paths.compile(path).get(VALUE) == found


@pytest.mark.parametrize(("one", "other"), [("a.b.*.c", "a.b[*].c"), ("a.b.*", "a.b[*]"), ("*.c", "[*].c")])
def test_a_star_behind_a_dot_is_every_item_wherever_a_path_is_typed(one: str, other: str) -> None:
    assert paths.compile(one).steps == paths.compile(other).steps
    assert paths.pick(VALUE, [paths.compile(one)]) == paths.pick(VALUE, [paths.compile(other)])
    [first], [second] = (references.parse(f"{{{{Company.{path}}}}}", {1: "Company"})[0] for path in (one, other))
    assert isinstance(first, Hole)
    assert isinstance(second, Hole)
    assert first.value({1: VALUE}, {}) == second.value({1: VALUE}, {}) == paths.compile(one).get(VALUE)


@pytest.mark.parametrize("path", ["", " ", "a..b", "a.", "a[", "a[x]", "a]b", "$a", "$..", "$.a[", "$.a[?@.b ==]"])
def test_a_path_that_cannot_be_read_is_refused(path: str) -> None:
    with pytest.raises(InvalidSettings):
        paths.compile(path)


@pytest.mark.parametrize(("path", "offset"), [("  a[x] ", 3), ("$.a[x]", 4), ("$.a.b[?@.d = 1]", 11)])
def test_the_place_of_a_mistake_counts_from_the_start_of_the_field(path: str, offset: int) -> None:
    with pytest.raises(InvalidSettings) as caught:
        paths.compile(path)
    assert caught.value.problems[0].offset == offset


def test_spaces_around_a_query_are_refused_with_a_fix() -> None:
    with pytest.raises(InvalidSettings) as caught:
        paths.compile(" $.a ")
    [problem] = caught.value.problems
    assert problem.edit
    assert problem.edit.text == "$.a"


@pytest.mark.parametrize("name", ["match", "search"])
def test_patterns_are_refused_because_they_can_hang(name: str) -> None:
    with pytest.raises(InvalidSettings, match=f"“{name}” isn't available here") as caught:
        paths.compile(f"$.a[?{name}(@.b, 'x.*')]")
    assert caught.value.problems[0].offset == 5


def test_a_query_that_looks_at_everything_for_everything_is_stopped() -> None:
    value = {"items": [{"n": number} for number in range(2000)]}
    with pytest.raises(RowError, match="too many values"):
        paths.compile("$..[?count($..*) > 1]").get(value)


def test_a_query_goes_as_deep_as_an_answer_may() -> None:
    value: list[object] = []
    for _ in range(499):
        value = [value]
    assert len(list(paths.compile("$..*").get(value))) == 499  # type: ignore[call-overload]


def test_queries_and_paths_keep_one_nesting() -> None:
    wanted = [paths.compile(path) for path in ("$..c", "a.my-key")]
    assert paths.pick(VALUE, wanted) == {"a": {"b": [{"c": 1}, {"c": 3}], "my-key": 5}}


def test_a_dollar_inside_a_reference_is_a_letter() -> None:
    assert paths.dotted("$oid").get(VALUE) == "an id"


def test_several_paths_keep_the_nesting() -> None:
    wanted = [paths.compile(path) for path in ("a.b[*].c", "a.my-key")]
    assert paths.pick(VALUE, wanted) == {"a": {"b": [{"c": 1}, {"c": 3}], "my-key": 5}}


def test_null_is_kept_and_missing_is_not() -> None:
    assert paths.pick(VALUE, [paths.compile("a.n")]) == {"a": {"n": None}}
    assert paths.pick(VALUE, [paths.compile("a.nothing")]) is MISSING


def test_a_kept_item_of_a_list_stays_at_its_place() -> None:
    assert paths.pick(VALUE, [paths.compile("a.b[1].c")]) == {"a": {"b": [None, {"c": 3}]}}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=10,
)


@given(JSON, st.lists(st.sampled_from(["a", "b.c", "a[0]", "a[*].b", "c[-1].a"]), min_size=1, max_size=3))
def test_the_same_path_finds_the_same_in_what_was_picked(value: object, texts: list[str]) -> None:
    wanted = [paths.compile(text) for text in texts]
    picked = paths.pick(value, wanted)
    for path in wanted:
        if "*" not in path.text and "-" not in path.text and path.get(value) is not MISSING:
            assert path.get(picked) == path.get(value)
