"""Why a secure connection failed, in words of our own in place of a library's."""

import ssl

WANTED = "wants a secure connection. Use https://"
_SELF_SIGNED = "it vouches for itself with its own certificate"
_UNKNOWN_AUTHORITY = "its certificate comes from an authority that isn't trusted, or it doesn't send the whole chain"
_WORDS = {  # by the code of verification, from OpenSSL's x509_vfy.h
    9: "its certificate isn't valid yet",
    10: "its certificate has expired",
    18: _SELF_SIGNED,
    19: _UNKNOWN_AUTHORITY,
    20: _UNKNOWN_AUTHORITY,
    21: _UNKNOWN_AUTHORITY,
    23: "its certificate was revoked",
    62: "its certificate is for another host",
    64: "its certificate is for another address",
}
_PLAIN = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST")  # what OpenSSL makes of an answer in plain text


def about_certificate(error: Exception) -> str:
    """Returns why a certificate is not trusted."""
    code = error.verify_code if isinstance(error, ssl.SSLCertVerificationError) else 0
    return _WORDS.get(code, "its certificate isn't trusted")


def about_handshake(error: OSError) -> str:
    """Returns why the two sides did not come to an agreement."""
    if isinstance(error, ssl.SSLError) and error.reason in _PLAIN:
        return "this server speaks plain http. Use http://"
    return "it offers no version of TLS that is safe"


def is_alert(message: str) -> bool:
    """Whether aiohttp's words about an answer that is not HTTP quote an alert of TLS."""
    return r"b'\x15\x03" in message
