"""E-mail by SMTP, which says of a message what became of it: not taken, taken for some, or perhaps taken."""

import smtplib
import ssl
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.mail.backends.smtp import EmailBackend

_SLOW = "The mail server took too long to answer."


class MaybeTaken(smtplib.SMTPException):
    """The server did not answer after the text of the message was sent."""


class TakenForSome(smtplib.SMTPException):
    """The server refused the message for these addresses, {address: (code, words)}, and took it for the others."""

    def __init__(self, refused: Mapping[str, tuple[int, bytes]]) -> None:
        super().__init__(f"It was not sent to {_listed(refused)}.")


class _Telling:
    """Between `smtplib.SMTP` and its users."""

    def data(self, message: Any) -> Any:
        try:
            return super().data(message)  # type: ignore[misc]
        except smtplib.SMTPDataError:
            raise
        except OSError as error:
            raise MaybeTaken(f"The mail server gave no answer. {said(error)}") from error

    def sendmail(self, sender: str, addresses: Sequence[str], message: Any, *options: Any) -> dict[str, Any]:
        refused: dict[str, Any] = super().sendmail(sender, addresses, message, *options)  # type: ignore[misc]
        if refused:
            raise TakenForSome(refused)
        return refused


class _Smtp(_Telling, smtplib.SMTP):
    pass


class _SmtpOverTls(_Telling, smtplib.SMTP_SSL):
    pass


class Backend(EmailBackend):
    _partial_connection: smtplib.SMTP | None
    connection: smtplib.SMTP | None

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _SmtpOverTls if self.use_ssl else _Smtp

    def open(self) -> bool:
        try:
            return bool(super().open())
        except OSError:
            if self._partial_connection:
                self._partial_connection.close()
                self._partial_connection = None
            raise

    def _close_connection(self, connection: smtplib.SMTP) -> None:
        """A server that says no good-bye has taken the message all the same."""
        try:
            connection.quit()
        except OSError:
            connection.close()


def said(error: OSError) -> str:
    """Returns why an e-mail could not be sent, in words for people."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            return f"The mail server refused {_listed(error.recipients)}."
        case smtplib.SMTPAuthenticationError():
            return f"The mail server refused the sign-in: {_answer(error.smtp_code, error.smtp_error)}."
        case smtplib.SMTPResponseException():
            return f"The mail server refused it: {_answer(error.smtp_code, error.smtp_error)}."
        case ssl.SSLCertVerificationError():
            return f"The mail server's certificate isn't trusted: {error.verify_message}."
        case TimeoutError():
            return _SLOW
        case smtplib.SMTPServerDisconnected():  # which smtplib raises for a time-out, too
            return _SLOW if isinstance(error.__context__, TimeoutError) else "The mail server closed the connection."
        case ConnectionRefusedError():
            return "The mail server doesn't accept connections."
    return f"{error}"


def _listed(refused: Mapping[str, tuple[int, bytes]]) -> str:
    return ", ".join(f"{address} ({_answer(*answer)})" for address, answer in refused.items())


def _answer(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {' '.join(text.split())[:200]}".strip().rstrip(".")
