"""Single sign-on: what a provider of OpenID Connect says about somebody, checked before it is believed.

The code flow with PKCE (OpenID Connect Core 1.0 §3.1, RFC 7636). What is pending lies in the session, once, by
django-allauth's book of states; whose account it is, is said elsewhere (`spaces.newcomers`).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import jwt
import requests
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.internal import statekit
from django.conf import settings
from django.http import HttpRequest

from farley.configuration import SingleSignOn

PROVIDER = "oidc"
SIGNED_BY = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]  # by keys alone
LEEWAY_S = 60  # clocks differ
MAX_SUBJECT = 191  # characters, as the column has it


class NotConfigured(LookupError):
    """This house has no single sign-on."""


class ProviderFailed(RuntimeError):
    """The provider could not be reached, or answered what is no OpenID Connect."""


class SignOnRefused(PermissionError):
    """What came back proves nothing: cancelled, replayed, forged, or meant for another session or program."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody as the provider knows them. `subject` alone names them for ever; all else may change."""

    issuer: str
    subject: str
    email: str
    is_email_verified: bool | None  # None: the provider does not say
    name: str
    full_name: str
    groups: frozenset[str]
    has_shown_factor: bool  # RFC 8176: the provider asked for more than a password


def provider() -> SingleSignOn:
    """Raises NotConfigured."""
    configured: SingleSignOn | None = settings.CONFIGURATION.single_sign_on
    if configured is None:
        raise NotConfigured
    return configured


def begin(request: HttpRequest, target: str, callback: str) -> str:
    """The provider's address to send the browser to. Raises NotConfigured, ProviderFailed."""
    wanted, nonce, verifier = provider(), secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    endpoint = description_of(wanted)["authorization_endpoint"]
    state = {"target": target, "nonce": nonce, "verifier": verifier, "callback": callback}
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    question = {
        "response_type": "code",
        "client_id": wanted.client_id,
        "redirect_uri": callback,
        "scope": "openid profile email",
        "state": statekit.stash_state(request, provider_id=PROVIDER, state=state),
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(question)}"


def complete(request: HttpRequest) -> tuple[Identity, str]:
    """Who came back from the provider, and the page they wanted.

    Raises NotConfigured, ProviderFailed, SignOnRefused.
    """
    wanted = provider()
    state = statekit.unstash_state(request, provider_id=PROVIDER, state_id=request.GET.get("state", ""))
    code = request.GET.get("code", "")
    if state is None or not code:
        raise SignOnRefused("no such state" if state is None else "no code")
    described = description_of(wanted)
    if request.GET.get("iss", wanted.issuer) != wanted.issuer:  # RFC 9207
        raise SignOnRefused("another issuer")
    tokens = _tokens(wanted, described, code, state)
    claims = _claims(wanted, described, str(tokens.get("id_token", "")))
    if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), str(state["nonce"]).encode()):
        raise SignOnRefused("another nonce")
    if "userinfo_endpoint" in described and "access_token" in tokens:
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        more = _asked("GET", described["userinfo_endpoint"], headers=bearer)
        if more.get("sub") != claims["sub"]:  # OpenID Connect Core 1.0 §5.3.2
            raise SignOnRefused("userinfo is about somebody else")
        claims = more | claims
    return _identity(wanted, claims), str(state["target"])


def _identity(wanted: SingleSignOn, claims: dict[str, Any]) -> Identity:
    subject, groups, methods = claims["sub"], claims.get(wanted.groups_claim), claims.get("amr")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT:
        raise SignOnRefused("no subject")
    verified = claims.get("email_verified")
    return Identity(
        issuer=wanted.issuer,
        subject=subject,
        email=str(claims.get("email") or "").strip(),
        is_email_verified=None if verified is None else verified is True or verified == "true",
        name=str(claims.get("preferred_username") or ""),
        full_name=str(claims.get("name") or "").strip(),
        groups=frozenset(map(str, groups)) if isinstance(groups, list) else frozenset(),
        has_shown_factor=isinstance(methods, list) and "mfa" in methods,
    )


def description_of(wanted: SingleSignOn) -> dict[str, Any]:
    """OpenID Connect Discovery 1.0 §4: the document must be about this very issuer."""
    found = _asked("GET", f"{wanted.issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != wanted.issuer:
        raise ProviderFailed(f"{wanted.issuer} says that it is {found.get('issuer')!r}")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not isinstance(found.get(name), str):
            raise ProviderFailed(f"{wanted.issuer} names no {name}")
    return found


def _tokens(wanted: SingleSignOn, described: dict[str, Any], code: str, state: dict[str, Any]) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": state["callback"],
        "code_verifier": state["verifier"],
    }
    methods = described.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if "client_secret_basic" in methods:
        return _asked("POST", described["token_endpoint"], data=form, auth=(wanted.client_id, wanted.secret))
    form |= {"client_id": wanted.client_id, "client_secret": wanted.secret}
    return _asked("POST", described["token_endpoint"], data=form)


def _claims(wanted: SingleSignOn, described: dict[str, Any], token: str) -> dict[str, Any]:
    """What the token says, if the provider signed it for this program and it still holds. Core 1.0 §3.1.3.7."""
    try:
        keys = jwt.PyJWKSet.from_dict(_asked("GET", described["jwks_uri"])).keys
        named = jwt.get_unverified_header(token).get("kid")
        fitting = [key for key in keys if named is None or key.key_id == named]
        if len(fitting) != 1:
            raise SignOnRefused("signed by no known key")
        needed = {"require": ["iss", "sub", "aud", "exp", "iat"]}
        claims: dict[str, Any] = jwt.decode(
            token,
            fitting[0].key,
            algorithms=SIGNED_BY,
            audience=wanted.client_id,
            issuer=wanted.issuer,
            leeway=LEEWAY_S,
            options=needed,  # type: ignore[arg-type]
        )
    except (jwt.PyJWTError, TypeError, ValueError) as error:
        raise SignOnRefused("no token of the provider's") from error
    return claims


def _asked(method: str, address: str, **more: Any) -> dict[str, Any]:
    """The JSON object that the provider answers with."""
    try:
        with get_adapter().get_requests_session() as session:
            answer = session.request(method, address, **more)
            answer.raise_for_status()
            found = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise ProviderFailed(f"{address}: {error}") from error
    if not isinstance(found, dict):
        raise ProviderFailed(f"{address} answers no object")
    return found
