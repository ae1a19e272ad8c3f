r"""Signed notes: a text and who vouches for it, as C2SP signed-note says (https://c2sp.org/signed-note); Ed25519.

    note          = text ‖ "\n" ‖ signature lines        text: ends in a newline, no control characters but newlines
    a line        = "— " ‖ name ‖ " " ‖ base64(id ‖ signature) ‖ "\n"                     signature: RFC 8032, 64 bytes
    id            = SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key)[:4]
    verifier key  = name ‖ "+" ‖ id in hex ‖ "+" ‖ base64(0x01 ‖ public key)               what a verifier is given

A line of a name and id that nobody asked for is passed over, unless the caller says that there may be none.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from needful.errors import LedgerError

__all__ = ["KEY_NAME", "MAX_NOTE", "Signer", "VerifierKey", "read_keys", "split", "verified"]

KEY_NAME = "needful/ledger"
"""The name under which ledgers sign: one key, one name, whatever the ledger."""
MAX_NOTE = 16 * 1024
"""No note is longer, in characters."""

ALGORITHM = b"\x01"
KEY_BYTES = 32
ID_BYTES = 4
SIGNATURE_BYTES = 64

_NAME = re.compile(r"[^\s+\x00-\x1f]{1,200}")
_LINE = re.compile(r"— ([^\s+\x00-\x1f]{1,200}) ([A-Za-z0-9+/]{1,8000}={0,2})")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key and its name. `str()` is the line that a verifier is given."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read `name+id+key`. Raises `LedgerError`, code `key-unreadable`."""
        name, _, rest = text.strip().partition("+")
        identifier, _, encoded = rest.partition("+")
        data = _decoded(encoded)
        if _NAME.fullmatch(name) and len(data) == 1 + KEY_BYTES and data[:1] == ALGORITHM:
            key = cls(name, data[1:])
            if identifier == key.id.hex():
                return key
        raise LedgerError(
            "a verifier key is not one", code="key-unreadable", hint="it looks like: needful/ledger+8 hex digits+base64"
        )

    @property
    def id(self) -> bytes:
        """The first 4 bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + ALGORITHM + self.public).digest()[:ID_BYTES]

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Whether the signature over the data is of this key."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, data)
        except (InvalidSignature, ValueError):
            return False
        return True

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(ALGORITHM + self.public).decode()}"


@dataclass(frozen=True)
class Signer:
    """Who signs: 32 secret bytes and a name."""

    seed: bytes = field(repr=False)
    name: str = KEY_NAME

    @cached_property
    def key(self) -> VerifierKey:
        """The public key that goes with it."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return VerifierKey(self.name, Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """Make the note of this text, which must end in a newline."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        return f"{text}\n— {self.name} {base64.b64encode(self.key.id + signature).decode()}\n"

    def __reduce__(self) -> tuple[object, ...]:
        raise LedgerError("a signing key cannot be pickled", code="key-pickle", hint="make it where it is needed")


def read_keys(keys: Sequence[str]) -> tuple[VerifierKey, ...]:
    """Read verifier keys. Raises `LedgerError`."""
    return tuple(VerifierKey.parse(key) for key in keys)


def split(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return a note's text and its lines: name, and id and signature joined. Raises `LedgerError`, code `note`."""
    text, blank, lines = note.rpartition("\n\n")
    if blank and len(note) <= MAX_NOTE and lines.endswith("\n") and not _CONTROL.search(note):
        found = [(line, _LINE.fullmatch(line)) for line in lines[:-1].split("\n")]
        signatures = [(match[1], _decoded(match[2])) for _, match in found if match]
        if len(signatures) == len(found) and all(len(data) > ID_BYTES for _, data in signatures):
            return f"{text}\n", signatures
    raise LedgerError("a checkpoint is not a signed note", code="note-unreadable")


def verified(note: str, keys: Sequence[VerifierKey], *, others: bool = True) -> str:
    """Return the text of a note that one of these keys signed.

    Raises `LedgerError` where none did, or where the signature of one does not hold; and, unless there may be `others`,
    where there is a line that is of none.
    """
    text, lines = split(note)
    known = {(key.name, key.id): key for key in keys}
    signed = [(known.get((name, data[:ID_BYTES])), data[ID_BYTES:]) for name, data in lines]
    ours = [(key, signature) for key, signature in signed if key is not None]
    if not ours or (len(ours) < len(signed) and not others):
        raise LedgerError("a checkpoint is not signed with a key that was given", code="note-unsigned")
    if not all(key.verifies(signature, text.encode()) for key, signature in ours):
        raise LedgerError("the signature of a checkpoint does not hold", code="note-forged")
    return text


def _decoded(text: str) -> bytes:
    """Standard base64 in its one form; anything else is no bytes at all."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return data if base64.b64encode(data).decode() == text else b""
