"""The Chromium of this machine, without a window."""

import shutil

from playwright.sync_api import Browser, Playwright

# Without the parts of a browser that only a window shows, which take more time than the pages, where the system has it.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def launched(playwright: Playwright) -> Browser:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert program, "Chromium is not on PATH: run make test"
    return playwright.chromium.launch(executable_path=program, args=FLAGS)
