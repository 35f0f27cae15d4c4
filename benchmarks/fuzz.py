"""Runs schemathesis against a server of this machine: every operation by itself, and operations one after another.

`python -m benchmarks.fuzz [--seconds 600] [--seed 17]`; PostgreSQL by DATABASE_URL and REDIS_URL, which it fills.
No worker runs, and operations that send a request to wherever they are told are left out: nothing leaves the machine.
Ends with the status of schemathesis: 0 without a finding.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from config.bundled_redis import command, wait_until_ready
from tests.servers.processes import ROOT, free_port, serving

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
_WITHOUT_LIMIT = {"MARL_API_REQUESTS_PER_MINUTE": "0"}
SENDING = r"/test$|/sources/[^/]+/preview$"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=17)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="marl-fuzz-") as folder, _redis(Path(folder)) as redis_url:
        environment = {**os.environ, "MARL_DATA_DIR": folder, "REDIS_URL": redis_url, **_WITHOUT_LIMIT}
        token = _prepared(environment)
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        web = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port)]
        with serving(web, f"{address}/healthz", env=environment):
            return subprocess.run(_fuzzer(address, token, options), cwd=folder, check=False).returncode


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    if given := os.environ.get("REDIS_URL"):
        yield given
        return
    url = f"unix://{folder / 'redis.sock'}"
    process = subprocess.Popen(command(folder, keep=False))
    try:
        wait_until_ready(url)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _prepared(environment: Mapping[str, str]) -> str:
    """Returns the token of an owner of an empty workspace."""
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "--verbosity", "0"], cwd=ROOT, env=environment, check=True)
    ask = [*manage, "api_token", "--name", "fuzz", "--role", "owner"]
    return subprocess.run(ask, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout.strip()


def _fuzzer(address: str, token: str, options: argparse.Namespace) -> list[str]:
    chosen = {
        "--header": f"Authorization: Bearer {token}",
        "--checks": CHECKS,
        "--exclude-path-regex": SENDING,
        "--max-time": str(options.seconds),
        "--seed": str(options.seed),
        "--warnings": "off",
    }
    given = [part for pair in chosen.items() for part in pair]
    fuzzer = [sys.executable, "-m", "schemathesis.cli", "run", f"{address}/api/v1/openapi.json"]
    return [*fuzzer, *given, "--continue-on-failure"]


if __name__ == "__main__":
    sys.exit(main())
