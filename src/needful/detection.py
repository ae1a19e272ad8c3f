"""Finding spans in whole fields: the detector, known values, look-alikes of our tokens, and a cache.

Detection sees a whole field before passages are chosen, so that context words count and the spans of a text are the
same every time. What a detector answers is checked: a span that does not lie in its text is a fault, not a miss.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from needful.errors import DetectionError, NeedfulError
from needful.policy.entities import TOKEN
from needful.ports import Detector
from needful.tokens import find_tokens, names_a_value
from needful.values import Span

__all__ = ["MAX_TEXT", "KnownValue", "SpanCache", "find_spans", "own_tokens_untouched"]

MAX_TEXT = 1_000_000
"""Longest text, in code points, that is searched. A longer one is withheld: what was not searched is not disclosed."""

KNOWN = "known-value"
LOOKALIKE = "token-lookalike"
MIN_KNOWN = 2


@dataclass(frozen=True, slots=True)
class KnownValue:
    """A value that the record itself names, such as the customer's name. Raw."""

    entity: str
    value: str = field(repr=False)

    def spans(self, text: str) -> Iterable[Span]:
        """Yield where the value stands in the text: case-folded, white space as it comes, not inside a longer word."""
        words = self.value.split()
        if sum(map(len, words)) < MIN_KNOWN:
            return
        folded, offsets = _folded(text)
        pattern = r"\s+".join(re.escape(word.casefold()) for word in words)
        for match in re.finditer(pattern, folded):
            start, end = offsets(match.start()), offsets(match.end() - 1) + 1
            if not (_goes_on(text, start - 1, start) or _goes_on(text, end - 1, end)):
                yield Span(start, end, self.entity, 1.0, KNOWN)


def _folded(text: str) -> tuple[str, Callable[[int], int]]:
    """Case-fold with a map back to offsets of the text: `ß` folds to two characters."""
    folded = text.casefold()
    if len(folded) == len(text):
        return folded, lambda offset: offset
    origins = [index for index, character in enumerate(text) for _ in character.casefold()]
    return folded, origins.__getitem__


def _goes_on(text: str, left: int, right: int) -> bool:
    """Whether one word of letters or digits spans the border between two neighbours. Scripts without spaces have none."""
    if left < 0 or right >= len(text):
        return False
    return all(text[at].isalnum() and ord(text[at]) < FIRST_UNSPACED for at in (left, right))


FIRST_UNSPACED = 0x0E00  # Thai; from here on, most scripts do not set words apart by spaces


class SpanCache:
    """Spans by text and detector fingerprint: bounded, least recently used goes first, safe from several threads.

    Keys are digests under a secret of this process, so that a dump of the cache holds no text and no plain hash of one.
    """

    def __init__(self, entries: int = 4096) -> None:
        """Hold at most `entries` texts' spans; 0 turns the cache off."""
        self._entries = entries
        self._secret = secrets.token_bytes(32)
        self._spans: OrderedDict[bytes, tuple[Span, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def key(self, fingerprint: str, text: str) -> bytes:
        """The key of a text under a detector."""
        digest = hashlib.blake2b(key=self._secret, digest_size=24, person=b"needful-spans")
        digest.update(fingerprint.encode() + b"\0" + text.encode("utf-8", "surrogatepass"))
        return digest.digest()

    def get(self, key: bytes) -> tuple[Span, ...] | None:
        """The spans under a key, or None where they are not known."""
        with self._lock:
            spans = self._spans.get(key)
            if spans is not None:
                self._spans.move_to_end(key)
            return spans

    def put(self, key: bytes, spans: tuple[Span, ...]) -> None:
        """Remember spans."""
        with self._lock:
            self._spans[key] = spans
            self._spans.move_to_end(key)
            while len(self._spans) > self._entries:
                self._spans.popitem(last=False)


def find_spans(texts: Sequence[str], detector: Detector, cache: SpanCache) -> list[tuple[Span, ...]]:
    """Return the spans of each text: from the cache, and from the detector in one batch for the rest.

    Raises `DetectionError` with static text, whatever the detector raised.
    """
    fingerprint = detector.fingerprint
    keys = [cache.key(fingerprint, text) for text in texts]
    found = {key: spans for key in keys if (spans := cache.get(key)) is not None}
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
    if missing:
        fresh = _detected(list(missing.values()), detector)
        for key, spans in zip(missing, fresh, strict=True):
            found[key] = spans
            cache.put(key, spans)
    return [found[key] for key in keys]


def _detected(texts: list[str], detector: Detector) -> list[tuple[Span, ...]]:
    if any(len(text) > MAX_TEXT for text in texts):
        raise DetectionError("a text is too long to be searched", code="text-too-long")
    fault = DetectionError("the detector failed", code="detector-fault")
    try:
        answer = [tuple(spans) for spans in detector.detect(texts)]
        if len(answer) == len(texts) and all(map(_fits, answer, texts)):
            return answer
        fault = DetectionError("the detector answered spans that do not fit its texts", code="detector-spans")
    except NeedfulError as error:
        fault = DetectionError(error.message, code=error.code, hint=error.hint)
    except Exception:  # noqa: BLE001 - a detector is foreign code, and its exception may quote the text
        pass
    raise fault


def _fits(spans: tuple[Span, ...], text: str) -> bool:
    return all(isinstance(span, Span) and 0 <= span.start < span.end <= len(text) for span in spans)


def own_tokens_untouched(text: str, spans: Iterable[Span], is_own: Callable[[str], bool]) -> tuple[Span, ...]:
    """Add look-alikes of tokens as spans, and take spans off tokens that are our own.

    A bare `[PERSON]` says nothing and is nobody's; a token with characters that we did not make is a span of its own,
    because an answer's token is only worth restoring if its text did not come from a document.
    """
    tokens = list(find_tokens(text))
    if not tokens:
        return tuple(spans)
    ours = [(start, end) for start, end, token in tokens if is_own(token) or not names_a_value(token)]
    planted = [Span(start, end, TOKEN, 1.0, LOOKALIKE) for start, end, _ in tokens if (start, end) not in ours]
    return tuple(part for span in spans for part in _outside(span, ours)) + tuple(planted)


def _outside(span: Span, extents: Sequence[tuple[int, int]]) -> Iterable[Span]:
    """Yield what of a span lies outside the extents, which are sorted and do not overlap."""
    start = span.start
    for left, right in extents:
        if left >= span.end or right <= start:
            continue
        if start < left:
            yield Span(start, left, span.entity, span.score, span.recognizer)
        start = right
    if start < span.end:
        yield Span(start, span.end, span.entity, span.score, span.recognizer)
