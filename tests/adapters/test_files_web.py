"""HTML becomes what a reader would see of it, with its blocks on lines of their own, and nothing is fetched for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from files_support import CANARY, complaint, item
from hypothesis import given
from hypothesis import strategies as st

from needful_files.items import Item
from needful_files.web import content


def seen(html: str) -> str:
    return content(html.encode()).text


def page(tmp_path: Path, data: bytes) -> Path:
    file = tmp_path / "a.html"
    file.write_bytes(data)
    return file


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("one <b>two</b>three", "one twothree"),
        ("<p>one<p>two", "one\n\ntwo"),
        ("<h1>one</h1>two<div><div>three</div></div>four", "one\n\ntwo\n\nthree\n\nfour"),
        ("one<br>two<br><br>three", "one\ntwo\nthree"),
        ("<ul>\n <li>one\n <li>two\n</ul>three", "one\ntwo\n\nthree"),
        (" <p> a\n  b <i> c</i> d </p> ", "a b c d"),
        ("<pre>a\n  b\tc</pre>d", "a\n  b\tc\n\nd"),
        ("&lt;b&gt; &amp; &eacute;&#128512;", "<b> & é😀"),
        ("5 < 6 and <3", "5 < 6 and <3"),
        ("one&nbsp;two", "one\xa0two"),
        ("<custom-tag>one</custom-tag> <a title='x>y'>two</a>", "one two"),
    ],
)
def test_blocks_are_lines_and_blanks_are_one(html: str, text: str) -> None:
    assert seen(html) == text


def test_a_row_is_a_line_with_tabs_between_its_cells() -> None:
    assert seen("<table><tr><td>a<td>b<tr><td>c<td>d</table>e") == "a\tb\nc\td\n\ne"


def test_a_cell_that_is_empty_keeps_its_place() -> None:
    assert seen("<table><tr><td>a</td><td></td><td>c</td></tr><tr><td></td><td>d</td></tr></table>") == "a\t\tc\n\td"


def test_a_paragraph_alone_in_a_cell_breaks_no_row() -> None:
    assert seen("<table><tr><td> <p>a</p> </td><td>\n<div><p>b</p></div></td></tr></table>c") == "a\tb\n\nc"


def test_paragraphs_of_a_cell_stay_apart() -> None:
    assert seen("<table><tr><td><p>a</p><p>b</p></td><td>c</td></tr></table>") == "a\n\nb\tc"


@pytest.mark.parametrize(
    "unseen",
    [
        f"<script>var a = '<p>{CANARY}';</script>",
        f"<style>p::before {{ content: '{CANARY}' }}</style>",
        f"<template><p>{CANARY}</template>",
        f"<noscript>{CANARY}</noscript>",
        f"<!-- {CANARY} -->",
        f"<?php {CANARY} ?>",
        f"<iframe>{CANARY}</iframe>",
        f"<svg><title>{CANARY}</title></svg>",
        f"<img alt='{CANARY}'>",
    ],
)
def test_what_a_reader_does_not_see_is_not_read(unseen: str) -> None:
    assert content(f"<p>one</p>{unseen}<p>two</p>".encode()) == content(b"<p>one</p><p>two</p>")


def test_the_first_title_is_metadata_and_no_text(tmp_path: Path) -> None:
    html = b"<html><head><title> Claim\n &amp; case </title></head><body>text<title>other</title></body>"
    found = item(page(tmp_path, html))
    assert found.metadata == {"source": "a.html", "title": "Claim & case"}
    assert found.text.startswith("text")
    assert "title" not in item(page(tmp_path, b"text")).metadata


@pytest.mark.parametrize(
    "data",
    [
        "<p>Grüße".encode(),
        b"\xef\xbb\xbf" + "<p>Grüße".encode(),
        "\ufeff<p>Grüße".encode("utf-16-le"),
        "\ufeff<p>Grüße".encode("utf-16-be"),
        b'<meta charset="windows-1252">' + "<p>Grüße".encode("cp1252"),
        b"<meta http-equiv='Content-Type' content='text/html; charset=ISO-8859-1'>" + "<p>Grüße".encode("cp1252"),
        b"<meta charset=utf-16>" + "<p>Grüße".encode(),
    ],
)
def test_the_encoding_is_the_one_that_a_page_says(tmp_path: Path, data: bytes) -> None:
    assert item(page(tmp_path, data)).text == "Grüße"


def test_chinese_encodings_are_read(tmp_path: Path) -> None:
    assert item(page(tmp_path, b"<meta charset=gb2312><p>" + "张伟".encode("gb2312"))).text == "张伟"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<p>\xff\xfa", "this is not UTF-8 text"),
        (b"<meta charset=shift_jis><p>\xff\xff", "it is not in the encoding that it names"),
        (b"<meta charset=hex><p>616263", "it names an encoding that is not known (save it as UTF-8)"),
        (b"<meta charset=nonsense-9><p>a", "it names an encoding that is not known (save it as UTF-8)"),
        (b"<meta charset=utf-7><p>\xff", "this is not UTF-8 text"),
        (b"<html><body> <script>a</script></body>", "the file has no text"),
    ],
)
def test_a_page_that_cannot_be_read_is_named(tmp_path: Path, data: bytes, said: str) -> None:
    assert complaint(page(tmp_path, data)) == said


def test_nothing_outside_of_the_page_is_read_for_it(tmp_path: Path) -> None:
    # conftest fails a test that asks the network; what is on this machine shows in the text.
    (tmp_path / "secret.txt").write_text(CANARY)
    secret = (tmp_path / "secret.txt").as_uri()
    html = f"""<!DOCTYPE html PUBLIC "x" "http://example.com/x.dtd" [<!ENTITY own SYSTEM "{secret}">]>
        <link rel=stylesheet href="http://example.com/a.css"><base href="http://example.com/">
        <img src="http://example.com/a.png"><iframe src="{secret}"></iframe><object data="{secret}"></object>
        <xi:include href="{secret}" xmlns:xi="http://www.w3.org/2001/XInclude"/><p>text &own;"""
    found = item(page(tmp_path, html.encode()))
    assert CANARY not in found.text
    assert found.text.endswith("text &own;")


@pytest.mark.parametrize(
    "unit", ["<div>", "<b>", "<p><b><i>", "<table><tr><td>", "<!--", "<a ", "</a ", "<script>", "&"]
)
def test_a_page_of_unclosed_elements_ends(tmp_path: Path, unit: str) -> None:
    text = content((unit * 20_000 + "end").encode()).text
    assert len(text) < 60_000


words = st.lists(st.sampled_from(["one", "two", "three", "four"]), min_size=1, max_size=4).map(" ".join)
blocks = st.sampled_from(["p", "div", "h2", "li", "blockquote", "td", "pre", "section"])


@given(st.lists(st.tuples(blocks, words), min_size=1, max_size=8))
def test_no_word_is_lost_and_none_runs_into_the_next_block(
    tmp_path_factory: object, pairs: list[tuple[str, str]]
) -> None:
    text = seen("".join(f"<{tag}>{inner}</{tag}>" for tag, inner in pairs))
    assert text.split() == " ".join(inner for _, inner in pairs).split()


def test_reading_gives_the_project_s_own_item(tmp_path: Path) -> None:
    assert isinstance(item(page(tmp_path, b"a")), Item)
