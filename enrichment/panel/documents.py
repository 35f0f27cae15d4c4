"""OpenAPI documents fetched from their address, by the same way out as every other request."""

from enrichment.engine.errors import InvalidSettings, Problem, SendError
from enrichment.engine.messages import Request
from enrichment.http_client import client, event_loop

LARGEST = 5 * 1024 * 1024  # bytes
_TIMEOUT_MS = 20_000


def fetch(address: str) -> str:
    """Returns the text of the document. Raises InvalidSettings, of field `address`."""
    request = Request("GET", address, (("accept", "application/json, application/yaml, */*"),))
    sending = client.send(event_loop.transport(), request, timeout_ms=_TIMEOUT_MS, max_read=LARGEST)
    try:
        response = event_loop.run(sending)
    except SendError as error:
        raise InvalidSettings([Problem(error.message, field="address")]) from error
    if response.not_followed:
        raise InvalidSettings([Problem(response.not_followed.message, field="address")])
    if response.status != 200:
        raise InvalidSettings([Problem(f"The server answered with status {response.status}.", field="address")])
    return response.text
