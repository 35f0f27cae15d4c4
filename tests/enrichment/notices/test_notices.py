"""A run that has ended is told to whom the table says, once, and what does not arrive is tried again."""

import json
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from django.conf import LazySettings
from django.core import mail
from django.utils import timezone

from enrichment.http_client import event_loop
from enrichment.models import Notice, NoticeSettings, Run
from enrichment.notices import delivery, telling
from enrichment.notices import settings as notice_settings
from enrichment.runs import lifecycle
from tables import dispatch, outbox
from tables.models import Column, Table
from tests.enrichment.api.test_api import Caller
from workspaces import smtp
from workspaces.models import Role, User, Workspace
from workspaces.refusals import Refused
from workspaces.tokens import create_api_token

pytestmark = pytest.mark.django_db(transaction=True)

HOOK = "https://hooks.slack.example/services/T0/B0/s3cret"


class Channel:
    """A webhook that answers with a status."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, str]] = []
        self.keys: list[str] = []
        self.status = 200
        self.headers: dict[str, str] = {}

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.posts.append((str(request.url), json.loads(request.content)["text"]))
        self.keys.append(request.headers["Idempotency-Key"])
        text = "channel_is_archived" if self.status != 200 else "ok"
        return httpx.Response(self.status, text=text, headers=self.headers)


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> Channel:
    made = Channel()
    monkeypatch.setattr(event_loop, "transport", lambda: httpx.MockTransport(made.answer))
    return made


@pytest.fixture
def ended(http: Callable[..., Column]) -> Callable[..., Run]:
    """A run of three rows that has ended with so many failures."""
    column = http()

    def end(failed: int = 0, *, automatic: bool = False) -> Run:
        run = lifecycle.plan(column, "all", automatic=automatic)
        Run.objects.filter(pk=run.pk).update(done=3 - failed, failed=failed, total=3)
        run.refresh_from_db()
        return lifecycle.stop(run, "The API refused the sign-in.")

    return end


def deliver() -> None:
    Notice.objects.filter(due_at__isnull=False).update(due_at=timezone.now() - timedelta(seconds=1))
    for pk in Notice.objects.filter(due_at__isnull=False).values_list("pk", flat=True):
        delivery.deliver(pk)


def state(notice: Notice) -> str:
    [shown] = notice_settings.shown(notice_settings.of_table(notice.table_id))["last"]
    return str(shown["state"])


def test_a_run_is_told_once_in_words_that_cannot_call_a_channel(
    leads: Table, channel: Channel, ended: Callable[..., Run]
) -> None:
    notice_settings.change(leads, webhook_url=HOOK)
    Column.objects.filter(name="Profile").update(name="<!channel> & co")
    run = ended(failed=1)
    [notice] = Notice.objects.all()
    deliver()
    delivery.deliver(notice.pk)
    assert channel.posts == [(HOOK, channel.posts[0][1])]
    told = channel.posts[0][1].split("\n")
    assert told[0] == "“&lt;!channel&gt; &amp; co” in Leads was stopped: 2 done, 1 failed."
    assert told[1] == "The API refused the sign-in."
    assert told[2].endswith(f"/tables/{leads.pk}")
    notice.refresh_from_db()
    assert (notice.run_id, notice.sent_at is None, notice.due_at, notice.error) == (run.pk, False, None, "")


def test_two_workers_with_the_same_task_send_once(leads: Table, channel: Channel, ended: Callable[..., Run]) -> None:
    notice_settings.change(leads, webhook_url=HOOK)
    ended()
    [notice] = Notice.objects.all()
    channel.status = 500
    delivery.deliver(notice.pk)
    delivery.deliver(notice.pk)
    assert len(channel.posts) == 1


def test_what_does_not_arrive_is_tried_three_times_more_and_then_given_up(
    leads: Table, channel: Channel, ended: Callable[..., Run]
) -> None:
    notice_settings.change(leads, webhook_url=HOOK)
    ended()
    channel.status = 404
    for _ in range(6):
        deliver()
    [notice] = Notice.objects.all()
    assert (len(channel.posts), notice.due_at, notice.sent_at) == (4, None, None)
    assert notice.error == "The webhook answered 404: channel_is_archived"
    assert len(set(channel.keys)) == 1
    assert state(notice) == "given_up"


@pytest.mark.parametrize(
    ("status", "retry_after", "seconds"),
    [(429, "600", 600), (503, "900", 900), (429, "5", 60), (429, "999999", outbox.LONGEST), (404, "600", 60)],
)
def test_a_webhook_that_asks_to_wait_is_not_tried_before(
    status: int, retry_after: str, seconds: int, leads: Table, channel: Channel, ended: Callable[..., Run]
) -> None:
    notice_settings.change(leads, webhook_url=HOOK)
    ended()
    channel.status, channel.headers = status, {"Retry-After": retry_after}
    deliver()
    due_at = Notice.objects.get().due_at
    assert due_at
    assert abs((due_at - timezone.now()).total_seconds() - seconds) < 30
    outbox.dispatch_due(Notice, telling.DELIVER)  # which mends only what no receiver asks for
    assert Notice.objects.get().due_at == due_at


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (httpx.ReadTimeout("slow"), "The server didn't answer within 30 s."),
        (httpx.ReadError("cut"), "hooks.slack.example closed the connection before it answered."),
    ],
)
def test_what_may_have_arrived_is_not_sent_again(
    fault: Exception, words: str, leads: Table, ended: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        raise TimeoutError if isinstance(fault, httpx.ReadTimeout) else fault

    monkeypatch.setattr(event_loop, "transport", lambda: httpx.MockTransport(answer))
    notice_settings.change(leads, webhook_url=HOOK)
    ended()
    for _ in range(2):
        deliver()
    notice = Notice.objects.get()
    assert (len(asked), notice.due_at, state(notice), notice.error) == (1, None, "maybe_sent", words)


def test_what_a_worker_was_sending_when_it_died_is_not_sent_again(
    leads: Table, channel: Channel, ended: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise SystemExit

    notice_settings.change(leads, webhook_url=HOOK)
    ended()
    with monkeypatch.context() as dying:
        dying.setattr(delivery, "send", die)
        with pytest.raises(SystemExit):
            deliver()
    assert state(Notice.objects.get()) == "waiting"
    deliver()
    notice = Notice.objects.get()
    assert (channel.posts, notice.due_at, state(notice)) == ([], None, "maybe_sent")
    assert notice.error == "Marl stopped while it was being sent."


def test_a_webhook_that_has_moved_says_where_without_its_secrets(
    leads: Table, ended: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = httpx.MockTransport(lambda request: httpx.Response(307, headers={"Location": "https://new.example/s3cret"}))
    monkeypatch.setattr(event_loop, "transport", lambda: moved)
    notice_settings.change(leads, webhook_url=HOOK)
    ended()
    deliver()
    assert Notice.objects.get().error == "The webhook answered 307: it has moved to new.example. Enter its new address."


def test_an_answer_that_repeats_the_address_is_told_without_its_secrets(
    leads: Table, channel: Channel, ended: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "T0A1B2C3D/B9Z8Y7X6W/s3cr3tS3cr3tS3cr3t"
    told = f"Cannot POST /services/{secret}?key=k3yk3yk3y (s3cr3tS3cr3tS3cr3t, k3yk3yk3y)"
    gone = httpx.MockTransport(lambda request: httpx.Response(404, text=told))
    monkeypatch.setattr(event_loop, "transport", lambda: gone)
    notice_settings.change(leads, webhook_url=f"https://hooks.example/services/{secret}?key=k3yk3yk3y")
    ended()
    deliver()
    error = Notice.objects.get().error
    assert error.startswith("The webhook answered 404: Cannot POST •")
    assert not any(part in error for part in ("T0A1B2C3D", "B9Z8Y7X6W", "s3cr3t", "k3yk3y"))


def test_words_of_the_address_that_are_no_secrets_stay_in_what_is_told(
    leads: Table, ended: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connect to hooks")

    monkeypatch.setattr(event_loop, "transport", lambda: httpx.MockTransport(refuse))
    notice_settings.change(leads, webhook_url="https://hooks.example/hooks/s3cr3tS3cr3tS3cr3t")
    ended()
    deliver()
    assert "hooks.example" in Notice.objects.get().error


def test_what_was_to_be_told_to_nobody_any_more_is_not_shown_as_sent(
    leads: Table, channel: Channel, ended: Callable[..., Run]
) -> None:
    notice_settings.change(leads, webhook_url=HOOK)
    ended()
    notice_settings.change(leads, webhook_url="")
    deliver()
    notice = Notice.objects.get()
    assert (channel.posts, notice.sent_at, notice.error) == ([], None, "Nobody is to be told by this way any more.")


def test_a_fault_of_ours_is_noted_and_given_up_in_the_end(
    leads: Table, ended: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    notice_settings.change(leads, webhook_url=HOOK)
    ended()
    monkeypatch.setattr(delivery, "send", lambda *_: 1 / 0)
    for _ in range(4):
        with pytest.raises(ZeroDivisionError):
            deliver()
    notice = Notice.objects.get()
    assert (notice.due_at, notice.error) == (None, "Something went wrong on our side. The server's log says why.")


def test_nobody_is_told_of_what_starts_or_was_stopped_by_hand(
    leads: Table, ended: Callable[..., Run], http: Callable[..., Column]
) -> None:
    notice_settings.change(leads, webhook_url=HOOK)
    ended(automatic=True)
    lifecycle.stop(lifecycle.plan(http("Other"), "all"))
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    ("failed", "percent", "is_told"), [(0, 0, False), (1, 33, True), (1, 34, False), (3, 99, True)]
)
def test_only_runs_of_which_more_failed_are_told_where_it_is_set_so(
    failed: int, percent: int, is_told: bool, leads: Table, http: Callable[..., Column]
) -> None:
    notice_settings.change(leads, webhook_url=HOOK, when="failures", failed_percent=percent)
    run = lifecycle.plan(http(), "all")
    run.state, run.done, run.failed = Run.State.DONE, 3 - failed, failed
    telling.run_ended(run)
    assert Notice.objects.exists() is is_told


def test_an_email_has_the_words_and_goes_to_all(
    leads: Table, settings: LazySettings, ended: Callable[..., Run]
) -> None:
    settings.CAN_EMAIL, settings.EMAIL_FROM = True, "marl@example.com"
    notice_settings.change(leads, emails=["sam@example.com", " kim@example.com ", "sam@example.com"])
    ended(failed=2)
    deliver()
    [message] = mail.outbox
    assert message.to == ["sam@example.com", "kim@example.com"]
    assert message.subject == "Marl: “Profile” in Leads was stopped: 1 done, 2 failed."


@pytest.mark.parametrize(
    ("fault", "words", "becomes"),
    [
        (smtp.MaybeTaken("The mail server gave no answer."), "The mail server gave no answer.", "maybe_sent"),
        (smtp.TakenForSome({"kim@example.com": (550, b"no")}), "It was not sent to kim@example.com (550 no).", "sent"),
        (TimeoutError(), "The e-mail could not be sent. The mail server took too long to answer.", "waiting"),
    ],
)
def test_what_the_mail_server_did_with_it_is_listed(
    fault: OSError,
    words: str,
    becomes: str,
    leads: Table,
    settings: LazySettings,
    ended: Callable[..., Run],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_: object) -> None:
        raise fault

    settings.CAN_EMAIL, settings.EMAIL_FROM = True, "marl@example.com"
    monkeypatch.setattr(mail.EmailMessage, "send", refuse)
    notice_settings.change(leads, emails=["sam@example.com", "kim@example.com"])
    ended()
    deliver()
    notice = Notice.objects.get()
    assert (state(notice), notice.error) == (becomes, words)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"webhook_url": "slack.com/x"}, "Enter the webhook's whole address"),
        ({"webhook_url": "ftp://x"}, "Enter the webhook's whole address"),
        ({"webhook_url": "http://[::1"}, "Enter the webhook's whole address"),
        ({"emails": ["sam@example.com\nBcc: all@example.com"]}, "isn't an e-mail address"),
        ({"emails": [f"a{number}@example.com" for number in range(11)]}, "at most 10"),
        ({"when": "never"}, "either of"),
        ({"failed_percent": 100}, "from 0 to 99"),
    ],
)
def test_what_cannot_be_told_is_refused(
    given: dict[str, object], words: str, leads: Table, settings: LazySettings
) -> None:
    settings.CAN_EMAIL, settings.EMAIL_FROM = True, "marl@example.com"
    with pytest.raises(Refused, match=words):
        notice_settings.change(leads, **given)  # type: ignore[arg-type]
    assert not NoticeSettings.objects.exists()


def test_without_a_mail_server_addresses_are_refused(leads: Table) -> None:
    with pytest.raises(Refused, match="MARL_SMTP_URL"):
        notice_settings.change(leads, emails=["sam@example.com"])


def test_the_address_is_stored_encrypted_and_never_shown(
    leads: Table, workspace: Workspace, editor: User, channel: Channel
) -> None:
    call = Caller(create_api_token(workspace, "tests", Role.EDITOR, editor)[1])
    status, told = call("POST", f"/tables/{leads.pk}/notices/test")
    assert (status, told["error"]["message"]) == (409, "No webhook and no e-mail address is set.")
    status, shown = call("PATCH", f"/tables/{leads.pk}/notices", {"webhook_url": HOOK})
    assert (status, shown["webhook_host"]) == (200, "hooks.slack.example")
    assert "s3cret" not in json.dumps(shown) + NoticeSettings.objects.get().sealed
    assert call("POST", f"/tables/{leads.pk}/notices/test") == (200, {"sent": ["webhook"]})
    channel.status = 410
    status, told = call("POST", f"/tables/{leads.pk}/notices/test")
    assert (status, told["error"]["message"]) == (409, "The webhook answered 410: channel_is_archived")
    status, shown = call("PATCH", f"/tables/{leads.pk}/notices", {"webhook_url": ""})
    assert (status, shown["webhook_host"]) == (200, None)
    viewer = Caller(create_api_token(workspace, "viewer", Role.VIEWER, editor)[1])
    assert viewer("GET", f"/tables/{leads.pk}/notices")[0] == 403


def test_only_the_last_notices_are_kept(leads: Table, ended: Callable[..., Run]) -> None:
    notice_settings.change(leads, webhook_url=HOOK)
    run = ended()
    Notice.objects.update(due_at=None)
    for _ in range(notice_settings.LAST + 5):
        Notice.objects.create(table=leads, run=run, channel="webhook")
    waiting = Notice.objects.create(table=leads, run=run, channel="webhook", due_at=timezone.now())
    delivery.prune()
    assert Notice.objects.count() == notice_settings.LAST
    assert Notice.objects.filter(pk=waiting.pk).exists()


def test_what_was_put_off_by_a_clock_that_was_ahead_is_due(
    leads: Table, ended: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    notice_settings.change(leads, webhook_url=HOOK)
    ended()
    monkeypatch.setattr(dispatch, "send", lambda task, pk: sent.append(pk))
    notice = Notice.objects.get()
    for ahead in (timedelta(minutes=30), timedelta(days=400)):
        Notice.objects.update(due_at=timezone.now() + ahead)
        outbox.dispatch_due(Notice, telling.DELIVER)
    assert sent == [notice.pk]
