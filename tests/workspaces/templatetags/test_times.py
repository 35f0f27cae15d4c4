"""Moments in words."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from workspaces.templatetags.times import ago

NOW = datetime(2026, 5, 31, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        ("2026-05-31T11:59:01Z", "just now"),
        ("2026-05-31T11:58:01Z", "1\u00a0min ago"),
        ("2026-05-31T09:00:01Z", "2\u00a0h ago"),
        ("2026-05-30T12:00:00Z", "1\u00a0day ago"),
        ("2026-05-02T11:00:00Z", "29\u00a0days ago"),
        ("2026-04-30T12:00:00Z", "on 30 Apr 2026"),
    ],
)
def test_a_moment_that_has_passed_is_told_alike_at_every_distance(
    moment: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    assert ago(datetime.fromisoformat(moment)) == shown
