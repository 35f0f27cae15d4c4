"""The functions that the editor offers are those that formulas have, and their examples are true."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from enrichment.engine import formula
from enrichment.engine.formula import Computed, Evaluators
from tests.engine.test_formula import problems

FRONTEND = Path(__file__).parents[2] / "frontend" / "formulas"
WRITE = f"import('{FRONTEND}/functions.js').then(found => process.stdout.write(JSON.stringify(found.default)))"
GROUPS: list[dict[str, Any]] = json.loads(subprocess.check_output(["node", "--eval", WRITE]))
FUNCTIONS: list[dict[str, Any]] = [function for group in GROUPS for function in group["functions"]]


def test_the_examples_of_all_functions_are_true() -> None:
    """In one formula, because each formula needs a context of its own."""
    compiled = formula.compile(f"[{', '.join(f'({one["example"]})' for one in FUNCTIONS)}]", {})
    with Evaluators(deadline=5) as evaluators:
        [computed] = evaluators.evaluate(compiled, [{}])
    assert computed == Computed([one["result"] for one in FUNCTIONS])


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda one: one["name"])
def test_a_function_is_called_as_its_signature_says(function: dict[str, Any]) -> None:
    assert re.fullmatch(rf"{re.escape(function['name'])}\([^()]*\)", function["signature"])
    assert f"{function['name']}(" in function["example"]
    assert function["says"][0].isupper()
    assert not function["says"].endswith(".")


def test_every_name_is_offered_once() -> None:
    names = [function["name"] for function in FUNCTIONS]
    assert len(names) == len(set(names))


def test_the_functions_of_our_own_are_all_offered() -> None:
    [ours] = re.findall(r"const OURS = `([^`]*)`", (FRONTEND / "names.js").read_text())
    assert set(ours.split()) <= {function["name"] for function in FUNCTIONS}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("DATEDIF('2024-01-01', '2024-03-01')", "DATEDIF needs 3 values: DATEDIF(start, end, unit)."),
        ("UPPER()", "UPPER needs a value: UPPER(text)."),
        ("LEN('a', 'b')", "LEN takes no more than 1 value: LEN(text)."),
        ("LEFT('a', 1, 2)", "LEFT takes no more than 2 values: LEFT(text, [count])."),
    ],
)
def test_a_call_with_values_missing_or_to_spare_teaches_the_signature(text: str, words: str) -> None:
    assert problems(text)[0].message == words


@pytest.mark.parametrize("text", ["IF(true, 1)", "LEFT(...['a', 1])", "MAX(1, 2, 3, 4)", "moment()", "TODAY()"])
def test_calls_that_fit_are_left_alone(text: str) -> None:
    formula.compile(text, {})
