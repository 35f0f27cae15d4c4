"""Whether this process lives, and whether it can do its work."""

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse


def alive(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"ok": True})


def ready(request: HttpRequest) -> JsonResponse:
    """503 names what is down."""
    down = [name for name, answers in (("database", _database), ("redis", _redis)) if not answers()]
    return JsonResponse({"ok": not down, "down": down}, status=503 if down else 200)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _redis() -> bool:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2) as server:
            server.ping()
    except redis.RedisError:
        return False
    return True
