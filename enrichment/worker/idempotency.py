"""The key by which an API knows a request that it gets a second time."""

from enrichment.engine.messages import Request
from enrichment.worker.job import Job


def with_key(job: Job, of: int | str, request: Request) -> Request:
    """Returns the request with its idempotency key, the same for every try of this row or batch in this run."""
    name = job.compiled.config.idempotency_header
    if not name:
        return request
    key = f"marl-{job.run.column_id}-{of}-{job.run.pk}"
    return Request(request.method, request.url, (*request.headers, (name, key)), request.body)
