"""Which sentences cannot be read alone: those that refer to what went before, and those that announce what follows.

By the first and last words only, for English and Chinese, in constant time but for one pass over blanks. A wrong guess
costs one sentence too many or too few; it never shows a sentence that a rule withholds.
"""

from __future__ import annotations

import re

__all__ = ["needed"]

HEADING = 80
"""Code points. A line this short that ends without a stop is a heading: what it announces follows."""

# Reports say what changed, and in the next sentence why: "Sales rose by 4 %. The increase was due to …".
_CHANGES = "increase|decrease|change|decline|growth|reduction|improvement|difference|rise|fall|drop"
_REFERRING = (
    "he|she|it|its|they|them|their|his|her|this|that|these|those|such|both|neither|likewise|however|therefore|thus|hence"
    "|accordingly|consequently|nevertheless|nonetheless|otherwise|furthermore|moreover|additionally|also|instead"
    "|meanwhile|afterwards|thereafter"
)
_PHRASES = (
    "as a (?:result|consequence)|as such|in (?:addition|turn|contrast|this|that|these|those)|for (?:this|that|these)"
    "|on the other hand|at (?:this|that) time|by contrast|the (?:former|latter|same|above|foregoing|most significant)"
)
_REFERS = re.compile(
    rf"\W*+(?:(?:and|but|so|yet)\b\W*+)?(?:(?:{_REFERRING}|{_PHRASES}|the (?:{_CHANGES})s?)\b"
    # 其他 and 其余 are "other": they refer to nothing.
    r"|[他她它這这此该該]|其(?![他它余餘])|上述|前述|前者|后者|後者|以上|因此|所以|因而|故此|但|然而|不过|不過|另外|同时|同時|于是|於是)",
    re.IGNORECASE,
)
_ANNOUNCES = re.compile(r"[:：?？]\W*+\Z")
_STOPPED = re.compile(r"[.!?…。！？；;,，][\"'”’»)\]}」』）】]*+\s*+\Z")


def needed(text: str) -> tuple[bool, bool]:
    """Whether a sentence or passage needs the one before it, and the one after it, to be understood.

    Before: it begins with a word that refers back (`they`, `therefore`, `the increase`, 该, 因此). After: it ends with
    a colon, asks, or is a heading.
    """
    return _REFERS.match(text[:HEADING]) is not None, _announces(text)


def _announces(text: str) -> bool:
    end = text[-HEADING:]
    is_heading = len(text) <= HEADING and _STOPPED.search(end) is None
    return not text.isspace() and text != "" and (is_heading or _ANNOUNCES.search(end) is not None)
