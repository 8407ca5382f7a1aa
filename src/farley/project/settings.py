"""Django's settings, made from Farley's own few (`configuration`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from farley.configuration import Tls, load, secret
from farley.database.engines import settings_of

CONFIGURATION = load()
DATA = CONFIGURATION.data
SECRET_KEY = secret(DATA, "secret_key")
DEBUG = False
LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

_own = urlsplit(CONFIGURATION.url)
_secure = _own.scheme == "https"
_host = _own.hostname or ""
ALLOWED_HOSTS = [*LOOPBACK_HOSTS, *([f"[{_host}]" if ":" in _host else _host] if _host else [])]
CSRF_TRUSTED_ORIGINS = [CONFIGURATION.url] if CONFIGURATION.url else []
if CONFIGURATION.trust_proxy:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
    "django_tasks",
    "django_tasks_db",
    "django_htmx",
    "csp",
    "template_partials.apps.SimpleAppConfig",
    "farley.database",
    "farley.accounts",
    "farley.spaces",
    "farley.journal",
    "farley.jobs",
    "farley.notifications",
    "farley.lists",
    "farley.search",
    "farley.fields",
    "farley.contacts",
    "farley.calendars",
    "farley.conversations",
    "farley.exchange",
    "farley.tidying",
    "farley.backups",
    "farley.mirrors",
    "farley.intake",
    "farley.dav",
    "farley.web",
    "farley.project",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "farley.dav.door.DavDoor",  # answers devices before sessions, languages and forms, of which they have none
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "farley.web.shell.middleware.HeadMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "farley.web.shell.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "farley.web.shell.middleware.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "farley.project.urls"
WSGI_APPLICATION = "farley.project.wsgi.application"

_loaders = [
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [("template_partials.loader.Loader", [("farley.web.templating.Loader", _loaders)])],
            "builtins": ["template_partials.templatetags.partials"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "farley.web.shell.context.shell",
            ],
        },
    }
]


DATABASES = {"default": settings_of(CONFIGURATION)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["farley.accounts.authentication.NameOrEmailBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "today"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

ACCOUNT_ADAPTER = "farley.accounts.signing_in.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = "name"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # accounts are made by those who know whose the address is
ACCOUNT_RATE_LIMITS = False  # accounts.throttling counts, for all processes and before a guess is checked
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10
MFA_ADAPTER = "farley.accounts.second_factor.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_RECOVERY_CODE_DIGITS = 10
MFA_TOTP_ISSUER = "Farley"
MFA_TOTP_TOLERANCE = 1  # clocks of phones are off by some seconds, and typing takes some

if CONFIGURATION.mail:
    EMAIL_HOST, EMAIL_PORT = CONFIGURATION.mail.host, CONFIGURATION.mail.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = CONFIGURATION.mail.user, CONFIGURATION.mail.password
    EMAIL_USE_TLS = CONFIGURATION.mail.tls is Tls.STARTTLS
    EMAIL_USE_SSL = CONFIGURATION.mail.tls is Tls.IMPLICIT
    DEFAULT_FROM_EMAIL = CONFIGURATION.mail.sender
EMAIL_TIMEOUT = 20
PASSWORD_RESET_TIMEOUT = 3600

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SESSION_ENGINE = "farley.accounts.session_store"
SESSION_COOKIE_NAME = "farley_session"
CSRF_COOKIE_NAME = "farley_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "farley.web.shell.errors.csrf_failure"
SECURE_HSTS_SECONDS = 31_536_000 if _secure else 0
SECURE_REFERRER_POLICY = "same-origin"  # with "no-referrer" browsers send forms from nowhere, and they are refused
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "style-src-attr": ["'unsafe-inline'"],  # computed values only, e.g. a progress bar's width
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "worker-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008", "security.W012", "security.W016"]  # follow FARLEY_URL

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [Path(__file__).parents[1] / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_IMMUTABLE_FILE_TEST = r"/dist/[^/]+-[0-9A-Z]{8}\.\w+$"  # the front end's build puts a hash into each name
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
FILE_UPLOAD_TEMP_DIR = None
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FILES = 5_000  # other programs export one file a person
FILE_UPLOAD_MAX_MEMORY_SIZE = 262_144

TASKS = {
    "default": {
        "BACKEND": "django_tasks_db.DatabaseBackend",
        "QUEUES": ["quick", "long"],
        "OPTIONS": {},
    }
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"farley": {"level": "INFO"}},
}
