"""The addresses of the pages of tables."""

from django.urls import URLPattern, path

from tables import mention_pages, views

urlpatterns: list[URLPattern] = [
    path("", views.home, name="home"),
    path("tables/<int:table_id>", views.table, name="table"),
    path("shared/<str:token>", views.shared_view, name="shared_view"),
    path("mentions", mention_pages.mentions_page, name="mentions"),
    path("mentions/<int:mention_id>", mention_pages.open_mention, name="mention"),
    path("trash", views.trash, name="trash"),
]
