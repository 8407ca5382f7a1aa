"""A profile that sets up contacts on an iPhone, an iPad or a Mac. Apple's Device Management, “CardDAV” payload."""

from __future__ import annotations

import plistlib
import uuid
from urllib.parse import urlsplit

TYPE = "application/x-apple-aspen-config"


def contacts_profile(server: str, name: str) -> bytes:
    """The profile for the account `name` at the address `server`; the device asks for the app password itself.

    The same account has the same profile, so that another one takes its place.
    """
    parts = urlsplit(server)
    host, is_safe = parts.hostname or "", parts.scheme == "https"
    number = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{server}/dav/principals/{name}/")).upper()
    own = f"{host}.farley.{name}"
    account = {
        "PayloadType": "com.apple.carddav.account",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"{own}.contacts",
        "PayloadUUID": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{number}:contacts")).upper(),
        "PayloadDisplayName": "Farley",
        "CardDAVAccountDescription": f"Farley ({host})",
        "CardDAVHostName": host,
        "CardDAVPort": parts.port or (443 if is_safe else 80),
        "CardDAVUseSSL": is_safe,
        "CardDAVPrincipalURL": f"/dav/principals/{name}/",
        "CardDAVUsername": name,
    }
    return plistlib.dumps(
        {
            "PayloadType": "Configuration",
            "PayloadVersion": 1,
            "PayloadIdentifier": own,
            "PayloadUUID": number,
            "PayloadDisplayName": f"Farley ({host})",
            "PayloadContent": [account],
        }
    )
