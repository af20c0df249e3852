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
from kombu.entity import Queue
from kombu.utils.url import parse_url
from psycopg.conninfo import make_conninfo
from whitenoise.compress import Compressor

from klingdesk import env, notice_settings
from klingdesk.core.roles import BOT_GROUP, Role
from klingdesk.observing.logs import LogFormat, logging_config
from klingdesk.schedule import beat_schedule


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
    "klingdesk.observing.middleware.Observed",
    "klingdesk.observing.middleware.ProbeHost",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.middleware.SessionLimits",
    "accounts.middleware.PersonLanguage",
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
_ENGINE = "klingdesk.database"
DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(
        _DATABASE_URL,
        engine=_ENGINE,
        conn_max_age=env.number("KLINGDESK_DB_MAX_AGE", 60, least=0, most=3600),
        conn_health_checks=True,
    )
}
# A host that is silent must not hold a request, or a probe, for minutes.
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
_REPLICA_URL = env.text("KLINGDESK_REPLICA_URL")
if _REPLICA_URL:
    DATABASES["replica"] = dj_database_url.parse(
        _REPLICA_URL,
        engine=_ENGINE,
        conn_max_age=DATABASES["default"]["CONN_MAX_AGE"],
        conn_health_checks=True,
    )
    # A report turns to the primary instead, so it waits less for a replica that is silent.
    DATABASES["replica"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 2)
    DATABASES["replica"]["TEST"] = {"MIRROR": "default"}
    DATABASE_ROUTERS = ["tickets.reports.reading.ReportsRouter"]
KLINGDESK_REPLICA_LAG_SECONDS = env.number("KLINGDESK_REPLICA_LAG_SECONDS", 30, least=1, most=3600)
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
    "accounts.backends.DeskBackend",
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
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
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
# Else every test client lists all files before its first page.
WHITENOISE_AUTOREFRESH = KLINGDESK_MODE is Mode.TEST

# --- API ----------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "kb.api.tokens.DeskTokenAuthentication",
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
KNOX_TOKEN_MODEL = "accounts.ApiToken"  # noqa: S105 - the name of a model
# Its migrations know nothing of another model and would make a table that nobody fills.
MIGRATION_MODULES = {"knox": None}
KLINGDESK_TOKEN_DAYS = env.number("KLINGDESK_TOKEN_DAYS", 30, least=1, most=3650)
KLINGDESK_TOKEN_MOST_DAYS = env.number("KLINGDESK_TOKEN_MOST_DAYS", 365, least=1, most=3650)
REST_KNOX = {
    "TOKEN_TTL": timedelta(days=KLINGDESK_TOKEN_DAYS),
    "AUTH_HEADER_PREFIX": "Token",
}
# Requests a minute with tokens, by role; of several roles the highest counts, 0 is no limit.
KLINGDESK_RATES: dict[str, int] = {
    **{role.value: env.number(f"KLINGDESK_RATE_{role.name}", 1_200, least=0) for role in Role},
    BOT_GROUP: env.number("KLINGDESK_RATE_BOT", 6_000, least=0),
}
# Accounts that one person may look up by their whole ID in an hour; 0 is no limit.
KLINGDESK_ACCOUNT_LOOKUPS = env.number("KLINGDESK_ACCOUNT_LOOKUPS", 300, least=0)
KLINGDESK_IDEMPOTENCY_HOURS = env.number("KLINGDESK_IDEMPOTENCY_HOURS", 48, least=1, most=720)
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
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "kb.api.sparse.describe_parts",
        "klingdesk.api_document.complete",
    ],
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
    # A worker without -Q takes from all of them; on several machines what presses need not stand
    # behind what takes long (docs/operations.md).
    CELERY_TASK_QUEUES = [
        Queue(name, queue_arguments={"x-queue-type": "quorum"})
        for name in ("celery", "routing", "reports")
    ]
    CELERY_TASK_ROUTES = {
        "tickets.route_tickets": {"queue": "routing"},
        "tickets.sweep_routing": {"queue": "routing"},
        "tickets.assign_teams": {"queue": "routing"},
        "kb.work_on_imports": {"queue": "reports"},
        "tickets.run_exports": {"queue": "reports"},
        "tickets.sweep_exports": {"queue": "reports"},
        "tickets.count_for_reports": {"queue": "reports"},
        "tickets.send_weekly_report": {"queue": "reports"},
        "tickets.anonymise": {"queue": "reports"},
    }
    CELERY_BROKER_TRANSPORT_OPTIONS = {"confirm_publish": True, "max_retries": 0}
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {"max_retries": 0}

CELERY_BEAT_SCHEDULE = beat_schedule()

# --- a demo desk ----------------------------------------------------------------------------------

# Made-up tickets that a new demo desk begins with; 0 for none.
KLINGDESK_DEMO_TICKETS = env.number("KLINGDESK_DEMO_TICKETS", 300, least=0, most=10_000)

# --- resolved tickets ---------------------------------------------------------------------------

KLINGDESK_CLOSE_AFTER_DAYS = env.number("KLINGDESK_CLOSE_AFTER_DAYS", 7, least=1, most=365)

# --- users whom a chatbot sends -------------------------------------------------------------------

KLINGDESK_INTAKE_MINUTES = env.number("KLINGDESK_INTAKE_MINUTES", 15, least=1, most=1440)

# --- personal data of what has long ended ---------------------------------------------------------

KLINGDESK_ANONYMISE_AFTER_DAYS = env.number(
    "KLINGDESK_ANONYMISE_AFTER_DAYS", 365, least=1, most=36_500
)

# --- the feed of events ---------------------------------------------------------------------------

KLINGDESK_FEED_DAYS = env.number("KLINGDESK_FEED_DAYS", 30, least=1, most=3650)

# --- the search log (masked words, nobody's name) -------------------------------------------------

KLINGDESK_SEARCH_LOG_DAYS = env.number("KLINGDESK_SEARCH_LOG_DAYS", 180, least=1, most=3650)

# --- exported files -----------------------------------------------------------------------------

KLINGDESK_EXPORT_HOURS = env.number("KLINGDESK_EXPORT_HOURS", 24, least=1, most=720)

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

# --- logs, figures, traces ------------------------------------------------------------------------

LOGGING = logging_config(
    env.choice("KLINGDESK_LOG_FORMAT", LogFormat, LogFormat.TEXT),
    env.text("KLINGDESK_LOG_LEVEL", "INFO").upper(),
)
KLINGDESK_METRICS_TOKEN = env.text("KLINGDESK_METRICS_TOKEN")
KLINGDESK_OTLP_ENDPOINT = env.text("KLINGDESK_OTLP_ENDPOINT")
