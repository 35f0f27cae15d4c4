"""What answers say of items beyond those that they have."""

from typing import Any

import pytest

from enrichment.engine.shapes import more
from enrichment.engine.template import paths

LIST = [{"id": 1, "total": 99, "next": "x"}, {"id": 2, "hasMore": True}]


@pytest.mark.parametrize(
    ("answer", "at", "told"),
    [
        ({"data": LIST, "has_more": True}, "data", "“has_more” is true"),  # Stripe
        (
            {"results": LIST, "paging": {"next": {"after": "2"}}},
            "results",
            "“paging.next” names another page",
        ),  # HubSpot
        ({"records": LIST, "nextRecordsUrl": "/q/2", "totalSize": 9}, "records", "“nextRecordsUrl” names another page"),
        ({"people": LIST, "pagination": {"total_pages": 4}}, "people", "“pagination.total_pages” is 4"),  # Apollo
        ({"calls": LIST, "records": {"totalRecords": 263}}, "calls", "“records.totalRecords” is 263"),  # Gong
        ({"data": LIST, "links": {"next": "/2"}}, "data", "“links.next” names another page"),  # JSON:API
        ({"content": LIST, "page": {"totalElements": "40"}}, "content", "“page.totalElements” is 40"),  # Spring
        (
            {"data": {"q": {"nodes": LIST, "pageInfo": {"hasNextPage": True}}}},
            "data.q.nodes",
            "“data.q.pageInfo.hasNextPage” is true",
        ),
        (
            {"value": LIST, "@odata.nextLink": "https://a.example/2"},
            "value",
            '“["@odata.nextLink"]” names another page',
        ),
        (
            {"members": LIST, "response_metadata": {"next_cursor": "b"}},
            "members",
            "“response_metadata.next_cursor” names another page",
        ),
    ],
)
def test_what_apis_say_of_more_is_understood(answer: Any, at: str, told: str) -> None:
    assert more.told(answer, paths.compile(at), 2, 1) == told


@pytest.mark.parametrize(
    "answer",
    [
        {"data": LIST},
        {"data": LIST, "has_more": False, "next": None, "next_cursor": "", "total": 2, "total_pages": 1},
        {"data": LIST, "_links": {"self": {"href": "/1"}, "next": {"href": None}}, "next_page": 0, "total": "2"},
        {"data": LIST, "invoice": {"total": 120, "next": "x"}},  # describes something else
        {"data": LIST, "total": True, "total_pages": "many", "last_page": False},
    ],
)
def test_a_whole_list_is_not_doubted(answer: Any) -> None:
    assert more.told(answer, paths.compile("data"), 2, 1) == ""


@pytest.mark.parametrize(
    "answer",
    [
        {"data": LIST, "has_more": False, "next_cursor": "b"},
        {"data": LIST, "more_records": "false"},
        {"data": LIST, "info": {"more_records": False}},  # Zoho
        {"data": LIST, "more": 0},  # PagerDuty, and APIs without a word for false
        {"data": LIST, "meta": {"has_more": False}, "links": {"next": "/2"}},  # Zendesk
        {"data": LIST, "moreDataAvailable": False, "nextCursor": "b"},  # Ashby
        {"data": LIST, "end_of_stream": True, "after_cursor": "b"},  # Zendesk's exports
        {"data": LIST, "isLast": True, "nextPageToken": "b"},  # Jira
        {"data": LIST, "last": "true"},  # Spring
    ],
)
def test_an_end_in_so_many_words_is_understood(answer: Any) -> None:
    assert more.names_its_end(answer, paths.compile("data"))


@pytest.mark.parametrize(
    "answer",
    [
        {"data": LIST, "next": None, "total": 2},
        {"data": LIST, "last_page": 1, "last": "/9"},
        {"data": LIST, "last_page": False, "is_last": None, "has_more": None},
        {"data": LIST, "has_more": True, "meta": {"has_next_page": False}},
        {"data": LIST, "invoice": {"has_more": False}},
    ],
)
def test_without_such_words_there_is_no_end(answer: Any) -> None:
    assert not more.names_its_end(answer, paths.compile("data"))


@pytest.mark.parametrize(
    ("answer", "goes_on"),
    [
        ({"data": LIST, "count": 2, "next": None}, False),  # Django REST framework
        ({"data": LIST, "total": 2}, False),
        ({"data": LIST, "meta": {"total_pages": "1"}}, False),
        ({"data": LIST, "next": None, "total": 3}, True),
        ({"data": LIST, "total": 0}, False),
        ({"data": LIST, "next": "/2", "total_pages": 1}, True),
        ({"data": LIST, "total": True}, None),
    ],
)
def test_what_speaks_for_more_goes_before_what_speaks_for_an_end(answer: Any, goes_on: bool | None) -> None:
    assert more.goes_on(answer, paths.compile("data"), 2, 1) is goes_on


def test_an_answer_that_is_the_list_says_nothing() -> None:
    assert more.told(LIST, None, 2, 1) == ""


def test_after_an_empty_page_only_totals_count() -> None:
    at = paths.compile("data")
    assert more.told({"data": [], "next": "/3", "has_more": True}, at, 2, 2, ended=True) == ""
    assert more.told({"data": [], "next": "/3", "total": 3}, at, 2, 2, ended=True) == "“total” is 3"
