"""The addresses of signing in with the account of a company."""

from django.urls import URLPattern, path

from single_sign_on import views

urlpatterns: list[URLPattern] = [
    path("sign-in/company", views.set_out, name="single_sign_on"),
    path("sign-in/callback", views.come_back, name="single_sign_on_callback"),
]
