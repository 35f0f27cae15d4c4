"""The addresses of the enrichment app."""

from django.urls import URLPattern, URLResolver, include, path

from enrichment.api import api
from enrichment.api.errors import not_found
from enrichment.api.events import table_events
from enrichment.monitoring import metrics
from enrichment.monitoring import views as monitoring_views
from enrichment.panel import connections as connection_panel
from enrichment.panel import formula as formula_panel
from enrichment.panel import http as http_panel
from enrichment.panel import importers

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/tables/<int:table_id>/events", table_events, name="table_events"),
    path("api/v1/", api.urls),
    path("api/v1/<path:rest>", not_found),
    path("sample-api/", include("enrichment.sample.api")),
    path("healthz", monitoring_views.alive, name="healthz"),
    path("readyz", monitoring_views.ready, name="readyz"),
    path("metrics", metrics.page, name="metrics"),
    path("settings/system", monitoring_views.page, name="system"),
    path("tables/<int:table_id>/panel/new", http_panel.panel, name="new_panel"),
    path("tables/<int:table_id>/panel/preview", http_panel.preview, name="preview_new"),
    path("tables/<int:table_id>/panel/test", http_panel.test, name="test_new"),
    path("columns/<int:column_id>/panel", http_panel.panel, name="column_panel"),
    path("columns/<int:column_id>/panel/preview", http_panel.preview, name="preview_column"),
    path("columns/<int:column_id>/panel/test", http_panel.test, name="test_column"),
    path("tables/<int:table_id>/panel/paste", importers.paste, name="paste_new"),
    path("columns/<int:column_id>/panel/paste", importers.paste, name="paste_column"),
    path("tables/<int:table_id>/panel/choices", http_panel.choices, name="choices_new"),
    path("columns/<int:column_id>/panel/choices", http_panel.choices, name="choices_column"),
    path("tables/<int:table_id>/panel/operations", importers.operations, name="operations_new"),
    path("columns/<int:column_id>/panel/operations", importers.operations, name="operations_column"),
    path("tables/<int:table_id>/panel/fill", importers.fill, name="fill_new"),
    path("columns/<int:column_id>/panel/fill", importers.fill, name="fill_column"),
    path("columns/<int:column_id>/panel/estimate", http_panel.estimate, name="estimate_column"),
    path("tables/<int:table_id>/panel/new/<str:kind>", formula_panel.panel, name="new_formula_panel"),
    path("tables/<int:table_id>/panel/try/<str:kind>", formula_panel.results, name="try_new_formula"),
    path("columns/<int:column_id>/formula", formula_panel.panel, name="formula_panel"),
    path("columns/<int:column_id>/formula/try", formula_panel.results, name="try_formula"),
    path("connections", connection_panel.list_page, name="connections"),
    path("connections/new", connection_panel.form_page, name="new_connection"),
    path("connections/new/test", connection_panel.try_sign_in, name="test_new_connection"),
    path("connections/<int:connection_id>/edit", connection_panel.form_page, name="edit_connection"),
    path("connections/<int:connection_id>/test", connection_panel.try_sign_in, name="test_connection"),
    path("connections/<int:connection_id>/delete", connection_panel.delete_page, name="delete_connection"),
]
