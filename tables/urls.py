"""The addresses of the pages of tables."""

from django.urls import URLPattern, path

from tables import views

urlpatterns: list[URLPattern] = [
    path("", views.home, name="home"),
    path("tables/<int:table_id>", views.table, name="table"),
    path("shared/<str:token>", views.shared_view, name="shared_view"),
    path("trash", views.trash, name="trash"),
]
