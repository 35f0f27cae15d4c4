"""How far the exchange of a row is, as it is kept: encrypted, because answers may hold what lets others in."""

import json
from contextlib import suppress

from enrichment.engine.shapes.progress import Progress
from enrichment.models import OpenExchange, RequestBatch
from workspaces.sealing import CannotOpen, open_sealed, seal


def sealed(progress: Progress) -> str:
    return seal({"progress": json.dumps(progress.as_json())})


def seal_anew() -> None:
    """Seals all with the first key; one that no key opens stays, and its row says so when it is its turn."""
    for model in (OpenExchange, RequestBatch):
        for kept in model.objects.exclude(sealed="").iterator():
            with suppress(CannotOpen):
                sealed_anew = seal(open_sealed(kept.sealed))
                model.objects.filter(pk=kept.pk, sealed=kept.sealed).update(sealed=sealed_anew)


def opened(text: str) -> Progress:
    """Raises CannotOpen where the key is gone."""
    return Progress.of_json(json.loads(open_sealed(text)["progress"]))
