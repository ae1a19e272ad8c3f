"""Decoding: what stands encoded in a text is found there, at exactly the characters that it was written with."""

from __future__ import annotations

import base64
import json
import quopri
import random
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from needful.decoding import MARGIN, MAX_DECODED, Excerpt, excerpts
from needful.folding import fold

Disguise = Callable[[str], str]

EACH: dict[str, Disguise] = {
    "decimal": lambda text: "".join(f"&#{ord(one)};" for one in text),
    "hexadecimal": lambda text: "".join(f"&#x{ord(one):X};" for one in text),
    "named at": lambda text: text.replace("@", "&commat;").replace(".", "&period;").replace("-", "&#45;"),
    "percent": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "quoted-printable": lambda text: "".join(f"={byte:02X}" for byte in text.encode()),
    "backslash": lambda text: "".join(f"\\u{ord(one):04x}" for one in text),
    "tags": lambda text: "".join(chr(0xE0000 + ord(one)) for one in text),
    "override": lambda text: f"\u202e{text[::-1]}\u202c",
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "HTML in HTML": lambda text: "".join(f"&amp;#{ord(one)};" for one in text),
    "percent in percent": lambda text: "".join(f"%25{ord(one):02x}" for one in text),
    "base64 of HTML": lambda text: base64.b64encode("".join(f"&#{ord(one)};" for one in text).encode()).decode(),
}
VALUES = st.from_regex(r"[a-z]{2,9}\.[a-z0-9]{1,9}@[a-z]{3,9}-[0-9]{2,9}\.[a-z]{2,5}", fullmatch=True)
AROUND = st.text(st.sampled_from("abc é ü – ﬁ 4 , . \n\u200b年ж"), max_size=60).map(lambda text: f"{text} ")
# Signs of every reading, so that they meet.
MIXED = st.lists(
    st.one_of(
        st.characters(),
        st.sampled_from(
            ["&#52;", "&amp;", "&lt", "%41", "%C3%BC", "=41", "=\n", "\\u0041", "\\ud83d\\ude00", "\u202e"]
        ),
        st.sampled_from(
            ["4", " ", ".", "_", "@", "\n", "[.]", "\U000e0041", "\u0301", "\x00", "SGVsbG8gd29ybGQ=", "\ufb01"]
        ),
    ),
    max_size=40,
).map("".join)


def read(text: str) -> list[Excerpt]:
    return excerpts(text, fold(text))


def places(text: str, value: str) -> set[tuple[int, int]]:
    """Where a value stands in the original, by each excerpt that decoded some of it."""
    found = ((excerpt, excerpt.text.find(value)) for excerpt in read(text))
    return {place for one, at in found if at >= 0 and (place := one.original(at, at + len(value)))}


def assert_read_at(text: str, value: str, start: int, end: int) -> None:
    """The whole is one of the places; none reaches further. Padding at the end of a line could be mail's, too."""
    found = places(text, value)
    assert (start, end) in found
    assert all(start <= first < last <= end for first, last in found)


@pytest.mark.parametrize("name", EACH)
@given(before=AROUND, value=VALUES, behind=AROUND)
@settings(max_examples=60)
def test_an_encoded_value_is_read_at_exactly_its_place(name: str, before: str, value: str, behind: str) -> None:
    encoded = EACH[name](value)

    assert_read_at(f"{before}{encoded} {behind}", value, len(before), len(before) + len(encoded))


@given(before=AROUND, value=VALUES, behind=AROUND)
@settings(max_examples=60)
def test_of_base64_the_whole_word_is_the_place(before: str, value: str, behind: str) -> None:
    word = base64.b64encode(f"Schreiben Sie – bitte – an {value}, danke.".encode()).decode()

    # Behind a line break, a digit may be the rest of the word: then it is covered too.
    assert_read_at(f"{before}{word} – {behind}", value, len(before), len(before) + len(word))


@given(MIXED)
@settings(max_examples=200)
def test_every_span_comes_back_inside_the_text_and_is_not_empty(text: str) -> None:
    for excerpt in read(text):
        length = len(excerpt.text)
        for start, end in [(at, at + 1) for at in range(length)] + [(at, length) for at in range(0, length, 7)]:
            place = excerpt.original(start, end)
            assert place is None or 0 <= place[0] < place[1] <= len(text)


@given(MIXED)
@settings(max_examples=200)
def test_what_touches_nothing_decoded_is_not_read(text: str) -> None:
    for excerpt in read(text):
        for at in range(len(excerpt.text)):
            first, last = excerpt.folded.original(at, at + 1)
            touched = any(start < last and first < end for start, end in excerpt.decoded)
            assert (excerpt.original(at, at + 1) is not None) == touched


@given(st.text(st.sampled_from("abcdefg hijklmnop, ABCÄÖÜ é 12,5 (3) § – “a” 年"), max_size=200))
def test_a_text_without_signs_of_encoding_has_no_excerpts(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Understanding internationalization, straightforwardly; Aufenthaltsgenehmigung.",
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0bb9a0c6f8a1e0d1c2b3a4",
        "AT&T and R&D; a=1&copy=2, if (a && b) x %= 3; 100 % of 5% and 20%",
        "1. 2. 3. 4. and 1_000_000 at 3:45 [1] (a) {x}",
        "2019\n2020\n2021\n\n12\n345\n6789",
        "I a m 7 8 not",
        "0 1 1 0 " * 50,
    ],
)
def test_words_code_and_tables_stand_for_themselves(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a &lt b &Auml; &#x80; &#228 &#xe4c", "a < b Ä € ä ä4c".replace("ä4c", "\u0e4c")),
        ("caf%C3%A9 %E4 %e2%82%ac %00 %FF%FE", "café ä € %00 ÿþ"),
        ("a=20b=C3=A4 soft =\nbreak", "a bä soft break"),
        ("\\u00fc \\xfc \\ud83d\\ude00 \\ud83d \\u12", "ü ü 😀 \\ud83d \\u12"),
        ("jo\x00hn\x1f\x7f", "john"),
        ("\U000e0034\U000e0031", "41"),
    ],
)
def test_escapes_stand_for_characters(text: str, expected: str) -> None:
    assert [excerpt.text for excerpt in read(text)][:1] == [fold(expected).text]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("SSN 9 1 2 - 3 4 - 5 6 7 8 ok", "912-34-5678"),
        ("IBAN N L 9 1 A B N A 0 4 1 7 1 6 4 3 0 0 ok", "NL91ABNA0417164300"),
        ("at n o r a @ e x a m p l e . c o m", "nora@example.com"),
        ("from 192. 0. 2. 146 on", "192.0.2.146"),
        ("from 192[.]0[.]2[.]146 on", "192.0.2.146"),
        ("from 192_0_2_146 on", "192.0.2.146"),
        ("SSN 912_34_5678 ok", "912-34-5678"),
        ("IBAN DE89_3704_0044_0532_0130_00 ok", "DE89 3704 0044 0532 0130 00"),
        ("SSN 912-\n  34-5678 ok", "912-34-5678"),
        ("SSN 912-34\n-5678 ok", "912-34-5678"),
        ("from 192.0.\r\n2.146 on", "192.0.2.146"),
        ("card 4111 11\n11 1111 1111 ok", "4111 1111 1111 1111"),
        ("the card 41111111\n11111111 was", "4111111111111111"),
        ("to nora@example\n.com or", "nora@example.com"),
        ("to nora@exam\nple.com or", "nora@example.com"),
        ("to nora\n@example.com or", "nora@example.com"),
        ("to nora.\nfeld@example.com or", "nora.feld@example.com"),
        ("to nora_at_example_dot_com now", "nora@example.com"),
    ],
)
def test_what_is_pulled_apart_is_read_together(text: str, value: str) -> None:
    ((start, end),) = places(text, value)

    assert (text[start - 1], text[end : end + 1].strip()) == (" ", "")
    assert (text[start], text[end - 1]) == (value[0], value[-1])


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("to nora@example.com\nnode.js is", "comnode"),
        ("Contact\nnora@example.com", "Contactnora"),
        ("1234 5678\n1234 5678", "56781234"),
        ("1. 2. 3. 4", "1.2"),
    ],
)
def test_what_need_not_be_one_value_is_not_joined(text: str, joined: str) -> None:
    assert not any(joined in excerpt.text for excerpt in read(text))


def test_base64_over_lines_is_one_word() -> None:
    value = "nora.feld84@example.com"
    lines = base64.encodebytes(f"{'Sehr geehrte Damen und Herren, ' * 3}{value} {'x' * 40}".encode()).decode()

    assert_read_at(f"Anhang:\n\n{lines}\nEnde", value, 9, 9 + len(lines.rstrip()))


def test_base64_behind_a_path_is_read_without_the_path() -> None:
    word = base64.urlsafe_b64encode(b"nora.feld84@example.com").decode().rstrip("=")
    text = f"see /\u00fc/{word} now"

    assert places(text, "nora.feld84@example.com") == {(7, 7 + len(word))}


def test_base64_of_what_is_no_text_is_left_alone() -> None:
    generator = random.Random(7)
    words = [base64.b64encode(generator.randbytes(60)).decode() for _ in range(200)]

    assert sum(len(read(f"key {word} end")) for word in words) <= 2


def test_base64_of_chinese_is_read() -> None:
    word = base64.b64encode("张三的电话".encode()).decode()
    assert places(f"see {word} now", "张三的电话") == {(4, 4 + len(word))}


def test_of_a_long_base64_word_only_the_beginning_is_decoded() -> None:
    word = base64.b64encode(b"abc 123 " * 60_000).decode()
    (excerpt,) = read(word)

    assert excerpt.decoded == [(0, (MAX_DECODED + 2) // 3 * 4)]
    assert len(excerpt.text) <= MAX_DECODED + 3 + MARGIN


def test_a_third_layer_stays_on() -> None:
    three = quote(quote(quote("a@b.c", safe=""), safe=""), safe="")
    texts = [excerpt.text for excerpt in read(f"x {three} y")]

    assert texts == ["x a%2540b.c y", "x a%40b.c y"]


def test_json_and_mail_are_read_as_their_libraries_write_them() -> None:
    mail = quopri.encodestring("Name: Jörg Müller".encode()).decode()

    assert "Jörg Müller" in read(json.dumps({"name": "Jörg Müller"}))[0].text
    assert "Jörg Müller" in read(mail)[0].text


def test_the_text_around_is_part_of_an_excerpt_and_what_lies_close_is_one() -> None:
    near = read("a" * 300 + " b" * 200 + " &#52; c &#53; " + "d " * 200)
    (excerpt,) = near

    assert " 4 c 5 d" in excerpt.text
    assert 2 * MARGIN < len(excerpt.text) < 3 * MARGIN
    assert len(read("&#52; " + "d " * 400 + "&#53;")) == 2


@pytest.mark.parametrize(
    "stretch",
    ["&#52;", "%34", "=34", "\\u0034", "\U000e0034", "4 ", "4\n", "4_", "a@\n", "a.\n", "SGVsbG8gd29ybGQh", "\u202eab",
     "&", "%", "a[.]", "1. ", "4-\n", "Sm9o ", "\x00", "&amp;amp;"],
)  # fmt: skip
def test_half_a_million_characters_are_read_in_no_time_and_ten_times_at_most(stretch: str) -> None:
    text = (stretch * (500_000 // len(stretch) + 1))[:500_000]
    start = time.process_time()
    found = read(text)

    assert time.process_time() - start < 10
    assert sum(len(excerpt.text) for excerpt in found) <= 10 * len(text)


def test_random_code_points_are_read_in_no_time() -> None:
    generator = random.Random(1)
    text = "".join(map(chr, (generator.randrange(0x110000) for _ in range(1_000_000))))
    start = time.process_time()
    read(text)
    assert time.process_time() - start < 10


def test_what_is_decoded_is_not_in_the_repr() -> None:
    assert "secret" not in repr(read("a &#115;ecret word"))


def test_reading_can_be_ended_before_every_excerpt() -> None:
    text = (" &#64; " + "word " * 200) * 5
    calls: list[None] = []

    assert excerpts(text, fold(text), lambda: calls.append(None)) == excerpts(text, fold(text))
    assert len(calls) > len(excerpts(text, fold(text)))

    def check() -> None:
        if len(calls) == 0:
            raise TimeoutError
        calls.pop()

    del calls[3:]
    with pytest.raises(TimeoutError):
        excerpts(text, fold(text), check)
