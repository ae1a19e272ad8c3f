"""What lies in a vault: originals that are sealed, each bound to its token, and a constant that shows the key.

An original is padded to a multiple of 32 bytes, so that the length of what lies there tells little (ISO/IEC 7816-4:
one byte 0x80, then zeros). Nothing is compressed.
"""

from __future__ import annotations

from needful.errors import VaultError
from needful.keys import Keys
from needful.vault.failures import CORRUPT

__all__ = ["encoded", "key_check", "knows_key", "seal", "unseal"]

LABEL = "vault"
BLOCK = 32
# Bound into everything, the version of this format; then what it is, so that one is never taken for the other.
CHECK = b"needful/vault/1/check"
ROW = b"needful/vault/1/row/"
CONSTANT = b"the key of this vault"


def encoded(text: str) -> bytes:
    """Return the bytes of any text that JSON can hold, lone surrogates too."""
    return text.encode("utf-8", "surrogatepass")


def seal(keys: Keys, token: str, original: str) -> bytes:
    """Seal the original of a token."""
    return keys.seal(LABEL, _padded(encoded(original)), ROW + encoded(token))


def unseal(keys: Keys, token: str, sealed: object) -> str:
    """Return the original of a token. Raises `VaultError`, code `vault-corrupt`."""
    if isinstance(sealed, bytes):
        try:
            return _bare(keys.unseal(LABEL, sealed, ROW + encoded(token))).decode("utf-8", "surrogatepass")
        except (VaultError, ValueError):
            pass
    raise CORRUPT.error()


def key_check(keys: Keys) -> bytes:
    """Seal the constant."""
    return keys.seal(LABEL, CONSTANT, CHECK)


def knows_key(keys: Keys, check: object) -> bool:
    """Whether the constant was sealed with this key."""
    if isinstance(check, bytes):
        try:
            return keys.unseal(LABEL, check, CHECK) == CONSTANT
        except VaultError:
            pass
    return False


def _padded(data: bytes) -> bytes:
    return data + b"\x80" + bytes(-(len(data) + 1) % BLOCK)


def _bare(padded: bytes) -> bytes:
    data, mark, zeros = padded.rpartition(b"\x80")
    if not mark or any(zeros):
        raise ValueError("not padded")
    return data
