"""How people write a name, an account, a phone number and an address: clerks, callers, letters, chats.

Each way has a name. `<` and `>` stand around the value where other words belong to the way of writing it.
"""

from __future__ import annotations

import random
import unicodedata

from knowing.words import ADDRESSES, CODES

__all__ = ["account", "address", "han_variants", "marked", "name_variants", "phone"]


def ascii_of(word: str) -> str:
    """A word as a keyboard without accents writes it."""
    for one, other in zip("ÄÖÜäöüß", ("Ae", "Oe", "Ue", "ae", "oe", "ue", "ss"), strict=True):
        word = word.replace(one, other)
    return bare_of(word)


def bare_of(word: str) -> str:
    """A word with its accents left out."""
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
