"""Which part of an answer is whose."""

import pytest

from enrichment.engine.errors import RenderError
from enrichment.engine.shapes import batch
from enrichment.engine.shapes.batch import Batching, Match, Part, Unmatched
from enrichment.engine.template import paths, references
from enrichment.engine.template.paths import MISSING

NAMES = {1: "Email"}
BY_EMAIL = Match(tuple(references.parse("{{Email}}", NAMES)[0]), paths.compile("email"))


def batching(match: Match | None = None, items: str = "", error: str = "") -> Batching:
    return Batching(10, paths.compile(items) if items else None, match, paths.compile(error) if error else None)


def test_in_order_each_item_is_that_of_its_row() -> None:
    assert batch.divided(batching(items="data.rows"), ["", ""], {"data": {"rows": [1, None]}}) == [Part(1), Part(None)]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ([1], "The answer has 1 item for 2 rows"),
        (None, "The answer has 0 items for 2 rows"),
        ({"error": "no"}, "There is no list in the answer"),
    ],
)
def test_without_an_item_for_each_row_nobody_gets_one(answer: object, words: str) -> None:
    with pytest.raises(Unmatched, match=words):
        batch.divided(batching(), ["", ""], answer)


def test_keys_are_compared_as_trimmed_text() -> None:
    answer = [{"email": " 7 "}, {"email": "b@x"}, {"name": "none"}]
    parts = batch.divided(batching(BY_EMAIL), ["b@x", "7", "c@x", "7"], answer)
    assert [part.value for part in parts] == [answer[1], answer[0], MISSING, answer[0]]


def test_items_may_stand_in_an_object_under_the_keys_of_their_rows() -> None:
    by_name = Match(BY_EMAIL.row, None)
    answer = {"data": {" a@x": {"n": 1}, "b@x": None, "C@x": {"n": 3}, "d@x": {"status": 404, "error": "none"}}}
    parts = batch.divided(batching(by_name, items="data"), ["a@x", "b@x", "c@x", "e@x", "d@x"], answer)
    assert [(part.value, part.problem[:19]) for part in parts] == [
        ({"n": 1}, ""),
        (None, ""),
        (MISSING, "The answer has no i"),  # but one for C@x
        (MISSING, ""),
        (MISSING, "404 · none"),
    ]
    with pytest.raises(Unmatched, match="There is no object at “data” with an item for each row under its name"):
        batch.divided(batching(by_name, items="data"), ["a@x"], {"data": [1]})
    with pytest.raises(Unmatched, match="No item in the answer is for one of the rows"):
        batch.divided(batching(by_name), ["a@x"], {"error": "over quota"})
    assert batch.divided(batching(by_name, items="data"), ["a@x"], {"data": {}}) == [Part()]
    with pytest.raises(Unmatched, match=r"under its name \(which @name stands for\)"):
        batch.divided(batching(BY_EMAIL), ["a@x"], {"a@x": {"n": 1}})


@pytest.mark.parametrize("answer", [[{"mail": "a"}, {"mail": "b"}], [None, {"email": None}], ["a"]])
def test_items_that_all_lack_the_key_are_nobodys(answer: list[object]) -> None:
    with pytest.raises(Unmatched, match="No item in the answer has anything at “email”"):
        batch.divided(batching(BY_EMAIL), ["a"], answer)


def test_an_answer_without_the_list_is_nobodys() -> None:
    with pytest.raises(Unmatched, match="There is no list at “results”"):
        batch.divided(batching(BY_EMAIL, items="results"), ["a"], {"error": "over quota"})
    empties: list[object] = [{"results": None}, {"results": []}, {}, None]
    for empty in empties:
        assert batch.divided(batching(BY_EMAIL, items="results"), ["a"], empty) == [Part()]


@pytest.mark.parametrize("answer", [[], [None], [{}]])
def test_items_without_anything_in_them_are_of_no_row(answer: list[object]) -> None:
    assert batch.divided(batching(BY_EMAIL), ["a"], answer) == [Part()]


def test_an_item_without_a_key_may_be_of_any_row_that_is_not_in_the_answer() -> None:
    answer: list[object] = [{"email": "a"}, {"error": "unknown"}, None]
    found, missing = batch.divided(batching(BY_EMAIL), ["a", "b"], answer)
    assert found == Part({"email": "a"})
    assert missing.problem == "The answer has no item for “b”, but 1 item without anything at “email”"


@pytest.mark.parametrize(("key", "written"), [("Anna@X", "anna@x"), ("0042", 42), ("straße", "STRASSE")])
def test_an_item_of_nearly_the_same_key_may_be_the_row_that_is_not_in_the_answer(key: str, written: object) -> None:
    found, missing = batch.divided(batching(BY_EMAIL), ["b", key], [{"email": "b"}, {"email": written}])
    assert found == Part({"email": "b"})
    assert (
        missing.problem == f"The answer has no item for “{key}”, but one for “{written}”. Send it as the API writes it"
    )


def test_an_item_of_another_key_leaves_the_row_out_of_the_answer() -> None:
    answer = [{"email": "b"}, {"email": "c"}]
    assert batch.divided(batching(BY_EMAIL), ["a", "b"], answer) == [Part(), Part({"email": "b"})]


def test_items_that_are_all_for_others_are_nobodys() -> None:
    with pytest.raises(Unmatched, match="No item in the answer is for one of the rows: the first is for “x”"):
        batch.divided(batching(BY_EMAIL), ["a", "b"], [{"email": "x"}, {"email": "y"}])


@pytest.mark.parametrize("key", [7, 7.0, "7", " 7 "])
def test_a_key_is_the_same_as_number_and_as_text(key: object) -> None:
    assert batch.divided(batching(BY_EMAIL), ["7"], [{"email": key}]) == [Part({"email": key})]


def test_two_different_items_of_one_key_are_nobodys() -> None:
    item = {"email": "a"}
    assert batch.divided(batching(BY_EMAIL), ["a"], [item, item]) == [Part(item)]
    [part] = batch.divided(batching(BY_EMAIL), ["a"], [item, item | {"at": 2}])
    assert part.problem == "The answer has 2 different items for “a”"


@pytest.mark.parametrize(
    ("error", "words"),
    [("gone", "gone"), ({"message": "gone"}, "gone"), (7, "7"), (False, ""), (None, ""), ([], "")],
)
def test_an_error_in_an_item_is_that_of_its_row(error: object, words: str) -> None:
    [part] = batch.divided(batching(error="error"), [""], [{"error": error}])
    assert part.problem == words


def test_a_row_without_a_key_cannot_be_matched() -> None:
    assert batch.key_of(batching(BY_EMAIL), {1: " a@x "}) == "a@x"
    with pytest.raises(RenderError, match="Email is empty"):
        batch.key_of(batching(BY_EMAIL), {1: " "})


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ({"status": 404, "error": {"type": "not_found", "message": "No records"}}, "404 · No records"),  # PDL
        ({"id": "1", "status": 404, "body": {"error": {"message": "No user"}}}, "404 · No user"),  # Microsoft Graph
        ({"httpStatusCode": 400, "body": [{"errorCode": "X", "message": "No id"}]}, "400 · No id"),  # Salesforce
        ({"status": 500}, "500 · The API says that this row failed"),
        ({"status": 200, "data": {}}, ""),
        ({"status": "404", "code": 415}, ""),
        ({"url": "https://a.example", "status": 404}, ""),  # of a checker of links
        ({"status": True}, ""),
    ],
)
def test_an_item_that_is_an_answer_of_its_own_may_be_a_refusal(item: object, problem: str) -> None:
    [part] = batch.divided(batching(), [""], [item])
    assert part == (Part(problem=problem) if problem else Part(item))
