"""Running policy suites: the real pipeline, over records or texts, with vault, surrogates and restoring."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from needful.errors import DetectionError
from needful.policy.suites.wildcards import with_wildcards
from needful.testing import PlainSurrogates, run_suite
from needful.testing.observing import MarkedSurrogates, SuiteStore, WordEmbedder, payload_of
from needful.values import Condition, Fetch, Filter
from policy_support import HEAD as POLICY_HEAD
from suite_support import detector_for, problems, ran, written

WHOLE = "fields: {page_content: {action: scan, select: whole}}\n    detect: {ner: none, reason: keywords are enough}\n"


def small(body: str = WHOLE, *, head: str = POLICY_HEAD) -> str:
    return f"{head}purposes:\n  answer:\n    {body}"


def test_a_text_goes_through_the_policy_without_records_or_question(tmp_path: Path) -> None:
    tests = """
    - name: short
      text: Maria Keller called.
      expect: "[PERSON:*] called."
    - name: long form
      text: Maria Keller called.
      expect: {documents: [{page_content: "[PERSON:*] called."}], counts: {PERSON: {pseudonymize: 1}}, withheld: 0}
    - name: withheld
      text: Her number is 536-22-8145.
      expect: {withheld: 1, documents: []}
    - name: denied
      text: Pay to bc1qar0srrr.
      expect: {refused: denied}
    """
    assert problems(ran(tmp_path, tests)) == {}


def test_a_text_is_not_kept_out_by_the_filter_and_a_record_is(tmp_path: Path) -> None:
    tests = """
    - {name: text, text: Anything., expect: Anything.}
    - {name: record, query: "Anything?", records: [{page_content: Anything.}], expect: {documents: []}}
    """
    assert problems(ran(tmp_path, tests)) == {}


def test_every_row_of_a_table_fails_by_itself(tmp_path: Path) -> None:
    tests = """
    - name: table
      texts:
        Maria Keller called.: "[PERSON:*] called."
        Tom Weiss called.: Tom Weiss called.
    """
    result = ran(tmp_path, tests)
    assert [(case.name, case.line, case.problem) for case in result.results] == [
        ("table, row 1", 7, None),
        ("table, row 2", 8, 'documents[0].page_content: from character 1 on, expected "Tom Weiss called."'),
    ]


def test_all_sentences_of_a_text_are_equal_and_the_limit_of_passages_holds(tmp_path: Path) -> None:
    tests = """
    - {name: two, text: Hi. Maria Keller wrote a letter to us., expect: "Hi. [PERSON:*] wrote a letter to us."}
    - {name: three, text: One. Two. Three., expect: One. Two.}
    - {name: asked, text: One. Two. Three., query: "Three?", expect: Three.}
    - {name: wrong, text: One. Two. Three., expect: One. Two. Three.}
    """
    told = problems(ran(tmp_path, tests))
    assert told.keys() == {"wrong"}
    assert told["wrong"].endswith("(the purpose shows at most 2 sentences of a record)")


@pytest.mark.parametrize(
    "layout",
    ["langchain", "llamaindex", "haystack", '{text: "body.parts[].words"}', "{text: body, json: text}"],
)
def test_a_text_lies_where_the_layout_says(tmp_path: Path, layout: str) -> None:
    named = {"langchain": "page_content", "llamaindex": "_node_content", "haystack": "content"}
    field = named.get(layout) or ("body.parts[].words" if "parts" in layout else "body")
    policy = small(WHOLE.replace("page_content", f'"{field}"'), head=f"{POLICY_HEAD}layout: {layout}\n")
    tests = "- {name: a, text: Maria Keller called., expect: '[PERSON] called.'}"
    assert problems(ran(tmp_path, tests, policy=policy)) == {}


def test_surrogates_and_tokens_are_wildcards_and_the_value_itself_is_absent(tmp_path: Path) -> None:
    tests = """
    - name: surrogate
      principal: {id: s, tenant: acme, role: supervisor}
      text: Maria Keller called.
      expect: {text: "[PERSON~*] called.", absent: [Keller], counts: {PERSON: {surrogate: 1}}}
    - name: token
      text: Maria Keller called.
      expect: {text: "[PERSON~*] called."}
    """
    assert problems(ran(tmp_path, tests)).keys() == {"token"}


def test_a_token_in_the_first_document_is_restored_for_whom_the_policy_lets(tmp_path: Path) -> None:
    tests = """
    - name: supervisor
      text: Maria Keller called.
      expect: "[PERSON:*] called."
      restore: {principal: {id: s, role: supervisor}, expect: Maria Keller called.}
    - name: agent
      text: Maria Keller called.
      expect: "[PERSON:*] called."
      restore: {expect: {refused: restore-not-allowed}}
    - name: wrong
      text: Maria Keller called.
      expect: "[PERSON:*] called."
      restore: {principal: {id: s, role: supervisor}, expect: {restored: 0, absent: [Keller]}}
    - name: nothing
      text: 536-22-8145
      expect: {withheld: 1}
      restore: {expect: {restored: 0}}
    - name: nobody
      text: Maria Keller called.
      expect: "[PERSON:*] called."
      restore: {principal: {role: supervisor}, expect: {restored: 0}}
    """
    assert problems(ran(tmp_path, tests)) == {
        "wrong": "restore.restored: expected 0, there are 1",
        "nothing": "restore: there is no document to restore",
        "nobody": "restore.principal: a principal needs an id, a non-empty string",
    }


def test_a_principal_that_is_none_is_told_and_the_others_run(tmp_path: Path) -> None:
    tests = """
    - {name: broken, principal: {tenant: acme}, text: a, expect: a}
    - {name: nobody, principal: null, text: a, expect: {refused: principal-missing}}
    """
    assert problems(ran(tmp_path, tests)) == {"broken": "principal: a principal needs an id, a non-empty string"}


def test_a_score_of_a_record_is_held_against_the_limit(tmp_path: Path) -> None:
    tests = """
    - name: scores
      query: What?
      records:
        - {$score: 0.4, page_content: Too far., metadata: {tenant: acme}}
        - {$score: 0.5, page_content: Near enough., metadata: {tenant: acme}}
      expect: {documents: [{page_content: Near enough.}]}
    """
    assert problems(ran(tmp_path, tests)) == {}


def test_a_policy_that_selects_by_embeddings_can_be_tested(tmp_path: Path) -> None:
    policy = small(
        "fields: {page_content: {action: scan, select: {by: embeddings}}}\n"
        "    limits: {passages: 1}\n    detect: {ner: none, reason: keywords are enough}\n"
    )
    tests = "- {name: a, query: the roof, text: The cellar is wet. The roof is gone., expect: The roof is gone.}"
    assert problems(ran(tmp_path, tests, policy=policy)) == {}


def test_only_tests_with_a_name_run(tmp_path: Path) -> None:
    tests = """
    - {name: An agent asks, text: a, expect: a}
    - {name: nobody asks, texts: {b: b, c: c}}
    """
    assert [case.name for case in ran(tmp_path, tests, named="agent").results] == ["An agent asks"]
    assert [case.name for case in ran(tmp_path, tests, named="Row 2").results] == ["nobody asks, row 2"]


def test_no_result_shows_what_came_out(tmp_path: Path) -> None:
    suite = written(tmp_path, "- {name: a, text: A canary sings., expect: Nothing.}")
    result = run_suite(suite, detector_for=detector_for)
    assert problems(result).keys() == {"a"}
    assert "canary" not in repr(result)


# what stands around the pipeline


def test_a_payload_has_the_text_and_nothing_else() -> None:
    from needful.policy.document import LAYOUTS, Layout

    assert payload_of("a", LAYOUTS["langchain"]) == {"page_content": "a"}
    assert payload_of('"', LAYOUTS["llamaindex"]) == {"_node_content": '{"text": "\\""}'}
    assert payload_of("a", Layout(text="x.y[].z")) == {"x": {"y": [{"z": "a"}]}}


def test_a_store_of_texts_knows_no_filter_and_cuts_like_any_other() -> None:
    payloads: list[dict[str, Any]] = [
        {"page_content": "a"},
        {"page_content": "b", "$score": 0.2},
        {"page_content": "c"},
    ]
    closed = Filter(must=(Condition("metadata.tenant", "equals", "acme"),))
    asked = Fetch(text="", include=("page_content",), filter=closed, limit=1, min_score=0.5)
    assert SuiteStore(payloads).fetch(asked).records == ()
    open_store = SuiteStore(payloads, unfiltered=True)
    assert [record.id for record in open_store.fetch(asked).records] == [1]
    assert [record.id for record in open_store.fetched] == [1]
    assert (open_store.matching(closed), open_store.matching(closed, least=0.5)) == (3, 2)


def test_a_fake_is_marked_once_it_is_one() -> None:
    class Same:
        fingerprint = "same"

        def fake(self, entity: str, value: str, language: str, draw: object) -> str:
            return value

    marked = MarkedSurrogates(PlainSurrogates())
    assert marked.fake("PERSON", "Maria", "en", lambda label: bytes(32)) == "[PERSON~*]"
    assert marked.fingerprint == PlainSurrogates.fingerprint
    with pytest.raises(DetectionError, match="the value itself"):
        MarkedSurrogates(Same()).fake("PERSON", "Maria", "en", lambda label: bytes(32))


def test_texts_that_share_words_have_vectors_alike() -> None:
    embedder = WordEmbedder()
    one, same, other = embedder.embed_documents(["the wet cellar", "The wet cellar!", ""])
    assert one == same == embedder.embed_query("cellar wet the")
    assert sum(part * part for part in one) == pytest.approx(1.0)
    assert set(other) == {0.0}


def test_tokens_become_wildcards() -> None:
    assert with_wildcards("[PERSON:7K3QF2MB] [A_B#7K3QF2MB9XTD] [PERSON] x") == "[PERSON:*] [A_B#*] [PERSON] x"
