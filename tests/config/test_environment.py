"""Secrets come from the environment or from files, and a wrong one is told."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import secret

ROOT = Path(__file__).resolve().parents[2]


def test_a_secret_is_the_variable_or_what_its_file_holds(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file\n")
    assert secret("KEY", {}) == ""
    assert secret("KEY", {"KEY": "given"}) == "given"
    assert secret("KEY", {"KEY_FILE": str(tmp_path / "key")}) == "from a file"
    assert secret("KEY", {"KEY": "", "KEY_FILE": str(tmp_path / "key")}) == "from a file"


def test_two_values_and_a_file_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="Both KEY and KEY_FILE are set"):
        secret("KEY", {"KEY": "a", "KEY_FILE": "b"})
    with pytest.raises(ImproperlyConfigured, match=r"KEY_FILE names .*missing, which can't be read: No such file"):
        secret("KEY", {"KEY_FILE": str(tmp_path / "missing")})
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ImproperlyConfigured, match="isn't text"):
        secret("KEY", {"KEY_FILE": str(tmp_path / "binary")})


def test_every_secret_setting_can_come_from_a_file(tmp_path: Path) -> None:
    values = {
        "MARL_SECRET_KEY": "a secret key",
        "MARL_ENCRYPTION_KEYS": "one, two",
        "MARL_SMTP_URL": "smtp://user:p%40ss@mail.example:2525",
        "MARL_METRICS_TOKEN": "of metrics",
        "MARL_OIDC_CLIENT_SECRET": "of oidc",
        "DATABASE_URL": "postgresql://marl:secret@db.example/marl",
        "REDIS_URL": "redis://:hidden@redis.example/3",
    }
    environment = {
        "PATH": os.environ["PATH"],
        "MARL_DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    for name, value in values.items():
        (tmp_path / name).write_text(f"{value}\n")
        environment[f"{name}_FILE"] = str(tmp_path / name)
    program = (
        "from django.conf import settings as s; database = s.DATABASES['default'];"
        "print([s.SECRET_KEY, s.ENCRYPTION_KEYS, s.MAILERS['default']['OPTIONS']['password'],"
        " database['PASSWORD'], s.CELERY_BROKER_URL, s.METRICS_TOKEN, s.OIDC_CLIENT_SECRET])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    told = (
        "['a secret key', ['one', 'two'], 'p@ss', 'secret', 'redis://:hidden@redis.example/3', 'of metrics', 'of oidc']"
    )
    assert done.stdout.strip() == told
