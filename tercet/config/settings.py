"""Django's settings. Every value that differs between installations comes from `env.py`."""

from typing import Any

import tercet.config.sqlite  # noqa: F401  (takes the standard module's place before Django loads it)
from tercet.config import env

ENV = env.read()

DEBUG = ENV.debug
SECRET_KEY = ENV.secret_key
ALLOWED_HOSTS = [ENV.url.hostname or "localhost", "127.0.0.1", "localhost", "[::1]"]
ROOT_URLCONF = "tercet.config.urls"
WSGI_APPLICATION = "tercet.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "people.Person"
FORCE_SCRIPT_NAME = ENV.script_name or None
SITE_NAME = "Tercet"

INSTALLED_APPS = [
    "tercet.home",
    "tercet.demo",
    "tercet.connectors",
    "tercet.revenue",
    "tercet.customers",
    "tercet.members",
    "tercet.notices",
    "tercet.record",
    "tercet.people",
    "tercet.kit",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_scopes",
    "csp",
]

MIDDLEWARE = [
    "tercet.people.middleware.request_id",
    "tercet.people.middleware.behind_proxies",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "tercet.people.middleware.private_answers",
    "tercet.people.middleware.bounded_bodies",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "tercet.people.middleware.default_deny",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "APP_DIRS": True,
        "OPTIONS": {"environment": "tercet.kit.jinja.environment"},
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]

DATABASES = {"default": ENV.database}

# --- Sign-in -----------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "tercet.people.passwords.MaximumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "tercet.people.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/15m/key,50/15m/ip",
    "request_login_code": "10/15m/ip,3/15m/key",
}
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_FORMS = {
    "login": "tercet.people.forms.SignInForm",
    "request_login_code": "tercet.people.forms.RequestCodeForm",
    "reset_password": "tercet.people.forms.ForgottenPasswordForm",
    "change_password": "tercet.people.forms.ChangePasswordForm",
    "set_password": "tercet.people.forms.SetPasswordForm",
    "reset_password_from_key": "tercet.people.forms.ResetPasswordForm",
    "reauthenticate": "tercet.people.forms.ReauthenticateForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Tercet"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_SAVE_EVERY_REQUEST = False

# Sign-in attempts are counted where all web processes see them, and `add` is atomic there.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "people_sharedcount",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}

# --- Browser security --------------------------------------------------------------------------
_prefix = "__Host-" if ENV.is_https and not ENV.script_name else ""
SESSION_COOKIE_NAME = f"{_prefix}tercet-session"
CSRF_COOKIE_NAME = f"{_prefix}tercet-csrf"
LANGUAGE_COOKIE_NAME = f"{_prefix}tercet-language"
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = f"{ENV.script_name}/"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENV.is_https
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [f"{ENV.url.scheme}://{ENV.url.netloc}"]
CSRF_FAILURE_VIEW = "tercet.kit.errors.csrf_failure"
# The proxy that ends TLS redirects (W008); a host does not decide for its sisters (W005, W021).
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if ENV.is_https else 0
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if ENV.is_https and ENV.trusted_proxies else None
)
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "manifest-src": ["'self'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
LARGE_BODY_ROUTES = {"connectors:upload_file"}
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_TEMP_DIR = None

# --- Mail, files, language ---------------------------------------------------------------------
EMAIL_BACKEND = "tercet.record.mail.OutboxBackend"
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENV.mail_from
STATIC_URL = f"{ENV.script_name}/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "tercet.config.logs.OneLine"}},
    "handlers": {
        "out": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": "line",
        }
    },
    "root": {"handlers": ["out"], "level": "INFO"},
    "loggers": {"django.server": {"handlers": ["out"], "level": "INFO", "propagate": False}},
}
