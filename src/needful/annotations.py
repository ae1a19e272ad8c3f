"""What detection found once, kept beside the text in Qdrant: sealed, so that neither can be changed unnoticed.

A record's payload has one object for this, under `KEY`:

    {"text": …, "detectors": [d], "entities": ["d:PERSON"], "document": ["d:US_SSN"],
     d: [mac, [start, end, entity, score, recognizer], …]}

`d` is the short name of a detector; a record with several texts has `{t: [mac, …], …}` there, `t` being the short name
of a text. The MAC (HMAC-SHA256, 12 bytes) is over text, spans and the detector's whole fingerprint, under a key of its
own. What does not hold was never there: the text is searched anew. The lists of names are what Qdrant can filter by;
nothing is believed for their sake. A question fetches no more than `d`, so few bytes are spent on it.
docs/annotations.md has the format for whoever writes it from elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from needful.keys import Keys
from needful.paths import OWN
from needful.values import Span

__all__ = ["KEY", "MAX_SPANS", "UNNAMED", "Annotations", "detector_name", "merged", "texts_digest"]

KEY = OWN
"""The payload key that is ours. No policy has a rule for it, and no wildcard stands for it."""

MAX_SPANS = 20_000
"""Most spans of one text that are kept. A text with more is searched every time."""

MAC_BYTES = 12
"""Who writes to the database gets one try a question, and learns by it at most that a text was searched."""

DIGEST_BYTES = 16
TEXT_BYTES = 6
TENTHOUSANDTHS = 10_000

_ROWS = json.JSONEncoder(separators=(",", ":"))

Stored = Any
"""Sealed spans of one text, or those of several by text or its name, as they came: nothing is known of them yet."""

UNNAMED = ""
"""The name under which `merged` keeps sealed spans of which it does not know the text."""


@lru_cache(maxsize=64)  # every question asks, and there are few
def detector_name(fingerprint: str) -> str:
    """The short name of a detector, 8 hex digits of SHA-256 over its fingerprint. The MAC covers the whole of it."""
    return hashlib.sha256(b"needful detector name\0" + fingerprint.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def texts_digest(keys: Keys, texts: Iterable[str]) -> str:
    """A keyed digest of all texts of a record that were searched: whether one has changed since."""
    return _written(keys.mac("annotation-record", *texts)[:DIGEST_BYTES])


@dataclass(frozen=True, slots=True)
class Annotations:
    """The annotations of one detector under one key."""

    keys: Keys
    fingerprint: str
    name: str

    @classmethod
    def of(cls, keys: Keys, fingerprint: str) -> Annotations:
        """Those of the detector with this fingerprint."""
        return cls(keys, fingerprint, detector_name(fingerprint))

    @property
    def path(self) -> str:
        """The payload path under which they lie: what a fetch asks for."""
        return f"{KEY}.{self.name}"

    def stored(self, payload: Mapping[str, Any]) -> Stored:
        """What a payload has of them, unchecked; None where it has none."""
        own = payload.get(KEY)
        return own.get(self.name) if isinstance(own, Mapping) else None

    def text_name(self, text: str) -> str:
        """The short name of a text: keyed, so that it says nothing to who has no key."""
        return _written(self.keys.mac("annotation-text", text)[:TEXT_BYTES])

    def sealed(self, text: str, spans: Sequence[Span]) -> list[Any] | None:
        """What is stored of a text's spans; None where there are too many to keep."""
        if len(spans) > MAX_SPANS:
            return None
        rows = [[s.start, s.end, s.entity, _whole(s.score), s.recognizer] for s in spans]
        return [_written(self._mac(text, rows)), *rows]

    def all_sealed(self, found: Iterable[tuple[str, Sequence[Span]]]) -> Stored:
        """The stored form of a record's texts: of one as it is, of several by their names; None of none."""
        kept = {text: sealed for text, spans in found if (sealed := self.sealed(text, spans)) is not None}
        if len(kept) <= 1:
            return next(iter(kept.values()), None)
        return {self.text_name(text): sealed for text, sealed in kept.items()}

    def spans(self, stored: Stored, text: str) -> tuple[Span, ...] | None:
        """The spans of a text as they were sealed; None where there are none that hold for this text and detector."""
        if stored is None:
            return None
        if isinstance(stored, Mapping):
            if text in stored:
                return self._held(stored[text], text)
            return self._held(stored.get(self.text_name(text), stored.get(UNNAMED)), text)
        return self._held(stored, text)

    def _held(self, sealed: Any, text: str) -> tuple[Span, ...] | None:
        if not isinstance(sealed, list) or not sealed or len(sealed) > MAX_SPANS + 1:
            return None
        mac, rows = sealed[0], sealed[1:]
        try:
            if isinstance(mac, str) and hmac.compare_digest(mac.encode(), _written(self._mac(text, rows)).encode()):
                return tuple(Span(start, end, kind, _part(score), by) for start, end, kind, score, by in rows)
        except (TypeError, ValueError, RecursionError):
            pass
        return None

    def _mac(self, text: str, rows: Sequence[Any]) -> bytes:
        return self.keys.mac("annotation", text, _ROWS.encode(rows), self.fingerprint)[:MAC_BYTES]


def merged(parts: Iterable[tuple[str, Stored]]) -> dict[str, Any]:
    """Put what several points have of one record together: each by its text, `UNNAMED` where that is not known."""
    of_all: dict[str, Any] = {}
    for text, stored in parts:
        of_all.update(stored if isinstance(stored, Mapping) else {text: stored})
    return of_all


def _whole(score: float) -> int | str:
    """A score in ten-thousandths: a database may write a fraction in another way. Else as Python writes it."""
    whole = round(score * TENTHOUSANDTHS)
    return whole if whole / TENTHOUSANDTHS == score else repr(score)


def _part(score: int | str) -> float:
    part = score / TENTHOUSANDTHS if isinstance(score, int) else float(score)
    if not math.isfinite(part):
        raise ValueError
    return part


def _written(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
