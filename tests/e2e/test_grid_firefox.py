"""A grid of many rows and the main job in Firefox, where the machine has it: another engine scrolls and types."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from marionette_driver import By, Wait  # type: ignore[import-untyped]
from marionette_driver.keys import Keys  # type: ignore[import-untyped]
from marionette_driver.marionette import ActionSequence, Marionette  # type: ignore[import-untyped]

from benchmarks.grid import make_table
from tests.e2e.test_main_job import NAMES, as_csv
from tests.servers.marl import App
from tests.servers.processes import free_port

FIREFOX = next(filter(None, map(shutil.which, ("firefox", "firefox-esr"))), None)
ROWS, COLUMNS = 600_000, 4  # more rows than Firefox has pixels for

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(FIREFOX is None, reason="this machine has no Firefox")]

ACTIVE = "return document.querySelector('.c.active')?.textContent"


def first_cell(row: int) -> str:
    """A script for what the first cell of a row says, counted from 0."""
    return f"return document.querySelector('#grid-body [aria-rowindex=\"{row + 2}\"] .c')?.textContent"


def wait_until_open(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=60):
            return
        time.sleep(0.1)


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    profile, port = tmp_path_factory.mktemp("firefox"), free_port()
    (profile / "user.js").write_text(f'user_pref("marionette.port", {port});')
    process = subprocess.Popen(
        [str(FIREFOX), "--headless", "--marionette", "--remote-allow-system-access", "--profile", str(profile)],
        env={"HOME": str(profile), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until_open(port, process)  # the driver leaves a socket behind with every try
    driver = Marionette(host="127.0.0.1", port=port, startup_timeout=60)
    driver.start_session()
    yield driver
    driver.delete_session()
    process.kill()
    process.wait()


@pytest.fixture(scope="module")
def signed_in(firefox: Any, app: App) -> Any:
    firefox.navigate(app.link)
    return firefox


@pytest.fixture(scope="module")
def table(app: App) -> int:
    return make_table(app, ROWS, COLUMNS)


@pytest.fixture
def wait(firefox: Any) -> Callable[[str, object], None]:
    """Waits until a script returns this."""

    def returns(script: str, expected: object) -> None:
        Wait(firefox, timeout=30).until(
            lambda _: firefox.execute_script(script) == expected, message=f"never {expected!r}: {script}"
        )

    return returns


@pytest.fixture
def open_table(signed_in: Any, app: App, wait: Callable[[str, object], None]) -> Callable[[int, str], None]:
    """Opens a table whose first cell says this, and makes that cell active."""

    def opened(table: int, first: str) -> None:
        signed_in.navigate(f"{app.url}/tables/{table}")
        wait(first_cell(0), first)
        signed_in.find_element(By.CSS_SELECTOR, '#grid-body [aria-rowindex="2"] .c').click()
        wait(ACTIVE, first)

    return opened


@pytest.fixture
def shows(
    wait: Callable[[str, object], None], open_table: Callable[[int, str], None], table: int
) -> Callable[[str, object], None]:
    """Waits until a script returns this; the large table is open and its first cell active."""
    open_table(table, "r0c0")
    return wait


@pytest.fixture
def click(firefox: Any) -> Callable[[str, str], None]:
    """Clicks what begins with a text, of the elements that a selector finds, once it is there."""

    def clicked(selector: str, text: str) -> None:
        def found(_: Any) -> Any:
            shown = (item for item in firefox.find_elements(By.CSS_SELECTOR, selector) if item.is_displayed())
            return next((item for item in shown if item.text.startswith(text) and item.is_enabled()), None)

        Wait(firefox, timeout=30).until(found, message=f"nothing at {selector} begins with {text!r}").click()

    return clicked


@pytest.fixture
def press(firefox: Any) -> Callable[..., None]:
    def keys(*pressed: str, hold: str = "") -> None:
        sequence = ActionSequence(firefox, "key", "keyboard")
        for key in filter(None, [hold]):
            sequence.key_down(key)
        for key in pressed:
            sequence.key_down(key).key_up(key)
        for key in filter(None, [hold]):
            sequence.key_up(key)
        sequence.perform()

    return keys


def test_the_keyboard_reaches_the_last_row(shows: Callable[[str, object], None], press: Callable[..., None]) -> None:
    press(Keys.END, hold=Keys.CONTROL)
    shows(ACTIVE, f"r{ROWS - 1}c{COLUMNS - 1}")
    press(Keys.HOME, hold=Keys.CONTROL)
    shows(ACTIVE, "r0c0")


def test_the_scrollbar_reaches_every_part(firefox: Any, shows: Callable[[str, object], None]) -> None:
    firefox.execute_script("document.querySelector('#grid').scrollTop = 1e9")
    shows(first_cell(ROWS - 1), f"r{ROWS - 1}c0")
    firefox.execute_script("document.querySelector('#grid').scrollTop = 0")
    shows(first_cell(0), "r0c0")


def test_a_cell_is_edited_and_the_edit_undone(
    firefox: Any, shows: Callable[[str, object], None], press: Callable[..., None]
) -> None:
    press(Keys.ARROW_DOWN, *"typed")
    shows("return document.querySelector('.editor')?.value", "typed")
    press(Keys.ENTER)
    shows(first_cell(1), "typed")
    press("z", hold=Keys.CONTROL)
    shows(first_cell(1), "r1c0")


@pytest.fixture
def clipboard(firefox: Any) -> Callable[[str], None]:
    """Puts a text where Ctrl+V takes it from."""

    def put(text: str) -> None:
        with firefox.using_context("chrome"):
            firefox.execute_script(
                """Cc["@mozilla.org/widget/clipboardhelper;1"].getService(Ci.nsIClipboardHelper)
                    .copyString(arguments[0]);""",
                script_args=[text],
            )

    return put


COPIED = """
const transferable = Cc["@mozilla.org/widget/transferable;1"].createInstance(Ci.nsITransferable);
transferable.init(null);
transferable.addDataFlavor("text/plain");
Services.clipboard.getData(transferable, Ci.nsIClipboard.kGlobalClipboard);
const found = {};
transferable.getTransferData("text/plain", found);
return found.value.QueryInterface(Ci.nsISupportsString).data;
"""


def test_a_range_of_a_spreadsheet_is_pasted_and_copied(
    firefox: Any,
    app: App,
    open_table: Callable[[int, str], None],
    wait: Callable[[str, object], None],
    press: Callable[..., None],
    clipboard: Callable[[str], None],
) -> None:
    with app.api() as api:
        table = api.post("/tables", json={"name": "Small", "columns": [{"name": "A"}, {"name": "B"}]}).json()["id"]
        api.post(f"/tables/{table}/rows", json={"rows": [{"A": "first"}, {"A": "second"}]})
    open_table(table, "first")
    text = 'one\t"two\nlines"\n"a ""word"""\tfour'
    clipboard(text)
    press("v", hold=Keys.CONTROL)
    wait(first_cell(0), "one")
    wait(first_cell(1), 'a "word"')
    clipboard("something else")
    press("c", hold=Keys.CONTROL)
    with firefox.using_context("chrome"):
        wait(COPIED, text)
    press("z", hold=Keys.CONTROL)
    wait(first_cell(0), "first")


@pytest.fixture
def small(app: App, open_table: Callable[[int, str], None]) -> int:
    """An open table of two companies."""
    with app.api() as api:
        table = int(api.post("/tables", json={"name": "Small", "columns": [{"name": "Company"}]}).json()["id"])
        api.post(f"/tables/{table}/rows", json={"rows": [{"Company": "Acme"}, {"Company": "Northwind"}]})
    open_table(table, "Acme")
    return table


@pytest.fixture
def add_column(
    firefox: Any, click: Callable[[str, str], None], wait: Callable[[str, object], None]
) -> Callable[[str, str], None]:
    """Opens the panel of a new column of this kind, and names it."""

    def added(kind: str, name: str) -> None:
        firefox.find_element(By.CSS_SELECTOR, "header [data-add-column]").click()
        click("[role=menuitem]", kind)
        wait("return document.querySelector('#panel .cm-content') !== null", True)
        field = firefox.find_element(By.CSS_SELECTOR, "#panel [name=name]")
        field.clear()
        field.send_keys(name)
        firefox.find_element(By.CSS_SELECTOR, "#panel .cm-content").click()

    return added


@pytest.mark.usefixtures("small")
def test_a_formula_is_written_in_the_panel(
    add_column: Callable[[str, str], None], wait: Callable[[str, object], None], press: Callable[..., None]
) -> None:
    add_column("Formula", "Sum")
    press(*"20 + 22")
    wait("return document.querySelector('#preview').textContent.includes('42')", True)
    press(Keys.ENTER, hold=Keys.CONTROL)
    wait(
        "return [...document.querySelectorAll('#grid-head .name')].map(({ textContent }) => textContent).join()",
        "Company,Sum",
    )
    wait("return document.querySelector('#grid-body [aria-colindex=\"3\"]')?.textContent", "42")


def test_a_file_becomes_a_table_whose_rows_an_api_fills(
    signed_in: Any,
    app: App,
    tmp_path: Path,
    click: Callable[[str, str], None],
    add_column: Callable[[str, str], None],
    wait: Callable[[str, object], None],
    press: Callable[..., None],
    clipboard: Callable[[str], None],
) -> None:
    file = tmp_path / "Leads.csv"
    file.write_bytes(as_csv(NAMES))
    signed_in.navigate(app.url)
    signed_in.execute_script("document.querySelector('#file').hidden = false")  # nothing is sent to what is hidden
    signed_in.find_element(By.ID, "file").send_keys(str(file))
    click("dialog button", f"Import {len(NAMES)} rows")
    wait(first_cell(0), "Northwind")
    add_column("HTTP API", "Profile")
    clipboard(f"{app.url}/sample-api/v1/companies/{{{{Domain}}}}")
    press("v", hold=Keys.CONTROL)
    wait("return document.querySelector('#preview').textContent.includes('/northwind.example')", True)
    click("#panel button", f"Save and run {len(NAMES)} rows")
    wait("return document.querySelector('#grid-body [aria-rowindex=\"2\"]').textContent.includes('Northwind · ')", True)


@pytest.mark.usefixtures("small")
def test_rows_are_filtered(
    firefox: Any, click: Callable[[str, str], None], wait: Callable[[str, object], None], press: Callable[..., None]
) -> None:
    click("button", "Filter")
    firefox.find_element(By.CSS_SELECTOR, "[aria-label='Value of filter 1']").send_keys("North")
    press(Keys.ESCAPE)
    wait(first_cell(0), "Northwind")
    wait("return document.querySelector('#table-size').textContent.startsWith('1 of 2 rows')", True)


@pytest.mark.usefixtures("small")
def test_the_panel_is_resized_and_stays_so(
    firefox: Any, add_column: Callable[[str, str], None], wait: Callable[[str, object], None]
) -> None:
    add_column("Formula", "Sum")
    width = "return document.querySelector('#panel').offsetWidth"
    before = firefox.execute_script(width)
    grip = firefox.find_element(By.CSS_SELECTOR, "#panel .grip")
    pointer = ActionSequence(firefox, "pointer", "mouse", {"pointerType": "mouse"})
    pointer.pointer_move(0, 0, origin=grip).pointer_down().pointer_move(100, 0, origin=grip).pointer_up().perform()
    wait(width, before - 100)
    firefox.refresh()
    wait(first_cell(0), "Acme")
    add_column("Formula", "Sum")
    wait(width, before - 100)
