"""What a text with addresses has somewhere: of mail, of the web, of machines. Most have none, and one look says so."""

from __future__ import annotations

from needful_presidio.traits import together

__all__ = ["EMAIL", "IP", "MAC", "URL", "UUID"]

EMAIL, IP, MAC, URL, UUID = together(
    r"@|[\s]dot[\s]|[\[({][\s]?at",
    r"\d\.\d{1,3}\.\d|::|[0-9a-f]:[0-9a-f]",
    r"[0-9a-f]{2}[:-][0-9a-f]{2}[:-]|[0-9a-f]{4}\.[0-9a-f]{4}\.",
    r"[a-z0-9.\-]\.[a-z]{2}|://",
    r"[0-9a-f]{8}-[0-9a-f]{4}-",
)
"""An at-sign or a word for one; numbers with dots or colons; pairs; a dot before two letters; long groups."""
