"""The Merkle tree over a segment's leaves: RFC 6962 §2.1, with its two kinds of proof. Bytes in, bytes out.

    root of no leaves      = SHA-256("")
    root of one leaf       = leaf                                  leaf: SHA-256(0x00 ‖ data), see `chain.leaf_hash`
    root of n leaves       = SHA-256(0x01 ‖ root of the first k ‖ root of the others)   k: largest power of 2 below n

Inclusion and consistency are verified as RFC 9162 §2.1.3.2 and §2.1.4.2 write it down, for the same trees.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

__all__ = [
    "EMPTY",
    "HASH_BYTES",
    "Frontier",
    "consistency",
    "inclusion",
    "node_hash",
    "root",
    "verify_consistency",
    "verify_inclusion",
]

HASH_BYTES = 32
EMPTY = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""

_sha256 = hashlib.sha256


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return _sha256(b"\x01" + left + right).digest()


class Frontier:
    """What it takes to go on with a tree: roots of its complete subtrees, largest first: one for each 1 in `size`."""

    __slots__ = ("_roots", "size")

    def __init__(self, size: int = 0, roots: bytes = b"") -> None:
        """Take up a tree of `size` leaves. Raises `ValueError` if `roots`, joined, are not as many as that needs."""
        if len(roots) != HASH_BYTES * size.bit_count():
            raise ValueError("as many roots as the size has ones in binary")
        self.size = size
        self._roots = [roots[at : at + HASH_BYTES] for at in range(0, len(roots), HASH_BYTES)]

    def add(self, leaf: bytes) -> None:
        """Put one leaf at the end."""
        roots, size = self._roots, self.size
        while size & 1:
            leaf = _sha256(b"\x01" + roots.pop() + leaf).digest()
            size >>= 1
        roots.append(leaf)
        self.size += 1

    @property
    def roots(self) -> bytes:
        """The roots of the complete subtrees, joined."""
        return b"".join(self._roots)

    def root(self) -> bytes:
        """The root of the whole tree."""
        if not self._roots:
            return EMPTY
        *others, found = self._roots
        for left in reversed(others):
            found = node_hash(left, found)
        return found


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over these leaf hashes."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.add(leaf)
    return frontier.root()


def inclusion(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The path from leaf `index`, counting from 0, to the root: RFC 6962 §2.1.1. Raises `IndexError`."""
    if not 0 <= index < len(leaves):
        raise IndexError("there is no such leaf")
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*inclusion(index, leaves[:split]), root(leaves[split:])]
    return [*inclusion(index - split, leaves[split:]), root(leaves[:split])]


def consistency(former: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The proof that the tree of the first `former` leaves is the beginning of this one: RFC 6962 §2.1.2."""
    if not 0 < former <= len(leaves):
        raise IndexError("the former tree has 1 to as many leaves as the whole one")
    return _consistency(former, leaves, whole=True)


def _consistency(former: int, leaves: Sequence[bytes], *, whole: bool) -> list[bytes]:
    if former == len(leaves):
        return [] if whole else [root(leaves)]
    split = _split(len(leaves))
    if former <= split:
        return [*_consistency(former, leaves[:split], whole=whole), root(leaves[split:])]
    return [*_consistency(former - split, leaves[split:], whole=False), root(leaves[:split])]


def _split(count: int) -> int:
    return 1 << ((count - 1).bit_length() - 1)


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], whole: bytes) -> bool:
    """Whether `path` leads from this leaf hash at `index` to the root `whole` of `size` leaves. RFC 9162 §2.1.3.2."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and found == whole


def verify_consistency(former: int, size: int, former_root: bytes, whole: bytes, path: Sequence[bytes]) -> bool:
    """Whether `path` shows that the tree of `former` leaves is the beginning of that of `size`. RFC 9162 §2.1.4.2."""
    if not 0 < former <= size:
        return False
    if former == size:
        return not path and former_root == whole
    rest = [former_root, *path] if former.bit_count() == 1 else list(path)
    if not rest:
        return False
    at, last = former - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = rest[0]
    for sibling in rest[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and first == former_root and second == whole
