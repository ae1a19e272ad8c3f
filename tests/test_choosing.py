from __future__ import annotations

from collections.abc import Sequence

import pytest

from needful.caching import TextCache
from needful.choosing import LEARNED, chosen_passages, exposed
from needful.errors import StoreError
from needful.examined import Examined
from needful.overlaps import Resolution, resolve
from needful.planning import Plan, plan
from needful.policy import Policy
from needful.policy.document import Rule
from needful.ports import Embedder
from needful.records import Opened, open_record
from needful.relevance import Analysis
from needful.values import Action, Found, Passage, Principal, Record, Request, Span

POLICY = """
needful: 1
name: small
version: 1
layout: LAYOUT
purposes:
  ask:
    fields: {page_content: {action: scan, select: SELECT}}
    entities: {PERSON: ACTION}
    detect: {ner: none, reason: a test, recognizers: [person]}
    limits: {LIMITS}
recognizers: [{name: person, entity: PERSON, regex: Maria Keller}]
"""


def planned(
    limits: str = "passages: 1", *, layout: str = "langchain", select: str = "passages", action: str = "redact"
) -> Plan:
    text = POLICY
    for word, value in (("LAYOUT", layout), ("SELECT", select), ("ACTION", action), ("LIMITS", limits)):
        text = text.replace(word, value)
    return plan(Policy.parse(text), Request("?", purpose="ask", principal=Principal.of({"id": "a"})))


def examined(decided: Plan, text: str | list[str], found: Sequence[Found] = ()) -> Examined:
    opened = open_record(Record("1", 1.0, {"page_content": text}, tuple(found)), decided)
    assert isinstance(opened, Opened)
    resolutions = [resolve(_persons(each), decided.rule_for) for each in opened.texts]
    analyses: TextCache[Analysis] = TextCache()
    return Examined.of(opened, resolutions, analyses)


def _persons(text: str) -> list[Span]:
    name = "Maria Keller"
    return [Span(at, at + len(name), "PERSON", 1.0, "test") for at in range(len(text)) if text.startswith(name, at)]


def shown(
    decided: Plan, query: str, *texts: str | list[str], found: Sequence[Found] = (), embedder: Embedder | None = None
) -> list[str]:
    """Everything that is chosen, content by content."""
    items = [examined(decided, text, found) for text in texts]
    chosen = chosen_passages(decided, query, query, items, embedder)
    contents = [content for item in items for content in item.contents]
    return [
        " ".join(content.text[passage.start : passage.end] for passage in passages)
        for content, passages in zip(contents, chosen, strict=True)
    ]


# exposure


@pytest.mark.parametrize(
    ("rule", "weight"),
    [
        (Rule(action=Action.KEEP, reason="a test"), 1.0),
        (Rule(action=Action.MASK), 0.5),
        (Rule(action=Action.PSEUDONYMIZE), 0.25),
        (Rule(action=Action.REDACT), 0.1),
        (Rule(action=Action.DROP_PASSAGE), 0.1),
    ],
)
def test_a_stricter_rule_exposes_less_of_the_same_characters(rule: Rule, weight: float) -> None:
    resolution = resolve([Span(2, 6, "PERSON", 1.0, "test"), Span(4, 8, "PERSON", 0.9, "test")], lambda entity: rule)
    first, second = exposed([Passage(0, 10), Passage(10, 20)], resolution)
    assert first == pytest.approx(6 * weight)
    assert second == 0.0


def test_the_weights_fall_with_every_rank_and_nothing_found_exposes_nothing() -> None:
    ranks = range(Action.REDACT.rank + 1)
    assert sorted(LEARNED) == list(ranks)
    assert [LEARNED[rank] for rank in ranks] == sorted(LEARNED.values(), reverse=True)
    assert exposed([Passage(0, 5)], Resolution()) == (0.0,)


BOTH = "Maria Keller saw the claim. Nobody else has ever read the whole of the claim."


def test_privacy_prefers_what_shows_no_name() -> None:
    keep = "{action: keep, reason: a test}"
    assert shown(planned(action=keep), "which claim?", BOTH) == ["Maria Keller saw the claim."]
    private = shown(planned("passages: 1, privacy: 1", action=keep), "which claim?", BOTH)
    assert private == ["Nobody else has ever read the whole of the claim."]


def test_privacy_cares_less_for_a_name_that_is_redacted() -> None:
    assert shown(planned("passages: 1, privacy: 1"), "which claim?", BOTH) == ["Maria Keller saw the claim."]


# neighbours and near-duplicates of real text


def test_a_neighbour_comes_where_the_text_needs_it() -> None:
    decided = planned("passages: 3", select="{neighbours: 1}")
    text = "The sun was shining. Is a flooded kitchen insured? Yes, up to the sum. Nobody asked."
    assert shown(decided, "flooded kitchen", text) == ["Is a flooded kitchen insured? Yes, up to the sum."]


def test_the_same_sentence_of_two_records_is_disclosed_once() -> None:
    decided = planned("passages: 2")
    one = "The claim was reduced. It rained."
    other = "The claim was reduced! The claim of the neighbour was reduced by half. It snowed."
    assert shown(decided, "claim reduced", one, other) == [
        "The claim was reduced.",
        "The claim of the neighbour was reduced by half.",
    ]


def test_whole_texts_are_disclosed_whole_however_alike() -> None:
    decided = planned(select="whole")
    assert shown(decided, "claim", "The claim. It rained.", "The claim. It rained.") == ["The claim. It rained."] * 2


# a record that came as passages

PARTS = ["It rained.", "The claim was reduced.", "This was in May.", "The roof leaks."]
FOUND = (Found(3, 0.0, near=True), Found(4, 9.0), Found(5, 0.0, near=True), Found(9, 8.0))


@pytest.mark.parametrize(
    ("passages", "expected"),
    [
        (1, ["", PARTS[1], "", ""]),
        (2, ["", PARTS[1], "", PARTS[3]]),
        (3, [PARTS[0], PARTS[1], "", PARTS[3]]),
        (9, PARTS),
    ],
)
def test_found_passages_come_by_the_searchs_scores_and_the_limit_is_the_records(
    passages: int, expected: list[str]
) -> None:
    decided = planned(f"passages: {passages}", layout="passages")
    assert shown(decided, "what leaks?", PARTS, found=FOUND) == expected


def test_a_passage_that_a_rule_drops_is_not_chosen_of_found_ones_either() -> None:
    decided = planned("passages: 9", layout="passages", action="drop-passage")
    texts = ["Maria Keller paid. The sum was small.", "The roof leaks."]
    assert shown(decided, "who paid?", texts, found=(Found(1, 9.0), Found(2, 8.0))) == ["", "The roof leaks."]


def test_found_passages_are_not_disclosed_twice_and_fall_with_what_they_expose() -> None:
    keep = "{action: keep, reason: a test}"
    decided = planned("passages: 2, privacy: 1", layout="passages", action=keep)
    texts = ["Maria Keller paid.", "The roof leaks.", "The roof leaks!", "The bill was paid."]
    found = (Found(1, 10.0), Found(2, 9.0), Found(3, 8.5), Found(4, 8.0))
    assert shown(decided, "what?", texts, found=found) == ["", "The roof leaks.", "", "The bill was paid."]


@pytest.mark.parametrize("action", ["redact", "drop-passage", "{action: keep, reason: a test}"])
@pytest.mark.parametrize("near", [False, True])
def test_where_each_record_is_one_passage_there_is_no_choice_and_the_same_comes_out(action: str, near: bool) -> None:
    texts = ["Maria Keller paid.", "The roof leaks.", "The roof leaks.", "Maria Keller paid."]
    quick, slow = (
        planned(limits, layout="passages", action=action) for limits in ("passages: 2", "passages: 2, characters: 9999")
    )
    chosen = [
        chosen_passages(decided, "?", "?", [examined(decided, [text], [Found(1, 7.0, near)]) for text in texts])
        for decided in (quick, slow)
    ]
    assert chosen[0] == chosen[1]
    assert any(chosen[0]) is not near


# embeddings


class Broken:
    """Quotes the text that it fails on."""

    def embed_query(self, text: str) -> list[float]:
        return [1.0]

    def embed_documents(self, found: list[str]) -> list[list[float]]:
        raise RuntimeError(found[0])


def test_an_embedder_that_fails_fails_the_call_without_saying_what_it_read() -> None:
    decided = planned(select="{by: embeddings}")
    with pytest.raises(StoreError, match="embedding model failed") as caught:
        shown(decided, "secret?", "A secret sentence.", embedder=Broken())
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


def test_an_embedder_sees_passages_only_where_the_policy_says_so() -> None:
    assert shown(planned(), "claim", "The claim. It rained.", embedder=Broken()) == ["The claim."]
