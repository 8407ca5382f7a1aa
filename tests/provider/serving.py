"""The process of the provider: `python -m tests.provider.serving FOLDER PORT REDIRECT_URI CLIENT SECRET`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

FOLDER, PORT, REDIRECT_TO, CLIENT, SECRET = sys.argv[1:6]


def _key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{FOLDER}/provider.sqlite3"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    IDP_OIDC_ADAPTER="tests.provider.claims.Adapter",
    IDP_OIDC_PRIVATE_KEY=_key(),
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "allauth",
        "allauth.account",
        "allauth.idp.oidc",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "allauth.account.middleware.AccountMiddleware",
    ],
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],  # of the client's secret, at each log-in
    ROOT_URLCONF="tests.provider.urls",
    SECRET_KEY="for tests",
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
        }
    ],
    USE_TZ=True,
    PEOPLE=Path(FOLDER) / "people.json",
)


class Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass


def serve() -> None:
    import django

    django.setup()
    from allauth.idp.oidc.models import Client
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    call_command("migrate", verbosity=0)
    client = Client(id=CLIENT, name="Farley", scopes="openid\nprofile\nemail", skip_consent=True)
    client.set_redirect_uris([REDIRECT_TO])
    client.set_secret(SECRET)
    client.save()
    make_server("127.0.0.1", int(PORT), get_wsgi_application(), handler_class=Quiet).serve_forever()


if __name__ == "__main__":
    serve()
