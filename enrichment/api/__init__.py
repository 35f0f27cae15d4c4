"""The REST API, version 1: thin operations over the functions that the pages call too."""

from enrichment.api import (
    audit,
    callbacks,
    columns,
    comments,
    connections,
    duplicates,
    errors,
    exports,
    fields,
    find_replace,
    hooks,
    idempotency,
    imports,
    list_rows,
    notices,
    parameters,
    recipes,
    rows,
    runs,
    sources,
    summaries,
    table_members,
    tables,
    tokens,
    trash,
    versions,
    view_links,
    views,
)
from enrichment.api.auth import Bearer, Browser
from enrichment.api.document import Api
from enrichment.api.parser import JsonParser

api = Api(
    title="Marl",
    version="1",
    description="Tables, HTTP API columns, connections and runs. Create a token under Settings, API tokens.",
    auth=[Bearer(), Browser()],
    parser=JsonParser(),
    urls_namespace="api",
)
errors.register(api)
api.add_decorator(parameters.noting_unknown, mode="view")
api.add_decorator(idempotency.looking_first)
api.add_decorator(idempotency.answering_once, mode="view")
api.add_decorator(parameters.refusing_unknown)
api.add_decorator(versions.refusing_unread)
for part in (
    tables,
    table_members,
    exports,
    imports,
    rows,
    comments,
    views,
    view_links,
    summaries,
    find_replace,
    duplicates,
    hooks,
    callbacks,
    sources,
    columns,
    recipes,
    fields,
    list_rows,
    connections,
    runs,
    notices,
    trash,
    audit,
    tokens,
):
    api.add_router("", part.router)
