"""Whoever runs Marl finds every setting and every metric in its documents."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [ROOT / "config" / "settings.py", ROOT / "config" / "up.py"]
DOCUMENTS = [ROOT / "README.md", ROOT / "docs" / "operations.md"]
FOR_THE_TESTS = {"MARL_TEST_SQLITE"}


def variables(source: str) -> set[str]:
    """Names in capitals that are looked up in the environment, or handed to a function that does so."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(args=[ast.Constant(value=str(name)), *_]) if _is_a_name(name):
                names.add(name)
            case ast.Subscript(value=ast.Attribute(attr="environ"), slice=ast.Constant(value=str(name))):
                names.add(name)
    return names


def _is_a_name(text: str) -> bool:
    return re.fullmatch(r"[A-Z][A-Z0-9_]+", text) is not None


@pytest.mark.parametrize(
    "source",
    ['os.environ.get("MARL_NEW", "1")', 'os.environ["MARL_NEW"]', 'os.getenv("MARL_NEW")', 'number("MARL_NEW", 3)'],
)
def test_a_new_variable_is_noticed_however_it_is_read(source: str) -> None:
    assert variables(source) == {"MARL_NEW"}


def test_every_variable_of_the_environment_is_documented() -> None:
    read = set().union(*(variables(path.read_text()) for path in SOURCES)) - FOR_THE_TESTS
    assert {"PORT", "REDIS_URL", "MARL_ALLOWED_NETWORKS", "MARL_HOST"} <= read
    documented = "".join(path.read_text() for path in DOCUMENTS)
    assert {name for name in read if f"`{name}`" not in documented and f"`{name}=" not in documented} == set()


def test_every_field_of_a_log_line_is_documented() -> None:
    from config.logs import FIELDS

    documented = (ROOT / "docs" / "operations.md").read_text()
    assert {name for name in FIELDS if f"`{name}`" not in documented} == set()
