"""A DOCX becomes its paragraphs, tables and notes, whatever wraps them; nothing is fetched or unpacked blindly."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import docx as library
import pytest
from files_support import CANARY, complaint, docx, item, packed, paragraph

from needful_files import word
from needful_files.word import content

MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'


def saved(tmp_path: Path, data: bytes) -> Path:
    file = tmp_path / "a.docx"
    file.write_bytes(data)
    return file


def test_a_document_of_the_library_s_own_is_read_in_order(tmp_path: Path) -> None:
    document = library.Document()
    document.add_heading("Report")
    document.add_paragraph("First.").add_run(" Second.")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(table._cells, ("name", "sum", "Keller", "5"), strict=True):
        cell.text = text
    document.add_paragraph("")
    document.add_paragraph("item", style="List Bullet")
    document.sections[0].header.paragraphs[0].text = "in the header"
    document.sections[0].footer.paragraphs[0].text = "in the footer"
    document.save(str(tmp_path / "a.docx"))
    found = item(tmp_path / "a.docx")
    assert found.text == "Report\n\nFirst. Second.\n\nname\tsum\nKeller\t5\n\nitem"
    assert found.metadata == {"source": "a.docx"}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (paragraph("one ", "two"), "one two"),
        ("<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/></w:r></w:p>", "a\tb\nc-"),
        ("<w:p><w:pPr><w:tabs><w:tab w:pos='9'/></w:tabs></w:pPr><w:r><w:t>a</w:t></w:r></w:p>", "a"),
        (f"<w:sdt><w:sdtContent>{paragraph('a')}</w:sdtContent></w:sdt>{paragraph('b')}", "a\n\nb"),
        ("<w:p><w:ins><w:r><w:t>a</w:t></w:r></w:ins><w:smartTag><w:r><w:t>b</w:t></w:r></w:smartTag></w:p>", "ab"),
        ("<w:p><w:hyperlink><w:r><w:t>a</w:t></w:r></w:hyperlink></w:p>", "a"),
        (f"<w:p><w:del><w:r><w:delText>{CANARY}</w:delText></w:r></w:del><w:r><w:t>a</w:t></w:r></w:p>", "a"),
        (f"<w:p><w:moveFrom><w:r><w:t>{CANARY}</w:t></w:r></w:moveFrom><w:r><w:t>a</w:t></w:r></w:p>", "a"),
        (f"<w:p><w:r><w:instrText>{CANARY}</w:instrText><w:t>a</w:t></w:r></w:p>", "a"),
        ("<w:p><w:r><w:t xml:space='preserve'> a </w:t></w:r></w:p>", "a"),
    ],
)
def test_a_paragraph_is_what_stands_in_it(body: str, text: str) -> None:
    assert content(docx(body)).text == text


def test_a_text_box_is_read_once_and_stands_apart() -> None:
    box = f"<w:txbxContent>{paragraph('in the')}{paragraph('box')}</w:txbxContent>"
    both = (
        f"<mc:AlternateContent {MC}><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent>"
    )
    body = f"<w:p><w:r><w:t>before</w:t></w:r><w:r>{both}</w:r><w:r><w:t>after</w:t></w:r></w:p>"
    assert content(docx(body)).text == "before\nin the\nbox\nafter"


def test_a_table_in_a_cell_stands_on_the_line_of_its_row() -> None:
    inner = f"<w:tbl><w:tr><w:tc>{paragraph('b')}</w:tc><w:tc>{paragraph('c')}</w:tc></w:tr></w:tbl>"
    row = f"<w:tr><w:tc>{paragraph('a')}</w:tc><w:tc>{inner}{paragraph('d')}</w:tc><w:tc>{paragraph('e')}</w:tc></w:tr>"
    assert content(docx(f"<w:tbl>{row}</w:tbl>")).text == "a\tb c d\te"


def test_an_empty_cell_keeps_its_place() -> None:
    row = f"<w:tr><w:tc>{paragraph()}</w:tc><w:tc>{paragraph('b')}</w:tc></w:tr>"
    assert content(docx(f"{paragraph('a')}<w:tbl>{row}</w:tbl>")).text == "a\n\n\tb"


def test_notes_come_after_the_text() -> None:
    assert content(docx(paragraph("text"), notes=paragraph("note"))).text == "text\n\nnote"


def test_an_entity_of_the_file_s_own_is_refused_and_never_looked_up(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text(CANARY)
    secret = (tmp_path / "secret.txt").as_uri()
    for target in (f'"{secret}"', '"http://example.com/x"'):
        before = f"<!DOCTYPE d [<!ENTITY own SYSTEM {target}>]>"
        file = saved(tmp_path, docx(paragraph("text &own;"), before=before))
        assert complaint(file) == "the file declares a document type, which no DOCX does"


def test_entities_that_multiply_are_refused(tmp_path: Path) -> None:
    levels = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    before = f'<!DOCTYPE d [<!ENTITY e0 "ha">{levels}]>'
    assert complaint(saved(tmp_path, docx(paragraph("&e9;"), before=before))) in (
        "the file declares a document type, which no DOCX does",
        "the file is damaged, or it is no DOCX",
    )


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(tmp_path: Path) -> None:
    held = BytesIO(docx(paragraph("text")))
    with zipfile.ZipFile(held, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("word/big.xml", "w") as member:
        for _ in range(101):
            member.write(b"\0" * 1_000_000)
    assert len(held.getvalue()) < 200_000
    assert complaint(saved(tmp_path, held.getvalue())) == "unpacked, the file has more than 100 MB"


def test_an_archive_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    data = docx(paragraph("x" * 5000))
    at = data.rindex(b"word/document.xml") - 46  # its header in the directory: [APPNOTE] §4.3.12
    assert data[at : at + 4] == b"PK\x01\x02"
    small = data[: at + 24] + (100).to_bytes(4, "little") + data[at + 28 :]
    assert complaint(saved(tmp_path, small)) == "the file is damaged, or it is no DOCX"


def test_an_archive_of_very_many_parts_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word, "_MAX_PARTS", 4)
    assert complaint(saved(tmp_path, docx(paragraph("text")))) == "unpacked, the file has more than 100 MB"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
            "the file is encrypted (save it without a password, or it is a .doc: save it as .docx)",
        ),
        (packed({"a.txt": CANARY}), "the file is damaged, or it is no DOCX"),
        (docx(f"<w:p>{CANARY}"), "the file is damaged, or it is no DOCX"),
        (docx(""), "the file has no text"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_not_quoted(tmp_path: Path, data: bytes, said: str) -> None:
    assert complaint(saved(tmp_path, data)) == said
