"""What operations take and answer, by example, and the schemas that follow from the examples."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FILE = Path(__file__).with_name("examples.yaml")
_IDS = {
    "table_id": 3,
    "company_id": 10,
    "size_id": 11,
    "column_id": 12,
    "deleted_column_id": 14,
    "row_id": 1204,
    "user_id": 4,
    "deletion_id": 17,
}


@cache
def _all() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(_FILE.read_text())
    return found


def of(operation_id: str) -> dict[str, Any]:
    """Returns `body`, `answer` or `answers` by status, and `files` by content type, as far as there are any."""
    found: dict[str, Any] = _all()["operations"].get(operation_id.removeprefix("enrichment_api_"), {})
    return found


def answers(operation_id: str) -> dict[int | None, Any]:
    """Returns the example of an answer by status; None stands for whichever the operation answers with."""
    example = of(operation_id)
    found: dict[int | None, Any] = example.get("answers") or ({None: example["answer"]} if "answer" in example else {})
    return found


def with_ids(body: Any) -> Any:
    """Puts numbers in place of the names in braces."""
    text = json.dumps(body)
    for name, number in _IDS.items():
        text = text.replace(f'"{{{name}}}": ', f'"{number}": ').replace(f'"{{{name}}}"', str(number))
    return json.loads(text)


def shown(answer: Any) -> Any:
    """Returns an answer as it is read: things in place of their names."""
    if isinstance(answer, dict):
        return {name.rstrip("*~"): shown(value) for name, value in answer.items()}
    if isinstance(answer, list):
        return [shown(item) for item in answer]
    return shown(_all()["things"][answer]) if _is_thing(answer) else answer


def _is_thing(answer: Any) -> bool:
    return isinstance(answer, str) and answer in _all()["things"]


def things() -> dict[str, dict[str, Any]]:
    """Returns the schema of each thing."""
    return {
        name: schema(example) | {"title": name, "examples": [shown(example)]}
        for name, example in _all()["things"].items()
    }


def schema(answer: Any) -> dict[str, Any]:
    """Returns what an answer has to be like: all its fields, in lists too, each of its kind or null."""
    if _is_thing(answer):
        return {"$ref": f"#/components/schemas/{answer}"}
    if isinstance(answer, dict):
        return {
            "type": "object",
            "properties": {name.rstrip("*~"): _field(name, value) for name, value in answer.items()},
            "required": [name.rstrip("~") for name in answer if not name.endswith("*")],
        }
    return _kind(answer)


def _field(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, list) and value and (_is_thing(value[0]) or name == "items"):
        return {"type": "array", "items": schema(value[0])}
    if name.endswith("~"):
        return {}
    return schema(value) if _is_thing(value) else _kind(value)


def _kind(value: Any) -> dict[str, Any]:
    kinds = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return {} if value is None else {"type": [kinds[type(value)], "null"]}
