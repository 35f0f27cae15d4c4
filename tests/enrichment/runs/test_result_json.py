"""Results as text: what is stored of them is the same after it, and what rows share is written once."""

from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

from enrichment.engine.answer.value import DEEPEST
from enrichment.runs import result_json
from enrichment.runs.attempts import Attempt, Shared
from enrichment.runs.batches import Batch
from enrichment.runs.results import Result
from tables.models import CellState

NOW = datetime(2026, 1, 2, 3, 4, 5, 6, UTC)


def again(*results: Result) -> list[Result]:
    return list(result_json.results_of(result_json.of_results(results)))


def test_a_result_is_the_same_again() -> None:
    attempt = Attempt(2, NOW, {"method": "POST", "headers": [["a", "b"]]}, {"body": "ü\ud800\0"}, {"code": "x"}, 12)
    result = Result(
        5,
        CellState.LIMITED,
        {"size": [1, 2.5, None, "ü"]},
        "http_429",
        "429 · slow down",
        {"waits": 1},
        notes=MappingProxyType({"waits": 1}),
        http_status=429,
        attempts=2,
        due_at=NOW,
        fingerprint="f",
        claim_id=7,
        request_key="k",
        exchange="sealed",
        call="read",
        new_attempts=[attempt],
        ended_at=NOW,
    )
    assert again(result) == [replace(result, notes={"waits": 1})]


def test_an_answer_may_be_nested_as_deeply_as_a_cell_holds() -> None:
    value: object = "ü\ud800"
    for _ in range(DEEPEST):
        value = [value]
    attempt = Attempt(1, NOW, shared=Shared("key", (1,), MappingProxyType({"method": "POST"}), {"body": "[["}))
    result = Result(5, CellState.DONE, value, due_at=NOW, batch=Batch("key", ((5, "a"),)), new_attempts=[attempt])
    assert again(replace(result, ended_at=NOW))[0].batch == result.batch
    assert str(again(result)[0].value) == str(value)
    assert again(result)[0].due_at == NOW


def test_what_the_rows_of_a_batch_share_is_written_once() -> None:
    shared = Shared("key", [1, 2], {"body": "the request"}, {"body": "the answer"})
    batch = Batch("key", ((1, "a"), (2, "b")))
    rows = [
        Result(pk, CellState.WAITING, batch=batch, exchange="sealed", new_attempts=[Attempt(1, NOW, shared=shared)])
        for pk in (1, 2)
    ]
    text = result_json.of_results(rows)
    assert [text.count(once) for once in (b"the request", b"the answer", b"sealed", b'"a"')] == [1, 1, 1, 1]
    assert again(*rows) == rows
