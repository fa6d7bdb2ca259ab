"""The authorization service's tokens: JSON Web Tokens as distribution verifies them, signed with a key of this cloud.

The registry verifies signature, issuer, audience and scope; by its own clock, and with a minute's leeway, the expiry.
The front door verifies the expiry again, by the cloud's clock. fact: cr-004
"""

import base64
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from computenest_cloud.clock import wall_now
from computenest_cloud.store.database import Store

ISSUER = "computenest-cloud"
CERTIFICATE_DAYS = 3650


@dataclass(frozen=True)
class Scope:
    """`repository:namespace/name:pull,push` of a token request."""

    kind: str
    name: str
    actions: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "Scope | None":
        kind, _, rest = text.partition(":")
        name, _, actions = rest.rpartition(":")
        return cls(kind, name, tuple(actions.split(","))) if kind and name and actions else None


def _new_key() -> tuple[bytes, bytes]:
    """A private key and its own certificate, both PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, ISSUER)])
    now = datetime.fromtimestamp(wall_now(), UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=CERTIFICATE_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, certificate.public_bytes(serialization.Encoding.PEM)


class Tokens:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._loaded: tuple[bytes, bytes] | None = None

    def _key(self) -> tuple[bytes, bytes]:
        """Made when it is first needed; kept, so that a restart does not end the tokens."""
        if self._loaded is None:
            stored = self._store.setting("registry_key")
            if stored is None:
                private, certificate = _new_key()
                self._store.put_setting("registry_key", [private.decode(), certificate.decode()])
                self._loaded = private, certificate
            else:
                self._loaded = stored[0].encode(), stored[1].encode()
        return self._loaded

    @property
    def certificate(self) -> bytes:
        return self._key()[1]

    def issue(self, service: str, subject: str, scopes: Iterable[Scope], *, expires_at: float) -> str:
        private, certificate = self._key()
        der = x509.load_pem_x509_certificate(certificate).public_bytes(serialization.Encoding.DER)
        now = int(wall_now())
        claims = {
            "iss": ISSUER,
            "sub": subject,
            "aud": service,
            "iat": now,
            "nbf": now - 1,
            "exp": int(expires_at),
            "jti": secrets.token_hex(16),
            "access": [{"type": scope.kind, "name": scope.name, "actions": list(scope.actions)} for scope in scopes],
        }
        headers = {"x5c": [base64.b64encode(der).decode()]}
        return jwt.encode(claims, private, algorithm="ES256", headers=headers)

    def read(self, token: str, service: str, *, now_s: float) -> Mapping[str, Any] | None:
        """The claims; None where it is not one of ours for that service, or has expired."""
        public = x509.load_pem_x509_certificate(self.certificate).public_key()
        options: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
        try:
            claims = jwt.decode(token, public, ["ES256"], audience=service, issuer=ISSUER, options=options)  # type: ignore[arg-type]
        except jwt.InvalidTokenError:
            return None
        return claims if now_s < float(claims["exp"]) else None
