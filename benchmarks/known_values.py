"""How many mentions of known values come out redacted: all usual variants against the exact value alone.

Generated records with a name, an account, a phone number and an address in the metadata, and a text that mentions each
of them as people write them: clerks, callers, letters, chats. Names, numbers and addresses of a dozen countries. A
mention counts where every letter and digit of it is redacted. Records come four a call, as a retriever returns them.

The baseline looks for the values themselves, in any spelling, in the record's own text: what Needful did before.
False spans are counted on paragraphs of annual reports (TAT-QA, `$NEEDFUL_DATA` or ../shared/data), searched with all
known values of a call of four records.

    python benchmarks/known_values.py [--records 1000] [--seed 1]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from needful.consistency import Searched, mentions_of
from needful.mentions import Mentions
from needful.mentions.exact import Exact
from needful.mentions.reading import Reading
from needful.mentions.sought import KNOWN, Source
from needful.planning import Plan, plan
from needful.policy import Policy
from needful.records import Opened, open_record
from needful.values import Principal, Record, Request

A_CALL = 4
KINDS = ("name", "account", "phone", "address")

POLICY = """
needful: 1
name: known-values
version: 1
purposes:
  answer:
    fields: {page_content: scan}
    detect:
      ner: none
      reason: only known values are measured
      known:
        - {field: metadata.name, entity: PERSON}
        - {field: metadata.account, entity: ACCOUNT}
        - {field: metadata.phone, entity: PHONE_NUMBER}
        - {field: metadata.address, entity: LOCATION}
"""

# Given names, surnames, and a street, town and phone pattern, by country.
PEOPLE = {
    "us": (
        "James Mary Robert Patricia Michael Jennifer Grace Will Mark Rose April Hope Dwayne LaToya Chase Bill Joy",
        "Smith Johnson Brown Jones Davis Miller Young King Price Long Washington Hill Green Case O'Brien McDonald Bush",
    ),
    "uk": (
        "Oliver Amelia Harry Isla Alfie Poppy Nigel Gemma Callum Siobhan Priya Mohammed Fiona Hugh Imogen Max May",
        "Taylor Evans Walker Wright Robinson Hughes Khan Patel Ward Fletcher-Moore MacLeod Penrose Read Little",
    ),
    "de": (
        "Jürgen Käthe Hans-Peter Anna-Lena Günther Uwe Björn Sabine Heike Torsten Annemarie Jörg Birgit Karl-Heinz Mia",
        "Müller Schäfer Weiß Köhler Groß Meyer-Schmidt Krüger Klein Vogel Baumgärtner Schröder Lang Keller Strauß Jung",
    ),
    "nl": (
        "Jan Pieter Anneke Sanne Willem Femke Joost Marijke Bram Lotte",
        "de Vries|van der Berg|van Dijk|Jansen|de Jong|van den Heuvel|Bakker|ter Horst|Visser|van 't Hof",
    ),
    "fr": (
        "Jean-Luc Émilie François Zoé Benoît Hélène Chloé Étienne Marie-Claire Gaëlle Théo Inès",
        "Lefèvre|Dupont|Béranger|de la Tour|Petit|Garçon|Le Goff|Durand|Moreau|Blanchard-Roux|Noël",
    ),
    "es": (
        "José María Lucía Íñigo Sofía Andrés Begoña Raúl Carmen Ángel Pilar",
        "García López|Núñez|Fernández Ruiz|de la Cruz|Muñoz Peña|Ibáñez|del Río|Castaño|Gómez Ortega|Zúñiga",
    ),
    "pl": (
        "Łukasz Małgorzata Wojciech Agnieszka Paweł Zofia Grzegorz Bożena",
        "Kowalski Wiśniewska Łuczak Zieliński Wójcik Dąbrowska Szymański Żak",
    ),
    "tr": (
        "Ayşe Mehmet Gülşen İbrahim Çağla Ömer Şule Emre",
        "Yılmaz Öztürk Şahin Çelik Aydın Güneş Kılıç Doğan",
    ),
    "in": (
        "Priyanka Arjun Lakshmi Venkatesh Deepika Rohan Anjali Suresh Gurpreet",
        "Sharma Iyer Reddy Singh Chatterjee Gupta Nair Krishnamurthy Kaur Rao",
    ),
    "ar": (
        "Mohammed Fatima Omar Layla Youssef Noor Khalid Amina Tariq",
        "Al-Sayed|El Amrani|bin Laith|Haddad|Al Rashid|Mansour|Ben Youssef|Nasser|Abdel-Rahman",
    ),
    "zh": (
        "Xiaoming Wei Jing Li-Hua Jun Mei Guangzhou Yi Xinyi",
        "Wang Li Zhang Chen Ng Ouyang Ma Xu Zhao Lin",
    ),
    "han": ("小明 建国 丽华 伟 静怡 志强 婷婷 俊杰", "王 李 张 欧阳 陈 刘 司马 赵"),
}
ADDRESSES = {
    "us": (
        "Main Street|Oak Avenue|Martin Luther King Boulevard|Sunset Drive|5th Avenue|N Lincoln Street|Cedar Lane",
        "Springfield, IL 62704|Portland, OR 97205|New York, NY 10036|St. Paul, MN 55102|Reading, PA 19601",
    ),
    "uk": (
        "High Street|Baker Street|Station Road|Church Lane|Kingsway|St. John's Road|Victoria Terrace|Park View Close",
        "London SW1A 2AA|Leeds LS1 4DY|Bath BA1 1SU|Manchester M4 5JD|Kingston upon Hull HU1 2AA",
    ),
    "de": (
        "Hauptstraße|Lange Straße|Bahnhofstraße|Kurfürstendamm|Goetheplatz|Am Weiher|Dr.-Karl-Renner-Straße|Mühlenweg",
        "10115 Berlin|80331 München|60311 Frankfurt am Main|53113 Bonn|89073 Ulm",
    ),
    "fr": (
        "rue de la Paix|avenue Victor Hugo|boulevard Saint-Germain|place Bellecour|chemin des Lilas",
        "75002 Paris|69002 Lyon|13001 Marseille|35000 Rennes",
    ),
    "es": (
        "Calle Mayor|Avenida de América|Paseo de Gracia|Plaza de España",
        "28013 Madrid|08007 Barcelona|41001 Sevilla",
    ),
}
HOME = {"nl": "de", "pl": "de", "tr": "de", "in": "uk", "ar": "fr", "zh": "us", "han": "us"}
CODES = {"us": "1", "uk": "44", "de": "49", "fr": "33", "es": "34"}

SENTENCES = {
    "name": (
        "{} called about the delayed payment.",
        "I spoke with {} this morning and promised a call back.",
        "The letter from {} arrived on Monday.",
        "According to {} nothing was signed.",
        "We agreed with {}, who will send the form.",
        "Please ask {} for the receipt before Friday.",
    ),
    "account": (
        "The refund went to {} last week.",
        "Account {} was debited twice.",
        "Please check {} for the missing transfer.",
        "The customer gave {} as the account.",
    ),
    "phone": (
        "Best reached at {} after five.",
        "Tried {} twice, no answer.",
        "Phone {} is no longer in use.",
        "New number? No, still {}.",
    ),
    "address": (
        "The parcel went to {} by mistake.",
        "Inspection at {} is planned for May.",
        "Still lives at {}, she said.",
        "The damage at {} was photographed.",
    ),
}


@dataclass(frozen=True, slots=True)
class Mention:
    """Where a value is mentioned: offsets in the text, which kind, and in which way it is written."""

    start: int
    end: int
    kind: str
    variant: str


@dataclass(frozen=True, slots=True)
class Case:
    """One record and the mentions of its values in its text."""

    payload: dict[str, Any]
    mentions: tuple[Mention, ...]


def ascii_of(word: str) -> str:
    """A word as a keyboard without accents writes it."""
    for one, other in zip("ÄÖÜäöüß", ("Ae", "Oe", "Ue", "ae", "oe", "ue", "ss"), strict=True):
        word = word.replace(one, other)
    return bare_of(word)


def bare_of(word: str) -> str:
    """A word with its accents left out."""
    import unicodedata

    word = word.replace("ß", "ss").replace("Ł", "L").replace("ł", "l").replace("ı", "i").replace("ø", "o")
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


def name_variants(given: str, middle: str, family: str) -> dict[str, str]:
    """How people write a name."""
    first, last = given, family
    core = last.split()[-1]
    initial = first[0]
    variants = {
        "full": f"{first} {last}",
        "initial": f"{initial}. {last}",
        "initial, no dot": f"{initial} {last}",
        "last, first": f"{last}, {first}",
        "last,first": f"{last},{first}",
        "last initial": f"{last} {initial}.",
        "LAST first": f"{last.upper()} {first}",
        "CAPITALS": f"{first} {last}".upper(),
        "lower": f"{first} {last}".lower(),
        "title last": f"Ms. <{last}>",
        "title initial last": f"Dr <{initial}. {last}>",
        "first initial": f"{first} {core[0].upper()}.",
        "possessive": f"<{last}>'s",
        "first possessive": f"<{first}>’s",
        "first": first,
        "last": last,
        "no accents": f"{bare_of(first)} {bare_of(last)}",
        "two letters for an umlaut": f"{ascii_of(first)} {ascii_of(last)}",
        "two spaces": f"{first}  {last}",
        "line break": f"{first}\n{last}",
        "initials": f"{initial}.{core[0].upper()}.",
        "plural": f"the <{core}s>" if bare_of(core)[-1] not in "sxz" else f"the <{core}es>",
    }
    if middle:
        variants |= {
            "with middle": f"{first} {middle} {last}",
            "middle initial": f"{first} {middle[0]}. {last}",
            "two initials": f"{initial}.{middle[0]}. {last}",
            "two initials apart": f"{initial}. {middle[0]}. {last}",
            "glued initials": f"{initial}{middle[0]} {last}",
        }
    if "-" in last and len(last.split("-")[0]) > 2:
        variants["half of the last name"] = last.split("-")[0]
    if "-" in first:
        variants["hyphen left out"] = f"{first.replace('-', ' ')} {last}"
    if core != last:
        variants["core of the last name"] = f"Mr. <{core}>"
    return variants


def han_variants(given: str, family: str) -> dict[str, str]:
    """How people write a Chinese name."""
    variants = {
        "full": family + given,
        "Mr": f"<{family}>先生",
        "Ms": f"<{family}>女士",
        "manager": f"<{family}>经理",
        "full, Mr": f"<{family}{given}>先生",
        "apart": f"{family} {given}",
    }
    return variants | ({"given": given} if len(given) > 1 else {})


def grouped(digits: str, size: int, between: str) -> str:
    """Digits in groups."""
    return between.join(digits[at : at + size] for at in range(0, len(digits), size))


def account(chance: random.Random) -> tuple[str, dict[str, str]]:
    """An account, and how people write it."""
    digits = "".join(chance.choice("0123456789") for _ in range(18))
    kind = chance.choice(("de", "gb", "us", "policy"))
    if kind == "us":
        plain = chance.choice("123456789") + digits[: chance.choice((7, 9, 11))]
        value = plain
    elif kind == "policy":
        plain = f"KD{digits[:8]}"
        value = chance.choice((f"KD-{digits[:8]}", plain, f"KD {digits[:4]} {digits[4:8]}"))
    else:
        plain = f"DE{digits}89" if kind == "de" else f"GB{digits[:2]}NWBK{digits[2:16]}"
        value = chance.choice((plain, grouped(plain, 4, " ")))
    variants = {
        "full": value,
        "glued": plain,
        "lower": plain.lower(),
        "groups of 4": grouped(plain, 4, " "),
        "groups of 4, dashes": grouped(plain, 4, "-"),
        "groups of 3, dots": grouped(plain, 3, "."),
        "line break": f"{plain[:6]}\n{plain[6:]}",
        "ending in": f"the one ending in <{plain[-4:]}>",
        "stars": f"****<{plain[-4:]}>",
        "xx": f"XXXX-<{plain[-4:]}>",
        "last four": f"the account whose last four digits are <{plain[-4:]}>",
        "number alone": plain[-10:].lstrip("KD"),
    }
    return value, variants


def phone(chance: random.Random, country: str) -> tuple[str, dict[str, str]]:
    """A phone number, and how people write it."""
    code = CODES[country]
    rest = "".join(chance.choice("23456789") for _ in range(10 if country in ("us", "uk") else 9))
    area, local = rest[:3], rest[3:]
    head = "" if country == "us" else "0"
    value = chance.choice(
        (f"+{code} {area} {local}", f"+{code}{rest}", f"{head}{area}/{local}", f"({head}{area}) {local}")
    )
    variants = {
        "full": value,
        "glued": f"{head}{rest}",
        "national": f"{head}{area} {local}",
        "dashes": f"{head}{area}-{local[:3]}-{local[3:]}",
        "dots": f"{head}{area}.{local[:3]}.{local[3:]}",
        "brackets": f"({head}{area}) {local[:3]} {local[3:]}",
        "slash": f"{head}{area}/{local}",
        "international": f"+{code} {area} {local[:3]} {local[3:]}",
        "00": f"00{code}{rest}",
        "(0)": f"+{code} (0){area} {local}" if head else f"+{code} ({area}) {local}",
        "pairs": " ".join((f"{head}{area}", grouped(local, 2, " "))),
        "line break": f"{head}{area}\n{local}",
        "ending": f"the number ending in <{rest[-4:]}>",
        "local": local if len(local) > 6 else f"{head}{area} {local}",
    }
    return value, variants


def address(chance: random.Random, country: str) -> tuple[str, dict[str, str]]:
    """An address, and how people write it."""
    streets, towns = ADDRESSES[country]
    street, town = chance.choice(streets.split("|")), chance.choice(towns.split("|"))
    number = f"{chance.randint(1, 240)}{chance.choice(('', '', '', 'a'))}"
    front = country in ("us", "uk", "fr")
    line = f"{number} {street}" if front else f"{street} {number}"
    unit = f"Apt {chance.randint(1, 20)}{chance.choice('ABC')}" if country == "us" and chance.random() < 0.4 else ""
    value = ", ".join(part for part in (line, unit, town) if part)
    short = street
    for long, brief in (
        ("Street", chance.choice(("St", "St.", "Str."))),
        ("Avenue", chance.choice(("Ave", "Ave.", "Av."))),
        ("Road", "Rd"),
        ("Boulevard", "Blvd."),
        ("Drive", "Dr"),
        ("Lane", "Ln"),
        ("straße", chance.choice(("str.", "strasse", "str"))),
        ("Straße", chance.choice(("Str.", "Strasse"))),
        ("Terrace", "Terr."),
        ("Calle ", "C/ "),
        ("Avenida", "Avda."),
        ("boulevard", "bd"),
        ("avenue", "av."),
    ):
        short = short.replace(long, brief)
    postcode = next(word for word in reversed(town.replace(",", "").split()) if any(map(str.isdigit, word)))
    if country == "uk":
        postcode = " ".join(town.split()[-2:])
    variants = {
        "full": value,
        "street and number": line,
        "short street": f"{number} {short}" if front else f"{short} {number}",
        "other order": f"{street} {number}" if front else f"{number} {street}",
        "lower": line.lower(),
        "CAPITALS": line.upper(),
        "lines": value.replace(", ", "\n"),
        "no commas": value.replace(",", ""),
        "street, town": f"{line}, {town}",
        "postcode": f"the house in <{postcode}>",
        "street": street,
        "short street alone": f"the flat in <{short}>",
        "no accents": ascii_of(line),
        "no.": f"{street} No. {number}",
    }
    if unit:
        variants["unit"] = f"{line} #{unit.removeprefix('Apt ')}"
        variants["unit first"] = f"{unit}, {line}"
    return value, variants


def marked(words: str) -> tuple[str, str, str]:
    """What stands before, in and after the marks of a variant; without marks, all of it is the value."""
    if "<" not in words:
        return "", words, ""
    before, _, rest = words.partition("<")
    value, _, after = rest.partition(">")
    return before, value, after


def case(chance: random.Random) -> Case:
    """One record whose text mentions each value twice, each time in another way."""
    country = chance.choice(tuple(PEOPLE))
    home = HOME.get(country, country)
    givens, families = PEOPLE[country]
    given = chance.choice(givens.split())
    family = chance.choice(families.split("|") if "|" in families else families.split())
    if country == "han":
        name, names = family + given, han_variants(given, family)
    else:
        middle = chance.choice(givens.split()) if chance.random() < 0.3 else ""
        middle = "" if middle == given else middle
        name = " ".join(part for part in (given, middle, family) if part)
        names = name_variants(given, middle, family)
    values = {
        "name": (name, names),
        "account": account(chance),
        "phone": phone(chance, home),
        "address": address(chance, home),
    }
    written = [
        (kind, variant, values[kind][1][variant])
        for kind in KINDS
        for variant in chance.sample(sorted(values[kind][1]), 2)
    ]
    chance.shuffle(written)
    text = ""
    mentions = []
    for kind, variant, words in written:
        before, _, after = chance.choice(SENTENCES[kind]).partition("{}")
        front, value, back = marked(words)
        start = len(text) + len(before) + len(front)
        end = start + len(value)
        mentions.append(Mention(start, end, kind, variant))
        text += f"{before}{front}{value}{back}{after} "
    return Case({"page_content": text, "metadata": {kind: values[kind][0] for kind in KINDS}}, tuple(mentions))


def cases(records: int, seed: int) -> list[Case]:
    """Seeded records."""
    chance = random.Random(seed)
    return [case(chance) for _ in range(records)]


def decided() -> Plan:
    """The plan that records are opened by."""
    return plan(Policy.parse(POLICY), Request("?", "answer", Principal.of({"id": "benchmark"})))


def opened(payloads: Sequence[dict[str, Any]], by: Plan) -> list[Opened]:
    """Records taken apart as in a call."""
    taken = [open_record(Record(at, 1.0, payload), by) for at, payload in enumerate(payloads)]
    return [one for one in taken if isinstance(one, Opened)]


def gathered(records: Sequence[Opened]) -> Mentions:
    """The values of a call."""
    return mentions_of([Searched(one, [()] * len(one.texts)) for one in records], "", (), 0.4)


def ours(records: Sequence[Opened]) -> Iterator[set[int]]:
    """The code points of each record's text that are redacted."""
    mentions = gathered(records)
    for one in records:
        yield {at for span in mentions.spans(one.texts[0], id(one)) for at in range(span.start, span.end)}


def exact_only(records: Sequence[Opened]) -> Iterator[set[int]]:
    """The same for the baseline: the record's own values, as they are."""
    for one in records:
        exact = Exact()
        for known in one.known:
            exact.add(known.value, Source(known.entity, 1.0, KNOWN))
        yield {at for span in exact.spans(Reading(one.texts[0])) for at in range(span.start, span.end)}


@dataclass(slots=True)
class Score:
    """Mentions and how many of them are wholly redacted, by kind and by variant."""

    mentions: Counter[str]
    redacted: Counter[str]
    missed: Counter[tuple[str, str]]

    @property
    def share(self) -> float:
        """Of all mentions."""
        return sum(self.redacted.values()) / sum(self.mentions.values())


def measured(given: Sequence[Case], search: Any) -> Score:
    """Search the records, four a call, and look which mentions are wholly covered."""
    score = Score(Counter(), Counter(), Counter())
    by = decided()
    for at in range(0, len(given), A_CALL):
        of_call = given[at : at + A_CALL]
        for one, covered in zip(of_call, search(opened([one.payload for one in of_call], by)), strict=True):
            text = one.payload["page_content"]
            for mention in one.mentions:
                score.mentions[mention.kind] += 1
                inside = {at for at in range(mention.start, mention.end) if text[at].isalnum()}
                hit = inside <= covered
                score.redacted[mention.kind] += hit
                score.missed[mention.kind, mention.variant] += not hit
    return score


def paragraphs() -> list[str]:
    """Neutral text, where it is on this machine."""
    root = Path(os.environ.get("NEEDFUL_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
    file = root / "tatqa" / "dev.json"
    if not file.is_file():
        return []
    return [paragraph["text"] for entry in json.loads(file.read_text("utf-8")) for paragraph in entry["paragraphs"]]


def false_spans(given: Sequence[Case], texts: Sequence[str]) -> tuple[float, float, Counter[str]]:
    """Spans per 1,000 words of neutral text, for all variants and for the exact values, and which words they cover."""
    by = decided()
    words = wrong = exactly = 0
    which: Counter[str] = Counter()
    for at, text in enumerate(texts):
        start = at * A_CALL % (len(given) - A_CALL + 1)
        records = opened([one.payload for one in given[start : start + A_CALL]], by)
        spans = {(span.start, span.end) for span in gathered(records).spans(text)}
        words += len(text.split())
        wrong += len(spans)
        which.update(text[start:end] for start, end in spans)
        exact = Exact()
        for known in (known for one in records for known in one.known):
            exact.add(known.value, Source(known.entity, 1.0, KNOWN))
        exactly += sum(1 for _ in exact.spans(Reading(text)))
    return wrong / words * 1000, exactly / words * 1000, which


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--missed", type=int, default=10, help="how many ways of writing that are missed to list")
    options = parser.parse_args()
    given = cases(options.records, options.seed)
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{options.records:,} records, {A_CALL} a call, seed {options.seed}; mentions wholly redacted")
    start = time.process_time()
    all_ways = measured(given, ours)
    spent = (time.process_time() - start) * 1000 / (len(given) / A_CALL)
    baseline = measured(given, exact_only)
    print(f"{'':8} {'mentions':>8} {'exact only':>11} {'Needful':>8}   target at least 99.5 %")
    for kind in KINDS:
        count = all_ways.mentions[kind]
        print(f"{kind:8} {count:8} {baseline.redacted[kind] / count:11.2%} {all_ways.redacted[kind] / count:8.2%}")
    print(f"{'all':8} {sum(all_ways.mentions.values()):8} {baseline.share:11.2%} {all_ways.share:8.2%}")
    print(f"{spent:.2f} ms of processor time a call of {A_CALL} records, opening them included")
    for (kind, variant), missed in all_ways.missed.most_common(options.missed):
        if missed:
            print(f"missed: {kind}, {variant}: {missed}")
    if texts := paragraphs():
        wrong, exactly, which = false_spans(given, texts)
        print(
            f"false spans per 1,000 words of {len(texts):,} neutral paragraphs: {wrong:.2f} (exact only {exactly:.2f})"
        )
        print("most often: " + ", ".join(f"{words!r} {count}" for words, count in which.most_common(12)))


if __name__ == "__main__":
    main()
