"""Settings that contradict each other stop the start, and say what to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as chosen
from django.utils.module_loading import import_string

ROOT = Path(__file__).resolve().parents[2]


def settings(folder: Path, wanted: str, **given: str) -> subprocess.CompletedProcess[str]:
    program = f"from config import settings; print({wanted})"
    environment = os.environ | {"MARL_DATA_DIR": str(folder)} | given
    return subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"MARL_OIDC_ISSUER": "https://login.example"}, "MARL_OIDC_ISSUER needs MARL_OIDC_CLIENT_ID"),
        ({"MARL_OIDC_ROLE": "admin", "MARL_OIDC_DOMAINS": "*"}, "MARL_OIDC_ROLE is one of viewer, editor, owner, not"),
        ({"MARL_OIDC_ROLE": "viewer"}, "MARL_OIDC_ROLE needs MARL_OIDC_DOMAINS, or * there for everyone"),
        ({"MARL_OIDC_ROLES": "growth"}, "MARL_OIDC_ROLES: write GROUP=ROLE, of the roles viewer, editor, owner"),
        ({"MARL_OIDC_ROLES": "a=editor,b=admin"}, "not b=admin."),
    ],
)
def test_settings_that_open_too_much_or_say_nothing_stop_the_start(
    given: dict[str, str], told: str, tmp_path: Path
) -> None:
    ended = settings(tmp_path, "1", **given)
    assert ended.returncode != 0
    assert told in ended.stderr


def test_a_secret_comes_from_a_file_and_a_group_may_hold_an_equals_sign(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    given = {"MARL_OIDC_CLIENT_SECRET_FILE": str(tmp_path / "secret"), "MARL_OIDC_ROLES": "ou=growth=editor, x=viewer"}
    ended = settings(tmp_path, "settings.OIDC_CLIENT_SECRET, settings.OIDC_ROLES", **given)
    assert ended.stdout.strip() == "from a file {'ou=growth': 'editor', 'x': 'viewer'}", ended.stderr


def test_a_secret_for_which_there_is_no_space_leaves_no_empty_file(tmp_path: Path) -> None:
    """The next start would take it for the secret."""
    program = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (8, 8)); from config import settings"
    environment = os.environ | {"MARL_DATA_DIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert "File too large" in ended.stderr
    assert not list(tmp_path.iterdir())


def test_all_middlewares_of_a_request_run_in_one_thread_without_a_task_for_each() -> None:
    """Django calls those behind the last one that is not for async in tasks of the event loop, and waits for each."""
    assert not getattr(import_string(chosen.MIDDLEWARE[-1]), "async_capable", False)
