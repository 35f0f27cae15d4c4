"""The OpenAPI document: what every operation can answer, told once for all of them."""

from typing import Any

from ninja import NinjaAPI, Schema

from enrichment.api import examples, idempotency, scopes
from enrichment.api.errors import CODES

_WORDS = {
    400: "The request can't be read: bad JSON, or a malformed upload.",
    401: "There is no token, or it is unknown, revoked or has ended.",
    403: "The role or the scopes of the token don't allow this, or a page sent no CSRF token.",
    404: "This doesn't exist, or it isn't shared with you.",
    409: "Something else stands in the way, such as a column that uses this one, or a run that is under way.",
    410: "The opened view, the list of rows or the search has expired. Open or make it again.",
    412: "It was changed since you have seen it. `current` is what it is now.",
    413: "The body or the file is too large.",
    415: "Files of this type can't be read.",
    422: "The request can be read, but a value in it is missing or invalid. `details` says which.",
    429: "More requests than the limit of the token allows. `Retry-After` says for how many seconds to wait.",
    503: "Redis or a helper process isn't answering, or nothing can be stored now; the message says why.",
}
_KEY = {
    "name": idempotency.HEADER,
    "in": "header",
    "required": False,
    "description": "A text of your own, such as a UUID. Sent again with the same body within 24 hours, nothing is done "
    "again, and the answer is the same; with another body, it is 422.",
    "schema": {"type": "string", "minLength": 1, "maxLength": idempotency.LONGEST, "pattern": "^[!-~]+$"},
    "example": "5f0c7a52-6d0e-4a8e-9d56-2f6f3a0b7c11",
}
_WRITES = ("post", "put", "patch", "delete")


class ErrorDetail(Schema):
    """What is wrong at one place of the request, and how to fix it. Further fields say more of some problems."""

    field: str
    message: str


class ErrorBody(Schema):
    code: str
    message: str
    details: list[ErrorDetail]


class Error(Schema):
    """What every refusal looks like. `code` is for programs, `message` for people."""

    error: ErrorBody


class Api(NinjaAPI):
    def get_openapi_schema(self, **given: Any) -> Any:
        document = super().get_openapi_schema(**given)
        _add_components(document["components"])
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                _add_body(operation, document["components"]["schemas"])
                _add_answers(operation)
                _add_scope(path, method, operation)
                if idempotency.takes_key(method, path):
                    operation["parameters"].append(_KEY)
                for status in statuses(path, method, operation):
                    operation["responses"][status] = {"$ref": f"#/components/responses/{CODES[status]}"}
        return document


def _add_scope(path: str, method: str, operation: dict[str, Any]) -> None:
    """Names the scope that a token needs, which the browser doesn't."""
    for scheme in operation.get("security", []):
        if "Bearer" in scheme:
            scheme["Bearer"] = [scopes.needed(method, path).value]


def _add_components(components: dict[str, Any]) -> None:
    error = Error.model_json_schema(ref_template="#/components/schemas/{model}") | {"examples": [_example(422)]}
    _add_examples(error, _example(422), error["$defs"])
    components["schemas"].update(examples.things() | error.pop("$defs") | {"Error": error})
    components["responses"] = {CODES[status]: _error(status) for status in _WORDS}


def _error(status: int) -> dict[str, Any]:
    content = {"schema": {"$ref": "#/components/schemas/Error"}, "example": _example(status)}
    return {"description": _WORDS[status], "content": {"application/json": content}}


def _example(status: int) -> dict[str, Any]:
    details = [{"field": "name", "message": "Field required."}] if status == 422 else []
    return {"error": {"code": CODES[status], "message": _WORDS[status], "details": details}}


def _add_body(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """The example stands beside the schema, and in it for those who read schemas alone."""
    example = examples.of(operation["operationId"])
    if "requestBody" not in operation or "body" not in example:
        return
    body = examples.with_ids(example["body"])
    for content in operation["requestBody"]["content"].values():
        content["example"] = body
        _add_examples(content["schema"], body, schemas)


def _add_examples(schema: dict[str, Any], example: Any, schemas: dict[str, Any]) -> None:
    """Gives each schema inside this one the part of the example that is for it."""
    if name := schema.get("$ref", "").rpartition("/")[2]:
        schema = schemas[name]
        schema["examples"] = [example]
    for choice in schema.get("anyOf", []) + schema.get("allOf", []):
        _add_examples(choice, example, schemas)
    if "items" in schema and isinstance(example, list) and example:
        _add_examples(schema["items"], example[0], schemas)
    for field, inner in schema.get("properties", {}).items():
        if isinstance(example, dict) and field in example:
            _add_examples(inner, example[field], schemas)


def _add_answers(operation: dict[str, Any]) -> None:
    """Ninja knows the statuses of an operation, and the examples what it answers with them."""
    operation_id, responses = operation["operationId"], operation["responses"]
    succeeded = [status for status in responses if status != 204]
    for status, answer in examples.answers(operation_id).items():
        content = {"schema": examples.schema(answer), "example": examples.shown(answer)}
        for each in [status] if status else succeeded:
            responses[each]["content"] = {"application/json": content}
    for kind, text in examples.of(operation_id).get("files", {}).items():
        content = responses[200].setdefault("content", {})
        content[kind] = {"schema": {"type": "string"} if "json" not in kind else {}, "example": text}


def statuses(path: str, method: str, operation: dict[str, Any]) -> list[int]:
    """Returns the statuses with which an operation may refuse a request."""
    found = {404, 422, 429, 503}
    if "security" in operation:
        found |= {401, 403}
    if any(parameter["name"] == "If-Match" for parameter in operation["parameters"]):
        found.add(412)
    if method in _WRITES:
        found |= {400, 409, 413}
    if operation["operationId"].endswith("upload"):
        found.add(415)
    if "_id}/" in path:
        found.add(410)
    return sorted(found)
