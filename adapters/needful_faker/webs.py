"""Addresses of the net: at names and numbers that are reserved for documentation, so that they reach nobody."""

from __future__ import annotations

import re
import unicodedata
from ipaddress import IPv4Address, IPv6Address, ip_address

from needful_faker.asking import Asked, canonical
from needful_faker.names import word
from needful_faker.shapes import shape, shaped

__all__ = ["email", "ip", "url"]

_DOMAINS = ("example.com", "example.net", "example.org")  # RFC 2606
_NETWORKS = ("192.0.2", "198.51.100", "203.0.113")  # RFC 5737
_SCHEMES = frozenset(("http://", "https://", "ftp://", "ftps://", "ws://", "wss://"))
_LOCAL = re.compile(r"(?P<word>[^\W\d_]+)|(?P<digits>\d+)|(?P<other>[^A-Za-z0-9._+\-])")
_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]{0,20}://)?(?P<user>[^/?#@]*@)?(?P<host>[^/?#]*)(?P<rest>.*)", re.DOTALL
)
_EXTENSION = re.compile(r"\.(?:html?|php|aspx?|jsp|pdf|docx?|jpe?g|png)(?=$|[?#])", re.IGNORECASE)
_ESCAPED = re.compile("%[0-9A-Fa-f]{2}")
_IP = re.compile(r"(\[?)([0-9A-Fa-f:.]+)(%\w+)?(\]?)(:\d+)?(/\d+)?")


def email(asked: Asked) -> str:
    """Fake an address: the words of its name as a person's, at a reserved domain."""
    local, _, host = asked.value.rpartition("@")
    scheme = "mailto:" if local.lower().startswith("mailto:") else ""
    local = local[len(scheme) :]
    words = frozenset(canonical(match[0]) for match in _LOCAL.finditer(local) if match["word"])
    fake = _LOCAL.sub(lambda match: _part(asked, match, words), local)
    if not any(map(str.isalnum, host)):
        return shape(asked)
    if not any(map(str.isalnum, fake)):
        fake = ascii_word(word(asked, f"mailbox {local}")).lower()
    domain = asked.dice("domain", canonical(host)).pick(_DOMAINS, own=canonical(host))
    return f"{scheme}{fake}@{domain.upper() if host.isupper() else domain}"


def _part(asked: Asked, match: re.Match[str], words: frozenset[str]) -> str:
    if match["word"]:
        return ascii_word(word(asked, match[0], words)) or "x"
    return shaped(asked, match[0]) if match["digits"] and match[0].isascii() else "-"


def ascii_word(text: str) -> str:
    """Write a name as it is written in an address."""
    if text.isascii():
        return text
    plain = canonical(text)
    plain = "".join(one for one in unicodedata.normalize("NFKD", plain) if one.isascii() and one.isalnum())
    return plain.upper() if text.isupper() else plain.capitalize() if text[:1].isupper() else plain


def url(asked: Asked) -> str:
    """Fake an address of the web: the scheme and the path's form stay. Login and port are left out."""
    if "@" in asked.value and "/" not in asked.value:
        return email(asked)
    match = _URL.fullmatch(asked.value)
    if not match or not any(map(str.isalnum, match["host"])):
        return shape(asked)
    host = canonical(match["host"]).partition(":")[0]
    domain = asked.dice("domain", host).pick(_DOMAINS, own=host.removeprefix("www."))
    www = "www." if host.startswith("www.") else ""
    rest = _path(asked, match["rest"])
    # A path tells addresses apart; a name before the domain does where there is none.
    before = "" if any(map(str.isalnum, rest)) else ascii_word(word(asked, host)).lower() + "."
    scheme = match["scheme"] or ""
    if scheme and scheme.lower() not in _SCHEMES:
        scheme = "https://"
    return f"{scheme}{www}{before}{domain}{rest}"


def _path(asked: Asked, rest: str) -> str:
    rest = _ESCAPED.sub("-", rest)
    extension = _EXTENSION.search(rest)
    if not extension:
        return shaped(asked, rest) if any(map(str.isalnum, rest)) else rest
    start, end = extension.span()
    parts = (shaped(asked, part) if any(map(str.isalnum, part)) else part for part in (rest[:start], rest[end:]))
    return extension[0].join(parts)


def ip(asked: Asked) -> str:
    """Fake an address of a documentation network, of the same version. Port and prefix length stay."""
    match = _IP.fullmatch(asked.value.strip())
    address = _address(match[2] if match else "")
    if not match or address is None:
        return shape(asked)
    fake = _v4(asked, address) if isinstance(address, IPv4Address) else _v6(asked, address)
    return f"{match[1]}{fake}{match[4]}{match[5] or ''}{match[6] or ''}"


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _v4(asked: Asked, address: IPv4Address) -> str:
    dice = asked.dice("ip", str(address))
    return f"{dice.pick(_NETWORKS)}.{1 + dice.below(254)}"


def _v6(asked: Asked, address: IPv6Address) -> str:
    dice = asked.dice("ip", str(address))
    return str(IPv6Address((0x20010DB8 << 96) + sum(dice.below(1 << 16) << (16 * at) for at in range(6))))  # RFC 3849
