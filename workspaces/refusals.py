"""What cannot be done, and why: one exception that the pages and the API each turn into an answer in one place."""

STATUSES = {
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "too_large": 413,
    "unsupported_type": 415,
    "invalid": 422,
}


class Refused(Exception):
    """Says in one or two sentences what cannot be done and what to do instead; nothing has been changed.

    `code` is the reason as the API gives it and `status` its HTTP status, by default that of the code. `field` is the
    setting, parameter or column that the sentence is about, empty when it is about none.
    """

    def __init__(self, message: str, *, code: str = "invalid", field: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.field = field
        self.status = status or STATUSES[code]
