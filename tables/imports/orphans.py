"""Files of imports that no import knows: their process died after it had written one, and before it had noted it."""

import logging
import re
import time
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from tables.models import Import

log = logging.getLogger(__name__)

KEPT_FOR = timedelta(hours=24)
_NAMED_BY_MARL = re.compile(r"[0-9a-f]{32}\.\w+")
_NEEDED = (Import.State.STAGED, Import.State.FETCHING, Import.State.QUEUED, Import.State.RUNNING)


def prune() -> None:
    """Removes those that are a day old. What has another name somebody else has put there."""
    before = time.time() - KEPT_FOR.total_seconds()
    folder = Path(settings.MEDIA_ROOT)
    old = [path for path in folder.glob("*.*") if _NAMED_BY_MARL.fullmatch(path.name) and _is_older(path, before)]
    # Read after the folder: a file whose import is over by now was to be removed anyhow.
    needed = set(Import.objects.filter(state__in=_NEEDED).values_list("path", flat=True)) if old else set()
    for path in old:
        if path.name not in needed:
            path.unlink(missing_ok=True)
            log.info("removed %s, a file of an import that was never noted", path.name)


def _is_older(path: Path, moment: float) -> bool:
    try:
        return path.stat().st_mtime < moment
    except FileNotFoundError:  # its import has just ended
        return False
