"""tools/verify_ledger.py: it needs nothing of ours, and says of every ledger what the package says."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ledger_building import NOTES, PARTS, ROWS, SIGNER, Builder, built
from ledger_entries import make_entry, make_ledger, tamper
from ledger_mutations import KEY, KEYS, make_whole
from needful.errors import ChainBroken, LedgerError
from needful.ledger import SqliteLedger
from needful.ledger.exporting import lines_of, parts_of
from needful.ledger.parts import Part, Signed
from needful.ledger.reading import parts
from needful.ledger.segments import path_of
from needful.ledger.verifying import Verdict, Verifier, verdict_of, verify_parts

SCRIPT = Path(__file__).resolve().parents[1] / "tools" / "verify_ledger.py"
# One process for many ledgers; -I leaves out the working directory and the environment.
MANY = """
import io, json, runpy, sys
from contextlib import redirect_stdout
script = runpy.run_path(sys.argv[1])
for arguments in json.loads(sys.stdin.read()):
    said = io.StringIO()
    with redirect_stdout(said):
        code = script["main"](arguments)
    print(json.dumps([code, said.getvalue()]))
print(json.dumps(sorted(name for name in sys.modules if name.startswith("needful"))))
"""
CODES = {Verdict.VERIFIED: 0, Verdict.TAMPERED: 1, Verdict.INCOMPLETE: 3, Verdict.TRUNCATED: 4, None: 2}
MUTATIONS = 300


def run_script(*arguments: object) -> tuple[int, str]:
    command = [sys.executable, "-I", str(SCRIPT), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd="/")
    assert done.stderr == "" or done.returncode == 2, done.stderr
    return done.returncode, done.stdout


def run_many(calls: list[list[str]]) -> list[tuple[int, str]]:
    command = [sys.executable, "-I", "-c", MANY, str(SCRIPT)]
    done = subprocess.run(command, input=json.dumps(calls), capture_output=True, text=True, timeout=300, cwd="/")
    assert done.returncode == 0, done.stderr
    *answers, ours = map(json.loads, done.stdout.splitlines())
    assert ours == []
    return [(code, said) for code, said in answers]


def said_by_package(path: Path, anchor: Path) -> tuple[int, int | None]:
    """The exit code and the entry that the script should have."""
    anchors = [anchor.read_text("utf-8")]
    try:
        if path.suffix == ".jsonl":
            with path.open("rb") as file:
                verify_parts(parts_of(file), Verifier([KEY], anchors))
        else:
            with SqliteLedger(path) as ledger:
                ledger.verify(keys=[str(KEY)], anchors=anchors)
    except LedgerError as error:
        return CODES[verdict_of(error)], getattr(error, "sequence", None)
    return 0, None


def entry_named(said: str) -> int | None:
    _, at, number = said.partition(":")[0].partition(" at entry ")
    return int(number) if at else None


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    make_whole(folder / "ledger.db")
    with SqliteLedger(folder / "ledger.db", keys=KEYS) as ledger:
        ledger.export(folder / "ledger.jsonl")
        (folder / "anchor.txt").write_text(ledger.checkpoint() or "", "utf-8")
        notes = [signed.note for signed in parts(ledger._storage) if isinstance(signed, Signed)]
        (folder / "anchors.txt").write_text("\n".join(notes), "utf-8")
    return folder


Change = Callable[[Path, random.Random], None]


def segments(folder: Path) -> list[Path]:
    base = folder / "ledger.db"
    return [path for number in range(1, 20) if (path := path_of(base, number)).exists()]


def flip_somewhere(folder: Path, chance: random.Random) -> None:
    path = chance.choice(segments(folder))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        table = chance.choice(["entry", "entry", "checkpoint", "header", "closing"])
        rows = connection.execute(f"SELECT rowid, * FROM {table}").fetchall()  # noqa: S608 - our own names
        if not rows:
            return
        row = chance.choice(rows)
        names = [each[1] for each in connection.execute(f"PRAGMA table_info({table})")]
        column = chance.choice([n for n, value in zip(names, row[1:], strict=True) if isinstance(value, (bytes, str))])
        value = row[1 + names.index(column)]
        data = bytearray(value.encode() if isinstance(value, str) else value)
        if not data:
            return
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        new: object = bytes(data)
        if isinstance(value, str):
            connection.execute(f"UPDATE {table} SET {column} = CAST(? AS TEXT) WHERE rowid = ?", (new, row[0]))  # noqa: S608
        else:
            connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (new, row[0]))  # noqa: S608


def delete_a_row(folder: Path, chance: random.Random) -> None:
    table = chance.choice(["entry", "entry", "checkpoint", "header", "closing"])
    where = f"(SELECT rowid FROM {table} LIMIT 1 OFFSET {chance.randrange(12)})"  # noqa: S608
    tamper(chance.choice(segments(folder)), f"DELETE FROM {table} WHERE rowid = {where}")  # noqa: S608


def number_differently(folder: Path, chance: random.Random) -> None:
    table, column = chance.choice(
        [("entry", "sequence"), ("checkpoint", "number"), ("checkpoint", "sequence"), ("header", "segment"),
         ("header", "checkpoints"), ("closing", "segment")]
    )  # fmt: skip
    value = chance.choice(["-1", "0", "77", str(2**62)])
    where = f"(SELECT rowid FROM {table} LIMIT 1 OFFSET {chance.randrange(10)})"  # noqa: S608
    tamper(chance.choice(segments(folder)), f"UPDATE {table} SET {column} = {value} WHERE rowid = {where}")  # noqa: S608


def cut_off_rows(folder: Path, chance: random.Random) -> None:
    *_, last = segments(folder)
    with closing(sqlite3.connect(last)) as connection:
        low, high = connection.execute("SELECT min(sequence), max(sequence) FROM entry").fetchone()
    sequence = chance.randint(low, high)
    statements = [f"DELETE FROM entry WHERE sequence > {sequence}"]  # noqa: S608
    if chance.random() < 0.7:
        statements += [
            f"DELETE FROM checkpoint WHERE sequence > {sequence}",  # noqa: S608
            "UPDATE header SET checkpoints = (SELECT count(*) FROM checkpoint)",
        ]
    tamper(last, *statements)


def erase_secretly(folder: Path, chance: random.Random) -> None:
    where = f"(SELECT sequence FROM entry LIMIT 1 OFFSET {chance.randrange(9)})"  # noqa: S608
    tamper(chance.choice(segments(folder)), f"UPDATE entry SET salt = x'', entry = x'' WHERE sequence = {where}")  # noqa: S608


def delete_a_segment(folder: Path, chance: random.Random) -> None:
    chance.choice(segments(folder)[1:]).unlink()


def cut_a_file_short(folder: Path, chance: random.Random) -> None:
    path = chance.choice(segments(folder))
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(chance.randrange(4096, size, 4096))


def change_the_export(folder: Path, chance: random.Random) -> None:
    path = folder / "ledger.jsonl"
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def cut_the_export(folder: Path, chance: random.Random) -> None:
    path = folder / "ledger.jsonl"
    with path.open("r+b") as file:
        file.truncate(chance.randrange(1, path.stat().st_size))


def move_lines_of_the_export(folder: Path, chance: random.Random) -> None:
    path = folder / "ledger.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    at, to = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines.insert(to, lines.pop(at))
    path.write_bytes(b"".join(lines))


def copy_a_line_of_the_export(folder: Path, chance: random.Random) -> None:
    path = folder / "ledger.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))
    path.write_bytes(b"".join(lines))


CHANGES: list[Change] = [
    flip_somewhere, flip_somewhere, flip_somewhere, delete_a_row, number_differently, cut_off_rows, erase_secretly,
    delete_a_segment, cut_a_file_short, change_the_export, change_the_export, cut_the_export, move_lines_of_the_export,
    copy_a_line_of_the_export,
]  # fmt: skip


def test_the_script_says_of_hundreds_of_changed_ledgers_what_the_package_says(whole: Path, tmp_path: Path) -> None:
    chance, folders = random.Random(11), []
    for number in range(MUTATIONS):
        folder = tmp_path / str(number)
        shutil.copytree(whole, folder)
        change = chance.choice(CHANGES)
        change(folder, chance)
        folders.append((folder, change.__name__, "ledger.jsonl" if "export" in change.__name__ else "ledger.db"))
    calls = [
        [str(folder / name), "--key", str(KEY), "--anchor", str(folder / "anchor.txt")] for folder, _, name in folders
    ]
    codes = set()
    for (folder, change_name, name), (code, said) in zip(folders, run_many(calls), strict=True):
        expected, sequence = said_by_package(folder / name, folder / "anchor.txt")
        assert code == expected, (folder.name, change_name, said)
        # A file that cannot even be opened has no entry to name; the script names the first.
        assert sequence is None or entry_named(said) == sequence, (folder.name, change_name, said)
        codes.add(code)
    assert codes >= {1, 3, 4}


@pytest.mark.parametrize(
    "export",
    [
        lambda: built().rows(1).parts,
        lambda: built().sign().parts,
        lambda: [PARTS[ROWS[0]], *PARTS],
        lambda: [PARTS[NOTES[0]], *PARTS],
        lambda: [*(old := Builder().head(1).rows(1).end().parts)[1:2], old[0], old[2]],
        lambda: Builder().head().rows(3).sign(closed=True).end(closed=True).rows(1).head().end().parts,
        lambda: Builder().head().rows(3).end(closed=True).sign().parts,
    ],
)
def test_what_stands_outside_of_any_segment_is_refused(tmp_path: Path, export: Callable[[], list[Part]]) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b"".join(lines_of(export())))
    with path.open("rb") as file, pytest.raises(ChainBroken) as caught:
        verify_parts(parts_of(file), Verifier([SIGNER.key]))
    assert caught.value.code == "segment-order"
    code, said = run_script(path, "--key", SIGNER.key)
    assert (code, entry_named(said)) == (1, caught.value.sequence)
    assert said.endswith("outside of any segment\n")


def test_a_ledger_and_its_export_verify_with_the_public_key_and_an_anchor(whole: Path) -> None:
    (whole / "key.txt").write_text(f"{KEY}\n")
    for name in ("ledger.db", "ledger.jsonl"):
        code, said = run_script(whole / name, "--key", whole / "key.txt", "--anchor", whole / "anchor.txt")
        assert (code, said) == (0, "verified: 64 entries, 3 erased, signed up to 64, anchored to 64\n")
        assert run_script(whole / name, "--key", KEY, "--anchor", whole / "anchors.txt")[:2] == (code, said)
        assert run_script(whole / name)[1] == "verified: 64 entries, 3 erased, signed up to 0, anchored to 0\n"


def test_a_ledger_without_keys_verifies_too(tmp_path: Path) -> None:
    with make_ledger(tmp_path / "ledger.db", 3):  # its log is read along
        assert run_script(tmp_path / "ledger.db") == (
            0,
            "verified: 3 entries, 0 erased, signed up to 0, anchored to 0\n",
        )


def test_what_cannot_be_tried_ends_with_2(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_bytes(b"")
    tamper(tmp_path / "foreign.db", "CREATE TABLE notes (text)")
    (tmp_path / "anchor.txt").write_text("no note")
    other = str(KEY).replace("needful", "another")
    ledger = whole / "ledger.db"
    calls: list[list[object]] = [
        [tmp_path / "nowhere.db"],
        [tmp_path / "foreign.db"],
        [ledger, "--key", "nonsense"],
        [ledger, "--key", other],
        [ledger, "--anchor", tmp_path / "anchor.txt"],
        [ledger, "--key", KEY, "--anchor", tmp_path / "nowhere.txt"],
        [ledger, "--unknown"],
    ]
    assert [run_script(*call)[0] for call in calls] == [2] * len(calls)


@pytest.mark.parametrize(
    "changes", [{}, {"purpose": "Prüfung \U0001f9fe", "counts": {"\ue000": {}, "\U0001f600": {"keep": 1}}}]
)
def test_entries_with_any_characters_are_read_alike(tmp_path: Path, changes: dict[str, object]) -> None:
    with SqliteLedger(tmp_path / "ledger.db") as ledger:
        ledger.append(make_entry(**changes))
    assert run_script(tmp_path / "ledger.db")[0] == 0


def test_the_script_is_short_and_imports_nothing_but_the_standard_library_and_cryptography() -> None:
    text = SCRIPT.read_text("utf-8")
    assert len([line for line in text.splitlines() if line.strip()]) < 400
    roots = {
        line.split()[1].split(".")[0] for line in text.splitlines() if line.lstrip().startswith(("import ", "from "))
    }
    assert roots - set(sys.stdlib_module_names) - {"__future__"} == {"cryptography"}
