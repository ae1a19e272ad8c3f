"""Finding spans in whole fields: the detector, look-alikes of our tokens, and a cache.

Detection sees a whole field before passages are chosen, so that context words count and the spans of a text are the
same every time. What a detector answers is checked: a span that does not lie in its text is a fault, not a miss.
"""

from __future__ import annotations

import math
import re
import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache, partial
from operator import itemgetter

from needful.caching import TextCache
from needful.deadlines import within
from needful.errors import DetectionError, NeedfulError
from needful.faults import interrupts
from needful.policy.entities import LOCALES, TOKEN, detectable
from needful.ports import Detector
from needful.telemetry import looked_up
from needful.tokens import find_tokens, names_a_value
from needful.values import Span

__all__ = ["MAX_KNOWN", "MAX_TEXT", "MAX_VALUES", "Allowance", "SpanCache", "find_spans", "own_tokens_untouched"]

MAX_TEXT = 1_000_000
"""Longest text, in code points, that is searched where a policy's `detect.max_characters` says nothing else.

A longer one is withheld: what was not searched is not disclosed.
"""

MAX_VALUES = 100_000
"""Most texts of one record that are searched. A record with more, such as one with a long array, is withheld."""

MAX_KNOWN = 1_000
"""Longest known value, in code points, that is searched for. A record that names a longer one is withheld."""

LOOKALIKE = "token-lookalike"
ENTITY = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
KINDS = detectable("en", LOCALES, "transformers") | {TOKEN, "REDACTED"}

Extent = tuple[int, int]


SpanCache = TextCache[tuple[Span, ...]]
"""Spans by detector fingerprint and text."""


class Allowance:
    """The seconds that the detection of one call may take, over all its rounds."""

    __slots__ = ("_left",)

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    @property
    def left(self) -> float:
        """Seconds that are not yet spent, 0 at least."""
        return max(0.0, self._left)

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Take from it what passes inside."""
        start = time.monotonic()
        try:
            yield
        finally:
            self._left -= time.monotonic() - start


def find_spans(
    texts: Sequence[str],
    detector: Detector,
    cache: SpanCache,
    *,
    longest: int = MAX_TEXT,
    seconds: float = math.inf,
    kept: Sequence[tuple[Span, ...] | None] | None = None,
) -> list[tuple[Span, ...]]:
    """Return the spans of each text: as kept, else from the cache, else from the detector, in one batch for the rest.

    `kept` has for each text what annotations that hold say, or None. A text has at most `longest` code points. A
    detector that does not answer within `seconds` is given up. Raises `DetectionError` with static text, whatever the
    detector raised.
    """
    if any(len(text) > longest for text in texts):
        raise DetectionError("a text is too long to be searched", code="text-too-long")
    if kept is None:
        return _cached(texts, detector, cache, seconds)
    usable = [
        spans if spans is not None and _fit(spans, text) else None for spans, text in zip(kept, texts, strict=True)
    ]
    missing = [text for text, spans in zip(texts, usable, strict=True) if spans is None]
    looked_up("annotations", len(texts) - len(missing), len(missing))
    rest = iter(_cached(missing, detector, cache, seconds) if missing else ())
    return [next(rest) if spans is None else spans for spans in usable]


def _cached(texts: Sequence[str], detector: Detector, cache: SpanCache, seconds: float) -> list[tuple[Span, ...]]:
    fingerprint = _fingerprint(detector)
    keys = [cache.key(fingerprint, text) for text in texts]
    found = {key: spans for key in keys if (spans := cache.get(key)) is not None}
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
    looked_up("spans", len(found), len(missing))
    if missing:
        for key, spans in zip(missing, _detected(list(missing.values()), detector, seconds), strict=True):
            found[key] = spans
            cache.put(key, spans)
    return [found[key] for key in keys]


def _fingerprint(detector: Detector) -> str:
    try:
        return str(detector.fingerprint)
    except Exception:  # noqa: BLE001 - a detector is foreign code
        pass
    raise DetectionError("the detector has no fingerprint", code="detector-fingerprint")


def _detected(texts: Sequence[str], detector: Detector, seconds: float) -> list[tuple[Span, ...]]:
    fault = DetectionError("the detector failed", code="detector-fault")
    ask = partial(_asked, detector, list(texts))
    try:
        answer = ask() if math.isinf(seconds) else within(seconds, ask)
        if len(answer) == len(texts) and all(map(_fit, answer, texts)):
            return answer
        fault = DetectionError("the detector answered spans that do not fit its texts", code="detector-spans")
    except NeedfulError as error:
        fault = DetectionError(error.message, code=error.code, hint=error.hint)
    except TimeoutError:
        fault = DetectionError("detection ran out of time", code="detection-timeout")
    except BaseException as error:
        if interrupts(error):
            raise
    raise fault


def _asked(detector: Detector, texts: list[str]) -> list[tuple[Span, ...]]:
    return [tuple(spans) for spans in detector.detect(texts)]


def _fit(spans: Iterable[object], text: str) -> bool:
    return all(type(span) is Span and _fits(span, text) for span in spans)


def _fits(span: Span, text: str) -> bool:
    # An entity's name is printed in tokens and ledger entries, so it has to be a name.
    return (
        0 <= span.start < span.end <= len(text)
        and len(text[span.start : span.end]) == span.end - span.start
        and 0 <= span.score <= 1
        and _is_name(span.entity)
    )


@lru_cache(maxsize=512)  # of names of kinds, over and over
def _is_name(entity: str) -> bool:
    return ENTITY.fullmatch(entity) is not None


def own_tokens_untouched(text: str, spans: Iterable[Span], is_own: Callable[[str], bool]) -> tuple[Span, ...]:
    """Take spans off tokens that are our own, and add a span for each look-alike.

    A bare `[PERSON]` says nothing, whoever wrote it, as long as it names a kind and not, in capitals, a value. A token
    with characters that we did not make is a span of its own, because an answer's token is only worth restoring if
    its text did not come from a document.
    """
    if "[" not in text:
        return tuple(spans)
    own: list[Extent] = []
    bare: list[Extent] = []
    planted: list[Span] = []
    for start, end, token in find_tokens(text):
        if not names_a_value(token):
            if is_own(token) or token[1:-1] in KINDS:
                bare.append((start, end))
        elif is_own(token):
            own.append((start, end))
        else:
            planted.append(Span(start, end, TOKEN, 1.0, LOOKALIKE))
    if not own and not bare:
        return (*spans, *planted)
    clear = (part for span in spans for part in _outside(span, own) if not _within(part, bare))
    return (*clear, *planted)


def _outside(span: Span, extents: Sequence[Extent]) -> Iterator[Span]:
    """Yield what of a span lies outside the extents, which are sorted and do not overlap."""
    start = span.start
    for at in range(bisect_right(extents, span.start, key=itemgetter(1)), len(extents)):
        left, right = extents[at]
        if left >= span.end:
            break
        if start < left:
            yield replace(span, start=start, end=left)
        start = right
    if start < span.end:
        yield replace(span, start=start)


def _within(span: Span, extents: Sequence[Extent]) -> bool:
    at = bisect_right(extents, span.start, key=itemgetter(1))
    return at < len(extents) and extents[at][0] <= span.start and span.end <= extents[at][1]
