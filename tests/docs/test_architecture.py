"""The architecture page names packages, functions and messages that exist, and draws the arrows that CI allows."""

import ast
import importlib
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/architecture.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS = [contract for contract in PROJECT["tool"]["importlinter"]["contracts"] if contract["type"] == "layers"]
WITHOUT_A_PREFIX = ("", "enrichment.", "tables.")
HAS_NO_CODE = {"migrations", "management", "templatetags"}
DOTTED = re.compile(r"`([a-z_]+(?:\.[A-Za-z_]\w*)+)`")


def section(title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The cells of a table, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def resolve(name: str) -> object:
    """Raises LookupError for a name that no module of the apps has."""
    for prefix in WITHOUT_A_PREFIX:
        parts = (prefix + name).split(".")
        for length in range(len(parts), 0, -1):
            try:
                found: object = importlib.import_module(".".join(parts[:length]))
            except ModuleNotFoundError:
                continue
            for attribute in parts[length:]:
                found = getattr(found, attribute, None)
            if found is not None:
                return found
            break
    raise LookupError(name)


def is_defined(name: str, script: Path) -> bool:
    return re.search(rf"^(export )?(async )?function {name}\(", script.read_text(), re.MULTILINE) is not None


STATIONS = re.findall(r"^\d+\. (.*)$", section("A walk from upload to browser"), re.MULTILINE)
NAMES = [name for name in dict.fromkeys(DOTTED.findall(PAGE)) if not name.endswith((".js", ".py", ".md", ".toml"))]


def test_a_name_that_does_not_exist_is_noticed() -> None:
    for name in ("worker.step.retreat", "no_such_package.module", "worker.writer.Writer.burn"):
        with pytest.raises(LookupError):
            resolve(name)


@pytest.mark.parametrize("name", NAMES)
def test_what_the_page_names_exists(name: str) -> None:
    resolve(name)


@pytest.mark.parametrize("station", STATIONS)
def test_each_station_of_the_walk_names_one_function(station: str) -> None:
    python, browser = DOTTED.findall(station), re.findall(r"`(frontend/\S+\.js)`: `(\w+)`", station)
    assert len(python) + len(browser) == 1
    assert all(callable(resolve(name)) for name in python)
    assert all(is_defined(name, ROOT / path) for path, name in browser)


def test_the_walk_goes_from_upload_to_browser() -> None:
    assert len(STATIONS) >= 15
    assert "tables.imports.uploads.receive" in STATIONS[0]
    assert "frontend/" in STATIONS[-1]


def drawn_layers(subgraph: str) -> list[set[str]]:
    """The boxes of a subgraph from top to bottom, each with the packages that it names."""
    found = re.search(rf"subgraph {subgraph}\[.*?\]\n(.*?)\n  end", PAGE, re.DOTALL)
    assert found, subgraph
    return [set(re.split(r" · ", label)) for label in re.findall(r'\w+\["(.*?)"\]', found[1])]


@pytest.mark.parametrize(("subgraph", "contract"), list(zip(("apps", "enrichment", "engine"), CONTRACTS, strict=True)))
def test_the_drawing_has_the_layers_that_import_linter_keeps(subgraph: str, contract: dict[str, list[str]]) -> None:
    assert drawn_layers(subgraph) == [set(layer.split(" | ")) for layer in contract["layers"]]


def test_the_table_names_every_app_and_package() -> None:
    named = {name.strip("`/") for cells in rows(section("Apps and packages")) for name in cells[0].split(", ")}
    packages = {
        str(init.parent.relative_to(ROOT))
        for app in ("config", "workspaces", "tables", "enrichment", "guide", "single_sign_on")
        for init in (ROOT / app).rglob("__init__.py")
        if not HAS_NO_CODE & set(init.relative_to(ROOT).parts)
    }
    assert packages - named == set()
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_table_of_messages_names_every_message_and_its_listeners() -> None:
    tree = ast.parse((ROOT / "enrichment/apps.py").read_text())
    connected: set[str] = set()
    listeners: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=target, attr="append" | "connect"), args=[listener, *_]):
                connected.add(ast.unparse(target))
                listeners.add(ast.unparse(listener))
            case ast.AugAssign(target=target, value=ast.List(elts=many)):
                connected.add(ast.unparse(target))
                listeners |= {ast.unparse(listener) for listener in many}
    messages = rows(section("Messages that go sideways"))
    named = [name for cells in messages for name in DOTTED.findall(cells[0])]
    listening = [name for cells in messages for name in DOTTED.findall(cells[2])]
    assert connected
    assert len(named) == len(messages) == len(connected)
    assert {message for message in connected if not any(name.endswith(message) for name in named)} == set()
    assert {listener for listener in listeners if not any(name.endswith(listener) for name in listening)} == set()
    assert len(listening) == len(listeners)


def test_the_glossary_has_the_words_of_the_field() -> None:
    terms = [cells[0].strip("*") for cells in rows(section("Glossary"))]
    assert 18 <= len(terms) <= 26
    assert terms == sorted(terms, key=str.casefold)
    assert {"runner", "claim", "send intent", "reservation", "concurrency permit", "heartbeat", "request key"} <= set(
        terms
    )
