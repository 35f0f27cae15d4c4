"""An OpenID Connect provider: the OAuth provider with discovery, keys, ID tokens and user info.

A test says who is at the browser (`person`), and what an attacker or a wrong clock changes in the ID token (`forged`,
`signs_with`, `issuer`).
"""

import base64
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, override
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.servers.oauth_provider import Code, Form, Handler, Provider, Refusal, Registration
from tests.servers.threads import running

KEY = rsa.generate_private_key(65537, 2048)
OTHER_KEY = rsa.generate_private_key(65537, 2048)
CURVE = ec.generate_private_key(ec.SECP256R1())


class OidcProvider(Provider):
    def __init__(self, registration: Registration) -> None:
        super().__init__(registration)
        self.RequestHandlerClass = OidcHandler
        self.person: dict[str, Any] = {
            "sub": "person-1",
            "email": "sam@acme.example",
            "email_verified": True,
            "name": "Sam",
        }
        self.in_id_token = True  # whether the person's claims are there, or in the user info alone
        self.forged: dict[str, Any] = {}
        self.signs_with: tuple[Any, str, str | None] = KEY, "RS256", "rsa"
        self.issuer = self.url
        self.methods = ["client_secret_basic", "client_secret_post"]
        self.nonces: dict[str, str] = {}  # of codes
        self.asked_for: list[str] = []  # paths

    def document(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": self.token_url,
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
            "token_endpoint_auth_methods_supported": self.methods,
        }

    def keys(self) -> dict[str, Any]:
        """With one for encryption and one of a kind that nobody knows, as real ones have."""
        rsa_key = RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
        curve = ECAlgorithm.to_jwk(CURVE.public_key(), as_dict=True)
        return {
            "keys": [
                {"kty": "NEW", "kid": "new", "use": "sig"},
                rsa_key | {"kid": "encrypts", "use": "enc", "alg": "RSA-OAEP"},
                rsa_key | {"kid": "rsa", "use": "sig"},
                curve | {"kid": "curve", "use": "sig", "alg": "ES256"},
            ]
        }

    def consent(self, form: Form) -> str:
        before = set(self.codes)
        address = super().consent(form)
        for code in set(self.codes) - before:
            self.nonces[code] = form.get("nonce", "")
        return address

    def _of_code(self, form: Form) -> dict[str, Any]:
        answer = super()._of_code(form)
        return answer | {"id_token": self._id_token(form["code"], answer["access_token"])}

    def _id_token(self, code: str, access_token: str) -> str:
        now = int(time.time())
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        claims = {"sub": self.person["sub"]} | (self.person if self.in_id_token else {})
        claims |= {
            "iss": self.issuer,
            "aud": self.registration.client_id,
            "iat": now,
            "exp": now + 300,
            "nonce": self.nonces[code],
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
        }
        key, algorithm, kid = self.signs_with
        signed = {name: value for name, value in (claims | self.forged).items() if value is not None}
        return jwt.encode(signed, key, algorithm, headers={"kid": kid} if kid else None)

    def code_for(self, nonce: str, redirect_uri: str, challenge: str) -> str:
        """Returns a code that somebody got in their own browser."""
        code = self.new_secret("code")
        self.codes[code] = Code(redirect_uri, challenge, "openid")
        self.nonces[code] = nonce
        return code

    def user_info(self, authorization: str) -> dict[str, Any]:
        if authorization.removeprefix("Bearer ") not in self.live:
            raise Refusal("invalid_token", "The access token has ended", 401)
        return self.person


class OidcHandler(Handler):
    server: OidcProvider

    @override
    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        self.server.asked_for.append(path)
        if path == "/.well-known/openid-configuration":
            self._json(200, self.server.document())
        elif path == "/keys":
            self._json(200, self.server.keys())
        elif path == "/userinfo":
            self._json(200, self.server.user_info(self.headers["Authorization"] or ""))
        else:
            super().do_GET()


@contextmanager
def serving(registration: Registration | None = None) -> Iterator[OidcProvider]:
    with running(OidcProvider(registration or Registration())) as provider:
        yield provider
