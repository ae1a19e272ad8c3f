"""Documents with invented customers in them, so that every identifier is known by construction.

The texts, questions and answers are those of TAT-QA; each text gets the head of a letter, a sentence in its middle and
a closing line that name one customer. No invented last name is a word of the set. Needful's model was trained on names
that Faker has for many countries, so the names here come from a set that Presidio's makers generated, which was never
trained on, and from lists of Faker's that the training did without.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Document", "Question", "contexts", "letters", "names_of", "planted", "questions_of"]

LOCALES = ("en_PK", "en_TH", "uz_UZ", "fr_DZ", "sw")
"""None of those in `training/choosing.py`."""

Name = tuple[str, str]
"""First and last name."""

_BRITISH_BANKS = ("BUKB", "NWBK", "LOYD", "MIDL")
_HEADS = (
    "To: {name}\nE-mail: {email}\nPhone: {phone}\nAccount: {iban}\nSSN: {ssn}\n",
    (
        "Dear {name},\nas agreed on the phone ({phone}) we write to {email} about "
        "account {iban}. Your SSN on file is {ssn}.\n"
    ),
    "Customer {name} <{email}>, tel. {phone}, SSN {ssn}, IBAN {iban}, has asked about the following passage.\n",
    (
        "File note. Spoke to {name}, call back on {phone}. Fees go to IBAN {iban}; SSN "
        "{ssn} was checked; copy to {email}.\n"
    ),
)
_MIDDLES = (
    "{last} asked us to explain the next paragraph.",
    "This is the part that Mr. {last} had marked.",
    "We told Ms. {last} on {phone} that the figures are audited.",
    "{name} will confirm this from {email}.",
)
_TAILS = (
    "Yours sincerely, on behalf of {name}",
    "Please answer {last} within two weeks.",
    "Invoice to account {iban} of {name}.",
    "A copy went to {email}.",
)


@dataclass(frozen=True, slots=True)
class Document:
    """One record: its text, what is stored beside it, and the identifiers that were planted, by kind."""

    number: int
    context: str
    text: str = field(repr=False)
    metadata: Mapping[str, str] = field(repr=False)
    values: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the document that answers it and the answer as it stands there."""

    text: str
    document: int
    answer: str


def contexts(path: Path) -> list[dict[str, Any]]:
    """The contexts of a TAT-QA file."""
    loaded: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    return loaded


def names_of(path: Path) -> list[Name]:
    """The names in a file of annotated texts that are two plain words; none where there is no such file."""
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    spans = [(row["text"], span) for row in map(json.loads, lines) for span in row["spans"]]
    found = {text[start:end] for text, (start, end, label, *_) in spans if label == "PERSON"}
    return [(first, last) for first, _, last in (name.partition(" ") for name in sorted(found)) if _plain(first, last)]


def letters(read: Sequence[Mapping[str, Any]], count: int, names: Sequence[Name] = (), seed: int = 6) -> list[Document]:
    """The `count` contexts with the longest texts as letters to one customer each, in the order of the set.

    `names` are used beside those of Faker, each once.
    """
    longest = sorted(read, key=lambda one: -len("".join(_paragraphs(one))))[:count]
    chosen = [one for one in read if one in longest]
    words = {word.casefold() for one in read for word in re.findall(r"\w+", " ".join(_paragraphs(one)))}
    people = _people(seed, words, names)
    chance = random.Random(seed)
    return [planted(number, one, next(people), chance) for number, one in enumerate(chosen)]


def planted(number: int, context: Mapping[str, Any], values: Mapping[str, str], chance: random.Random) -> Document:
    """One context with one customer in it. `values` has name, last, email, phone, iban and ssn."""
    paragraphs = _paragraphs(context)
    middle = len(paragraphs) // 2
    parts = [
        chance.choice(_HEADS).format(**values),
        *paragraphs[:middle],
        chance.choice(_MIDDLES).format(**values),
        *paragraphs[middle:],
        chance.choice(_TAILS).format(**values),
    ]
    metadata = {"title": f"note {number}", "customer": values["name"], "email": values["email"]}
    kinds = {"name": values["last"], **{kind: values[kind] for kind in ("email", "phone", "iban", "ssn")}}
    return Document(number, context["table"]["uid"], "\n".join(parts), metadata, kinds)


def questions_of(read: Iterable[Mapping[str, Any]], documents: Iterable[Document]) -> list[Question]:
    """The questions that one stretch of one of the documents' texts answers, in the order of the set."""
    by_context = {one.context: one for one in documents}
    return [
        Question(one["question"], document.number, answer)
        for context in read
        if (document := by_context.get(context["table"]["uid"]))
        for one in context["questions"]
        if (answer := _span(one)) and answer in document.text
    ]


def _span(question: Mapping[str, Any]) -> str | None:
    if question["answer_type"] != "span" or question["answer_from"] != "text" or len(question["answer"]) != 1:
        return None
    return str(question["answer"][0])


def _paragraphs(context: Mapping[str, Any]) -> list[str]:
    return [one["text"] for one in sorted(context["paragraphs"], key=lambda one: one["order"])]


def _people(seed: int, taken: set[str], names: Sequence[Name]) -> Iterator[dict[str, str]]:
    """Customers without end, no two with the same last name, e-mail or number, none named by a word of the texts."""
    from faker import Faker

    numbers = Faker("en_US")
    numbers.seed_instance(seed)
    chance = random.Random(seed)
    taken = set(taken)
    for first, last in _names(chance, seed, names):
        if not _plain(first, last) or last.casefold() in taken or first.casefold() in taken:
            continue
        taken.add(last.casefold())
        host = chance.choice(("mail", "post", "web"))
        yield {
            "name": f"{first} {last}",
            "last": last,
            "email": f"{first}.{last}{chance.randint(1, 99)}@{host}.com".lower(),
            "phone": _phone(chance),
            "iban": _iban(chance),
            "ssn": numbers.ssn(),
        }


def _plain(first: str, last: str) -> bool:
    """One plain word each: what is looked for afterwards must be found however a tool writes it."""
    return bool(re.fullmatch(r"[A-Z][a-z]{2,}", first) and re.fullmatch(r"[A-Z][a-z]{3,}", last))


def _names(chance: random.Random, seed: int, names: Sequence[Name]) -> Iterator[Name]:
    """Names without end: in turn one of those given, while there are any, and one of Faker's."""
    from faker import Faker

    makers = [Faker(locale) for locale in LOCALES]
    for place, maker in enumerate(makers):
        maker.seed_instance(seed + place)
    given = list(names)
    chance.shuffle(given)
    while True:
        if given:
            yield given.pop()
        maker = chance.choice(makers)
        yield maker.first_name(), maker.last_name()


def _phone(chance: random.Random) -> str:
    area, exchange, line = chance.choice((212, 312, 415, 617, 702)), chance.randint(220, 989), chance.randint(0, 9999)
    form = chance.choice(("({}) {}-{:04}", "{}-{}-{:04}", "+1 {} {} {:04}"))
    return form.format(area, exchange, line)


def _iban(chance: random.Random) -> str:
    """A British IBAN with right check digits (ISO 13616: mod 97 of the rearranged number is 1)."""
    body = chance.choice(_BRITISH_BANKS) + "".join(str(chance.randint(0, 9)) for _ in range(14))
    digits = "".join(str(int(letter, 36)) for letter in body + "GB00")
    return f"GB{98 - int(digits) % 97:02}{body}"
