"""Every address, by app."""

from django.urls import include, path

handler404 = "workspaces.views.not_found"
handler500 = "enrichment.api.errors.went_wrong"
urlpatterns = [
    path("", include("workspaces.urls")),
    path("", include("single_sign_on.urls")),
    path("", include("tables.urls")),
    path("", include("enrichment.urls")),
    path("", include("guide.urls")),
]
