"""The side panel of a column."""

from playwright.sync_api import Locator, Page


def open_settings(page: Page, column: str) -> Locator:
    """Opens the settings of a column by the menu in its head, and returns the panel."""
    page.get_by_role("columnheader", name=column).click(button="right")
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    return page.locator("#panel")
