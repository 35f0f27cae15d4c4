"""Everything that can be set, read from the environment; the README lists each variable."""

import gc
import os
import secrets
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from kombu import Queue

from config import sqlite
from config.environment import secret
from tables import queues

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("MARL_DATA_DIR", BASE_DIR / "data")).resolve()
PORT = int(os.environ.get("PORT", "8000"))

# A process makes some hundred thousand objects before it can work, of which nothing is garbage: with the threshold of
# Python it looks through them all again and again.
gc.set_threshold(50_000)


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _listed(name: str) -> list[str]:
    return _items(os.environ.get(name, ""))


def _secret_in_data_dir(name: str) -> str:
    """Returns a secret that is made once on a single machine; teams set it in the environment."""
    path = DATA_DIR / name
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    except OSError:
        path.unlink(missing_ok=True)  # empty, on a disk that is full; the next start would take it for the secret
        raise
    return path.read_text().strip()


def _roles_by_group(name: str) -> dict[str, str]:
    pairs = {group.strip(): role.strip() for group, _, role in (item.rpartition("=") for item in _listed(name))}
    if wrong := [f"{group}={role}" for group, role in pairs.items() if not group or role not in ROLES]:
        raise ImproperlyConfigured(f"{name}: write GROUP=ROLE, of the roles {', '.join(ROLES)}, not {wrong[0]}.")
    return pairs


ROLES = ("viewer", "editor", "owner")
VERSION = str(tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"])
DEBUG = os.environ.get("MARL_DEBUG") == "1"
SECRET_KEY = secret("MARL_SECRET_KEY") or _secret_in_data_dir("secret-key")
# Any text; the first encrypts, the others still decrypt (rotation).
ENCRYPTION_KEYS = _items(secret("MARL_ENCRYPTION_KEYS") or _secret_in_data_dir("encryption-key"))
PUBLIC_URL_IS_SET = bool(os.environ.get("MARL_PUBLIC_URL"))
PUBLIC_URL = os.environ.get("MARL_PUBLIC_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
_public = urlsplit(PUBLIC_URL)
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", _public.hostname or "", *_listed("MARL_ALLOWED_HOSTS")]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SAMPLE_API_URL = os.environ.get("MARL_SAMPLE_API_URL", "").rstrip("/")  # where workers reach this server
if _sample_host := urlsplit(SAMPLE_API_URL).hostname:
    ALLOWED_HOSTS.append(_sample_host)
ALLOWED_NETWORKS = _listed("MARL_ALLOWED_NETWORKS")
RECIPES_DIR = os.environ.get("MARL_RECIPES_DIR", "")  # recipes of this server, beside those of Marl
ALIVE_PATH = os.environ.get("MARL_ALIVE_PATH", "")  # touched by a worker or scheduler as long as it lives
EMAIL_FROM = os.environ.get("MARL_EMAIL_FROM", "")
_smtp = urlsplit(secret("MARL_SMTP_URL"))  # smtp:// with STARTTLS on port 587, or smtps://
_smtp_port = _smtp.port or (465 if _smtp.scheme == "smtps" else 587)
CAN_EMAIL = bool(_smtp.hostname and EMAIL_FROM)
MAILERS = {
    "default": {
        "BACKEND": "workspaces.smtp.Backend",
        "OPTIONS": {
            "host": _smtp.hostname or "localhost",
            "port": _smtp_port,
            "username": unquote(_smtp.username or ""),
            "password": unquote(_smtp.password or ""),
            "use_ssl": _smtp.scheme == "smtps",
            "use_tls": _smtp.scheme != "smtps" and _smtp_port == 587,
            "timeout": 20,
        },
    }
}
OIDC_ISSUER = os.environ.get("MARL_OIDC_ISSUER", "")
OIDC_CLIENT_ID = os.environ.get("MARL_OIDC_CLIENT_ID", "")
OIDC_CLIENT_SECRET = secret("MARL_OIDC_CLIENT_SECRET")
OIDC_NAME = os.environ.get("MARL_OIDC_NAME") or urlsplit(OIDC_ISSUER).hostname or ""
OIDC_SCOPE = os.environ.get("MARL_OIDC_SCOPE") or "openid email profile"
OIDC_DOMAINS = [domain.lower().removeprefix("@") for domain in _listed("MARL_OIDC_DOMAINS")]
OIDC_WORKSPACE = os.environ.get("MARL_OIDC_WORKSPACE", "")
OIDC_ROLE = os.environ.get("MARL_OIDC_ROLE", "")
OIDC_GROUPS_CLAIM = os.environ.get("MARL_OIDC_GROUPS_CLAIM") or "groups"
OIDC_ROLES = _roles_by_group("MARL_OIDC_ROLES")
if OIDC_ISSUER and not OIDC_CLIENT_ID:
    raise ImproperlyConfigured("MARL_OIDC_ISSUER needs MARL_OIDC_CLIENT_ID, the client ID of Marl at the issuer.")
if OIDC_ROLE and OIDC_ROLE not in ROLES:
    raise ImproperlyConfigured(f"MARL_OIDC_ROLE is one of {', '.join(ROLES)}, not {OIDC_ROLE}.")
if OIDC_ROLE and not OIDC_DOMAINS:
    raise ImproperlyConfigured("MARL_OIDC_ROLE needs MARL_OIDC_DOMAINS, or * there for everyone whom the issuer knows.")
MAX_PER_HOST = int(os.environ.get("MARL_MAX_PER_HOST", "256"))
API_REQUESTS_PER_MINUTE = int(os.environ.get("MARL_API_REQUESTS_PER_MINUTE", "3000"))  # of a token; 0: no limit
METRICS_TOKEN = secret("MARL_METRICS_TOKEN")
MAX_UPLOAD_BYTES = int(os.environ.get("MARL_MAX_UPLOAD_MB", "512")) * 1024 * 1024

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "config.static_files.StaticFiles",
    "ninja",  # its documentation page, from our own static files
    "workspaces",
    "tables",
    "enrichment",
    "single_sign_on",
]
MIDDLEWARE = [
    "enrichment.api.middleware.ApiMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "workspaces.middleware.AuditMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "workspaces.middleware.PageForFormAddressMiddleware",
    # Last, because it is not for async: Django calls each one behind such a one in a task of its own.
    "workspaces.middleware.SignInLinkMiddleware",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(secret("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'marl.sqlite3'}")
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "factory": sqlite.Connection,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000; PRAGMA temp_store=MEMORY;"
            " PRAGMA wal_autocheckpoint=4000"
        ),
    }
    DATABASES["default"]["TEST"] = {"NAME": os.environ.get("MARL_TEST_SQLITE", str(DATA_DIR / "test.sqlite3"))}
else:
    _database = {"OPTIONS": {}} | DATABASES["default"]
    DATABASES["default"] = _database | {"OPTIONS": {"connect_timeout": 5} | _database["OPTIONS"]}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = secret("REDIS_URL") or f"unix://{DATA_DIR / 'redis.sock'}"
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"queue_order_strategy": "tables.queues:FirstOnesFirst"}
CELERY_TASK_QUEUES = [Queue(name, routing_key=name) for name in queues.NAMES]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_TIMER_PRECISION = 0.05  # seconds by which a delayed task may be late
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "config.scheduler:Scheduler"
CELERY_BEAT_SCHEDULE = {
    "runs": {"task": "enrichment.sweep", "schedule": 5.0},
    "answers": {"task": "enrichment.prune", "schedule": 3600.0},
    "imports": {"task": "tables.sweep", "schedule": 30.0},
    "deleted tables": {"task": "tables.prune", "schedule": 86400.0},
    "audit": {"task": "workspaces.prune", "schedule": 86400.0},
}

AUTH_USER_MODEL = "workspaces.User"
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "home"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 60 * 60
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _public.scheme == "https"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _public.scheme == "https" else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:"],
    "connect-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = Path(os.environ.get("MARL_ASSETS_DIR", DATA_DIR / "assets"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.assets.AssetStorage"},
}
MEDIA_ROOT = DATA_DIR / "uploads"
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024

LOGGING_CONFIG = "config.logs.configure"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.Line"}, "json": {"()": "config.logs.Json"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "json" if os.environ.get("MARL_LOG_FORMAT") == "json" else "line",
        }
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "httpx": {"level": "WARNING"},
        "mcp": {"level": "WARNING"},
        # These would write lines of their own look.
        "django": {"handlers": [], "propagate": True},
        "uvicorn": {"handlers": [], "propagate": True},
        "uvicorn.access": {"handlers": [], "propagate": False},  # addresses of sign-in links
    },
}
