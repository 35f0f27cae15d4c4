"""What becomes of runs when everything is lost and a backup comes back that was made in their middle."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.faults.app import Marl
from tests.faults.databases import Database
from tests.faults.parts import kill
from tests.faults.sheets import KEYED, SAFE, UNSAFE, Sheet, faulted, settle_all, start_all

pytestmark = pytest.mark.faults


@pytest.fixture
def sheets(sheet: Callable[..., Sheet]) -> Sequence[Sheet]:
    """So slow that they are in the middle as long as it takes to make a backup."""
    configs = [SAFE, UNSAFE, KEYED, UNSAFE | {"collapse_duplicates": True}]
    return [sheet(config, rows=300, latency=0.7, max_in_flight=4) for config in configs]


def test_a_backup_from_the_middle_of_runs_is_restored(
    marl: Marl, apps: list[Marl], sheets: Sequence[Sheet], database: Database, tmp_path: Path
) -> None:
    """everything lost, restored from a backup made in the middle of the run"""
    start_all(sheets, 20)
    marl.manage("backup", str(tmp_path / "backup"), "--keys", str(tmp_path / "keys"))
    before = [len(each.book.arrivals) for each in sheets]
    for each, arrived in zip(sheets, before, strict=True):
        each.wait_for_arrivals(arrived + 8)  # which the backup does not know of
        assert each.run()["state"] == "running"
    kill(*marl.parts)

    apps[0] = restored = Marl(database)
    told = restored.restore(str(tmp_path / "backup"), "--keys", str(tmp_path / "keys"))
    marl.close()
    assert "4 runs that were open are paused: resume them in their tables." in told
    restored.start()
    for each in sheets:
        each.marl, each.book.latency = restored, 0.02
        assert each.run()["state"] == "paused"
        assert "restored from a backup" in each.run()["stop_reason"]
        each.ask("resume")
    faulted(sheets)
    settle_all(sheets)
    done_before, in_doubt = sheets[1].states()["done"], sheets[1].states()["unknown"]
    assert done_before >= 8
    assert in_doubt == sheets[1].rows - done_before
