"""Files become documents, or a named fault that quotes nothing; no file costs more than it may."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from files_support import CANARY, complaint, docx, heard, item, paragraph, pdf
from hypothesis import given
from hypothesis import strategies as st

from needful_files import ENDINGS, Bad, Item, read, reading
from needful_files.content import MAX_BYTES, MAX_CHARACTERS, Content

WHOLE = [ending for ending in ENDINGS if ending != ".jsonl"]
MADE: dict[str, Callable[[str], bytes]] = {
    ".txt": str.encode,
    ".md": str.encode,
    ".html": lambda text: f"<p>{text}".encode(),
    ".htm": lambda text: f"<p>{text}".encode(),
    ".pdf": pdf,
    ".docx": lambda text: docx(paragraph(text)),
}


@pytest.mark.parametrize("ending", WHOLE)
def test_a_file_of_every_format_becomes_a_document_that_names_it(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"a{ending.upper()}"
    file.write_bytes(MADE[ending]("Some text."))
    found = item(file)
    assert found.text == "Some text."
    assert found.metadata["source"] == file.name


@pytest.mark.parametrize("ending", WHOLE)
def test_an_empty_file_is_named(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"a{ending}"
    file.write_bytes(b"")
    assert complaint(file) in ("the file has no text", f"the file is damaged, or it is no {ending[1:].upper()}")


@pytest.mark.parametrize("ending", [".pdf", ".docx"])
def test_a_file_of_another_format_is_named_and_not_quoted(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"a{ending}"
    file.write_bytes(CANARY.encode() * 50)
    assert complaint(file) == f"the file is damaged, or it is no {ending[1:].upper()}"


@pytest.mark.parametrize("ending", [".pdf", ".docx"])
def test_a_file_that_was_cut_off_anywhere_is_read_or_named(
    tmp_path: Path, ending: str, capfd: pytest.CaptureFixture[str]
) -> None:
    whole, file = MADE[ending](CANARY), tmp_path / f"a{ending}"
    outcomes = set()
    for size in range(0, len(whole), len(whole) // 40):
        file.write_bytes(whole[:size])
        with heard() as said:
            (found,) = read(file)
        assert said == []
        outcomes.add(type(found))
        assert CANARY not in str(found) if isinstance(found, Bad) else CANARY in found.text
    assert Bad in outcomes
    assert "".join(capfd.readouterr()) == ""


@given(st.sampled_from(WHOLE), st.integers(0, 2000), st.binary(min_size=1, max_size=8))
def test_whatever_is_in_a_file_it_becomes_one_document_or_one_fault(
    tmp_path_factory: pytest.TempPathFactory, ending: str, place: int, noise: bytes
) -> None:
    data = MADE[ending]("Some text, and <b>more</b> of it.")
    at = place % len(data)
    file = tmp_path_factory.mktemp("noise") / f"a{ending}"
    file.write_bytes(data[:at] + noise + data[at + len(noise) :])
    (found,) = read(file)
    if isinstance(found, Item):
        assert found.text.strip()
        found.text.encode()


def test_the_id_is_of_the_place_and_not_of_the_content(tmp_path: Path) -> None:
    file = tmp_path / "a.html"
    file.write_text("<p>one")
    first = item(file)
    file.write_text("<p>two")
    assert item(file).id == first.id
    other = tmp_path / "b.html"
    other.write_text("<p>two")
    assert item(other).id != first.id


@pytest.mark.parametrize("ending", WHOLE)
def test_a_file_that_is_too_large_is_not_read_to_its_end(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"a{ending}"
    file.touch()
    os.truncate(file, 40 * MAX_BYTES)  # a hole: it takes no room on the disk
    assert complaint(file) == "the file has more than 50 MB (split it)"


def test_what_is_too_large_takes_no_more_memory_than_what_is_not(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.touch()
    os.truncate(file, 5 * MAX_BYTES)
    tracemalloc.start()
    try:
        complaint(file)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 2.5 * MAX_BYTES


def test_halves_of_pairs_become_pairs_or_are_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_FORMATS", {".txt": ("text", lambda data: Content("a\ud83d\ude00b\ud800c"))})
    file = tmp_path / "a.txt"
    file.touch()
    assert item(file).text == "a😀b\ufffdc"


def test_a_text_that_is_too_long_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"x" * (MAX_CHARACTERS + 1))
    assert complaint(file) == "its text has more than 10 million characters (split it)"


def test_a_parser_that_does_not_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(data: bytes) -> Content:
        time.sleep(0.5)
        return Content("late")

    monkeypatch.setattr(reading, "_FORMATS", {".txt": ("text", slow)})
    file = tmp_path / "a.txt"
    file.touch()
    assert [str(found) for found in read(file, seconds=0.01)] == [f"{file}: reading it takes too long"]


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (RecursionError(CANARY), "the file is damaged, or it is no text"),
        (KeyError(CANARY), "the file is damaged, or it is no text"),
        (MemoryError(CANARY), "reading it takes too much memory"),
        (OSError(CANARY), "the file cannot be read"),
        (TimeoutError(CANARY), "reading it takes too long"),
    ],
)
def test_whatever_a_parser_raises_becomes_our_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: Exception, said: str
) -> None:
    def broken(data: bytes) -> Content:
        raise raised

    monkeypatch.setattr(reading, "_FORMATS", {".txt": ("text", broken)})
    file = tmp_path / "a.txt"
    file.touch()
    assert complaint(file) == said


def test_a_parser_is_interrupted_as_everything_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(data: bytes) -> Content:
        raise KeyboardInterrupt

    monkeypatch.setattr(reading, "_FORMATS", {".txt": ("text", interrupted)})
    file = tmp_path / "a.txt"
    file.touch()
    with pytest.raises(KeyboardInterrupt):
        list(read(file))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert complaint(tmp_path / "a.pdf") == "the file cannot be read"


@pytest.mark.parametrize(("ending", "library"), [(".html", "lxml"), (".pdf", "pypdf"), (".docx", "docx")])
def test_without_the_extra_it_is_said_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    file = tmp_path / f"a{ending}"
    file.write_bytes(MADE[ending]("text"))
    kind = ending[1:].upper()
    assert complaint(file) == f"{kind} needs more packages (pip install 'needful[files]')"


def test_the_libraries_are_imported_with_the_first_file_that_needs_them() -> None:
    program = "import sys, needful_files; print(*{'lxml', 'pypdf', 'docx', 'langchain_core'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_nothing_that_was_read_is_in_a_repr(tmp_path: Path) -> None:
    file = tmp_path / "a.html"
    file.write_text(f"<title>{CANARY}</title><p>{CANARY}")
    assert CANARY not in repr(item(file))
    assert CANARY not in repr(Content(CANARY, {"title": CANARY}))
