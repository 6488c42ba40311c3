"""Settings, read from the environment and checked at start. `.env.example` explains each variable."""

import os
import sys
from email.utils import formataddr
from pathlib import Path

from celery.schedules import crontab

from config import admin_menu
from core import limits
from siteconfig.environment import cors, identity, mail, servers, zones
from siteconfig.environment.folders import BASE_DIR, DATA_DIR
from siteconfig.environment.reader import env
from siteconfig.environment.secrets import load_secrets

zones.use_pinned()

# `manage.py up` writes the addresses of the embedded parts here, so that every other command finds them.
# Not `up` itself, which chooses them: what a killed run left behind must not look like the operator's own servers.
if sys.argv[1:2] != ["up"]:
    env.read_file(DATA_DIR / "runtime.env")

SECRETS = load_secrets(DATA_DIR)
SECRET_KEY = SECRETS["SECRET_KEY"]
JWT_SECRET = SECRETS["JWT_SECRET"]
JWT_REFRESH_SECRET = SECRETS["JWT_REFRESH_SECRET"]
CREDS_KEY = SECRETS["CREDS_KEY"]
LOCAL_MODEL_KEY = SECRETS["LOCAL_MODEL_KEY"]

DEBUG = env.switch("DEBUG", False)
HOST = env.text("HOST", "127.0.0.1")
PORT = env.whole("PORT", 3080, most=65_535)
DOMAIN = env.site("DOMAIN_SERVER", f"http://localhost:{PORT}")
DOMAIN_CLIENT = env.site("DOMAIN_CLIENT", DOMAIN)  # what links in mails begin with
APP_TITLE = env.text("APP_TITLE", "Parley")
HELP_AND_FAQ_URL = env.text("HELP_AND_FAQ_URL", "/")  # where clients lead people who ask for help; "/": nowhere
ALLOWED_HOSTS = list(env.words("ALLOWED_HOSTS", ("localhost", "127.0.0.1", "[::1]", HOST)))
CSRF_TRUSTED_ORIGINS = list(env.words("CSRF_TRUSTED_ORIGINS"))
NO_INDEX = env.switch("NO_INDEX", True)  # search engines are asked to list nothing
CORS_ALLOWED_ORIGINS = cors.origins(env.words("CORS_ALLOWED_ORIGINS"))  # whose pages may use the API
LIBRECHAT_CONFIG = Path(env.text("CONFIG_PATH", str(BASE_DIR / "librechat.yaml")))

INSTALLED_APPS = [
    "unfold",  # before the admin, whose templates and site it replaces
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    *identity.APPS,
    "allauth.mfa",
    "allauth.usersessions",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "accounts",
    "billing",
    "endpoints",
    "files",
    "agents",
    "chat",
    "runs",
    "web",
    "deploy",
]

MIDDLEWARE = [
    "web.middleware.security.StrictTransport",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "web.middleware.security.Caching",
    "web.middleware.security.SecurityHeaders",
    "core.http.edge.Readable",
    "deploy.middleware.Probes",
    "web.middleware.cors.CrossOrigin",
    "web.middleware.security.Origin",
    "web.middleware.security.LocalTime",
    *([] if env.switch("DISABLE_COMPRESSION", False) else ["django.middleware.gzip.GZipMiddleware"]),
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "web.middleware.rendering.RenderingFor",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "web.middleware.admission.RefuseBanned",
    "web.middleware.admission.NoteSessions",
    "web.middleware.admission.Admission",
    "accounts.admin.stepup.FreshSignIn",
    "web.refusals.Refusals",
    "web.middleware.admission.CountWrites",
    "core.http.edge.ReadableForms",
]

UNFOLD = admin_menu.settings()
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "core.templates.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                ),
            ],
            "libraries": {"components": "core.components"},
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "web.context.site",
            ],
        },
    },
]

# --- where state lives -------------------------------------------------------------------------
DATABASES = {"default": servers.database()}
DATABASES["default"] |= {
    "ENGINE": "core.postgres",
    "CONN_MAX_AGE": 600,
    "CONN_HEALTH_CHECKS": True,
    "OPTIONS": {
        "server_side_binding": True,
        "prepare_threshold": 1,
        "connect_timeout": 3,
        "application_name": "parley",
        **DATABASES["default"].get("OPTIONS", {}),  # such as ?sslmode=require
    },
}
REDIS_URL = servers.redis_url()
CACHES = {"default": {"BACKEND": "core.redis_client.Cache", "LOCATION": REDIS_URL}}
CHANNEL_LAYERS = {
    "default": {
        # The pub/sub layer: the core layer drops messages in bursts. No read timeout: an idle socket
        # blocks for longer than redis-py's default allows.
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": None}]},
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CELERY_BROKER_URL = servers.broker_url(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
# A task that a killed worker held begins again after this many seconds. No task takes as long: each ends by itself,
# for the pool of threads cannot end one. See `time_limit` of each, which a test holds against this.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": env.whole("TASK_RETURN_SECONDS", 300, least=1)}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1  # what waits behind a long task would be taken for lost
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "schedule")
CELERY_BEAT_SCHEDULE = {
    "renew_search": {"task": "chat.tasks.renew_search", "schedule": 60.0},
    "show_life": {"task": "chat.tasks.show_life", "schedule": 15.0},
    "purge": {"task": "chat.tasks.purge", "schedule": 60.0},
    "reconcile": {"task": "billing.tasks.reconcile", "schedule": crontab(hour="3", minute="10")},
    "retain": {"task": "chat.tasks.retain", "schedule": crontab(hour="3", minute="40")},
    "measure_storage": {"task": "chat.tasks.measure_storage", "schedule": 20.0},
    "forget_keys": {"task": "endpoints.tasks.forget_keys", "schedule": 300.0},
    "purge_accounts": {"task": "accounts.tasks.purge", "schedule": 3600.0},
}

# --- people ------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
DIRECTORY = identity.directory()  # where there is one, it is asked first
AUTHENTICATION_BACKENDS = [
    *(["accounts.identity.directory.DirectoryBackend"] if DIRECTORY else []),
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
MIN_PASSWORD_LENGTH = env.whole("MIN_PASSWORD_LENGTH", 8, least=1, most=128)
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": MIN_PASSWORD_LENGTH},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/c/new"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True  # no question about it at sign-in; signing out is one click
ACCOUNT_ADAPTER = "accounts.identity.account_adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "web.forms.sign_in.LoginForm",
    "signup": "web.forms.sign_in.SignupForm",
    "change_password": "web.forms.sign_in.ChangePasswordForm",
}
# Whether people sign in with a password: on the page, and over the API.
ALLOW_EMAIL_LOGIN = env.switch("ALLOW_EMAIL_LOGIN", True)
ALLOW_EMAIL_LOGIN_OVERRIDE = env.switch("ALLOW_EMAIL_LOGIN_OVERRIDE", False)
# An account with a password that opens nothing is of no use.
ALLOW_REGISTRATION = env.switch("ALLOW_REGISTRATION", True) and ALLOW_EMAIL_LOGIN

# --- people whom others vouch for ------------------------------------------------------------------
SOCIALACCOUNT_ADAPTER = "accounts.identity.adapter.SocialAdapter"
SOCIALACCOUNT_PROVIDERS = {"facebook": {"FIELDS": ["id", "name", "email"]}}  # and not all it would say
ALLOW_SOCIAL_LOGIN = env.switch("ALLOW_SOCIAL_LOGIN", False)
ALLOW_SOCIAL_REGISTRATION = env.switch("ALLOW_SOCIAL_REGISTRATION", False)
IDENTITY_PROVIDERS = identity.providers()
OPENID = identity.openid(DOMAIN)
SAML = identity.saml()
MFA_ADAPTER = "accounts.identity.account_adapter.TwoFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # steps of 30 seconds that a clock may be off
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_FORMS = {
    "authenticate": "web.forms.twofactor.CodeForm",
    "reauthenticate": "web.forms.twofactor.ConfirmCodeForm",
    "activate_totp": "web.forms.twofactor.AppForm",
    "add_webauthn": "web.forms.twofactor.PasskeyForm",
    "login_webauthn": "web.forms.twofactor.PasskeyLoginForm",
    "authenticate_webauthn": "web.forms.twofactor.PasskeyCodeForm",
    "reauthenticate_webauthn": "web.forms.twofactor.PasskeyConfirmForm",
}
REGISTRATION_ALLOWED_DOMAINS = list(env.words("REGISTRATION_ALLOWED_DOMAINS"))
REGISTRATION_APPROVAL = env.switch("REGISTRATION_APPROVAL", False)
LOGIN_METHODS = set(env.words("LOGIN_METHODS", ("email",)))
if LOGIN_METHODS - {"email", "username"}:
    env.fault("LOGIN_METHODS", "may name email, username, or both with a comma")
ALLOW_UNVERIFIED_EMAIL_LOGIN = env.switch("ALLOW_UNVERIFIED_EMAIL_LOGIN", False)
# What everybody has to accept before use; empty: nothing.
TERMS_TEXT = env.file_text("TERMS_FILE")
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600  # seconds for which a password or code just given opens what matters
ALLOW_ACCOUNT_DELETION = env.switch("ALLOW_ACCOUNT_DELETION", True)
MFA_ALLOW_UNVERIFIED_EMAIL = True  # the library's own list of addresses is not used: `User.email_verified` is

SESSION_EXPIRY_MS = env.whole("SESSION_EXPIRY", 900_000, least=1)  # the access token's life
REFRESH_TOKEN_EXPIRY_MS = env.whole("REFRESH_TOKEN_EXPIRY", 604_800_000, least=1)

# --- mail --------------------------------------------------------------------------------------
_mail = mail.server()
EMAIL_HOST = _mail.host
EMAIL_PORT = _mail.port
EMAIL_HOST_USER = _mail.username
EMAIL_HOST_PASSWORD = _mail.password
EMAIL_USE_TLS = _mail.encryption == "starttls"
EMAIL_USE_SSL = _mail.encryption == "tls"
EMAIL_ENCRYPTION_HOSTNAME = _mail.tls_name
EMAIL_ALLOW_SELFSIGNED = _mail.any_certificate
EMAIL_TIMEOUT = 15
MAIL_CONFIGURED = bool(EMAIL_HOST)
DEFAULT_FROM_EMAIL = formataddr((env.text("EMAIL_FROM_NAME", APP_TITLE), _mail.sender or "parley@localhost"))
EMAIL_BACKEND = (
    "accounts.services.mail_server.EmailBackend"
    if MAIL_CONFIGURED
    else "django.core.mail.backends.console.EmailBackend"
)
ACCOUNT_EMAIL_NOTIFICATIONS = False  # `accounts.services.mails` tells people what changed
# By mail only, so never without a server for it.
ALLOW_PASSWORD_RESET = env.switch("ALLOW_PASSWORD_RESET", False)

# --- what the browser is told --------------------------------------------------------------------
_https = DOMAIN.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.switch("SESSION_COOKIE_SECURE", _https)
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
HSTS_SECONDS = env.whole("HSTS_SECONDS", 31_536_000 if _https else 0)  # `web.middleware.security.StrictTransport`
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 3 * 1024 * 1024  # rest-api: 3 MB of JSON
MESSAGE_MAX_CHARACTERS = env.whole("MESSAGE_MAX_CHARACTERS", 1_000_000)

# Whether ?submit=true in a chat's address sends its prompt; links on other sites only ever fill it in.
URL_AUTO_SUBMIT = env.switch("URL_AUTO_SUBMIT", True)

# --- limits: at most so many times in a window of so many minutes, by the table in `core.limits`; 0: no limit ---
globals().update(limits.settings_of(env))
# The library's own limits would come before these: none of them is on.
ACCOUNT_RATE_LIMITS = dict.fromkeys(
    (
        "change_password",
        "change_phone",
        "manage_email",
        "reset_password",
        "reauthenticate",
        "reset_password_from_key",
        "signup",
        "login",
        "request_login_code",
        "login_failed",
        "confirm_email",
        "verify_phone",
    )
)
MFA_RATE_LIMITS = {"webauthn_login": None}
# Replies that one person may have written at once; 0: as many as they like.
CONCURRENT_MESSAGE_MAX = env.whole("CONCURRENT_MESSAGE_MAX", 2) * env.switch("LIMIT_CONCURRENT_MESSAGES", False)

# --- what one person may keep (`core.quotas`); 0: no limit ---
QUOTAS = {
    "storage_megabytes": env.whole("QUOTA_STORAGE_MEGABYTES", 2_000),
    "projects": env.whole("QUOTA_PROJECTS", 1_000),
    "bookmarks": env.whole("QUOTA_BOOKMARKS", 1_000),
    "favourites": env.whole("QUOTA_FAVOURITES", 50),
    "api_keys": env.whole("QUOTA_API_KEYS", 20),
    "passkeys": env.whole("QUOTA_PASSKEYS", 20),
    "api_sessions": env.whole("QUOTA_API_SESSIONS", 100),
    "budgets": env.whole("QUOTA_BUDGETS", 100),
}

# How many proxies stand before the site and append to X-Forwarded-For, or Forwarded; 0: no header is believed.
TRUST_PROXY = env.whole("TRUST_PROXY", 0)
BAN_VIOLATIONS = env.switch("BAN_VIOLATIONS", True)
BAN_DURATION_MS = env.whole("BAN_DURATION", 7_200_000)
BAN_INTERVAL = env.whole("BAN_INTERVAL", 20)
VIOLATION_SCORES = {
    "logins": env.whole("LOGIN_VIOLATION_SCORE", 1),
    "registrations": env.whole("REGISTRATION_VIOLATION_SCORE", 1),
    "concurrent": env.whole("CONCURRENT_VIOLATION_SCORE", 1),
    "message_limit": env.whole("MESSAGE_VIOLATION_SCORE", 1),
    "fork_limit": env.whole("FORK_VIOLATION_SCORE", 1),
    "illegal_model_request": env.whole("ILLEGAL_MODEL_REQ_SCORE", 1),
    "token_balance": 0,
    "reset_password_limit": env.whole("RESET_PASSWORD_VIOLATION_SCORE", 1),
    "verify_email_limit": env.whole("VERIFY_EMAIL_VIOLATION_SCORE", 1),
}

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_FINDERS = [
    "deploy.bundling.finder.BundleFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
BUNDLES_ROOT = DATA_DIR / "bundles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}
WHITENOISE_MAX_AGE = 0 if DEBUG else 86_400

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- the REST surface ----------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "api.base.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["api.base.permissions.Admitted"],
    "DEFAULT_THROTTLE_CLASSES": ["api.base.throttle.WriteThrottle"],
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "rest_framework.renderers.BrowsableAPIRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": ["api.base.parsers.StrictJSONParser", "api.base.parsers.FormParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "api.base.errors.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Parley",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["api.base.permissions.Admitted"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "api.base.openapi.add_refusals",
        "api.base.openapi.keep_published_names",
    ],
}

# --- turns ---------------------------------------------------------------------------------------
BALANCE_ENABLED = env.switch("BALANCE_ENABLED", False)
BALANCE_START_CREDITS = env.whole("BALANCE_START_CREDITS", 0)
GENERATION_LEASE_SECONDS = env.whole("GENERATION_LEASE_SECONDS", 12, least=1)
GENERATOR_MAX_RUNS = env.whole("GENERATOR_MAX_RUNS", 500, least=1)
# Seconds without a byte of a model, before its first word and after it (`endpoints.transport.timeouts`).
MODEL_FIRST_WORD_SECONDS = env.whole("MODEL_FIRST_WORD_SECONDS", 120, least=1)
REASONING_FIRST_WORD_SECONDS = env.whole("REASONING_FIRST_WORD_SECONDS", 900, least=1)
MODEL_SILENCE_SECONDS = env.whole("MODEL_SILENCE_SECONDS", 180, least=1)
LOCAL_MODEL = env.switch("LOCAL_MODEL", True)
LOCAL_MODEL_URL = env.text("LOCAL_MODEL_URL", "")  # set by `manage.py up` when it runs the local model

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.choice("LOG_LEVEL", "INFO", LOG_LEVELS)},
    "loggers": {
        "daphne": {"level": "WARNING"},
        "django.channels.server": {"level": "WARNING"},
        "aiohttp": {"level": "WARNING"},
    },
}

# litellm would fetch its price map at import; the bundled one is used (also offline).
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

env.check()
