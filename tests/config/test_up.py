"""What `make run` says when it cannot start."""

import errno
import fcntl
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from config import up
from tests.servers.processes import free_port

ROOT = Path(__file__).resolve().parents[2]


def start(**environment: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "config.up"]
    ended = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=60)
    return ended.returncode, ended.stderr


def test_a_port_in_use_is_reported_with_a_way_out(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, words = start(MARL_DATA_DIR=str(tmp_path), PORT=str(port))
    assert code == 1
    assert f"Port {port} cannot be used" in words
    assert "make run" in words
    assert "Traceback" not in words


def test_a_port_is_held_while_the_parts_start() -> None:
    port = free_port()
    with up.listen(port), pytest.raises(up.CannotStart, match=f"Port {port} cannot be used"):
        up.listen(port)


@pytest.mark.parametrize("port", ["eighty", "0", "70000", "-1"])
def test_a_port_that_is_no_port_is_refused(tmp_path: Path, port: str) -> None:
    code, words = start(MARL_DATA_DIR=str(tmp_path), PORT=port)
    assert code == 1
    assert (
        words.strip()
        == f"Marl could not start. PORT is “{port}”, which is not a port number. Choose one from 1 to 65535."
    )


def test_a_second_start_on_the_same_data_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        code, words = start(MARL_DATA_DIR=str(tmp_path))
    assert code == 1
    assert "already running" in words


def test_a_data_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    code, words = start(MARL_DATA_DIR=str(tmp_path / "file" / "data"))
    assert code == 1
    assert "data folder" in words
    assert "Traceback" not in words


def test_a_redis_that_does_not_answer_is_reported(tmp_path: Path) -> None:
    code, words = start(MARL_DATA_DIR=str(tmp_path), PORT="18765", REDIS_URL="redis://127.0.0.1:1/0")
    assert code == 1
    assert "Marl could not start" in words
    assert "Traceback" not in words


def test_an_old_python_is_reported_in_one_sentence(tmp_path: Path) -> None:
    """The set-up script finds no Python but one that says it is too old."""
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1\n')
    old.chmod(0o755)
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "setup.sh").write_text((ROOT / "scripts" / "setup.sh").read_text())
    for tool in ("dirname", "cat", "sh"):
        os.symlink(f"/bin/{tool}" if os.path.exists(f"/bin/{tool}") else f"/usr/bin/{tool}", tmp_path / tool)
    done = subprocess.run(
        ["/bin/sh", str(tmp_path / "scripts" / "setup.sh")],
        env={"PATH": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "Marl needs Python 3.12 or newer; this machine has Python 3.9.2. "
        "Install a newer one, or set PYTHON to its path."
    )


def test_a_data_folder_that_cannot_be_written_to_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(**_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setenv("MARL_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(up.CannotStart, match=r"cannot write into its data folder .* \(Read-only file system"):
        up.data_folder()


def test_a_part_whose_log_cannot_be_written_is_started_without(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "worker.log").mkdir()
    part = up.Part("worker", [sys.executable, "-c", "print('lost')"])
    part.start(tmp_path)
    assert part.process
    assert part.process.wait(30) == 0
    assert capfd.readouterr().out.startswith(
        "What the worker says is lost: its log cannot be written (Is a directory)."
    )
