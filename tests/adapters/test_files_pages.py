"""A PDF becomes its pages with blank lines between them; one that has no text, or a password, is named as that."""

from __future__ import annotations

import zlib
from io import BytesIO
from pathlib import Path

import pytest
from files_support import CANARY, assembled, complaint, heard, item, pdf
from pypdf import PdfReader, PdfWriter

from needful_files import pages


def saved(tmp_path: Path, data: bytes) -> Path:
    file = tmp_path / "a.pdf"
    file.write_bytes(data)
    return file


def locked(data: bytes, password: str) -> bytes:
    writer, held = PdfWriter(clone_from=PdfReader(BytesIO(data))), BytesIO()
    writer.encrypt(password, owner_password="owner", algorithm="AES-256")
    writer.write(held)
    return held.getvalue()


def test_pages_are_joined_by_blank_lines_and_counted(tmp_path: Path) -> None:
    found = item(saved(tmp_path, pdf("First page.", "Second page.")))
    assert found.text == "First page.\n\nSecond page."
    assert found.metadata == {"source": "a.pdf", "pages": 2}


def test_pages_without_text_are_counted(tmp_path: Path) -> None:
    found = item(saved(tmp_path, pdf("First page.", "", "Third page.")))
    assert found.text == "First page.\n\nThird page."
    assert found.metadata == {"source": "a.pdf", "pages": 3, "pages_without_text": 1}


def test_a_file_of_pictures_is_named_with_what_to_do(tmp_path: Path) -> None:
    said = "no page has text: they may be pictures (run character recognition over it first)"
    assert complaint(saved(tmp_path, pdf("", ""))) == said


def test_a_file_with_a_password_is_named_with_what_to_do(tmp_path: Path) -> None:
    file = saved(tmp_path, locked(pdf(CANARY), "secret"))
    assert complaint(file) == "the file is encrypted (save it without a password)"


def test_a_file_that_every_reader_opens_is_read(tmp_path: Path) -> None:
    assert item(saved(tmp_path, locked(pdf("Some text."), ""))).text == "Some text."


def test_the_library_s_log_does_not_leave_it_because_it_quotes_the_file(tmp_path: Path) -> None:
    broken = pdf("Some text.").replace(b"startxref", b"startxref " + CANARY.encode())
    with heard() as said:
        assert item(saved(tmp_path, broken)).text == "Some text."
    assert said == []


def with_stream(before: str, stream: bytes, page: str) -> bytes:
    """A PDF of one page, and a compressed stream as its object 4."""
    return assembled(
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] {page} >>",
            f"<< {before} /Filter /FlateDecode /Length {len(stream)} >>\nstream\n{stream.decode('latin-1')}\nendstream",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            "<< /Length 44 >>\nstream\nBT /F1 12 Tf 72 720 Td (Seen.) Tj ET /X1 Do \nendstream",
        ]
    )


BOMB = zlib.compress(b" " * 80_000_000)


def test_a_page_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    page = "/Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >>"
    assert complaint(saved(tmp_path, with_stream("", BOMB, page))) == "the file is damaged, or it is no PDF"


def test_a_part_that_the_library_leaves_out_is_named_and_not_lost(tmp_path: Path) -> None:
    form = "/Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources << /Font << /F1 5 0 R >> >>"
    page = "/Contents 6 0 R /Resources << /Font << /F1 5 0 R >> /XObject << /X1 4 0 R >> >>"
    drawn = zlib.compress(b"BT /F1 12 Tf 72 700 Td (In a form.) Tj ET")
    assert item(saved(tmp_path, with_stream(form, drawn, page))).text.split() == ["Seen.", "In", "a", "form."]
    said = "a part of page 1 cannot be read (save the file anew)"
    assert complaint(saved(tmp_path, with_stream(form, BOMB, page))) == said


def test_a_text_that_is_too_long_ends_at_the_page_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MAX_CHARACTERS", 15)
    assert "characters (split it)" in complaint(saved(tmp_path, pdf("First page.", "Second page.")))


def test_a_reader_that_is_given_up_ends_with_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "left", lambda: 0.0)
    assert complaint(saved(tmp_path, pdf("First page."))) == "reading it takes too long"
