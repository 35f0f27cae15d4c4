"""The request language against naive replacement in the same run: `python -m benchmarks.language`."""

import json
import time
from collections.abc import Callable
from urllib.parse import quote

from enrichment.engine.template import body, paths, request

NAMES = {number: f"Column {number}" for number in range(1, 10)}
ROW = {number: f'Cell {number} with "quotes" and ü' for number in range(1, 8)} | {8: "42", 9: "3.5"}
BODY = (
    json.dumps(
        {
            "company": {"name": "{{Column 1}}", "domain": "{{Column 2}}", "address": "{{Column 3}}, {{Column 4}}"},
            "contact": {"first": "{{Column 5}}", "last": "{{Column 6}}", "note": "Imported: {{Column 7}}"},
            "size": "@8",
            "score": "@9",
            "source": "marl",
            "tags": ["growth", "import"],
            "filler": "x" * 60,
        }
    )
    .replace('"@8"', "{{Column 8}}")
    .replace('"@9"', "{{Column 9}}")
)
URL = "https://api.example/v1/companies/{{Column 1}}/people?name={{Column 2}}&size={{Column 8}}"
VALUE = {"data": {"items": [{"name": "Northwind", "city": "Utrecht"}]}}


def rate(work: Callable[[], object], seconds: float = 1.0) -> float:
    """Calls a second."""
    count, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < seconds:
        for _ in range(500):
            work()
        count += 500
    return count / spent


def naive_body() -> object:
    text = BODY
    for number, name in NAMES.items():
        text = text.replace("{{" + name + "}}", ROW[number].replace('"', '\\"'))
    return json.loads(text)


def naive_url() -> str:
    text = URL
    for number, name in NAMES.items():
        text = text.replace("{{" + name + "}}", quote(ROW[number], safe=""))
    return text


def naive_path() -> object:
    value: object = VALUE
    for key in ("data", "items", "0", "name"):
        value = value[int(key)] if isinstance(value, list) else value[key] if isinstance(value, dict) else None
    return value


def config(url: str) -> dict[str, object]:
    return {"method": "GET", "url": url, "query": [], "headers": [], "body": None}


def main() -> None:
    ready = body.compile(BODY, NAMES)
    url = request.compile(config(URL), NAMES)
    path, query = paths.compile("data.items[0].name"), paths.compile("$.data.items[0].name")
    assert json.loads(ready.render(ROW)[0]) == naive_body()
    assert url.render(ROW).request.url == naive_url()
    assert path.get(VALUE) == query.get(VALUE) == naive_path()
    for what, ours, naive in (
        (f"body of {len(BODY)} characters, 9 references", lambda: ready.render(ROW), naive_body),
        ("whole request with its URL, 3 references", lambda: url.render(ROW), naive_url),
        ("path data.items[0].name", lambda: path.get(VALUE), naive_path),
        ("query $.data.items[0].name", lambda: query.get(VALUE), naive_path),
    ):
        mine, plain = rate(ours), rate(naive)
        print(f"{what}: {mine:,.0f}/s, naive {plain:,.0f}/s, {mine / plain:.2f} times naive")


if __name__ == "__main__":
    main()
