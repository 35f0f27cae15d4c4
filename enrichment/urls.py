"""The addresses of the enrichment app."""

from django.urls import URLPattern, URLResolver, include, path

from enrichment.api import api
from enrichment.api.errors import nowhere
from enrichment.api.events import table_events
from enrichment.monitoring import metrics
from enrichment.monitoring import views as monitoring_views
from enrichment.panel import authorization as authorization_panel
from enrichment.panel import connection_list, importers, source_lists
from enrichment.panel import connections as connection_panel
from enrichment.panel import formula as formula_panel
from enrichment.panel import http as http_panel
from enrichment.panel import lookups as lookup_panel
from enrichment.panel import rows as rows_panel
from enrichment.panel import source as source_panel
from enrichment.panel import sources as sources_panel

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/tables/<int:table_id>/events", table_events, name="table_events"),
    path("api/v1/", api.urls),
    path("api/<path:rest>", nowhere),
    path("sample-api/", include("enrichment.sample.api")),
    path("healthz", monitoring_views.alive, name="healthz"),
    path("readyz", monitoring_views.ready, name="readyz"),
    path("metrics", metrics.page, name="metrics"),
    path("settings/system", monitoring_views.page, name="system"),
    path("tables/<int:table_id>/panel/new", http_panel.panel, name="new_panel"),
    path("tables/<int:table_id>/panel/preview", http_panel.preview, name="preview_new"),
    path("tables/<int:table_id>/panel/next", rows_panel.next_sent, name="next_new"),
    path("tables/<int:table_id>/panel/test", http_panel.test, name="test_new"),
    path("tables/<int:table_id>/panel/called", http_panel.called, name="called_new"),
    path("columns/<int:column_id>/panel", http_panel.panel, name="column_panel"),
    path("columns/<int:column_id>/panel/preview", http_panel.preview, name="preview_column"),
    path("columns/<int:column_id>/panel/next", rows_panel.next_sent, name="next_column"),
    path("columns/<int:column_id>/panel/test", http_panel.test, name="test_column"),
    path("columns/<int:column_id>/panel/called", http_panel.called, name="called_column"),
    path("tables/<int:table_id>/panel/paste", importers.paste, name="paste_new"),
    path("columns/<int:column_id>/panel/paste", importers.paste, name="paste_column"),
    path("tables/<int:table_id>/panel/choices", http_panel.choices, name="choices_new"),
    path("columns/<int:column_id>/panel/choices", http_panel.choices, name="choices_column"),
    path("tables/<int:table_id>/panel/operations", importers.operations, name="operations_new"),
    path("columns/<int:column_id>/panel/operations", importers.operations, name="operations_column"),
    path("tables/<int:table_id>/panel/fill", importers.fill, name="fill_new"),
    path("columns/<int:column_id>/panel/fill", importers.fill, name="fill_column"),
    path("tables/<int:table_id>/panel/unsendable", rows_panel.unsendable, name="unsendable_new"),
    path("columns/<int:column_id>/panel/unsendable", rows_panel.unsendable, name="unsendable_column"),
    path("tables/<int:table_id>/panel/rows", rows_panel.around, name="rows_new"),
    path("columns/<int:column_id>/panel/rows", rows_panel.around, name="rows_column"),
    path("columns/<int:column_id>/panel/answer", http_panel.answer, name="answer_column"),
    path("columns/<int:column_id>/panel/estimate", http_panel.estimate, name="estimate_column"),
    path("tables/<int:table_id>/panel/new/lookup", lookup_panel.panel, name="new_lookup_panel"),
    path("tables/<int:table_id>/panel/lookup/try", lookup_panel.results, name="try_new_lookup"),
    path("tables/<int:table_id>/panel/lookup/fields", lookup_panel.fields, name="new_lookup_fields"),
    path("columns/<int:column_id>/lookup", lookup_panel.panel, name="lookup_panel"),
    path("columns/<int:column_id>/lookup/try", lookup_panel.results, name="try_lookup"),
    path("columns/<int:column_id>/lookup/fields", lookup_panel.fields, name="lookup_fields"),
    path("tables/<int:table_id>/panel/new/<str:kind>", formula_panel.panel, name="new_formula_panel"),
    path("tables/<int:table_id>/panel/try/<str:kind>", formula_panel.results, name="try_new_formula"),
    path("columns/<int:column_id>/formula", formula_panel.panel, name="formula_panel"),
    path("columns/<int:column_id>/formula/try", formula_panel.results, name="try_formula"),
    path("tables/<int:table_id>/sources", sources_panel.panel, name="sources"),
    path("tables/<int:table_id>/sources/webhook/renew", sources_panel.renew_webhook, name="renew_webhook"),
    path("tables/<int:table_id>/sources/webhook", sources_panel.change_webhook, name="change_webhook"),
    path("tables/<int:table_id>/sources/webhook/posts", sources_panel.webhook_posts, name="webhook_posts"),
    path("tables/<int:table_id>/sources/new", source_panel.form, name="new_source"),
    path("tables/<int:table_id>/sources/new/paste", source_panel.paste, name="paste_new_source"),
    path("tables/<int:table_id>/sources/new/fetch", source_panel.fetch, name="fetch_new_source"),
    path("tables/<int:table_id>/sources/new/land", source_panel.land, name="land_new_source"),
    path("sources/<int:source_id>", source_panel.form, name="source"),
    path("sources/<int:source_id>/paste", source_panel.paste, name="paste_source"),
    path("sources/<int:source_id>/fetch", source_panel.fetch, name="fetch_source"),
    path("sources/<int:source_id>/land", source_panel.land, name="land_source"),
    path("sources/<int:source_id>/run", sources_panel.run_source, name="run_source"),
    path("sources/<int:source_id>/runs", sources_panel.source_runs, name="source_runs"),
    path("sources/<int:source_id>/runs/cancel", sources_panel.cancel_run, name="cancel_source_run"),
    path("sources/<int:source_id>/runs/<int:run_id>/undo", sources_panel.undo_run, name="undo_source_run"),
    path("sources/<int:source_id>/delete", sources_panel.delete_source, name="delete_source"),
    path("lists/<int:list_id>", source_lists.progress, name="list_progress"),
    path("lists/<int:list_id>/turn", source_lists.turn, name="turn_list"),
    path("lists/<int:list_id>/stop", source_lists.stop, name="stop_list"),
    path("connections", connection_list.page, name="connections"),
    path("connections/new", connection_panel.form_page, name="new_connection"),
    path("connections/new/test", connection_panel.try_sign_in, name="test_new_connection"),
    path("connections/callback", authorization_panel.callback, name="connection_callback"),
    path("connections/<int:connection_id>/authorization", authorization_panel.state, name="connection_authorization"),
    path("connections/<int:connection_id>/disconnect", authorization_panel.disconnect, name="disconnect_connection"),
    path("connections/<int:connection_id>/edit", connection_panel.form_page, name="edit_connection"),
    path("connections/<int:connection_id>/test", connection_panel.try_sign_in, name="test_connection"),
    path("connections/<int:connection_id>/delete", connection_panel.delete_page, name="delete_connection"),
]
