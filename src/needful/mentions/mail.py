"""E-mail addresses as people write them around spam filters, and the name before the @ alone where it says enough."""

from __future__ import annotations

from collections.abc import Iterator

from needful.folding import skeleton
from needful.mentions.exact import Exact
from needful.mentions.reading import Reading, is_common
from needful.mentions.sought import Source
from needful.values import Span

__all__ = ["Addresses"]

_WRITTEN = (
    (" @ ", "."),
    ("(at)", "."),
    ("[at]", "."),
    (" at ", "."),
    (" at ", " dot "),
    (" (at) ", "."),
    (" (at) ", " (dot) "),
    (" [at] ", "."),
    (" [at] ", " [dot] "),
)


class Addresses:
    """E-mail addresses to look for. Raw. Adding in another order, or twice, changes nothing."""

    def __init__(self) -> None:
        """Begin with none."""
        self._exact = Exact()
        self._any = False

    def add(self, value: str, source: Source) -> None:
        """Look for an address."""
        local, _, host = skeleton(value).text.strip().rpartition("@")
        if not local or not host or len(value) > 254:
            return
        self._any = True
        for at, dot in _WRITTEN:
            written = f"{local}{at}{host}"
            self._exact.add(written.replace(".", dot), source)
            self._exact.add(f"{local}{at}{host.replace('.', dot)}", source)
        if len(local) > 5 and not is_common(local):
            self._exact.add(local, source)
        if len(local) > 2:
            self._exact.add(f"@{local}", source)

    def spans(self, reading: Reading) -> Iterator[Span]:
        """Yield the spans of a text, in no order."""
        if self._any:
            yield from self._exact.spans(reading)
