"""What is sent next for a row whose exchange goes on: a question for its result, or for the next page of it."""

import logging

from enrichment.engine.errors import RowError
from enrichment.engine.shapes.progress import Progress
from enrichment.runs.batches import Batch
from enrichment.runs.results import Result
from enrichment.worker import calling_back, paging
from enrichment.worker.job import Job
from enrichment.worker.ready import Ready, ended_by, went_wrong
from tables.models import CellState

log = logging.getLogger(__name__)


def ready(job: Job, row_id: int, attempts: int, progress: Progress, batch: Batch | None = None) -> Ready | Result:
    """Returns the row, or the batch that it is in, with its next request; or how it waits or ends without one."""
    try:
        if progress.pages and job.compiled.paging:
            request = paging.request(job, progress.pages)
        elif job.polling and not progress.pages:
            request = job.polling.request(progress)
        elif job.compiled.config.callback:
            return calling_back.goes_on(job.compiled.config.callback, row_id, attempts, progress)
        else:
            words = "The API accepted the request, but the column no longer waits for its result."
            return Result(row_id, CellState.FAILED, None, "no_poll", words, attempts=attempts)
    except RowError as error:
        return ended_by(row_id, error, attempts)
    except Exception:
        return went_wrong(row_id, attempts, log)
    return Ready(row_id, attempts, request, progress=progress, batch=batch)
