"""A passkey in software: it answers what a browser would have asked it, and says whatever a test wants."""

import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

FLAG = AuthenticatorData.FLAG
PRESENT, VERIFIED, ATTESTED = FLAG.USER_PRESENT, FLAG.USER_VERIFIED, FLAG.ATTESTED


@dataclass
class SoftKey:
    """One key at one site. `counts` is whether it counts its uses."""

    site: str = "testserver"
    origin: str = "https://testserver"
    counts: bool = True
    counter: int = 0
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    handle: bytes = b""

    def made(self, options: dict[str, Any], *, flags: FLAG = PRESENT | VERIFIED, **changes: Any) -> dict[str, Any]:
        """Return the answer to `navigator.credentials.create`."""
        asked = options["publicKey"]
        self.handle = asked["user"]["id"].encode()
        public = ES256.from_cryptography_key(self.private.public_key())  # type: ignore[no-untyped-call]
        data = AttestedCredentialData.create(b"\0" * 16, self.credential, public)
        authenticator_data = AuthenticatorData.create(self._hash(changes), flags | ATTESTED, self.counter, data)
        client = self._client(CollectedClientData.TYPE.CREATE, asked["challenge"], changes)
        response = {"attestationObject": websafe_encode(AttestationObject.create("none", authenticator_data, {}))}
        return self._answer(client, response, credProps={"rk": True})

    def used(self, options: dict[str, Any], *, flags: FLAG = PRESENT | VERIFIED, **changes: Any) -> dict[str, Any]:
        """Return the answer to `navigator.credentials.get`. `changes`: site, origin, handle, kind, counter."""
        self.counter += self.counts
        kind = changes.get("kind", CollectedClientData.TYPE.GET)
        client = self._client(kind, options["publicKey"]["challenge"], changes)
        authenticator_data = AuthenticatorData.create(self._hash(changes), flags, changes.get("counter", self.counter))
        signature = self.private.sign(bytes(authenticator_data) + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "authenticatorData": websafe_encode(authenticator_data), "signature": websafe_encode(signature),
            "userHandle": changes.get("handle", self.handle).decode(),
        }  # fmt: skip
        return self._answer(client, response)

    def _hash(self, changes: dict[str, Any]) -> bytes:
        return sha256(changes.get("site", self.site).encode()).digest()

    def _client(self, kind: Any, challenge: str, changes: dict[str, Any]) -> bytes:
        return bytes(CollectedClientData.create(kind, challenge, changes.get("origin", self.origin)))

    def _answer(self, client: bytes, response: dict[str, str], **extensions: Any) -> dict[str, Any]:
        name = websafe_encode(self.credential)
        return {
            "id": name, "rawId": name, "type": "public-key", "clientExtensionResults": extensions,
            "response": {"clientDataJSON": websafe_encode(client), **response},
        }  # fmt: skip
