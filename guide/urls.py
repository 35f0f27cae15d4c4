"""The addresses of the guide."""

from django.urls import URLPattern, path

from guide import views

urlpatterns: list[URLPattern] = [
    path("help", views.help_search, name="help"),
    path("help/pictures/<str:name>", views.help_picture, name="help_picture"),
    path("help/sections", views.help_sections, name="help_sections"),
    path("help/<slug:name>", views.help_page, name="help_page"),
]
