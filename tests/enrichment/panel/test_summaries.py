"""The lines of folded sections."""

from typing import Any

import pytest

from enrichment.panel import summaries
from enrichment.schema import HttpConfig


def lines(**changed: Any) -> dict[str, str]:
    return summaries.of_sections(HttpConfig().model_dump() | changed, {7: "CRM"})


def test_a_new_column_reads_in_a_few_lines() -> None:
    assert lines() == {
        "request": "GET no address",
        "sign_in": "None",
        "keep": "Whole answer",
        "when": "Auto-update on",
        "shape": "One request, one answer",
        "speed": "32 in parallel · 3 retries",
    }


@pytest.mark.parametrize(
    ("section", "changed", "line"),
    [
        ("request", {"url": "https://a.example/{{Company}}"}, "GET a.example/Company"),
        ("sign_in", {"connection_id": 7}, "CRM"),
        ("keep", {"field_paths": ["data.city", "data.zip"], "answer": "xml"}, "data.city, data.zip · read as XML"),
        ("keep", {"success_if": "{{body.ok}}"}, "Whole answer · success if body.ok"),
        ("when", {"required": ["Domain", "Zip"]}, "Auto-update on · needs Domain, Zip"),
        ("when", {"auto_update": False, "run_if": "{{Size}} >\n 5"}, "By hand · only if Size > 5"),
        ("shape", {"poll": {"every_ms": 2000}}, "waits for the result, asks every 2 s"),
        ("shape", {"poll": {"every_ms": "soon"}}, "waits for the result, asks every soon"),
        ("shape", {"pages": {"max_pages": 50}}, "fetches up to 50 pages"),
        ("speed", {"retry": {"max_retries": 0}, "cache_seconds": 60}, "32 in parallel · no retries · cached for 60 s"),
    ],
)
def test_a_line_says_what_its_section_holds(section: str, changed: dict[str, Any], line: str) -> None:
    assert lines(**changed)[section] == line


@pytest.mark.parametrize(
    ("requests", "milliseconds", "words"),
    [(15, 1000, "15 requests per second"), (1, 120_000, "1 request per 2 minutes"), (2, 250, "2 requests per 250 ms")],
)
def test_a_rate_limit_reads_as_people_say_it(requests: int, milliseconds: int, words: str) -> None:
    limit = {"requests": requests, "duration_ms": milliseconds}
    assert lines(rate_limit=limit)["speed"] == f"{words} · 32 in parallel · 3 retries"


def test_settings_that_are_wrong_are_told_as_typed() -> None:
    limit = {"requests": "x", "duration_ms": "soon"}
    typed = lines(max_in_flight="many", retry={"max_retries": "some"}, rate_limit=limit)
    assert typed["speed"] == "x requests per soon seconds · many in parallel · some retries"


def test_a_long_condition_is_cut() -> None:
    assert len(lines(run_if="x" * 500)["when"]) < 100
