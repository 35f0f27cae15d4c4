"""The guide in the app: every page is there, every link leads somewhere, and nothing in it is markup by chance."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from config.settings import BASE_DIR
from guide import pages, search
from workspaces.models import User

LINK = re.compile(r'href="([^"]*)"')
IN_TEMPLATES = re.compile(r'guide/_link\.html" with page="([\w-]+)"(?: section="([\w-]+)")?')
IN_SCRIPTS = re.compile(r'"/help/([\w-]+)(?:#([\w-]+))?"')


def anchors(name: str) -> set[str]:
    return {section.anchor for section in pages.page(name).sections}


def links() -> Iterator[tuple[str, str]]:
    for name in pages.NAMES:
        for target in LINK.findall(pages.page(name).html):
            yield name, target


def test_every_page_of_the_folder_is_in_the_list() -> None:
    in_folder = {file.stem for file in (pages.FOLDER / "guide").glob("*.md")} - {"README"}
    assert in_folder - set(pages.NAMES) == set()


def test_every_link_leads_to_a_section_or_outside() -> None:
    for page, target in links():
        if target.startswith("#"):
            assert target[1:] in anchors(page), (page, target)
        elif target.startswith("/help/"):
            name, _, fragment = target.removeprefix("/help/").partition("#")
            assert not fragment or fragment in anchors(name), (page, target)
        else:
            assert target.startswith("https://") or target == "/help", (page, target)


def test_every_link_of_the_app_leads_to_a_section() -> None:
    templates = [IN_TEMPLATES.findall(file.read_text()) for file in (BASE_DIR / "templates").rglob("*.html")]
    scripts = [IN_SCRIPTS.findall(file.read_text()) for file in (BASE_DIR / "frontend").rglob("*.js")]
    found = [link for links in templates + scripts for link in links if link[0] != "sections"]
    assert len(found) > 5
    for name, fragment in found:
        assert name in pages.NAMES, name
        assert not fragment or f"guide-{fragment}" in anchors(name), (name, fragment)


def test_headings_have_the_anchors_that_github_gives_them() -> None:
    assert pages.anchor("1. Upload your rows") == "guide-1-upload-your-rows"
    assert pages.anchor("Let Marl in yourself: OAuth 2") == "guide-let-marl-in-yourself-oauth-2"


def test_a_page_is_whole() -> None:
    html = pages.page("runs").html
    assert '<h2 id="guide-which-rows">Which rows</h2>' in html
    assert "<table>" in html
    assert 'src="/help/pictures/runs-1-cell.png"' in html
    assert "&lt;" in pages.page("answers").html, "XML in a page is text"


def test_the_search_finds_sections_that_have_every_word() -> None:
    first, *_ = search.find("rate LIMIT wait")
    text = f"{first.page.title} {first.section.title} {first.section.text}".lower()
    assert all(word in text for word in ("rate", "limit", "wait"))
    assert search.find("which kind")[0].section.title == "Which kind?"
    assert search.find("xyzzy plugh") == []
    assert "<mark>" in search.find("token")[0].excerpt


@given(st.text())
def test_what_is_typed_is_never_markup(typed: str) -> None:
    for hit in search.find(typed):
        left = re.sub(r"</?mark>", "", hit.excerpt)
        assert "<" not in left


@pytest.mark.django_db
def test_every_member_reads_it_and_visitors_sign_in(
    viewer: User, client_for: Callable[[User], Client], client: Client
) -> None:
    reader = client_for(viewer)
    assert "Upload your rows" in reader.get("/help/columns").content.decode()
    assert reader.get("/help", follow=True).redirect_chain == [("/help/quickstart", 302)]
    assert "Which kind?" in reader.get("/help?q=which+kind").content.decode()
    assert "No section has" in reader.get("/help?q=xyzzy").content.decode()
    part = reader.get("/help/keys", headers={"HX-Request": "true"}).content.decode()
    assert part.startswith("<h1")
    assert reader.get("/help/pictures/runs-1-cell.png").headers["Content-Type"] == "image/png"
    assert reader.get("/help/sections").json()["sections"][0]["address"].startswith("/help/quickstart#")
    for gone in ("/help/nothing", "/help/architecture", "/help/pictures/..%2Fworkbench.png"):
        assert reader.get(gone).status_code == 404
    assert client.get("/help/keys").status_code == 302
