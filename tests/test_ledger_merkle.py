"""RFC 6962 trees: the vectors of the Certificate Transparency implementations, and a naive tree for everything else.

The eight inputs, and the roots over the first n of them, are those that the implementations of RFC 6962 (the C++ and Go
reference logs) have tested themselves with from the beginning. They are checked twice: as literals, and against the
recursion of RFC 6962 §2.1 written out below.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from needful.ledger.chain import leaf_hash
from needful.ledger.merkle import (
    EMPTY,
    Frontier,
    consistency,
    inclusion,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(b"", data) for data in INPUTS]


def naive(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962 §2.1, as it stands there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + naive(leaves[:split]) + naive(leaves[split:])).digest()


def leaves_of(count: int) -> list[bytes]:
    return [leaf_hash(b"", str(number).encode()) for number in range(count)]


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert EMPTY.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root([]) == Frontier().root() == naive([]) == EMPTY


def test_a_leaf_is_hashed_as_rfc_6962_says() -> None:
    assert LEAVES[0].hex() == ROOTS[0]
    assert leaf_hash(b"salt", b"entry") == hashlib.sha256(b"\x00saltentry").digest()
    assert node_hash(b"l", b"r") == hashlib.sha256(b"\x01lr").digest()


@pytest.mark.parametrize("count", range(1, 9))
def test_the_roots_are_those_of_the_reference_implementations(count: int) -> None:
    assert root(LEAVES[:count]).hex() == naive(LEAVES[:count]).hex() == ROOTS[count - 1]


def test_a_frontier_that_was_put_away_goes_on_as_one_that_was_not() -> None:
    leaves, whole = leaves_of(140), Frontier()
    for count, leaf in enumerate(leaves, start=1):
        kept = Frontier(whole.size, whole.roots)
        kept.add(leaf)
        whole.add(leaf)
        assert kept.root() == whole.root() == naive(leaves[:count])
        assert len(whole.roots) == 32 * count.bit_count()


@pytest.mark.parametrize("roots", [b"", bytes(31), bytes(32), bytes(96)])
def test_a_frontier_of_another_size_is_refused(roots: bytes) -> None:
    with pytest.raises(ValueError, match="as many roots"):
        Frontier(3, roots)


def test_paths_are_those_of_the_rfcs_example() -> None:
    # RFC 6962 §2.1.3: seven leaves; the path of d0 is [b, h, l], of d3 [c, g, l], of d4 [f, j, k], of d6 [i, k].
    leaves = leaves_of(7)
    a, b, c, d, e, f, j = leaves
    g, h, i = node_hash(a, b), node_hash(c, d), node_hash(e, f)
    k, m = node_hash(g, h), node_hash(i, j)
    assert inclusion(0, leaves) == [b, h, m]
    assert inclusion(3, leaves) == [c, g, m]
    assert inclusion(4, leaves) == [f, j, k]
    assert inclusion(6, leaves) == [i, k]
    assert consistency(3, leaves) == [c, d, g, m]
    assert consistency(4, leaves) == [m]
    assert consistency(6, leaves) == [i, j, k]
    assert consistency(7, leaves) == []


@pytest.mark.parametrize("size", [*range(1, 20), 33, 64, 65])
def test_every_leaf_is_proved_and_nothing_else_is(size: int) -> None:
    leaves = leaves_of(size)
    whole = naive(leaves)
    for index, leaf in enumerate(leaves):
        path = inclusion(index, leaves)
        assert verify_inclusion(leaf, index, size, path, whole)
        assert not verify_inclusion(bytes(32), index, size, path, whole)
        assert not verify_inclusion(leaf, index, size, path, bytes(32))
        assert not verify_inclusion(leaf, index, size, [*path, bytes(32)], whole)
        assert not path or not verify_inclusion(leaf, index, size, path[:-1], whole)
        assert not verify_inclusion(leaf, index + size, size, path, whole)
        assert not verify_inclusion(leaf, -1, size, path, whole)
        for other in range(size):
            assert other == index or not verify_inclusion(leaf, other, size, path, whole)


@pytest.mark.parametrize("size", [*range(1, 18), 31, 32, 33])
def test_every_beginning_of_a_tree_is_proved_and_nothing_else_is(size: int) -> None:
    leaves = leaves_of(size)
    whole = naive(leaves)
    for former in range(1, size + 1):
        path, before = consistency(former, leaves), naive(leaves[:former])
        assert verify_consistency(former, size, before, whole, path)
        assert not verify_consistency(former, size, bytes(32), whole, path)
        assert not verify_consistency(former, size, before, bytes(32), path)
        assert not verify_consistency(former, size, before, whole, [*path, bytes(32)])
        assert not path or not verify_consistency(former, size, before, whole, path[:-1])
        assert not verify_consistency(0, size, before, whole, path)
        assert not verify_consistency(size + 1, size, before, whole, path)


@given(st.integers(1, 300), st.data())
@settings(max_examples=100)
def test_a_changed_path_proves_nothing(size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size)
    index = data.draw(st.integers(0, size - 1))
    path = inclusion(index, leaves)
    assert verify_inclusion(leaves[index], index, size, path, root(leaves))
    if path:
        at, bit = data.draw(st.integers(0, len(path) - 1)), data.draw(st.integers(0, 255))
        path[at] = (int.from_bytes(path[at]) ^ 1 << bit).to_bytes(32)
        assert not verify_inclusion(leaves[index], index, size, path, root(leaves))


@pytest.mark.parametrize("index", [-1, 3])
def test_there_is_no_path_for_a_leaf_that_is_not_there(index: int) -> None:
    with pytest.raises(IndexError):
        inclusion(index, leaves_of(3))


@pytest.mark.parametrize("former", [0, 4])
def test_there_is_no_proof_for_a_tree_that_was_not(former: int) -> None:
    with pytest.raises(IndexError):
        consistency(former, leaves_of(3))
