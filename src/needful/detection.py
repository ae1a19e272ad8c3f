"""Finding spans in whole fields: the detector, look-alikes of our tokens, and a cache.

Detection sees a whole field before passages are chosen, so that context words count and the spans of a text are the
same every time. What a detector answers is checked: a span that does not lie in its text is a fault, not a miss.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from operator import itemgetter

from needful.caching import TextCache
from needful.errors import DetectionError, NeedfulError
from needful.faults import interrupts
from needful.policy.entities import LOCALES, TOKEN, detectable
from needful.ports import Detector
from needful.tokens import find_tokens, names_a_value
from needful.values import Span

__all__ = ["MAX_KNOWN", "MAX_TEXT", "SpanCache", "find_spans", "own_tokens_untouched"]

MAX_TEXT = 1_000_000
"""Longest text, in code points, that is searched. A longer one is withheld: what was not searched is not disclosed."""

MAX_KNOWN = 1_000
"""Longest known value, in code points, that is searched for. A record that names a longer one is withheld."""

LOOKALIKE = "token-lookalike"
ENTITY = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
KINDS = detectable("en", LOCALES, "transformers") | {TOKEN, "REDACTED"}

Extent = tuple[int, int]


SpanCache = TextCache[tuple[Span, ...]]
"""Spans by detector fingerprint and text."""


def find_spans(texts: Sequence[str], detector: Detector, cache: SpanCache) -> list[tuple[Span, ...]]:
    """Return the spans of each text: from the cache, and from the detector in one batch for the rest.

    Raises `DetectionError` with static text, whatever the detector raised.
    """
    if any(len(text) > MAX_TEXT for text in texts):
        raise DetectionError("a text is too long to be searched", code="text-too-long")
    fingerprint = _fingerprint(detector)
    keys = [cache.key(fingerprint, text) for text in texts]
    found = {key: spans for key in keys if (spans := cache.get(key)) is not None}
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
    if missing:
        for key, spans in zip(missing, _detected(list(missing.values()), detector), strict=True):
            found[key] = spans
            cache.put(key, spans)
    return [found[key] for key in keys]


def _fingerprint(detector: Detector) -> str:
    try:
        return str(detector.fingerprint)
    except Exception:  # noqa: BLE001 - a detector is foreign code
        pass
    raise DetectionError("the detector has no fingerprint", code="detector-fingerprint")


def _detected(texts: Sequence[str], detector: Detector) -> list[tuple[Span, ...]]:
    fault = DetectionError("the detector failed", code="detector-fault")
    try:
        answer = [tuple(spans) for spans in detector.detect(list(texts))]
        if len(answer) == len(texts) and all(map(_fit, answer, texts)):
            return answer
        fault = DetectionError("the detector answered spans that do not fit its texts", code="detector-spans")
    except NeedfulError as error:
        fault = DetectionError(error.message, code=error.code, hint=error.hint)
    except BaseException as error:
        if interrupts(error):
            raise
    raise fault


def _fit(spans: Iterable[object], text: str) -> bool:
    return all(type(span) is Span and _fits(span, text) for span in spans)


def _fits(span: Span, text: str) -> bool:
    # An entity's name is printed in tokens and ledger entries, so it has to be a name.
    return (
        0 <= span.start < span.end <= len(text)
        and len(text[span.start : span.end]) == span.end - span.start
        and 0 <= span.score <= 1
        and ENTITY.fullmatch(span.entity) is not None
    )


def own_tokens_untouched(text: str, spans: Iterable[Span], is_own: Callable[[str], bool]) -> tuple[Span, ...]:
    """Take spans off tokens that are our own, and add a span for each look-alike.

    A bare `[PERSON]` says nothing, whoever wrote it, as long as it names a kind and not, in capitals, a value. A token
    with characters that we did not make is a span of its own, because an answer's token is only worth restoring if
    its text did not come from a document.
    """
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
