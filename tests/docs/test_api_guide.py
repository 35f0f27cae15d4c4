"""Every example of the guide for programs does what it says, sent to a server as it stands there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.enrichment.api.test_api import Caller
from workspaces.models import Role, User, Workspace
from workspaces.tokens import create_api_token

if TYPE_CHECKING:
    from pytest_django.live_server_helper import LiveServer

pytestmark = pytest.mark.django_db(transaction=True)

GUIDE = (Path(__file__).parents[2] / "docs/guide/api.md").read_text()
ZETA = {"Company": "Zeta", "Domain": "zeta.example"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture
def call(workspace: Workspace, editor: User) -> Caller:
    return Caller(create_api_token(workspace, "tests", Role.EDITOR, editor)[1])


@pytest.fixture
def table(call: Caller) -> dict[str, Any]:
    """A table with a plain and an HTTP column; nothing listens at its address, and no worker runs."""
    names = [{"name": "Company", "type": "text"}, {"name": "Domain", "type": "text"}]
    made = call("POST", "/tables", {"name": "Leads", "columns": names})[1]
    config = {"url": "http://127.0.0.1:9/{{Domain}}", "auto_update": False}
    column = {"name": "Profile", "type": "http", "config": config}
    call("POST", f"/tables/{made['id']}/columns", column)
    call("POST", f"/tables/{made['id']}/rows", {"rows": [{"Company": "Old", "Domain": "zeta.example"}]})
    return dict(call("GET", f"/tables/{made['id']}")[1])


@pytest.fixture
def here(call: Caller, table: dict[str, Any], live_server: LiveServer) -> Any:
    """Puts this server, token, table, columns and secret in place of those of the guide."""
    row = rows(call, table)[0]["id"]
    tag = call.client.get(f"/api/v1/tables/{table['id']}/rows/{row}")["ETag"]
    company, _, profile = (column["id"] for column in table["columns"])
    places = {
        "https://marl.example": live_server.url,
        "marl_…": call.token,
        "hook_…": call("POST", f"/tables/{table['id']}/hook")[1]["secret"],
        "/tables/3/": f"/tables/{table['id']}/",
        "/columns/12/": f"/columns/{profile}/",
        '"column": 10': f'"column": {company}',
        "/rows/1204": f"/rows/{row}",
        '"5c1f0e9a7b3d2c4e6f8a9b0c"': tag,
    }

    def put(text: str) -> str:
        for place, value in places.items():
            text = text.replace(place, value)
        return text

    return put


def rows(call: Caller, table: dict[str, Any]) -> list[dict[str, Any]]:
    return list(call("GET", f"/tables/{table['id']}/rows")[1]["items"])


def companies(call: Caller, table: dict[str, Any]) -> list[Any]:
    company = str(table["columns"][0]["id"])
    return [row["cells"][company]["value"] for row in rows(call, table)]


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_curl(call: Caller, table: dict[str, Any], here: Any) -> None:
    def run(command: str) -> Any:
        done = subprocess.run(["sh", "-c", here(command)], capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    add, read, start, change = blocks("sh")
    renamed = run(change)
    assert "Zeta AG" in [cell["value"] for cell in renamed["cells"].values()]
    assert run(change)["error"]["code"] == "changed"
    assert run(add)["updated"] == 1
    assert companies(call, table) == ["Zeta"]
    assert run(read)["total"] == 1
    run_ = run(start)
    assert (run_["state"], run_["counts"]["total"]) == ("planning", 1)


def test_python(call: Caller, table: dict[str, Any], here: Any, capsys: pytest.CaptureFixture[str]) -> None:
    [script] = blocks("python")
    waited: list[float] = []

    def stop(seconds: float) -> None:
        """What somebody does while the script waits."""
        waited.append(seconds)
        [run] = call("GET", "/runs")[1]["items"]
        call("POST", f"/runs/{run['id']}/stop")

    script = here(script).replace("import time\n", "").replace("time.sleep", "sleep")
    names: dict[str, Any] = {"sleep": stop}
    exec(script, names)
    names["marl"].close()
    assert companies(call, table) == ["Old", "Zeta", "Acme"]
    assert (waited, "'cancelled': 2" in capsys.readouterr().out) == ([2], True)


def test_n8n(call: Caller, table: dict[str, Any], here: Any) -> None:
    [node] = json.loads(here(blocks("json")[0]))["nodes"]
    given = node["parameters"]
    body = given["jsonBody"].removeprefix("={{ JSON.stringify(").removesuffix(") }}")
    item = json.dumps(ZETA)
    sent = re.sub(r"(\w+):(?= )", r'"\1":', body.replace("'", '"')).replace("$json", item)
    headers = {header["name"]: header["value"] for header in given["headerParameters"]["parameters"]}
    answer = httpx.request(given["method"], given["url"], headers=headers, json=json.loads(sent), trust_env=False)
    assert (answer.status_code, answer.json()["updated"]) == (201, 1)
    assert companies(call, table) == ["Zeta"]


def test_zapier(call: Caller, table: dict[str, Any], here: Any) -> None:
    fields = dict(re.findall(r"^\| (URL|Payload Type|Data) \| (.*) \|$", here(GUIDE), re.MULTILINE))
    data = dict(re.findall(r"`([^`]*)`: `([^`]*)`", fields["Data"]))
    assert fields["Payload Type"] == "`json`"
    answer = httpx.post(fields["URL"].strip("`"), json=data, trust_env=False)
    assert (answer.status_code, answer.json()["updated"]) == (202, 1)
    assert companies(call, table) == ["Zeta"]


def test_an_error_looks_as_it_says(call: Caller) -> None:
    told = call("POST", "/tables", {})[1]["error"]
    example = json.loads(blocks("json")[1])["error"]
    assert set(told) == set(example)
    assert (told["code"], told["message"]) == (example["code"], example["message"])
    assert set(example["details"][0]) <= set(told["details"][0])
