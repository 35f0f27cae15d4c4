"""Lists that come in pages: walked to their end, or to a bound that the result tells of."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.engine.messages import Request, Response
from enrichment.engine.shapes import pages
from enrichment.engine.shapes.pages import By, Pages, Paging, Taken
from enrichment.engine.template import paths

URL = "https://api.example/v1/people?limit=2"
FIRST = Request("GET", URL, (("X-Key", "k"), ("Accept", "application/json")))


def paging(by: By = "cursor", *, items: str = "data.people", next: str = "next", **more: Any) -> Paging:
    start = 1 if by == "page" else 0
    bounds = {"start": start, "size": None, "max_pages": 50, "max_items": 1000} | more
    where = paths.compile(items) if items else None
    return Paging(by, paths.compile(next) if next else None, where, "p", **bounds)


def server(settings: Paging, everything: list[int], size: int, request: Request) -> tuple[Any, Response]:
    """An API of every kind: the page that the request asks for, and its answer."""
    query = dict(item.split("=") for item in request.url.partition("?")[2].split("&"))
    number = int(query.get("p", settings.start))
    start = (number - settings.start) * size if settings.by == "page" else number - settings.start
    rest = start + size
    following = str(rest) if rest < len(everything) else None
    url = f"/v1/people?limit=2&p={following}" if following else None
    answer = {
        "data": {"people": everything[start:rest], "total": len(everything)},
        "next": url if settings.by == "next_url" else following,
    }
    headers = (("Link", f'</v1/people?p=0>; rel="first", <{url}>; rel="next"'),) if url else ()
    return answer, Response(200, headers, json.dumps(answer).encode(), request.url)


def walk(settings: Paging, everything: list[int], size: int) -> tuple[Taken, int]:
    """Returns the last page, and how many requests it took."""
    request, before, requests = pages.first_request(settings, FIRST), None, 0
    first = request
    while True:
        requests += 1
        value, response = server(settings, everything, size, request)
        taken = pages.take(settings, before, value, response, first, {})
        kept = json.loads(json.dumps(taken.pages.as_json()))
        before = Pages.of_json(kept)  # as if it had been stored between two pages
        assert before == taken.pages
        if taken.next is None:
            return taken, requests
        request = pages.request_of(settings, before, taken.next, None)


@given(
    by=st.sampled_from(["next_url", "cursor", "page", "offset", "link_header"]),
    total=st.integers(0, 30),
    size=st.integers(1, 7),
    says_size=st.booleans(),
)
def test_every_way_gives_all_items_once_and_in_order(by: By, total: int, size: int, says_size: bool) -> None:
    settings = paging(by, size=size if says_size else None)
    taken, requests = walk(settings, list(range(total)), size)
    assert (taken.problem, taken.is_complete) == ("", True)
    whole = taken.pages.whole(settings)
    assert whole["data"] == {"people": list(range(total)), "total": total}
    full = -(-total // size)
    counted = by in pages.COUNTED
    most = full + 1 if counted and not (says_size and total % size) else max(1, full)
    assert requests == most


@given(st.integers(1, 5), st.integers(1, 12))
def test_a_bound_ends_the_walk_and_is_told(max_pages: int, max_items: int) -> None:
    settings = paging(max_pages=max_pages, max_items=max_items)
    taken, requests = walk(settings, list(range(40)), 3)
    assert not taken.is_complete
    assert requests <= max_pages
    people = taken.pages.whole(settings)["data"]["people"]
    assert people == list(range(min(max_items, 3 * requests)))


@pytest.mark.parametrize("by", ["page", "offset"])
def test_counted_pages_that_end_at_the_bound_may_have_been_all(by: By) -> None:
    taken, requests = walk(paging(by, max_pages=2), list(range(6)), 3)
    assert (taken.is_complete, taken.has_more, requests) == (False, False, 2)
    taken, requests = walk(paging(by, max_pages=3), list(range(6)), 3)
    assert (taken.is_complete, taken.has_more, requests) == (True, False, 3)


@pytest.mark.parametrize(("by", "bounds"), [("cursor", {"max_pages": 2}), ("page", {"max_items": 5})])
def test_a_bound_that_surely_leaves_items_out_says_so(by: By, bounds: dict[str, Any]) -> None:
    taken, _ = walk(paging(by, **bounds), list(range(9)), 3)
    assert (taken.is_complete, taken.has_more) == (False, True)


def test_a_list_as_long_as_the_bound_is_complete() -> None:
    taken, requests = walk(paging("offset", max_items=6), list(range(6)), 3)
    assert (taken.is_complete, requests, len(taken.pages.items)) == (True, 3, 6)


def test_the_same_page_named_twice_is_a_problem_of_its_page() -> None:
    settings = paging()
    answer = {"data": {"people": [1]}, "next": "same"}
    before, problems = None, list[str]()
    for _ in range(2):
        taken = pages.take(settings, before, answer, Response(200, url=URL), FIRST, {})
        before, problems = taken.pages, [*problems, taken.problem]
    assert problems == ["", "the API names a page as the next one that it has named before"]
    assert taken.number == 2


@pytest.mark.parametrize("by", ["page", "offset", "cursor"])
@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"error": "try again"}, "there is no list at “data.people”"),
        ({"next": None}, ""),  # as servers write that leave empty lists out
        ({"data": None, "next": None}, ""),
        ({}, ""),
    ],
)
def test_an_answer_of_another_kind_is_no_last_page(by: By, value: Any, problem: str) -> None:
    first = {"data": {"people": [1, 2]}, "next": "b"}
    taken = pages.take(paging(by), None, first, Response(200, url=URL), FIRST, {})
    taken = pages.take(paging(by), taken.pages, value, Response(200, url=URL), FIRST, {})
    assert (taken.number, taken.problem) == (2, problem)


@pytest.mark.parametrize("by", ["page", "offset"])
def test_a_page_with_the_items_of_the_one_before_is_a_problem(by: By) -> None:
    """An API that doesn't know the parameter, or that answers with its last page to every number above."""
    settings, before, problems = paging(by), None, list[str]()
    for people in ([{"id": 1}], [{"id": 2}, {"id": 1}], [{"id": 1}], [{"id": 1}]):
        taken = pages.take(settings, before, {"data": {"people": people}}, Response(200, url=URL), FIRST, {})
        before, problems = taken.pages, [*problems, taken.problem]
    words = "the API answers with the items of the page before. Does it know the parameter “p”?"
    assert problems == ["", "", "", words]


def test_pages_of_equal_numbers_are_all_taken() -> None:
    settings, before = paging("page"), None
    for people in ([0, 0], [0, 0], []):
        taken = pages.take(settings, before, {"data": {"people": people}}, Response(200, url=URL), FIRST, {})
        before = taken.pages
    assert (taken.pages.items, taken.problem) == ([0, 0, 0, 0], "")


@pytest.mark.parametrize("by", ["cursor", "next_url"])
@pytest.mark.parametrize(("next", "kind"), [({"href": "/2"}, "an object"), (["a", 1], "a list"), (True, "true")])
def test_a_next_page_that_is_no_text_is_not_taken_for_the_end(by: By, next: Any, kind: str) -> None:
    taken = pages.take(paging(by), None, {"data": {"people": [1]}, "next": next}, Response(200, url=URL), FIRST, {})
    choose = "Choose the field that does" if next is True else "Choose one of its fields"
    assert taken.problem == f"at “next” is {kind}, which names no next page. {choose}"


@pytest.mark.parametrize("named", ["http://[bad", "ftp://api.example/2", "mailto:a@b.example", "http://a..b/"])
def test_a_next_page_that_is_at_no_address_is_a_problem_of_its_page(named: str) -> None:
    value, response = {"data": {"people": [1]}, "next": named}, Response(200, (("Link", f'<{named}>; rel="next"'),))
    for by in ("next_url", "link_header"):
        taken = pages.take(paging(by), None, value, replace(response, url=URL), FIRST, {})
        assert taken.problem == f"the API names “{named}” as the next one, which is no address"


def of(answer: Any, settings: Paging, before: Pages | None = None, url: str = URL) -> Taken:
    return pages.take(settings, before, answer, Response(200, url=url), FIRST, {})


def people(*ids: int) -> dict[str, Any]:
    return {"data": {"people": [{"id": number} for number in ids]}}


@pytest.mark.parametrize("by", ["cursor", "page", "offset", "next_url"])
def test_a_list_ends_where_the_api_says_so_in_so_many_words(by: By) -> None:
    first = of(people(1, 2) | {"has_more": True, "next": "b"}, paging(by))
    last = of(people(3, 4) | {"has_more": False, "next": "c"}, paging(by), first.pages)
    assert (last.next, last.is_complete, last.told) == (None, True, "")


def test_a_cursor_may_be_a_field_of_the_last_item() -> None:
    settings = paging(next="data.people[-1].id")
    first = of(people(1, 2), settings)
    assert first.next == "2"
    last = of(people(), settings, first.pages)
    assert (last.next, last.is_complete, last.pages.whole(settings)) == (None, True, people(1, 2))


def test_an_api_that_names_the_place_after_its_end_for_ever_comes_to_an_end() -> None:
    first = of(people(1) | {"next": "end"}, paging())
    assert first.next == "end"
    last = of(people() | {"next": "end"}, paging(), first.pages)
    assert (last.next, last.is_complete, last.problem) == (None, True, "")


def test_an_empty_page_before_the_last_one_is_no_end() -> None:
    first = of(people(1) | {"next": "b"}, paging())
    assert of(people() | {"next": "c"}, paging(), first.pages).next == "c"


def test_more_without_a_word_of_where_is_no_whole_list() -> None:
    taken = of(people(1) | {"has_more": True, "next": None}, paging())
    assert (taken.next, taken.is_complete, taken.told) == (None, False, "“has_more” is true")


def noted(asked: list[Any], cursor: Any) -> Request:
    asked.append(cursor)
    return FIRST


@pytest.mark.parametrize("cursor", [[1700000000000, "a"], {"id": {"S": "a"}}])
def test_a_cursor_in_the_request_goes_back_as_it_came(cursor: Any) -> None:
    settings, asked = replace(paging(), in_request=True), list[Any]()
    taken = of(people(1) | {"next": cursor}, settings)
    kept = Pages.of_json(json.loads(json.dumps(taken.pages.as_json())))
    pages.request_of(settings, kept, kept.named[-1], lambda cursor: noted(asked, cursor))
    assert asked == [cursor]
    assert "is a" in of(people(1) | {"next": cursor}, paging()).problem


@pytest.mark.parametrize(("by", "first", "second"), [("page", 1, "2"), ("offset", 0, "3")])
def test_pages_may_be_counted_in_the_request(by: By, first: int, second: str) -> None:
    settings, asked = replace(paging(by), in_request=True), list[Any]()
    assert (pages.first_cursor(settings), pages.first_request(settings, FIRST)) == (first, FIRST)
    taken = of(people(1, 2, 3), settings)
    assert taken.next == second
    pages.request_of(settings, taken.pages, taken.next, lambda cursor: noted(asked, cursor))
    assert asked == [second]


@pytest.mark.parametrize("refusal", [{"status": "INVALID_REQUEST"}, {"error": {"message": "INVALID_REQUEST"}}])
def test_an_error_in_the_place_of_a_page_that_the_api_named_is_no_end(refusal: dict[str, Any]) -> None:
    first = of(people(1) | {"next": "b", "status": "OK"}, paging())
    taken = of(people() | refusal, paging(), first.pages)
    assert taken.problem == "the API named it, but answers “INVALID_REQUEST”"
    assert (taken.may_come, taken.number, taken.pages) == (True, 2, first.pages)
    assert of(people() | {"status": "ZERO_RESULTS"}, paging(), first.pages).is_complete


@pytest.mark.parametrize(
    ("named", "address"),
    [
        ("http://api.example/v1/people?p=2", "https://api.example/v1/people?p=2"),
        ("http://other.example/v1/people?p=2", "http://other.example/v1/people?p=2"),
        ("http://api.example:80/v1/people?p=2", "http://api.example:80/v1/people?p=2"),
    ],
)
def test_a_server_that_does_not_know_of_its_https_leads_nobody_away_from_it(named: str, address: str) -> None:
    assert of(people(1) | {"next": named}, paging("next_url")).next == address


@pytest.mark.parametrize("value", [{"data": {"people": "none"}}, {"data": {"people": {"a": 1}}}])
def test_what_is_no_list_is_a_problem(value: Any) -> None:
    taken = pages.take(paging(), None, value, Response(200), FIRST, {})
    assert (taken.number, taken.problem) == (1, "there is no list at “data.people”")


@pytest.mark.parametrize("value", [None, "", False, [], {}])
def test_nothing_at_the_place_of_the_next_page_is_the_end(value: Any) -> None:
    taken = pages.take(paging(), None, {"data": {"people": [1]}, "next": value}, Response(200), FIRST, {})
    assert (taken.next, taken.is_complete) == (None, True)


def test_an_answer_may_be_the_list_itself() -> None:
    settings = paging("page", items="")
    taken = pages.take(settings, None, [1, 2], Response(200), FIRST, {})
    taken = pages.take(settings, taken.pages, [], Response(200), FIRST, {})
    assert taken.pages.whole(settings) == [1, 2]


def test_a_parameter_is_set_and_no_other_is_touched() -> None:
    assert pages.with_parameter("https://a.example/x?b=1&page=1&c=%2F", "page", "2") == (
        "https://a.example/x?b=1&c=%2F&page=2"
    )
    assert pages.with_parameter("https://a.example/x", "p q", "a&b") == "https://a.example/x?p%20q=a%26b"
    assert pages.with_parameter("https://a.example/x?a=1#top", "page", "2") == "https://a.example/x?a=1&page=2"


def test_headers_of_the_column_stay_on_the_site_of_the_first_page() -> None:
    found = Pages({}, [], 1, ["https://else.example/2"], FIRST, {})
    request = pages.request_of(paging("next_url"), found, "https://else.example/2", None)
    assert request.headers == (("Accept", "application/json"),)


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ('<https://api.example/2>; rel="next"', "https://api.example/2"),
        ("</2?a=1,2>; rel=next; title=\"next, please\"", "https://api.example/2?a=1,2"),
        ('</0>; rel="prev", </9>; rel="last next"', "https://api.example/9"),
        ('</0>; rel="prev"; title="next"', None),
        ("</2>; rel='next'", "https://api.example/2"),
        ('</2> ; REL = "Next"', "https://api.example/2"),
        ('</9>; title="rel=next"; rel="last"', None),
        ('</9>; title="\\"; rel=next; \\""; rel=last, </2>; rel=next', "https://api.example/2"),
        ("</9>; rel=next-archive", None),
        ('</9>; data-rel="next"', None),
        ('</9>; rel="last"; rel="next"', None),  # the first one counts
        ("nothing", None),
    ],
)  # fmt: skip
def test_the_link_header_names_the_next_page(header: str, address: str | None) -> None:
    assert pages.next_link(Response(200, (("Link", header),), url=URL)) == address


@pytest.mark.parametrize("by", ["page", "offset"])
@pytest.mark.parametrize("most", [1, 2, 3, 5])
def test_an_api_that_gives_fewer_items_than_asked_is_walked_to_its_end(by: By, most: int) -> None:
    """Where `size` is above what an API gives at once, its first page was taken for the last one."""
    taken, _ = walk(paging(by, size=100), list(range(7)), most)
    assert (taken.pages.items, taken.is_complete) == (list(range(7)), True)


@pytest.mark.parametrize(("by", "first", "named"), [("page", "3", ["4", "5"]), ("offset", "40", ["42", "44"])])
def test_pages_are_counted_from_the_number_in_the_request(by: By, first: str, named: list[str]) -> None:
    request = replace(FIRST, url=f"{URL}&p={first}")
    assert pages.first_request(paging(by), request) == request
    before, following = None, list[str | None]()
    for people in ([1, 2], [3, 4]):
        taken = pages.take(paging(by), before, {"data": {"people": people}}, Response(200, url=URL), request, {})
        before, following = taken.pages, [*following, taken.next]
    assert following == named


@pytest.mark.parametrize(
    ("by", "answer", "told"),
    [
        ("cursor", {"meta": {"cursor": {"next": "b"}}}, "“meta.cursor.next” names another page"),
        ("next_url", {"hasMore": True}, "“hasMore” is true"),
        ("link_header", {"total_count": 3}, "“total_count” is 3"),
        ("page", {"pagination": {"total_pages": "4"}}, "“pagination.total_pages” is 4"),
    ],
)
def test_a_walk_that_ends_although_the_answer_has_more_tells_so(by: By, answer: dict[str, Any], told: str) -> None:
    settings = paging(by)
    taken = pages.take(settings, None, {"data": {"people": [1, 2]}} | answer, Response(200, url=URL), FIRST, {})
    if by in pages.COUNTED:
        taken = pages.take(settings, taken.pages, {"data": {"people": []}} | answer, Response(200), FIRST, {})
    assert (taken.next, taken.is_complete, taken.has_more, taken.told) == (None, False, False, told)


def test_a_total_that_only_the_first_page_has_counts() -> None:
    first = pages.take(paging(), None, {"data": {"people": [1], "total": 3}, "next": "b"}, Response(200), FIRST, {})
    taken = pages.take(paging(), first.pages, {"data": {"people": [2]}}, Response(200), FIRST, {})
    assert (taken.is_complete, taken.told) == (False, "“data.total” is 3")


@pytest.mark.parametrize(
    ("by", "answer"),
    [("cursor", {"next": None, "total": 9}), ("page", {"next": "/3", "hasMore": True}), ("offset", {"total": 2})],
)
def test_an_end_that_the_api_names_is_the_end(by: By, answer: dict[str, Any]) -> None:
    first = pages.take(paging(by), None, {"data": {"people": [1, 2]}, "next": "b"}, Response(200), FIRST, {})
    taken = pages.take(paging(by), first.pages, {"data": {"people": []}} | answer, Response(200), FIRST, {})
    assert (taken.next, taken.is_complete, taken.told) == (None, True, "")
