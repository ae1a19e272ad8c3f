"""One secret and what is derived from it.

The secret is 32 bytes, base64, in the environment variable that the policy names (`NEEDFUL_KEY` unless it says
otherwise). Where `NEEDFUL_KEY` is not set, a key file is made in the user's state directory, mode 0600, and said once.
Every use has its own HKDF label, so that a token never equals a hash or a document id of the same value.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
import os
import secrets
import tempfile
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from needful.errors import VaultError

__all__ = ["DEFAULT_VARIABLE", "Keys", "state_directory"]

DEFAULT_VARIABLE = "NEEDFUL_KEY"
KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16

logger = logging.getLogger("needful")


class Keys:
    """Derived keys. The secret itself is in no repr and no pickle."""

    __slots__ = ("_derive",)

    def __init__(self, secret: bytes) -> None:
        """Take 32 secret bytes. Raises `VaultError` on any other length."""
        if len(secret) != KEY_BYTES:
            raise VaultError("a key must be 32 bytes", code="key-length", hint="make one with: openssl rand -base64 32")

        @cache
        def derive(label: str) -> bytes:
            info = f"needful/1/{label}".encode()
            return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=info).derive(secret)

        self._derive = derive

    @classmethod
    def load(cls, variable: str = DEFAULT_VARIABLE) -> Keys:
        """Read the secret from an environment variable; only `NEEDFUL_KEY` falls back to the key file."""
        text = os.environ.get(variable)
        if text:
            return cls(_decoded(text, f"environment variable {variable}"))
        if variable != DEFAULT_VARIABLE:
            raise VaultError(
                f"environment variable {variable} is not set",
                code="key-missing",
                hint="the policy's keys: names it; set it to the output of: openssl rand -base64 32",
            )
        return cls(_decoded(_key_file(), "the key file"))

    @classmethod
    def random(cls) -> Keys:
        """Make keys that nobody else has: for tests and demonstrations."""
        return cls(secrets.token_bytes(KEY_BYTES))

    def mac(self, label: str, *parts: str) -> bytes:
        """HMAC-SHA256 under the key of `label`, over the parts, each with its length before it."""
        message = b"".join([len(data).to_bytes(8, "big") + data for data in map(_encoded, parts)])
        return hmac.digest(self._derive(label), message, "sha256")

    def seal(self, label: str, data: bytes, bound_to: bytes) -> bytes:
        """AES-256-GCM under the key of `label`: 12 bytes of random nonce, then `data` encrypted, then 16 bytes of tag.

        `bound_to` is not in the result; it takes the same bytes to unseal it. A label of `mac` is not one for this.
        Not more than 2**32 seals under one key and label (NIST SP 800-38D §8.3).
        """
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self._derive(label)).encrypt(nonce, data, bound_to)

    def unseal(self, label: str, sealed: bytes, bound_to: bytes) -> bytes:
        """Return what was sealed. Raises `VaultError`, code `unseal`, for another key, label, binding or bytes."""
        if len(sealed) >= NONCE_BYTES + TAG_BYTES:
            try:
                return AESGCM(self._derive(label)).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
            except InvalidTag:
                pass
        raise VaultError("what was sealed cannot be unsealed", code="unseal", hint="it was changed, or the key was")

    def signing_seed(self) -> bytes:
        """The 32 bytes from which the ledger's Ed25519 key is made (RFC 8032 §5.1.5), label `ledger-signing`.

        A label of `mac` or `seal` is not one for this.
        """
        return self._derive("ledger-signing")

    def __repr__(self) -> str:
        return "Keys(…)"

    def __reduce__(self) -> str:
        raise VaultError("keys cannot be pickled", code="key-pickle", hint="load them where they are needed")


def _encoded(part: str) -> bytes:
    # JSON may hold lone surrogates; refusing them would end a call for one record's sake, with the text in the error.
    return part.encode("utf-8", "surrogatepass")


def state_directory() -> Path:
    """Where key file, ledger and vault lie by default: `$XDG_STATE_HOME/needful`, else `~/.local/state/needful`."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "needful"


def _decoded(text: str, origin: str) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        pass
    raise VaultError(f"{origin} is not base64", code="key-encoding", hint="make one with: openssl rand -base64 32")


def _key_file() -> str:
    path = state_directory() / "key"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists() and _made(path):
            logger.warning(
                "made a key file in the user's state directory; set NEEDFUL_KEY to share one key",
                extra={"needful": {"code": "key-made", "variable": DEFAULT_VARIABLE}},
            )
        return path.read_text("ascii")
    except (OSError, UnicodeDecodeError):
        pass
    raise VaultError(
        "the key file cannot be read or made", code="key-file", hint=f"set {DEFAULT_VARIABLE} in the environment"
    )


def _made(path: Path) -> bool:
    """Make the file whole, then give it its name: who finds the name finds a whole key. False if another was first."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".key-")  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)))
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        Path(draft).unlink()
    return True
