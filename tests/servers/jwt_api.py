"""A company directory behind a real JWT sign-in: Django REST framework with simplejwt.

`python -m tests.servers.jwt_api PORT [token seconds]`. POST /api/token/ signs in (sam / “open sesame”),
POST /companies/ or GET /companies/?name= looks a company up, GET /log tells when the calls came.
"""

import hashlib
import os
import sys
import tempfile
import threading
import time
from datetime import timedelta
from typing import Any

import django
import uvicorn
from django.conf import settings


def configure(token_seconds: int) -> None:
    database = os.path.join(tempfile.mkdtemp(), "users.sqlite3")
    settings.configure(
        SECRET_KEY="a key for tests alone, long enough for HS256",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": database}},
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"],
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        USE_TZ=True,
        REST_FRAMEWORK={
            "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework_simplejwt.authentication.JWTAuthentication"],
            "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
            "UNAUTHENTICATED_USER": None,
        },
        SIMPLE_JWT={"ACCESS_TOKEN_LIFETIME": timedelta(seconds=token_seconds), "AUTH_HEADER_TYPES": ("JWT",)},
    )
    django.setup()


class Log:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.arrivals: list[float] = []
        self.sign_ins: list[float] = []
        self.names: list[str] = []

    def note(self, name: str) -> None:
        with self.lock:
            self.arrivals.append(time.monotonic())
            self.names.append(name)


log = Log()


def company(name: str) -> dict[str, Any]:
    number = int(hashlib.sha256(name.encode()).hexdigest()[:6], 16)
    city = ["Utrecht", "Leeds", "Ghent", "Lyon", "Turin", "Graz", "Porto", "Aarhus"][number % 8]
    return {"name": name, "city": city, "founded": 1950 + number % 70, "parent": None}


def urls() -> list[Any]:
    from django.urls import path
    from rest_framework.decorators import api_view, permission_classes
    from rest_framework.permissions import AllowAny
    from rest_framework.request import Request
    from rest_framework.response import Response
    from rest_framework_simplejwt.views import TokenObtainPairView

    class SignIn(TokenObtainPairView):
        def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            log.sign_ins.append(time.monotonic())
            return super().post(request, *args, **kwargs)

    @api_view(["GET", "POST"])
    def companies(request: Request) -> Response:
        name = str(request.data.get("name", "") if request.method == "POST" else request.GET.get("name", ""))
        log.note(name)
        if name == "Tailspin Toys":
            return Response({"detail": "no such company"}, status=404)
        return Response({"data": company(name)})

    @api_view(["GET"])
    @permission_classes([AllowAny])
    def told(request: Request) -> Response:
        return Response({"arrivals": log.arrivals, "sign_ins": log.sign_ins, "names": log.names})

    return [path("api/token/", SignIn.as_view()), path("companies/", companies), path("log", told)]


def __getattr__(name: str) -> Any:
    # Django reads the addresses after the settings are there.
    if name == "urlpatterns":
        patterns = globals()["urlpatterns"] = urls()
        return patterns
    raise AttributeError(name)


def main() -> None:
    port = int(sys.argv[1])
    configure(int(sys.argv[2]) if len(sys.argv) > 2 else 300)
    sys.modules[settings.ROOT_URLCONF] = sys.modules[__name__]
    from django.contrib.auth.models import User
    from django.core.asgi import get_asgi_application
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    User.objects.create_user("sam", password="open sesame")
    uvicorn.run(get_asgi_application(), host="127.0.0.1", port=port, log_level="warning", lifespan="off")


if __name__ == "__main__":
    main()
