"""Certificates: a server that nobody vouches for gets no password, one that the operator vouches for does."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from farley.mirrors import operations
from farley.mirrors.reaching import Unreachable
from tests.mirrors.outside import LOGIN, PASSWORD, Outside, serving


def certificate(folder: Path, *, address: str) -> Path:
    """A certificate of its own making for `address`, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "outside")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


@pytest.mark.parametrize(("named", "vouched", "code"), [
    ("127.0.0.1", False, "tls"), ("127.0.0.9", True, "tls"), ("127.0.0.1", True, ""),
])  # fmt: skip
def test_only_a_certificate_that_is_vouched_for_and_names_the_server_opens_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str, vouched: bool, code: str
) -> None:
    monkeypatch.setenv("FARLEY_MIRROR_NETWORKS", "127.0.0.0/8")
    path = certificate(tmp_path, address=named)
    if vouched:
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with serving(Outside(), context) as outside:
        address = f"https://127.0.0.1:{outside.port}/book/"
        if code:
            with pytest.raises(Unreachable, match=code):
                operations.look_for_books(address, LOGIN, PASSWORD)
            assert outside.asked == []
        else:
            _, found = operations.look_for_books(address, LOGIN, PASSWORD)
            assert [each.title for each in found] == ["Friends"]
