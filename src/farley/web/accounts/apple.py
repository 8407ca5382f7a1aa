"""A profile that sets up contacts and calendars on an iPhone, an iPad or a Mac.

Apple's Device Management, the payloads “CardDAV” and “CalDAV”.
"""

from __future__ import annotations

import plistlib
import uuid
from urllib.parse import urlsplit

TYPE = "application/x-apple-aspen-config"


def profile(server: str, name: str) -> bytes:
    """The profile for the account `name` at the address `server`; the device asks for the app password itself.

    The same account has the same profile, so that another one takes its place.
    """
    parts = urlsplit(server)
    host, is_safe = parts.hostname or "", parts.scheme == "https"
    number = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{server}/dav/principals/{name}/")).upper()
    own = f"{host}.farley.{name}"
    payloads = [
        {
            "PayloadType": f"com.apple.{protocol.lower()}.account",
            "PayloadVersion": 1,
            "PayloadIdentifier": f"{own}.{what}",
            "PayloadUUID": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{number}:{what}")).upper(),
            "PayloadDisplayName": "Farley",
            f"{protocol}AccountDescription": f"Farley ({host})",
            f"{protocol}HostName": host,
            f"{protocol}Port": parts.port or (443 if is_safe else 80),
            f"{protocol}UseSSL": is_safe,
            f"{protocol}PrincipalURL": f"/dav/principals/{name}/",
            f"{protocol}Username": name,
        }
        for protocol, what in (("CardDAV", "contacts"), ("CalDAV", "calendars"))
    ]
    return plistlib.dumps(
        {
            "PayloadType": "Configuration",
            "PayloadVersion": 1,
            "PayloadIdentifier": own,
            "PayloadUUID": number,
            "PayloadDisplayName": f"Farley ({host})",
            "PayloadContent": payloads,
        }
    )
