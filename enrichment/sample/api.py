"""A small API to learn with, served by Marl itself: no account, nothing stored, everything made up.

There is none while MARL_SAMPLE_API_URL is empty. It needs no database, and takes only so much from one address.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

import jwt
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt

from enrichment.sample import companies
from enrichment.sample.companies import LONGEST

USERNAME = "demo@marl.example"
PASSWORD = "sample-password"  # noqa: S105  no secret: the guide tells it
TOKEN_LIFETIME = 600  # seconds
LARGEST = 16 * 1024  # bytes of a body
MOST = 100  # requests a second from one address
ADDRESSES = 1000  # remembered

type View = Callable[..., Awaitable[HttpResponse]]

_counts: dict[str, int] = {}
_second = 0


class _Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def _sample(*methods: str) -> Callable[[View], Callable[..., Any]]:
    """Only while there is a sample API, for these methods, so often, and with every error as JSON."""

    def decorate(view: View) -> Callable[..., Any]:
        @csrf_exempt
        @wraps(view)
        async def guarded(request: HttpRequest, **given: str) -> HttpResponse:
            if not settings.SAMPLE_API_URL:
                raise Http404
            try:
                if request.method not in methods:
                    raise _Refused(405, f"Use {' or '.join(methods)}.")
                _count(request.META.get("REMOTE_ADDR", ""))
                return await view(request, **given)
            except _Refused as error:
                answer = JsonResponse({"error": {"message": str(error)}}, status=error.status)
                if error.status == 429:
                    answer["Retry-After"] = "1"
                return answer

        return guarded

    return decorate


def _count(address: str) -> None:
    """Raises _Refused when this address has asked too often in this second."""
    global _second
    now = int(time.monotonic())
    if now != _second or len(_counts) >= ADDRESSES:
        _second = now
        _counts.clear()
    _counts[address] = _counts.get(address, 0) + 1
    if _counts[address] > MOST:
        raise _Refused(429, f"The sample API accepts {MOST} requests per second. Set a rate limit in the column.")


@_sample("GET")
async def company(request: HttpRequest, domain: str) -> HttpResponse:
    return await _respond(domain, companies.profile)


@_sample("POST")
async def find_company(request: HttpRequest) -> HttpResponse:
    return await _respond(_text(_sent(request), "domain"), companies.profile)


@_sample("POST")
async def login(request: HttpRequest) -> HttpResponse:
    sent = _sent(request)
    if (_text(sent, "email"), _text(sent, "password")) != (USERNAME, PASSWORD):
        raise _Refused(401, f"Wrong email or password. Use {USERNAME} and {PASSWORD}.")
    now = int(time.time())
    token = jwt.encode({"sub": USERNAME, "iat": now, "exp": now + TOKEN_LIFETIME}, _key(), "HS256")
    return JsonResponse({"data": {"access_token": token, "expires_in": TOKEN_LIFETIME}})


@_sample("GET")
async def account(request: HttpRequest, domain: str) -> HttpResponse:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        jwt.decode(token if scheme.lower() == "bearer" else "", _key(), ["HS256"], options={"require": ["exp", "sub"]})
    except jwt.ExpiredSignatureError:
        raise _Refused(401, "The token has expired. Sign in again.") from None
    except jwt.InvalidTokenError:
        raise _Refused(401, "Sign in first: POST /sample-api/login returns a token.") from None
    return await _respond(domain, companies.account)


async def _respond(domain: str, look_up: Callable[[str], dict[str, Any] | None]) -> HttpResponse:
    await asyncio.sleep(companies.delay_ms(domain) / 1000)
    company = look_up(domain)
    if company is None:
        raise _Refused(404, f"No company is known at {domain[:LONGEST] or 'this domain'}.")
    return JsonResponse({"data": company})


def _sent(request: HttpRequest) -> dict[str, Any]:
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST:
            raise RequestDataTooBig
        sent = json.loads(request.body)
    except RequestDataTooBig:
        raise _Refused(413, f"Send at most {LARGEST // 1024} KiB.") from None
    except (ValueError, RecursionError):
        raise _Refused(400, "The body is not JSON.") from None
    if not isinstance(sent, dict):
        raise _Refused(422, "Send one JSON object.")
    return sent


def _text(sent: dict[str, Any], name: str) -> str:
    value = sent.get(name)
    if not isinstance(value, str) or not value.strip():
        raise _Refused(422, f"Send the {name} as text.")
    return value.strip()


def _key() -> str:
    return f"marl sample api {settings.SECRET_KEY}"


urlpatterns: list[URLPattern] = [
    path("login", login),
    path("v1/companies", find_company),
    path("v1/companies/<str:domain>", company),
    path("crm/accounts/<str:domain>", account),
]
