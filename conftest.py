"""What every Django test shares: a data folder and a Redis of its own, a workspace with three roles, an outsider.

Set before Django reads its settings; engine tests run without any of it.
"""

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django
import hypothesis
import pytest
from pytest_django import DjangoDbBlocker

_folder = Path(tempfile.mkdtemp(prefix="marl-test-"))
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
_shared = Path(os.environ.setdefault("MARL_TEST_SHARED", str(_folder)))  # of the process that started the others
os.environ["MARL_DATA_DIR"] = str(_folder)
os.environ.setdefault("MARL_ALLOWED_NETWORKS", "127.0.0.0/8,::1/128")
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"


# How long an example takes is no fault of it: the machine may be busy.
hypothesis.settings.register_profile("marl", deadline=None)
hypothesis.settings.load_profile("marl")


# Where single tests take longest: they start browsers and apps, restore backups, edit a table a hundred times.
_LONGEST = ("e2e", "backups", "model")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--only-database", action="store_true", help="leave out the tests that are the same on any")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # Those files first, so that no process waits for the last one of another.
    items.sort(key=lambda item: not set(_LONGEST) & set(item.path.parts))
    if not config.getoption("--only-database"):
        return
    by_use: dict[bool, list[pytest.Item]] = {True: [], False: []}
    for item in items:
        by_use[_depends_on_database(item)].append(item)
    config.hook.pytest_deselected(items=by_use[False])
    items[:] = by_use[True]


def _depends_on_database(item: pytest.Item) -> bool:
    if item.get_closest_marker("wire"):
        return False
    fixtures = getattr(item, "fixturenames", ())
    return "db" in fixtures or "transactional_db" in fixtures or item.get_closest_marker("django_db") is not None


def pytest_configure() -> None:
    django.setup()
    # A test process that finds it would read the settings before it has a folder and a Redis of its own.
    del os.environ["DJANGO_SETTINGS_MODULE"]
    from django.conf import settings

    # The real one takes half a second for each user, by design.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Pages name their assets without a build or a collected folder.
    settings.STATIC_ROOT = _folder / "static"
    settings.STATIC_ROOT.mkdir()
    if settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        settings.DATABASES["default"]["OPTIONS"]["options"] = "-c synchronous_commit=off"  # tests outlive no crash
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


def _start_redis() -> None:
    from config.bundled_redis import command

    socket = _folder / "redis.sock"
    process = subprocess.Popen(command(_folder, keep=False), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    atexit.register(process.wait)
    atexit.register(process.terminate)
    os.environ["REDIS_URL"] = f"unix://{socket}"


def _choose_redis() -> None:
    """One for each test process, because tests empty it: a server of its own, or another database of the given one."""
    given, worker = os.environ.get("REDIS_URL", ""), os.environ.get("PYTEST_XDIST_WORKER", "")
    if not given or given.startswith("unix:"):
        _start_redis()
    elif worker:
        server, _, database = given.rpartition("/")
        os.environ["REDIS_URL"] = f"{server}/{int(database) - int(worker.removeprefix('gw'))}"


_choose_redis()


@pytest.fixture(scope="session")
def redis_server() -> None:
    """Waits until Redis answers; it starts beside the test session."""
    from config.bundled_redis import wait_until_ready

    wait_until_ready(os.environ["REDIS_URL"])


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        yield
        return
    from tests.migrated_database import migrated_once

    with migrated_once(_shared, django_db_blocker):
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The threads that send keep their connections, and a database cannot be dropped before they are closed."""
    _leave_out_permissions()
    _empty_with_delete()
    yield
    from enrichment.http_client import event_loop

    with django_db_blocker.unblock():
        event_loop.leave_database()


def _leave_out_permissions() -> None:
    """Django would make them anew whenever the tables are emptied, ten times the work of emptying; Marl has none."""
    from django.contrib.contenttypes.management import create_contenttypes
    from django.db.models.signals import post_migrate

    post_migrate.disconnect(create_contenttypes)
    for name in ("create_permissions", "rename_permissions"):
        post_migrate.disconnect(dispatch_uid=f"django.contrib.auth.management.{name}")


def _empty_with_delete() -> None:
    """PostgreSQL makes new files for each table that it truncates; the tables of a test hold a few rows."""
    from django.db.backends.postgresql.operations import DatabaseOperations

    def sql_flush(self: DatabaseOperations, style: Any, tables: list[str], **_: bool) -> list[str]:
        return [f"DELETE FROM {self.quote_name(table)}" for table in tables]  # noqa: S608

    DatabaseOperations.sql_flush = sql_flush  # type: ignore[assignment,method-assign]


@pytest.fixture(autouse=True)
def _nobody_acts() -> None:
    """Forgets who acted in the test before, whose user is gone."""
    from workspaces import actors, audit

    audit.clear_actor()
    actors.forget_acting()


@pytest.fixture(autouse=True)
def _clean_redis(request: pytest.FixtureRequest) -> Iterator[None]:
    if "db" not in request.fixturenames and "transactional_db" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("redis_server")
    # First, so that the database is still there when the worker leaves.
    request.getfixturevalue("transactional_db" if "transactional_db" in request.fixturenames else "db")
    import redis
    from django.conf import settings

    from enrichment.worker import heartbeat, pipeline, step

    with redis.Redis.from_url(settings.REDIS_URL) as server:
        server.flushdb()
        yield
        if pipeline.under_way:  # what it stored later would meet the tables being emptied, or the next test
            step.end_requests(5)
        heartbeat.leave()
        server.flushdb()


@pytest.fixture
def workspace(db: None):  # type: ignore[no-untyped-def]
    from workspaces.models import Workspace

    return Workspace.objects.create(name="Acme growth")


def _member(workspace, email: str, role: str):  # type: ignore[no-untyped-def]
    from workspaces.models import Membership, User

    user = User.objects.create_user(email, "a long passphrase")
    Membership.objects.create(user=user, workspace=workspace, role=role)
    return user


@pytest.fixture
def owner(workspace):  # type: ignore[no-untyped-def]
    return _member(workspace, "owner@example.com", "owner")


@pytest.fixture
def editor(workspace):  # type: ignore[no-untyped-def]
    return _member(workspace, "editor@example.com", "editor")


@pytest.fixture
def viewer(workspace):  # type: ignore[no-untyped-def]
    return _member(workspace, "viewer@example.com", "viewer")


@pytest.fixture
def outsider(db: None):  # type: ignore[no-untyped-def]
    """Charlie: an owner of another workspace, who must find nothing here."""
    from workspaces.models import Workspace

    return _member(Workspace.objects.create(name="Charlie's"), "charlie@example.com", "owner")


@pytest.fixture
def client_for() -> Callable:  # type: ignore[type-arg]
    from django.test import Client

    def signed_in(user):  # type: ignore[no-untyped-def]
        client = Client()
        client.force_login(user)
        return client

    return signed_in
