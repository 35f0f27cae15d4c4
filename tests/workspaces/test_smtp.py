"""What became of an e-mail: taken, refused, taken for some, or nobody knows."""

import smtplib
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.mail import EmailMessage

from tests.servers.mail_server import Fault, MailServer, mail_server
from workspaces import smtp

pytestmark = pytest.mark.django_db


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as made:
        yield made


def send(server: MailServer, *to: str, use_tls: bool = False) -> None:
    backend = smtp.Backend(host="127.0.0.1", port=server.port, timeout=0.3, use_tls=use_tls, alias="default")
    backend.send_messages([EmailMessage("Told", "A run has ended.", "marl@example.com", to or ["sam@example.com"])])


def failing(server: MailServer, *to: str) -> str:
    with pytest.raises(OSError) as caught:  # noqa: PT011  of which those of smtplib are kinds
        send(server, *to)
    assert not isinstance(caught.value, smtp.MaybeTaken | smtp.TakenForSome)
    return smtp.said(caught.value)


def test_marl_sends_by_it() -> None:
    from config import settings as configured

    assert configured.MAILERS["default"]["BACKEND"] == f"{smtp.Backend.__module__}.{smtp.Backend.__name__}"


def test_a_message_arrives(server: MailServer) -> None:
    send(server)
    [text] = server.texts
    assert b"A run has ended." in text


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("busy", "The mail server refused it: 421 too busy."),
        ("silent", "The mail server took too long to answer."),
        ("cut", "The mail server closed the connection."),
        ("full", "The mail server refused it: 452 4.3.1 mailbox full."),
    ],
)
def test_what_was_not_taken_says_why(server: MailServer, fault: Fault, words: str) -> None:
    server.fault = fault
    assert failing(server) == words
    assert server.texts == []


def test_addresses_that_are_all_refused_are_named(server: MailServer) -> None:
    server.unknown = ("sam@", "kim@")
    words = "sam@example.com (550 5.1.1 no such user), kim@example.com (550 5.1.1 no such user)"
    assert failing(server, "sam@example.com", "kim@example.com") == f"The mail server refused {words}."


def test_an_address_that_is_refused_beside_others_is_named(server: MailServer) -> None:
    server.unknown = ("kim@",)
    with pytest.raises(smtp.TakenForSome, match=r"not sent to kim@example\.com \(550 5\.1\.1 no such user\)"):
        send(server, "sam@example.com", "kim@example.com")
    assert len(server.texts) == 1


@pytest.mark.parametrize("fault", ["silent_after_text", "cut_after_text"])
def test_a_message_without_an_answer_may_have_been_taken(server: MailServer, fault: Fault) -> None:
    server.fault = fault
    with pytest.raises(smtp.MaybeTaken, match="The mail server gave no answer"):
        send(server)
    assert len(server.texts) == 1


def test_a_server_that_says_no_goodbye_has_taken_the_message(server: MailServer) -> None:
    server.fault = "no_goodbye"
    send(server)
    assert len(server.texts) == 1


def test_a_server_without_tls_gets_nothing_that_was_to_be_encrypted(server: MailServer) -> None:
    with pytest.raises(smtplib.SMTPNotSupportedError):
        send(server, use_tls=True)
    assert server.texts == []


def test_a_certificate_that_nobody_vouches_for_is_refused_in_words(tmp_path: Path) -> None:
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-days", "1"]
    subprocess.run([*made, "-keyout", "key.pem", "-out", "cert.pem"], cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with mail_server(context) as server:
        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            send(server, use_tls=True)
        assert smtp.said(caught.value) == "The mail server's certificate isn't trusted: self-signed certificate."
        assert server.texts == []


def test_a_server_that_is_not_there_says_so() -> None:
    with mail_server() as server:
        pass
    assert failing(server) == "The mail server doesn't accept connections."
