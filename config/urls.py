"""Every address, by app."""

from django.urls import include, path

urlpatterns = [
    path("", include("workspaces.urls")),
    path("", include("single_sign_on.urls")),
    path("", include("tables.urls")),
    path("", include("enrichment.urls")),
    path("", include("guide.urls")),
]
