"""Networks instead of addresses: the first 24 bits of an IPv4 address, the first 48 of an IPv6 one."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Network, IPv6Network, NetmaskValueError, ip_network

__all__ = ["network"]

_V4 = 24
_V6 = 48
# RFC 3056 §2: a 6to4 prefix holds a whole IPv4 address in bits 16 to 47; 40 bits show the first 24 of it.
_SIX_TO_FOUR = IPv6Network("2002::/16")
_V6_OVER_V4 = 16 + _V4
# RFC 4291 §2.5.5.2: the last 32 bits of these are an IPv4 address.
_MAPPED = IPv6Network("::ffff:0:0/96")
_V6_BITS = 128
_MAPPED_BITS = 96

_PREFIX = r"(?:/(?P<bits>[0-9]{1,3}))?"
_FORMS = (
    re.compile(rf"(?P<address>[0-9.]{{7,15}})(?::[0-9]{{1,5}}|{_PREFIX})"),
    re.compile(r"\[(?P<address>[0-9A-Fa-f:.]{2,45})(?:%[\w.\-]{1,40})?\](?::[0-9]{1,5})?", re.ASCII),
    re.compile(rf"(?P<address>[0-9A-Fa-f:.]{{2,45}})(?:%[\w.\-]{{1,40}})?{_PREFIX}", re.ASCII),
)


def network(value: object) -> str | None:
    """Return the network that an address is in: `192.168.1.77` → `192.168.1.0/24`, IPv6 → `/48`, compressed.

    A port and a zone are dropped; a network that is broader already stays. An IPv4 address within an IPv6 one
    (mapped, 6to4) shows no more than its first 24 bits. Only text is an address.
    """
    given = _given(value) if isinstance(value, str) else None
    if given is None:
        return None
    if isinstance(given, IPv6Network) and given.subnet_of(_MAPPED):
        address = int(given.network_address) & (2 ** (_V6_BITS - _MAPPED_BITS) - 1)
        given = IPv4Network((address, given.prefixlen - _MAPPED_BITS))
    if isinstance(given, IPv4Network):
        return str(_broader(given, _V4))
    return str(_broader(given, _V6_OVER_V4 if given.subnet_of(_SIX_TO_FOUR) else _V6))


def _given(text: str) -> IPv4Network | IPv6Network | None:
    match = next(filter(None, (form.fullmatch(text) for form in _FORMS)), None)
    if match is None:
        return None
    bits = match.groupdict().get("bits")
    try:
        return ip_network(match["address"] + (f"/{bits}" if bits else ""), strict=False)
    except (AddressValueError, NetmaskValueError, ValueError):
        return None


def _broader(given: IPv4Network | IPv6Network, bits: int) -> IPv4Network | IPv6Network:
    return given if given.prefixlen <= bits else given.supernet(new_prefix=bits)
