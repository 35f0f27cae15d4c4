"""Well-known APIs as their public documentation describes them, on loopback: strict about what they are sent.

Each answers for its own host, which a request names in its `X-Forwarded-Host` header.
"""

import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

import jwt

from tests.servers.threads import KeepAliveHandler, running

TOKEN = "token-4711"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"

type Answer = tuple[int, Any] | tuple[int, Any, dict[str, str]]
type Query = dict[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    path: list[str]  # its segments
    query: Query
    headers: dict[str, str]  # by name in lower case
    body: bytes

    def json(self) -> Any:
        assert self.headers["content-type"].split(";")[0] == "application/json"
        return json.loads(self.body)

    def form(self) -> Query:
        assert self.headers["content-type"].split(";")[0] == "application/x-www-form-urlencoded"
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=True))

    @property
    def has_bearer(self) -> bool:
        return self.headers.get("authorization") == f"Bearer {TOKEN}"


@dataclass
class PublicApis:
    """What was asked for, and what the services keep."""

    asked: list[tuple[str, str, str]] = field(default_factory=list)  # method, host, path with query
    customers: dict[str, Query] = field(default_factory=dict)  # of Stripe, by idempotency key
    questions: int = 0  # about a job of Dropcontact
    salesforce_key: Any = None  # public, of its connected app

    def answer(self, host: str, asked: Asked) -> Answer:
        by_host: dict[str, Callable[[Asked], Answer]] = {
            "us-12345.api.gong.io": self.gong,
            "api.airtable.com": self.airtable,
            "api.stripe.com": self.stripe,
            "api.apollo.io": self.apollo,
            "api.hubapi.com": self.hubspot,
            "login.salesforce.com": self.salesforce_sign_in,
            "acme.my.salesforce.com": self.salesforce,
            "api.github.com": self.github,
            "api.dropcontact.com": self.dropcontact,
        }
        return by_host[host](asked)

    def gong(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != "Basic " + base64.b64encode(b"access:secret").decode():
            return 401, {"requestId": "r1", "errors": ["Unauthorized"]}
        assert (asked.method, asked.path) == ("POST", ["v2", "calls", "transcript"])
        body = asked.json()
        assert body.keys() <= {"cursor", "filter"}
        assert body.get("cursor") != ""
        if body["filter"] != {"callIds": ["7782342274025937895"]}:
            return 404, {"requestId": "r2", "errors": ["No calls found corresponding to the provided filters"]}
        number = {None: 0, "page-2": 1}[body.get("cursor")]
        records = {"totalRecords": 2, "currentPageSize": 1, "currentPageNumber": number}
        spoken = {"speakerId": "1", "topic": None, "sentences": [{"start": 0, "end": 900, "text": f"Part {number}"}]}
        return 200, {
            "requestId": "r3",
            "records": records | ({} if number else {"cursor": "page-2"}),
            "callTranscripts": [{"callId": "7782342274025937895", "transcript": [spoken]}],
        }

    def airtable(self, asked: Asked) -> Answer:
        if not asked.has_bearer:
            return 401, {"error": {"type": "AUTHENTICATION_REQUIRED", "message": "Authentication required"}}
        assert asked.method == "GET"
        assert asked.path[:3] == ["v0", "appLkNDICXNqxSDhG", "tblltp5DTSqiHZEcx"]
        if asked.path[3:]:
            return self._airtable_record(asked.path[3])
        assert int(asked.query["pageSize"]) <= 100
        if asked.query.get("view") != "All people":
            return 422, {"error": {"type": "VIEW_NAME_NOT_FOUND", "message": "View not found"}}
        assert asked.query.get("offset") in (None, "itrX/rec2")
        if "offset" in asked.query:
            return 200, {"records": [self._airtable_fields("rec2")]}
        return 200, {"records": [self._airtable_fields("rec1")], "offset": "itrX/rec2"}

    def _airtable_record(self, id_: str) -> Answer:
        return (200, self._airtable_fields(id_)) if id_ == "rec1" else (404, {"error": "NOT_FOUND"})

    @staticmethod
    def _airtable_fields(id_: str) -> dict[str, Any]:
        return {"id": id_, "createdTime": "2026-01-02T03:04:05.000Z", "fields": {"Name": f"Name of {id_}"}}

    def stripe(self, asked: Asked) -> Answer:
        if not asked.has_bearer:
            return 401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}
        if asked.method == "GET":
            assert asked.path[:2] == ["v1", "invoices"]
            if asked.path[2] == "in_1":
                return 200, {"id": "in_1", "object": "invoice", "amount_due": 1200, "currency": "eur", "status": "paid"}
            words = f"No such invoice: '{asked.path[2]}'"
            error = {"code": "resource_missing", "message": words, "param": "invoice", "type": "invalid_request_error"}
            return 404, {"error": error}
        assert (asked.method, asked.path) == ("POST", ["v1", "customers"])
        customer = self.customers.setdefault(asked.headers["idempotency-key"], asked.form())
        assert customer.keys() <= {"email", "name"}
        return 200, {"id": f"cus_{len(self.customers)}", "object": "customer", "name": None, **customer}

    def apollo(self, asked: Asked) -> Answer:
        if asked.headers.get("x-api-key") != TOKEN:
            return 401, {"error": "Invalid access credentials."}
        assert asked.method == "POST"
        if asked.path == ["api", "v1", "people", "bulk_match"]:
            return self._apollo_people(asked.json()["details"])
        assert asked.path == ["api", "v1", "people", "match"]
        assert asked.query.keys() <= {"email", "first_name", "last_name", "domain"}
        return 200, {"person": self._apollo_person(asked.query)}

    def _apollo_people(self, details: list[Query]) -> Answer:
        assert 1 <= len(details) <= 10
        people = [self._apollo_person(item) for item in details]
        missing = people.count(None)
        return 200, {
            "status": "success",
            "total_requested_enrichments": len(people),
            "unique_enriched_records": len(people) - missing,
            "missing_records": missing,
            "matches": people,
        }

    @staticmethod
    def _apollo_person(of: Query) -> dict[str, Any] | None:
        assert of.keys() <= {"email", "first_name", "last_name", "domain"}
        is_known = of.get("email") == "sam@acme.example"
        return {"id": "64a7", "name": "Sam Doe", "title": "CFO", "email": "sam@acme.example"} if is_known else None

    def hubspot(self, asked: Asked) -> Answer:
        if not asked.has_bearer:
            return 401, {"status": "error", "message": "Authentication credentials not found.", "category": "INVALID"}
        assert (asked.method, asked.path[:4]) == ("GET", ["crm", "v3", "objects", "contacts"])
        assert asked.query["idProperty"] == "email"
        if asked.path[4] != "sam@acme.example":
            return 404, {"status": "error", "message": "resource not found", "correlationId": "c1"}
        named = dict.fromkeys(asked.query["properties"].split(","), "of Sam")
        return 200, {"id": "51", "properties": {"hs_object_id": "51", **named}, "archived": False}

    def salesforce_sign_in(self, asked: Asked) -> Answer:
        assert (asked.method, asked.path) == ("POST", ["services", "oauth2", "token"])
        form = asked.form()
        assert form.keys() == {"grant_type", "assertion"}
        assert form["grant_type"] == JWT_GRANT
        audience = "https://login.salesforce.com"
        claims = jwt.decode(form["assertion"], self.salesforce_key, algorithms=["RS256"], audience=audience)
        if claims["exp"] - time.time() > 180:
            return 400, {"error": "invalid_grant", "error_description": "invalid assertion"}
        if (claims["iss"], claims["sub"]) != ("3MVG9.client_1", "sam@acme.example"):
            return 400, {"error": "invalid_grant", "error_description": "user hasn't approved this consumer"}
        return 200, {
            "access_token": TOKEN,
            "scope": "api",
            "instance_url": "https://acme.my.salesforce.com",
            "token_type": "Bearer",
        }

    def salesforce(self, asked: Asked) -> Answer:
        if not asked.has_bearer:
            return 401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
        assert (asked.method, asked.path[:2]) == ("GET", ["services", "data"])
        assert asked.path[3:5] == ["sobjects", "Account"]
        if asked.path[5] != "001D000000INjVe":
            return 404, [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]
        return 200, {"attributes": {"type": "Account"}, "Id": "001D000000INjVe", "Name": "Acme", "Industry": "Banking"}

    def github(self, asked: Asked) -> Answer:
        if not asked.headers.get("user-agent"):
            return 403, {"message": "Request forbidden by administrative rules."}
        if not asked.has_bearer:
            return 401, {"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest"}
        if asked.path == ["graphql"]:
            return self._github_graphql(asked)
        assert (asked.method, asked.path[2]) == ("GET", "repos")
        assert asked.headers["x-github-api-version"] == "2022-11-28"
        if asked.path[:2] == ["user", "583231"] and asked.query["page"] == "2":
            return 200, [{"id": 2, "name": "Spoon-Knife"}]
        if asked.path[:2] != ["users", "octocat"]:
            return 404, {"message": "Not Found", "documentation_url": "https://docs.github.com/rest"}
        following = "https://api.github.com/user/583231/repos?per_page=100&page=2"
        link = f'<{following}>; rel="next", <{following}>; rel="last"'
        return 200, [{"id": 1, "name": "Hello-World"}], {"Link": link}

    @staticmethod
    def _github_graphql(asked: Asked) -> Answer:
        body = asked.json()
        assert body["query"].startswith("query ($login: String!) {")
        login = body["variables"]["login"]
        if login == "octocat":
            return 200, {"data": {"user": {"name": "The Octocat", "company": "@github"}}}
        words = f"Could not resolve to a User with the login of '{login}'."
        return 200, {"data": {"user": None}, "errors": [{"type": "NOT_FOUND", "path": ["user"], "message": words}]}

    def dropcontact(self, asked: Asked) -> Answer:
        if asked.headers.get("x-access-token") != TOKEN:
            return 403, {"error": True, "success": False, "reason": "Forbidden"}
        assert asked.path[:3] == ["v1", "enrich", "all"]
        if asked.method == "POST":
            [contact] = asked.json()["data"]
            assert contact.keys() <= {"first_name", "last_name", "company", "email"}
            self.questions = 0
            return 200, {"error": False, "success": True, "request_id": "dcrequest", "credits_left": 999}
        assert asked.path[3] == "dcrequest"
        self.questions += 1
        if self.questions == 1:
            words = "Request not ready yet, try again in 30 seconds"
            return 200, {"error": False, "success": False, "reason": words}
        found = {"email": [{"email": "sam@acme.example", "qualification": "nominative@pro"}], "company": "Acme"}
        return 200, {"error": False, "success": True, "data": [found]}


@contextmanager
def serving() -> Iterator[tuple[PublicApis, int]]:
    """Serves them all on one port."""
    apis = PublicApis()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"apis": apis}))
    server.daemon_threads = True
    with running(server):
        yield apis, server.server_address[1]


class _Handler(KeepAliveHandler):
    apis: PublicApis

    def do_GET(self) -> None:
        host, parts = self.headers["X-Forwarded-Host"], urlsplit(self.path)
        self.apis.asked.append((self.command, host, self.path))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        path = [_decoded(part) for part in parts.path.removeprefix("/").split("/")]
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            status, answer, *more = self.apis.answer(host, Asked(self.command, path, query, headers, body))
        except (AssertionError, KeyError, ValueError, jwt.InvalidTokenError) as error:
            status, answer, more = 400, {"error": f"Not as documented: {error!r}"}, []
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        for name, value in (more[0] if more else {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        self.do_GET()


def _decoded(segment: str) -> str:
    return unquote(segment)
