"""The REST API, version 1: thin operations over the functions that the pages call too."""

from ninja import NinjaAPI

from enrichment.api import (
    audit,
    columns,
    connections,
    duplicates,
    errors,
    exports,
    hooks,
    imports,
    rows,
    runs,
    tables,
    trash,
)
from enrichment.api.auth import Bearer, Browser

api = NinjaAPI(
    title="Marl",
    version="1",
    description="Tables, HTTP API columns, connections and runs. Create a token under Settings, API tokens.",
    auth=[Bearer(), Browser()],
    urls_namespace="api",
)
errors.register(api)
for part in (tables, exports, imports, rows, duplicates, hooks, columns, connections, runs, trash, audit):
    api.add_router("", part.router)
