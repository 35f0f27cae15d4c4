"""Every example of the guide gives the result that it promises."""

import json
import re
from pathlib import Path

import pytest

from enrichment.engine import formula
from enrichment.engine.formula import Computed, Evaluators
from enrichment.engine.template.paths import MISSING

GUIDE = (Path(__file__).parents[2] / "docs/guide/formulas.md").read_text()
TABLES = [
    [line.split(" | ", 1) for line in table]
    for table in (
        [line.strip("| ") for line in block.splitlines()[2:]]
        for block in re.findall(r"(?:^\|.*\n)+", GUIDE, re.MULTILINE)
    )
]
CELLS = [(cell[0].strip(" |"), cell[1] if len(cell) > 1 else "") for cell in TABLES[0]]
NAMES = {number: name for number, (name, _) in enumerate(CELLS, 1)}
ROW: dict[int, object] = {
    number: json.loads(value) if value.startswith("{") else value for number, (_, value) in enumerate(CELLS, 1)
}
EXAMPLES = [(text.strip("`").replace("\\|", "|"), promised) for table in TABLES[1:] for text, promised in table]


def promised_result(promised: str) -> Computed:
    if promised.startswith("error: "):
        words = promised.removeprefix("error: ")
        empty = re.fullmatch(r"\{\{(.+)\}\} is empty", words)
        return Computed(error=words, empty=empty[1] if empty else "")
    return Computed(MISSING if promised == "nothing" else json.loads(promised.strip("`")))


@pytest.mark.parametrize(("text", "promised"), EXAMPLES, ids=[text for text, _ in EXAMPLES])
def test_an_example_gives_what_it_promises(text: str, promised: str) -> None:
    compiled = formula.compile(text, NAMES)
    with Evaluators(deadline=5) as evaluators:
        assert evaluators.evaluate(compiled, [ROW]) == [promised_result(promised)]


def test_the_guide_has_examples() -> None:
    assert len(EXAMPLES) > 30
