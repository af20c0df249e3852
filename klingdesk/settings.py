"""All settings, read from the environment (see docs/operations.md for each variable).

There is one file for every way to run. ``KLINGDESK_MODE`` says which it is:
``production`` (the default, refuses to start when unsafe), ``demo`` (one
machine, demo people) or ``test``.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from kombu.utils.url import parse_url
from psycopg.conninfo import make_conninfo
from whitenoise.compress import Compressor

from klingdesk import env, notice_settings
from klingdesk.core.roles import Role


class Mode(StrEnum):
    PRODUCTION = "production"
    DEMO = "demo"
    TEST = "test"


BASE_DIR = Path(__file__).resolve().parent.parent

# --- what runs here -----------------------------------------------------------------------------

KLINGDESK_MODE = env.choice("KLINGDESK_MODE", Mode, Mode.PRODUCTION)
DEBUG = env.flag("KLINGDESK_DEBUG")
INSECURE_SECRET_KEY = "not-a-secret-only-for-demo-and-tests"  # noqa: S105 - refused in production
SECRET_KEY = env.text("KLINGDESK_SECRET_KEY", INSECURE_SECRET_KEY)
SECRET_KEY_FALLBACKS = env.listing("KLINGDESK_OLD_SECRET_KEYS")
KLINGDESK_DEMO_PASSWORD = env.text("KLINGDESK_DEMO_PASSWORD")
ALLOWED_HOSTS = env.listing("KLINGDESK_ALLOWED_HOSTS", ["127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = env.listing("KLINGDESK_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "klingdesk.apps.AdminConfig",
    "accounts",  # before what it completes: the command changepassword
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "klingdesk.apps.StaticFilesConfig",
    "django.contrib.postgres",
    "rest_framework",
    "knox",
    "axes",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "klingdesk.apps.DeskConfig",
    "notices",
    "kb",
    "tickets",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.middleware.SessionLimits",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.OwedSteps",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "klingdesk.urls"
WSGI_APPLICATION = "klingdesk.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
        },
    },
]

# --- database -----------------------------------------------------------------------------------

_DATABASE_URL = env.text("DATABASE_URL")
if not _DATABASE_URL:
    raise ImproperlyConfigured(
        "DATABASE_URL is not set. Run `make up` for a desk with its own PostgreSQL, or set "
        "DATABASE_URL=postgres://user:password@host/name (PostgreSQL 15 or newer)."
    )
DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(
        _DATABASE_URL,
        conn_max_age=env.number("KLINGDESK_DB_MAX_AGE", 60, least=0, most=3600),
        conn_health_checks=True,
    )
}
# A host that is silent must not hold a request, or a probe, for minutes.
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people, sessions, security -----------------------------------------------------------------

LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATION}.NumericPasswordValidator"},
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
if KLINGDESK_MODE is Mode.TEST:
    # The tests log in thousands of times; a slow hash would only measure itself.
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

_HTTPS = KLINGDESK_MODE is Mode.PRODUCTION and not env.flag("KLINGDESK_PLAIN_HTTP")
SESSION_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
KLINGDESK_SESSION_LONGEST = timedelta(
    hours=env.number("KLINGDESK_SESSION_HOURS", 12, least=1, most=720)
)
KLINGDESK_SESSION_IDLE = timedelta(
    minutes=env.number("KLINGDESK_SESSION_IDLE_MINUTES", 480, least=5, most=43_200)
)
KLINGDESK_SESSIONS_PER_PERSON = env.number("KLINGDESK_SESSIONS_PER_PERSON", 5, least=1, most=100)
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = int(KLINGDESK_SESSION_LONGEST.total_seconds())
KLINGDESK_REQUIRE_TOTP = env.choices("KLINGDESK_REQUIRE_TOTP", Role)
SECURE_SSL_REDIRECT = _HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _HTTPS
SECURE_HSTS_PRELOAD = False
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
_BEHIND_PROXY = env.flag("KLINGDESK_BEHIND_PROXY")
if _BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"

# Failed logins are counted in the database, by name and address, and by address alone.
AXES_FAILURE_LIMIT = env.number("KLINGDESK_LOGIN_FAILURES", 5, least=1, most=1000)
KLINGDESK_ADDRESS_FAILURES = env.number("KLINGDESK_ADDRESS_FAILURES", 100, least=1, most=100_000)
AXES_COOLOFF_TIME = timedelta(
    minutes=env.number("KLINGDESK_LOCKOUT_MINUTES", 15, least=1, most=10_080)
)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "accounts.addresses.client_address"
AXES_USERNAME_CALLABLE = "accounts.addresses.login_name"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code", "next", "csrfmiddlewaretoken"]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
# The form and the API say themselves that somebody is locked out; no middleware has to.
SILENCED_SYSTEM_CHECKS = ["axes.W002"]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
        "manifest-src": [SELF],
    }
}

# --- language and time --------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE = _HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

# --- static files -------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.folder("KLINGDESK_STATIC_ROOT", BASE_DIR / "staticfiles")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if KLINGDESK_MODE is Mode.TEST
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("map", *Compressor.SKIP_COMPRESS_EXTENSIONS)
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_USE_FINDERS = KLINGDESK_MODE is Mode.TEST

# --- API ----------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "knox.auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    # Without a proxy of ours nobody's X-Forwarded-For is believed.
    "NUM_PROXIES": 1 if _BEHIND_PROXY else 0,
    "DEFAULT_THROTTLE_RATES": {
        "token": env.text("KLINGDESK_TOKEN_RATE", "10/min"),
    },
    "EXCEPTION_HANDLER": "klingdesk.problems.problem_response",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
REST_KNOX = {
    "TOKEN_TTL": timedelta(days=env.number("KLINGDESK_TOKEN_DAYS", 30, least=1, most=3650)),
    "AUTH_HEADER_PREFIX": "Token",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "klingdesk",
    "DESCRIPTION": "Search, consultations, tickets and the working-day promise over HTTP.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
}

# --- Celery (a message is only a hint: the truth is in PostgreSQL) --------------------------------

CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", "memory://")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 4
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Nothing here asks for it, and with it the second worker on a machine does not start on
# RabbitMQ: their control queue has the machine's name and belongs to the first one alone.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_TIMEOUT = 4
# "max_retries" below is for whoever publishes: one attempt, the rest is the sweep's (by default
# it would go on for 6 s). A worker goes on trying for ever.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TIMEZONE = TIME_ZONE
if CELERY_BROKER_URL.startswith("pgmq"):
    _broker = parse_url(CELERY_BROKER_URL)
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "init_extension": False,
        # No "use_notify": with it every connection that publishes for the first time drops and
        # makes a trigger on the queue, which deadlocks with whoever sends at that moment (one
        # waits a second, its message is lost). Polling costs a task 25 ms on average.
        "wait_time_seconds": 0,
        "polling_interval": 0.05,
        "visibility_timeout": env.number("KLINGDESK_VISIBILITY_SECONDS", 30, least=2, most=3600),
        # A request must not hang for half a minute when PostgreSQL is down.
        "pool_timeout": 2,
        "max_retries": 0,
        "pool_size": 4,
        # Without it the library reads DATABASE_URL by itself and fails on a socket folder.
        "conn_string": make_conninfo(
            host=_broker["hostname"],
            port=_broker["port"] or 5432,
            dbname=_broker["virtual_host"],
            user=_broker["userid"],
            password=_broker["password"],
        ),
    }
elif CELERY_BROKER_URL.startswith(("amqp", "pyamqp")):
    CELERY_TASK_DEFAULT_QUEUE_TYPE = "quorum"
    CELERY_BROKER_TRANSPORT_OPTIONS = {"confirm_publish": True, "max_retries": 0}
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {"max_retries": 0}

CELERY_BEAT_SCHEDULE = {
    "forget-what-is-over": {"task": "accounts.forget_what_is_over", "schedule": 3600},
    "anonymise-old-tickets": {
        "task": "tickets.anonymise",
        "schedule": env.number("KLINGDESK_ANONYMISE_SECONDS", 86_400, least=1, most=604_800),
    },
    "route-waiting-tickets": {
        "task": "tickets.sweep_routing",
        "schedule": env.number("KLINGDESK_ROUTING_SWEEP_SECONDS", 20, least=1, most=3600),
    },
    "fire-sla-alarms": {
        "task": "tickets.sweep_sla",
        "schedule": env.number("KLINGDESK_SLA_SWEEP_SECONDS", 60, least=1, most=3600),
    },
    "recount-open-promises": {
        "task": "tickets.recount_promises",
        "schedule": env.number("KLINGDESK_RECOUNT_SECONDS", 60, least=1, most=3600),
    },
    "close-resolved-tickets": {
        "task": "tickets.close_resolved",
        "schedule": env.number("KLINGDESK_CLOSE_SWEEP_SECONDS", 3600, least=1, most=86_400),
    },
    "keep-answers-true": {
        "task": "kb.keep_answers_true",
        "schedule": env.number("KLINGDESK_UPKEEP_SECONDS", 300, least=1, most=86_400),
    },
    "send-notices": {
        "task": "notices.sweep_outbox",
        "schedule": env.number("KLINGDESK_OUTBOX_SWEEP_SECONDS", 15, least=1, most=3600),
    },
}

# --- resolved tickets ---------------------------------------------------------------------------

KLINGDESK_CLOSE_AFTER_DAYS = env.number("KLINGDESK_CLOSE_AFTER_DAYS", 7, least=1, most=365)

# --- personal data of what has long ended ---------------------------------------------------------

KLINGDESK_ANONYMISE_AFTER_DAYS = env.number(
    "KLINGDESK_ANONYMISE_AFTER_DAYS", 365, least=1, most=36_500
)

# --- the search log (masked words, nobody's name) -------------------------------------------------

KLINGDESK_SEARCH_LOG_DAYS = env.number("KLINGDESK_SEARCH_LOG_DAYS", 180, least=1, most=3650)

# --- notices that leave the desk ------------------------------------------------------------------

_MAIL = notice_settings.mail(is_demo=KLINGDESK_MODE is Mode.DEMO)
KLINGDESK_EMAIL_READY = _MAIL.ready
EMAIL_BACKEND = _MAIL.backend
EMAIL_HOST, EMAIL_PORT = _MAIL.host, _MAIL.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL.user, _MAIL.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _MAIL.use_tls, _MAIL.use_ssl
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("KLINGDESK_EMAIL_FROM", "klingdesk@localhost")
KLINGDESK_PUBLIC_URL = notice_settings.public_url()
KLINGDESK_WEBHOOK_ALLOW = notice_settings.allowed_targets()
KLINGDESK_WEBHOOK_HTTPS_ONLY = KLINGDESK_MODE is Mode.PRODUCTION
KLINGDESK_DELIVERY_DAYS = env.number("KLINGDESK_DELIVERY_DAYS", 90, least=1, most=3650)

# --- logging ------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    # It tells of every login; who is locked out it says as a warning.
    "loggers": {"axes": {"level": "WARNING"}},
    "root": {"handlers": ["console"], "level": env.text("KLINGDESK_LOG_LEVEL", "INFO").upper()},
}
