"""What is kept of an answer for people to look at."""

from enrichment.connections.redaction import Redactor, headers_as_json
from enrichment.engine.messages import Response

STORED_BODY = 1024 * 1024  # characters


def of_response(response: Response, redact: Redactor) -> dict[str, object]:
    """Returns the response of the API: {status, headers, body as text, truncated, charset, charset_guessed}."""
    text, values = redact.answer(response.text[:STORED_BODY]), redact.each([value for _, value in response.headers])
    names = (name for name, _ in response.headers)
    return {
        "status": response.status,
        "headers": headers_as_json(zip(names, values, strict=True)),
        "body": None if response.decoded.is_binary else text,
        "truncated": len(response.text) > STORED_BODY,
        "charset": response.decoded.charset,
        "charset_guessed": response.decoded.is_guess,
    }
