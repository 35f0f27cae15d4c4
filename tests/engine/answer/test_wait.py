import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.engine.answer.wait import LONGEST, asked_wait, earliest_retry
from enrichment.engine.messages import Response

NOW = datetime(2026, 1, 1, tzinfo=UTC)
EPOCH = int(NOW.timestamp())


def answer(status: int, body: object = b"", **headers: object) -> Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, tuple((name.replace("_", "-"), str(value)) for name, value in headers.items()), content)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (answer(429, retry_after="12"), 12),
        (answer(429, retry_after="0"), 0),
        (answer(429, retry_after="1.5"), 1.5),
        (answer(429, retry_after="Thu, 01 Jan 2026 00:00:30 GMT"), 30),
        (answer(429, retry_after="2026-01-01T00:00:30Z"), 30),
        (answer(429, retry_after="Wed, 31 Dec 2025 00:00:00 GMT"), 0),
        (answer(429, retry_after=EPOCH + 9), 9),
        (answer(429, retry_after_ms="1500"), 1.5),
        (answer(429, x_ms_retry_after_ms="2500"), 2.5),
        (answer(429, x_retry_after="4"), 4),
        (
            answer(
                429,
                x_ratelimit_remaining_requests="59",
                x_ratelimit_reset_requests="1s",
                x_ratelimit_remaining_tokens="0",
                x_ratelimit_reset_tokens="6m0s",
            ),
            360,
        ),
        (
            answer(
                429,
                anthropic_ratelimit_requests_remaining="0",
                anthropic_ratelimit_requests_reset="2026-01-01T00:00:12Z",
            ),
            12,
        ),
        (answer(429, x_ratelimit_reset="5"), 5),
        (answer(429, x_ratelimit_reset=EPOCH + 7), 7),
        (answer(429, x_ratelimit_reset=(EPOCH + 7) * 1000), 7),
        (answer(429, x_ratelimit_reset="6m0s"), 360),
        (answer(429, x_ratelimit_reset="20ms"), 0.02),
        (answer(429, x_ratelimit_reset=EPOCH - 7), 0),
        (answer(429, x_rate_limit_reset=EPOCH + 7), 7),
        (answer(429, x_ratelimit_remaining="0", x_ratelimit_reset="5"), 5),
        (answer(429, ratelimit_remaining="0", ratelimit_reset="5"), 5),
        (answer(429, ratelimit='"default";r=0;t=30'), 30),
        (answer(429, ratelimit='"second";r=0;t=1, "day";r=0;t=3600, "month";r=7;t=9000'), 3600),
        (answer(429, ratelimit="limit=100, remaining=0, reset=9"), 9),
        (answer(429, {"retry_after_ms": 1500}), 1.5),
        (answer(429, {"retryAfter": 3}), 3),
        (answer(429, {"retry_after": "3"}), 3),
        (answer(429, {"ok": False, "parameters": {"retry_after": 35}}), 35),
        (answer(429, {"error": {"code": 429, "details": [{"links": []}, {"retryDelay": "13.5s"}]}}), 13.5),
        (answer(429, {"errors": [{"meta": {"retry_after": "1m"}}]}), 60),
        (answer(429, retry_after="soon", x_ratelimit_reset="5"), 5),
        (answer(503, retry_after="120"), 120),
        (answer(503, {"retry_after": 2}), 2),
        (answer(403, retry_after="60"), 60),
        (answer(403, x_ratelimit_remaining="0", x_ratelimit_reset=EPOCH + 60), 60),
        (answer(403, {"retry_after": 2}), 2),
        (answer(429, retry_after="9" * 15), LONGEST),
        (answer(429, retry_after="9" * 18), LONGEST),
        (answer(429, retry_after='"5"'), 5),
        (answer(429, retry_after="5, 10"), 10),
        (answer(429, retry_after="1 minute"), 60),
        (answer(429, retry_after="30 seconds"), 30),
        (answer(429, retry_after="PT1M30S"), 90),
        (answer(429, retry_after="2026-01-01 00:00:30 UTC"), 30),
        (answer(429, {"retry_after": 5}, retry_after="0"), 5),
        (answer(429, {"retry_after": "2026-01-01T00:00:30Z"}), 30),
        (answer(429, {"retry_after": int(EPOCH) + 30}), 30),
        (answer(429, x_ratelimit_reset=f"{int(EPOCH) + 30}000000"), 30),
        (answer(429, ratelimit_reset_after="7"), 7),
        (answer(429, x_retry_after_ms="1500"), 1.5),
        (answer(413, retry_after="60"), 60),
        (answer(529, retry_after="60"), 60),
    ],
)
def test_the_server_says_how_long_to_wait(told: Response, seconds: float) -> None:
    assert asked_wait(told, NOW) == seconds


@pytest.mark.parametrize(
    "told",
    [
        answer(429),
        answer(429, {"retry_after": -1}),
        answer(429, b'{"retry_after": NaN}'),
        answer(429, {"retry_after": True}),
        answer(429, retry_after="soon"),
        answer(429, retry_after=""),
        answer(429, x_ratelimit_remaining="3", x_ratelimit_reset=EPOCH + 3600),
    ],
)
def test_429_asks_to_wait_without_saying_how_long(told: Response) -> None:
    assert asked_wait(told, NOW) == 0


@pytest.mark.parametrize(
    "told",
    [
        answer(503),
        answer(403),
        answer(403, x_ratelimit_remaining="4999", x_ratelimit_reset=EPOCH + 3600),
        answer(403, x_ratelimit_reset=EPOCH + 3600),
        answer(500, retry_after="5"),
        answer(413),
        answer(413, {"retry_after": 5}),
        answer(529),
        answer(200, retry_after="5", x_ratelimit_remaining="0", x_ratelimit_reset="5"),
        answer(401, {"retry_after": 5}),
    ],
)
def test_other_answers_do_not_ask_to_wait(told: Response) -> None:
    assert asked_wait(told, NOW) is None


@given(st.sampled_from(["Retry-After", "RateLimit", "X-RateLimit-Reset", "Retry-After-Ms"]), st.text(), st.binary())
def test_whatever_a_server_says_is_a_wait_that_can_be_waited(name: str, text: str, body: bytes) -> None:
    wait = asked_wait(Response(429, ((name, text),), body), NOW)
    assert wait is not None
    assert 0 <= wait <= LONGEST


def test_the_longest_of_several_waits_counts() -> None:
    twice = Response(429, (("Retry-After", "5"), ("Retry-After", "10")), b"")
    assert asked_wait(twice, NOW) == 10


@pytest.mark.parametrize("status", [408, 500, 502, 504])
def test_a_failure_may_say_when_it_is_to_be_tried_again(status: int) -> None:
    assert earliest_retry(answer(status, retry_after="120"), NOW) == 120
    assert earliest_retry(answer(status), NOW) == 0
