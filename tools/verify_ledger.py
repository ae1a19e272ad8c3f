"""Verify a Needful ledger without Needful: Python's standard library, and `cryptography` where a key is given.

    python verify_ledger.py LEDGER [--key NAME+ID+BASE64 …] [--anchor FILE …]

LEDGER is the path of a ledger (its further segments lie beside it as LEDGER.2, LEDGER.3, …; copy a -wal along), or an
export, which is JSON Lines. --key is a public key, as `needful audit key` prints it, or the path of a file that holds
one a line; without, signatures are not looked at. --anchor is a file with checkpoints that were kept elsewhere.

Ends with 0: verified. 1: tampered. 2: it could not be tried. 3: incomplete, what is there holds and it ends in the
middle. 4: truncated, what is there holds and entries that an anchor has are gone. The format: docs/ledger.md.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

VERIFIED, TAMPERED, USAGE, INCOMPLETE, TRUNCATED = range(5)
WORDS = ("verified", "tampered", "not tried", "incomplete", "truncated")
GENESIS = hashlib.sha256(b"needful/ledger/1").digest()
LARGEST = 2**53 - 1
Part = tuple[Any, ...]
Key = tuple[str, bytes, bytes]


class Ended(Exception):
    """How it ended before the end: an exit code, the entry it is about, and what to say."""

    def __init__(self, code: int, sequence: int | None, text: str) -> None:
        super().__init__(text)
        self.code, self.sequence = code, sequence


def tampered(sequence: int, text: str) -> NoReturn:
    raise Ended(TAMPERED, sequence, text)


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def canonical(value: Any) -> bytes:
    """RFC 8785 for what occurs here: strings, integers, null, lists and objects."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return b"{" + b",".join(canonical(key) + b":" + canonical(value[key]) for key in keys) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(map(canonical, value)) + b"]"
    if isinstance(value, float):
        raise ValueError  # noqa: TRY004 - of what was read, not of an argument
    return json.dumps(value, ensure_ascii=False).encode()


def b64(text: Any) -> bytes:
    """Standard base64 in its one form. Raises `ValueError`."""
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError
    return data


# What may stand where: a pattern, the length of a text, None for a whole number, a set of words, [items], (keys, items)
# for any keys, {key: …} for these keys and no others.

HASH, HASH_IF_ANY, TIME = "[0-9a-f]{64}", "([0-9a-f]{64})?", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
CODE = "[A-Za-z0-9<][A-Za-z0-9<>_.:-]{0,99}"
ACTIONS = "keep|mask|generalize|custom|hash|pseudonymize|surrogate|redact|drop-passage|drop-record|deny"
NUMBERS = "v rounds records_fetched records_disclosed passages bytes_fetched characters_fetched characters_disclosed"
ENTRY: dict[str, Any] = {
    "time": TIME,
    "outcome": "released|refused|failed|restored|erased",
    "policy": {"digest": HASH, "name": 200, "version": None},
    "reason": f"({CODE})?",
    "fields": [1000],
    **dict.fromkeys(("principal", "query"), HASH_IF_ANY),
    **dict.fromkeys(("purpose", "detector", "ner"), 200),
    **dict.fromkeys(("counts", "query_counts"), (1000, (ACTIONS, None))),
    **dict.fromkeys(("withheld", "timings_us"), (CODE, None)),
    **dict.fromkeys(NUMBERS.split()),
}
FORMER = {"link": HASH, "root": HASH, "size": None}
HEADER = {"first": None, "format": None, "ledger": "[0-9a-f]{32}", "made": TIME, "segment": None}


def fits(value: Any, kind: Any) -> bool:
    if kind is None or kind == "null":
        return value is None if kind else type(value) is int and 0 <= value <= LARGEST
    if isinstance(kind, int | str):
        if not isinstance(value, str):
            return False
        if isinstance(kind, str):
            return re.fullmatch(kind, value, re.ASCII) is not None
        return len(value) <= kind and not re.search("[\ud800-\udfff]", value)
    if isinstance(kind, list):
        return isinstance(value, list) and all(fits(each, kind[0]) for each in value)
    if isinstance(kind, tuple):
        return isinstance(value, dict) and all(fits(k, kind[0]) and fits(v, kind[1]) for k, v in value.items())
    return isinstance(value, dict) and value.keys() == kind.keys() and all(fits(value[key], kind[key]) for key in kind)


def json_of(data: Any, kind: dict[str, Any]) -> dict[str, Any] | None:
    """Read canonical JSON of these keys; None if the bytes are not that."""
    try:
        value = json.loads(data) if isinstance(data, bytes) and len(data) <= 4 << 20 else None
        return value if fits(value, kind) and canonical(value) == data else None
    except (ValueError, RecursionError):
        return None


def entry_of(data: bytes) -> dict[str, Any] | None:
    """Read an entry; None if the bytes are not those of one."""
    value, version = json_of(data, ENTRY), 1
    if value is None:
        value, version = json_of(data, {**ENTRY, "erased": [[None]]}), 2
    if value is None or len(data) > 1 << 20 or (value["v"], value["outcome"] == "erased") != (version, version == 2):
        return None
    try:
        datetime.fromisoformat(value["time"])
    except ValueError:
        return None
    before = -1
    for each in value.get("erased", []):
        if len(each) != 2 or not max(before + 1, 0) < each[0] <= each[1]:
            return None
        before = each[1]
    return value if value.get("erased", [0]) else None


# Signed notes and checkpoints.


def key_of(text: str) -> Key:
    """Name, id and 32 bytes of a public key, `name+id+base64`."""
    name, identifier, encoded = text.strip().split("+", 2)
    data = b64(encoded)
    if len(data) != 33 or data[0] != 1 or sha256(name.encode(), b"\n", data)[:4].hex() != identifier:
        raise ValueError("not a key")
    return name, bytes.fromhex(identifier), data[1:]


def verifies(public: bytes, signature: bytes, text: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


CHECKPOINT = re.compile(
    r"needful/ledger/([0-9a-f]{32})/([1-9]\d{0,8})\n(0|[1-9]\d{0,17})\n([A-Za-z0-9+/]{43}=)\nheader ([0-9a-f]{64})\n"
    r"link ([0-9a-f]{64})\nsequence (0|[1-9]\d{0,17})\ntime (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)\n(closed\n)?",
    re.ASCII,
)


NOTE = re.compile(r"(?:(?!— ).+\n)+\n(?:— .+\n)+")  # a file may have several, with empty lines between them


def checkpoint_of(note: Any, keys: list[Key], others: bool) -> Part | None:
    """(ledger, segment, size, root, header, link, sequence, closed) of a note that a key signed, if there are keys."""
    if not isinstance(note, str) or len(note) > 16384 or re.search("[\x00-\x09\x0b-\x1f]", note):
        return None
    body, blank, lines = note.rpartition("\n\n")
    text, ours = body + "\n", 0
    if not blank or not lines.endswith("\n"):
        return None
    for line in lines[:-1].split("\n"):
        match = re.fullmatch(r"— ([^\s+\x00-\x1f]{1,200}) ([A-Za-z0-9+/]{1,8000}={0,2})", line)
        try:
            data = b64(match[2]) if match else b""
        except ValueError:
            data = b""
        known = [key[2] for key in keys if match and key[:2] == (match[1], data[:4])]
        if len(data) < 5 or (known and not verifies(known[0], data[4:], text.encode())):
            return None
        if keys and not known and not others:
            return None
        ours += bool(known)
    match = CHECKPOINT.fullmatch(text)
    if (
        match is None
        or (keys and not ours)
        or base64.b64encode(root := base64.b64decode(match[4])).decode() != match[4]
    ):
        return None
    hashes = bytes.fromhex(match[5]), bytes.fromhex(match[6])
    return match[1], int(match[2]), int(match[3]), root, *hashes, int(match[7]), bool(match[9])


# Reading: ("head", version, body, digest, number), ("entry", sequence, salt, entry, leaf, link),
# ("checkpoint", number, sequence, note, frontier), ("end", checkpoints, closing, number).


def export_parts(path: Path) -> Iterator[Part]:
    segment = last = 0
    with path.open("rb") as file:
        while (line := file.readline(4 << 20)).endswith(b"\n"):
            if segment and line == canonical({"segments": segment, "type": "finish"}) + b"\n":
                if file.read(1):
                    tampered(last + 1, "something stands behind the end of the export")
                return
            segment += line.endswith(b'"type":"head"}\n')
            try:
                part = export_part(line, segment)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                tampered(last + 1, "a line of the export is not one")
            yield part
            last = part[1] if part[0] == "entry" else last
    raise Ended(INCOMPLETE, last + 1, "the export ends in the middle")


def export_part(line: bytes, segment: int) -> Part:
    given = json.loads(line)
    kind = given.pop("type")
    for key, value in given.items():
        if key in ("format", "sequence", "number", "checkpoints"):
            if type(value) is not int:
                raise ValueError
        elif key != "note" and not (value is None and kind != "entry"):
            given[key] = b64(value)
    names = {
        "head": "format body digest",
        "entry": "sequence salt entry leaf link",
        "checkpoint": "number sequence note",
    }
    form = names.get(kind, "checkpoints closing").split()
    again = {key: base64.b64encode(each).decode() if isinstance(each, bytes) else each for key, each in given.items()}
    if given.keys() != set(form) or canonical({**again, "type": kind}) + b"\n" != line:
        raise ValueError
    return kind, *(given[key] for key in form), *{"entry": (), "checkpoint": (None,)}.get(kind, (segment,))


def opened(path: Path) -> sqlite3.Connection:
    log = path.with_name(f"{path.name}-wal")
    access = "mode=ro" if log.exists() and log.stat().st_size else "mode=ro&immutable=1"
    connection = sqlite3.connect(f"{path.as_uri()}?{access}", uri=True, isolation_level=None)
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    return connection


def file_parts(path: Path) -> Iterator[Part]:
    base, path, number, last = path.resolve(), path.resolve(), 1, 0
    while True:
        try:
            with closing(opened(path)) as connection:
                for part in segment_parts(connection):
                    yield part
                    last = part[1] if part[0] == "entry" else last
            number, path = number + 1, base.with_name(f"{base.name}.{number + 1}")
            if not path.exists():
                return
            if part[3] is None:  # not closed: a crash in a rotation leaves an empty file behind
                with closing(opened(path)) as connection:
                    (first,) = connection.execute("SELECT min(sequence) FROM entry").fetchone()
                return None if first is None else tampered(first, "a segment goes on, the one before is not closed")
        except sqlite3.Error:
            code, text = (INCOMPLETE, "is cut short") if is_short(path) else (TAMPERED, "cannot be read by SQLite")
            raise Ended(code, last + 1, f"the file of segment {number} {text}") from None


def segment_parts(connection: sqlite3.Connection) -> Iterator[Part]:
    connection.execute("BEGIN")
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != 0x4E44464C or version not in (1, 2):
        raise Ended(USAGE, None, "the file is not a ledger, or one of a newer format")
    heads, marks, ends, total = [], [], [], 0
    if version == 2:
        heads = connection.execute("SELECT body, digest, segment FROM header LIMIT 2").fetchall()
        marks = connection.execute("SELECT number, sequence, note, frontier FROM checkpoint ORDER BY number").fetchall()
        ends = connection.execute("SELECT body, segment FROM closing LIMIT 2").fetchall()
        (total,) = connection.execute("SELECT sum(checkpoints) FROM header").fetchone()
    yield "head", version, *(heads[0] if len(heads) == 1 else (None, None, None))
    at = 0
    for row in connection.execute("SELECT sequence, salt, entry, leaf, link FROM entry ORDER BY sequence"):
        yield "entry", *row
        while at < len(marks) and (not isinstance(marks[at][1], int) or marks[at][1] <= row[0]):
            yield "checkpoint", *marks[at]
            at += 1
    for mark in marks[at:]:
        yield "checkpoint", *mark
    yield "end", total, *(ends[0] if len(ends) == 1 else (None, None) if not ends else (None, 0))


def is_short(path: Path) -> bool:
    with path.open("rb") as file:
        data = file.read(100)
    page = int.from_bytes(data[16:18], "big")
    return path.stat().st_size < int.from_bytes(data[28:32], "big") * (65536 if page == 1 else page)


class Verifier:
    """Takes parts in order; raises `Ended` at the first bad one."""

    def __init__(self, keys: list[Key], anchors: list[Part]) -> None:
        self.keys, self.anchors = keys, sorted(anchors, key=lambda anchor: anchor[1:3])
        self.link, self.tree = GENESIS, list[bytes]()
        self.count = self.segment = self.size = self.marks = self.met = self.signed = 0
        self.ledger, self.header, self.inside, self.closed = "", b"", False, False
        self.former: dict[str, object] | None = None
        self.erased, self.said = list[int](), list[list[int]]()

    def root(self) -> bytes:
        found = self.tree[-1] if self.tree else sha256()
        for left in self.tree[-2::-1]:
            found = sha256(b"\x01", left, found)
        return found

    def now(self, closed: bool) -> Part:
        return self.ledger, self.segment, self.size, self.root(), self.header, self.link, self.count, closed

    def head(self, version: int, body: Any, digest: Any, number: Any) -> None:
        wanted = self.segment + 1
        if self.inside or (wanted > 1 and self.former is None):
            tampered(self.count, "a segment begins in another's place")
        if version == 2:
            self.take_header(body, digest, number, wanted)
        elif wanted > 1 or body is not None:
            tampered(self.count, "the header of a segment was changed")
        self.segment, self.marks, self.inside, self.closed = wanted, 0, True, False
        self.tree, self.size = [], 0
        if self.anchors and self.anchors[0][0] != self.ledger:
            raise Ended(TAMPERED, None, "the ledger is not the one that the anchors were taken from")
        self.meet()

    def take_header(self, body: Any, digest: Any, number: Any, wanted: int) -> None:
        given = json_of(body, {**HEADER, "former": FORMER if wanted > 1 else "null"})
        if given is None or (digest, number) != (sha256(b"\x02", body), wanted):
            tampered(self.count, "the header of a segment was changed")
        if (given["format"], given["segment"], given["first"]) != (2, wanted, self.count + 1):
            tampered(self.count, "the header of a segment was changed")
        if given["former"] != self.former or (self.ledger and given["ledger"] != self.ledger):
            tampered(self.count, "a segment does not go on from the one before")
        self.ledger, self.header = given["ledger"], digest

    def entry(self, sequence: Any, salt: Any, entry: Any, leaf: Any, link: Any) -> None:
        number = self.count + 1
        if (
            self.closed
            or type(sequence) is not int
            or not all(type(each) is bytes for each in (salt, entry, leaf, link))
        ):
            tampered(number, "the row is malformed, or stands in a closed segment")
        gone = salt == entry == b""
        held = link == sha256(b"\x01", self.link, leaf, number.to_bytes(8, "big"))
        if sequence != number or not held or not (gone or (len(salt) == 16 and leaf == sha256(b"\x00", salt, entry))):
            tampered(number, "it was changed, moved, put in or taken out")
        if gone:
            self.erased.append(number)
        else:
            self.take_entry(entry, number)
        self.count, self.link = number, link
        size = self.size
        while size & 1:
            leaf, size = sha256(b"\x01", self.tree.pop(), leaf), size >> 1
        self.tree.append(leaf)
        self.size += 1
        self.meet()

    def take_entry(self, data: bytes, number: int) -> None:
        value = entry_of(data)
        if value is None:
            tampered(number, "its bytes are not those of an entry")
        if "erased" in value:
            if value["erased"][-1][1] >= number:
                tampered(number, "it says that entries were erased which stand behind it")
            self.said += value["erased"]

    def meet(self) -> None:
        while self.anchors and self.anchors[0][1:3] == (self.segment, self.size):
            anchor = self.anchors.pop(0)
            if anchor[3:7] != self.now(False)[3:7]:
                tampered(self.met + 1, "it is not what it was when an anchor was taken")
            self.met = self.count
        if self.anchors and self.anchors[0][1] < self.segment:
            tampered(self.met + 1, "it is not what it was when an anchor was taken")

    def checkpoint(self, number: Any, sequence: Any, note: Any, frontier: Any) -> None:
        if type(sequence) is int and sequence > self.count and number == self.marks + 1:
            tampered(self.count + 1, "it is missing, and a checkpoint has it")
        found = None
        if (number, sequence) == (self.marks + 1, self.count) and self.ledger and not self.closed:
            found = checkpoint_of(note, self.keys, others=False)
        if found is None or found != self.now(found[7]) or frontier not in (None, b"".join(self.tree)):
            tampered(self.count, "a checkpoint there was changed, forged, moved or taken out")
        self.marks, self.closed = number, found[7]
        self.signed = self.count if self.keys else 0

    def end(self, marks: Any, closing_: Any, number: Any) -> None:
        if not self.inside or marks != self.marks:
            tampered(self.count, "a checkpoint is missing")
        self.inside, self.former = False, None
        if closing_ is None and number in (None, self.segment):
            if self.closed:
                tampered(self.count, "the segment was closed, and the closing is missing")
            return
        former = {"link": self.link.hex(), "root": self.root().hex(), "size": self.size}
        place = {"last": self.count, "ledger": self.ledger, "segment": self.segment, "successor": self.segment + 1}
        if not self.ledger or (closing_, number) != (canonical({**former, **place}), self.segment):
            tampered(self.count, "the closing of the segment was changed")
        self.former = former

    def finish(self) -> None:
        if self.inside or not self.segment:
            tampered(self.count + 1, "it ends in the middle")
        said = {number for first, last in self.said for number in range(first, min(last, self.count) + 1)}
        unsaid = [number for number in self.erased if number not in said]
        if unsaid and self.former is None:
            tampered(unsaid[0], "it was erased, and no entry says so")
        if self.anchors:
            text = f"it ends with entry {self.count}, an anchor has entry {max(each[6] for each in self.anchors)}"
            raise Ended(TRUNCATED, self.count + 1, text)
        if self.former is not None:
            tampered(self.count + 1, "the segment that begins with it is missing")


def verify(path: Path, keys: list[Key], anchors: list[Part]) -> Verifier:
    with path.open("rb") as file:
        parts = file_parts(path) if file.read(16) == b"SQLite format 3\x00" else export_parts(path)
    verifier = Verifier(keys, anchors)
    for kind, *columns in parts:
        if kind in ("entry", "checkpoint") and not verifier.inside:
            tampered(verifier.count, "something stands there outside of any segment")
        getattr(verifier, kind)(*columns)
    verifier.finish()
    return verifier


def read_all(keys: list[str], anchors: list[str]) -> tuple[list[Key], list[Part]]:
    texts = [Path(each).read_text("utf-8") if Path(each).is_file() else each for each in keys]
    read = [key_of(line) for text in texts for line in text.split()]
    notes = [NOTE.findall(Path(each).read_text("utf-8")) for each in anchors]
    found = [checkpoint_of(note, read, others=True) for each in notes for note in each]
    if None in found or not all(notes) or len({anchor[0] for anchor in found if anchor}) > 1:
        raise ValueError
    return read, [anchor for anchor in found if anchor]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("ledger", type=Path)
    parser.add_argument("--key", action="append", default=[])
    parser.add_argument("--anchor", action="append", default=[])
    given = parser.parse_args(arguments)
    code, sequence, text = VERIFIED, None, ""
    try:
        found = verify(given.ledger, *read_all(given.key, given.anchor))
        text = (
            f"{found.count} entries, {len(found.erased)} erased, signed up to {found.signed}, anchored to {found.met}"
        )
    except Ended as ended:
        code, sequence, text = ended.code, ended.sequence, str(ended)
    except (OSError, ValueError):
        code, text = USAGE, "the ledger, a key or an anchor cannot be read, or an anchor is not signed with the key"
    print(WORDS[code] + ("" if sequence is None else f" at entry {sequence}") + f": {text}")
    return code


if __name__ == "__main__":
    sys.exit(main())
