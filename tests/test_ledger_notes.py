"""Signed notes: Ed25519 by the vectors of RFC 8032, signatures that must not pass, and the format's corners.

The cases that Wycheproof is known for (a signature made malleable by adding the group order to S, S and R out of range,
lengths, flipped bits, another message or key) are made here from RFC 8032's own vectors; none of its files is copied.
"""

from __future__ import annotations

import base64
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger_entries import code_of
from needful.errors import LedgerError
from needful.keys import Keys
from needful.ledger.notes import KEY_NAME, Signer, VerifierKey, read_keys, split, verified

# RFC 8032 §7.1, tests 1 to 3: seed, public key, message, signature.
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]
ORDER = 2**252 + 27742317777372353535851937790883648493
PRIME = 2**255 - 19
TEXT = "a text\nof two lines\n"


def signer(number: int = 1, name: str = KEY_NAME) -> Signer:
    return Signer(bytes([number]) * 32, name)


@pytest.mark.parametrize(("seed", "public", "message", "signature"), VECTORS)
def test_keys_and_signatures_are_those_of_rfc_8032(seed: str, public: str, message: str, signature: str) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Signer(bytes.fromhex(seed)).key
    assert key.public.hex() == public
    assert Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed)).sign(bytes.fromhex(message)).hex() == signature
    assert key.verifies(bytes.fromhex(signature), bytes.fromhex(message))


def bad_signatures(good: bytes) -> dict[str, bytes]:
    point, scalar = good[:32], int.from_bytes(good[32:], "little")
    return {
        "malleable: S + L": point + (scalar + ORDER).to_bytes(32, "little"),
        "malleable: S + 8 L": point + (scalar + 8 * ORDER).to_bytes(32, "little"),
        "S = L": point + ORDER.to_bytes(32, "little"),
        "S = 0": point + bytes(32),
        "S all ones": point + b"\xff" * 32,
        "R = 0": bytes(32) + good[32:],
        "R the neutral element": b"\x01" + bytes(31) + good[32:],
        "R not canonical: the prime": PRIME.to_bytes(32, "little") + good[32:],
        "R not canonical: the prime + 1": (PRIME + 1).to_bytes(32, "little") + good[32:],
        "R all ones": b"\xff" * 32 + good[32:],
        "R with the other sign": good[:31] + bytes([good[31] ^ 0x80]) + good[32:],
        "all zero": bytes(64),
        "empty": b"",
        "one byte short": good[:-1],
        "one byte long": good + b"\x00",
        "half": good[:32],
        "twice": good + good,
        "halves swapped": good[32:] + good[:32],
    }


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("case", bad_signatures(bytes(64)))
def test_a_signature_that_is_not_the_one_does_not_verify(number: int, case: str) -> None:
    _, public, message, signature = map(bytes.fromhex, VECTORS[number])
    bad = bad_signatures(signature)[case]
    assert not VerifierKey(KEY_NAME, public).verifies(bad, message)


@pytest.mark.parametrize("number", range(3))
def test_no_bit_of_a_signature_a_key_or_a_message_may_differ(number: int) -> None:
    _, public, message, signature = map(bytes.fromhex, VECTORS[number])
    for bit in range(512):
        flipped = (int.from_bytes(signature) ^ 1 << bit).to_bytes(64)
        assert not VerifierKey(KEY_NAME, public).verifies(flipped, message)
    for bit in range(256):
        other = (int.from_bytes(public) ^ 1 << bit).to_bytes(32)
        assert not VerifierKey(KEY_NAME, other).verifies(signature, message)
    assert not VerifierKey(KEY_NAME, public).verifies(signature, message + b"\x00")


def test_a_note_is_its_text_a_blank_line_and_who_signed() -> None:
    note = signer().sign(TEXT)
    text, blank, line = note.rpartition("\n\n")
    assert (text + "\n", blank) == (TEXT, "\n\n")
    dash, name, data = line.rstrip("\n").split(" ")
    assert (dash, name) == ("—", "needful/ledger")
    key = signer().key
    assert base64.b64decode(data)[:4] == key.id
    assert key.verifies(base64.b64decode(data)[4:], TEXT.encode())
    assert verified(note, [key]) == TEXT


def test_a_text_may_have_blank_lines() -> None:
    assert verified(signer().sign("one\n\ntwo\n"), [signer().key]) == "one\n\ntwo\n"


def test_the_example_of_the_specification_has_its_key_id() -> None:
    # c2sp.org/signed-note: the id is SHA-256(name, newline, 0x01, key)[:4]; RFC 8032's first key makes it a fixed one.
    key = VerifierKey("example.com/log", bytes.fromhex(VECTORS[0][1]))
    assert str(key) == f"example.com/log+{key.id.hex()}+{base64.b64encode(bytes([1]) + key.public).decode()}"
    assert VerifierKey.parse(f" {key}\n") == key


def test_one_seed_makes_one_key_and_another_label_another() -> None:
    keys = Keys(bytes(32))
    assert keys.signing_seed() == Keys(bytes(32)).signing_seed()
    assert keys.signing_seed() != Keys(bytes(31) + b"\x01").signing_seed()
    assert len(keys.signing_seed()) == 32


def bad_keys() -> list[str]:
    key = signer().key
    encoded = base64.b64encode(b"\x01" + key.public).decode()
    short = base64.b64encode(b"\x01" + key.public[:-1]).decode()
    other = base64.b64encode(b"\x02" + key.public).decode()
    return [
        "",
        "+",
        f"{KEY_NAME}+{encoded}",
        f"{KEY_NAME}+00000000+{encoded}",
        f"{KEY_NAME}+{key.id.hex().upper()}x+{encoded}",
        f"another+{key.id.hex()}+{encoded}",
        f"{KEY_NAME}+{key.id.hex()}+{short}",
        f"{KEY_NAME}+{key.id.hex()}+{other}",
        f"{KEY_NAME}+{key.id.hex()}+{encoded}=",
        f"{KEY_NAME}+{key.id.hex()}+not base64",
        f"a name+{key.id.hex()}+{encoded}",
    ]


@pytest.mark.parametrize("text", bad_keys())
def test_a_text_that_is_no_verifier_key_is_refused(text: str) -> None:
    assert code_of(LedgerError, lambda: read_keys([text])) == "key-unreadable"


def test_lines_of_others_are_passed_over_unless_there_may_be_none() -> None:
    one, other = signer(1), signer(2, "witness.example/w")
    both = one.sign(TEXT) + other.sign(TEXT).rpartition("\n\n")[2]
    assert verified(both, [one.key]) == verified(both, [other.key]) == verified(both, [one.key, other.key]) == TEXT
    assert code_of(LedgerError, lambda: verified(both, [one.key], others=False)) == "note-unsigned"
    assert code_of(LedgerError, lambda: verified(both, [signer(3).key])) == "note-unsigned"
    assert code_of(LedgerError, lambda: verified(both, [])) == "note-unsigned"


def test_one_bad_signature_of_a_known_key_is_one_too_many() -> None:
    one, other = signer(1), signer(2, "witness.example/w")
    both = one.sign(TEXT) + other.sign("another text\n").rpartition("\n\n")[2]
    assert code_of(LedgerError, lambda: verified(both, [one.key, other.key])) == "note-forged"
    assert verified(both, [one.key]) == TEXT


@pytest.mark.parametrize(
    "note",
    [
        "",
        TEXT,
        f"{TEXT}\n",
        f"{TEXT}\n— {KEY_NAME} AAAAAAAA",
        f"{TEXT}\n- {KEY_NAME} AAAAAAAA\n",
        f"{TEXT}\n— {KEY_NAME} AAAA\n",
        f"{TEXT}\n— {KEY_NAME}  AAAAAAAA\n",
        f"{TEXT}\n— a name AAAAAAAA\n",
        f"{TEXT}\n— {KEY_NAME} AAAAAAA=\nmore\n",
        f"a\ttab\n\n— {KEY_NAME} AAAAAAAA\n",
        f"{'x' * 20_000}\n\n— {KEY_NAME} AAAAAAAA\n",
    ],
)
def test_what_is_not_a_note_is_refused(note: str) -> None:
    assert code_of(LedgerError, lambda: split(note)) == "note-unreadable"


@given(st.integers(0, 10**4), st.integers(0, 7))
@settings(max_examples=200)
def test_no_bit_of_a_note_may_differ(at: int, bit: int) -> None:
    data = bytearray(signer().sign(TEXT).encode())
    data[at % len(data)] ^= 1 << bit
    with pytest.raises(LedgerError):
        verified(data.decode("utf-8", "replace"), [signer().key], others=False)


def test_a_signer_shows_and_gives_away_nothing() -> None:
    assert "1, 1" not in repr(signer())
    assert repr(bytes([1]) * 32)[2:-1] not in repr(signer())
    with pytest.raises(LedgerError, match="cannot be pickled"):
        pickle.dumps(signer())
