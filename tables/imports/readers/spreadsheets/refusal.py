"""Why a workbook is not read, as the child process says it."""


class Unreadable(Exception):
    """Says what is wrong and what to do; `field` names the option that it is about."""

    def __init__(self, message: str, field: str = "file") -> None:
        super().__init__(message)
        self.field = field
