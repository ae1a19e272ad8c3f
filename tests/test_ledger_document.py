"""docs/ledger.md is enough to write a verifier: its worked example is computed here without the package.

`NEEDFUL_WRITE_DOCS=1` writes the example into the document; otherwise the two are compared.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from needful.ledger import chain
from needful.ledger.chain import GENESIS, extend
from needful.ledger.checkpoint import Checkpoint
from needful.ledger.merkle import Frontier
from needful.ledger.notes import Signer, VerifierKey, verified
from needful.ledger.segments import Header, header_digest
from needful.ledger.verifying import _FAULTS as VERIFYING

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "ledger.md"
BEGIN, END = "<!-- example: begin -->\n```text\n", "```\n<!-- example: end -->"
LEDGER = "00112233445566778899aabbccddeeff"
TIME = "2026-11-22T10:11:12.000013Z"
SEED = bytes(range(32))


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def entry(number: int) -> bytes:
    """An entry of the example, as RFC 8785 writes it."""
    document = (
        {
            "v": 1,
            "time": f"2026-11-22T10:11:1{number}.000000Z",
            "outcome": "released",
            "purpose": "answer-ticket",
            "principal": "",
            "policy": {"name": "customer-service", "version": 3, "digest": "ab" * 32},
            "query": "",
            "reason": "",
            "detector": "",
            "ner": "none",
            "fields": [],
            "counts": {"PERSON": {"redact": number}},
            "query_counts": {},
            "withheld": {},
            "timings_us": {},
        }
        | dict.fromkeys(("rounds", "records_fetched", "records_disclosed", "passages"), 1)
        | dict.fromkeys(("bytes_fetched", "characters_fetched", "characters_disclosed"), 0)
    )
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def example() -> list[tuple[str, str]]:
    """Names and values, in the order of the document."""
    header = (f'{{"first":1,"format":2,"former":null,"ledger":"{LEDGER}","made":"{TIME}","segment":1}}').encode()
    digest = sha256(b"\x02", header)
    link = sha256(b"needful/ledger/1")
    lines = [("header", header.decode()), ("header digest", digest.hex()), ("genesis", link.hex())]
    leaves = []
    for number in (1, 2, 3):
        salt, data = bytes([number]) * 16, entry(number)
        leaf = sha256(b"\x00", salt, data)
        link = sha256(b"\x01", link, leaf, number.to_bytes(8, "big"))
        leaves.append(leaf)
        lines += [
            (f"entry {number}", data.decode()),
            (f"salt {number}", salt.hex()),
            (f"leaf {number}", leaf.hex()),
            (f"link {number}", link.hex()),
        ]
    node = sha256(b"\x01", leaves[0], leaves[1])
    root = sha256(b"\x01", node, leaves[2])
    text = (
        f"needful/ledger/{LEDGER}/1\n3\n{base64.b64encode(root).decode()}\nheader {digest.hex()}\nlink {link.hex()}\n"
        f"sequence 3\ntime {TIME}\n"
    )
    secret = Ed25519PrivateKey.from_private_bytes(SEED)
    public = secret.public_key().public_bytes_raw()
    identifier = sha256(b"needful/ledger\n\x01", public)[:4]
    tagged = bytes([1]) + public
    key = f"needful/ledger+{identifier.hex()}+{base64.b64encode(tagged).decode()}"
    signature = base64.b64encode(identifier + secret.sign(text.encode())).decode()
    lines += [("node 1 2", node.hex()), ("root", root.hex()), ("seed", SEED.hex()), ("public key", public.hex())]
    lines += [("verifier key", key)]
    lines += [("note", line) for line in f"{text}\n— needful/ledger {signature}".split("\n")]
    return lines


def shown() -> str:
    return "".join(f"{name:14s} {value}".rstrip() + "\n" for name, value in example())


def test_the_worked_example_is_what_its_formulas_give() -> None:
    text = DOCUMENT.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    block, _, after = rest.partition(END)
    if os.environ.get("NEEDFUL_WRITE_DOCS"):
        DOCUMENT.write_text(before + BEGIN + shown() + END + after, "utf-8")
        return
    assert block == shown()


def test_the_package_computes_the_same() -> None:
    values = dict(example())
    note = "\n".join(value for name, value in example() if name == "note") + "\n"
    header = Header(LEDGER, 1, 1, TIME, None).encode()
    assert (header.decode(), header_digest(header).hex()) == (values["header"], values["header digest"])
    link, tree = GENESIS, Frontier()
    for number in (1, 2, 3):
        row = extend(link, number, bytes([number]) * 16, values[f"entry {number}"].encode())
        chain.read(row)
        assert (row.leaf.hex(), row.link.hex()) == (values[f"leaf {number}"], values[f"link {number}"])
        link = row.link
        tree.add(row.leaf)
    assert tree.root().hex() == values["root"]
    checkpoint = Checkpoint(LEDGER, 1, 3, tree.root(), header_digest(header), link, 3, TIME)
    assert Signer(SEED).sign(checkpoint.text()) == note
    assert verified(note, [VerifierKey.parse(values["verifier key"])]) == checkpoint.text()


def test_every_code_of_a_verification_is_in_the_document() -> None:
    text = DOCUMENT.read_text("utf-8")
    others = {"truncated", "anchor-foreign", "anchor-differs", "export-malformed", "ledger-torn", "ledger-damaged"}
    assert [code for code in sorted({*VERIFYING, *chain._FAULTS, *others}) if f"`{code}`" not in text] == []
