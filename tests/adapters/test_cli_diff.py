"""`needful policy diff`: in words, for CI, and counted in the records of a collection without showing one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_support import AGENT, fails, fine, jsonl, run
from hypothesis import given, settings
from hypothesis import strategies as st

from needful.detection import SpanCache
from needful.errors import DetectionError
from needful.planning import plan
from needful.policy import Policy
from needful.policy.changes.differences import compare
from needful.resources import policy_text
from needful.testing import KeywordDetector, LeakProbe
from needful.values import Record, Request, Span
from needful_cli.diff_counts import Change, Counted
from needful_cli.diff_records import REVIEWER
from needful_cli.diff_seen import Side

NAME = "answer-ticket"
ROWS = {
    "phone": "metadata.phone:   {action: mask, entity: PHONE_NUMBER, keep_last: 2}",
    "person": "PERSON:        pseudonymize",
    "ssn": "US_SSN:        drop-record",
    "filter": "metadata.tenant: {equals: $principal.tenant}",
    "records": "limits: {records: 10, passages: 3, characters: 2000}",
}


@pytest.fixture
def changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Return what writes customer-service with some of its rows changed, once each, and gives the file's name."""
    monkeypatch.chdir(tmp_path)

    def write(**rows: str) -> str:
        text = policy_text("customer-service")
        for row, instead in rows.items():
            assert ROWS[row] in text
            text = text.replace(ROWS[row], instead, 1)
        Path("new.yaml").write_text(text, "utf-8")
        return "new.yaml"

    return write


def test_more_and_less_are_said_by_purpose(changed: Callable[..., str]) -> None:
    new = changed(person="PERSON: hash", ssn="US_SSN: deny", records="limits: {records: 5, passages: 7}")
    said = fine("policy", "diff", "customer-service", new)
    ask, other = said.split("\nPurpose answer-ticket\n")[1].split("\nPurpose fraud-review\n")
    more, less = ask.split("  Less\n")
    assert more.startswith("  More\n")
    assert "    PERSON: pseudonymize → hash (links between calls)\n" in more
    assert "    limits.passages: 3 → 7 (more passages)\n" in more
    assert "    limits.characters: 2,000 → no limit (more characters)\n" in more
    assert "    US_SSN: drop-record → deny (calls whose records have it)\n" in less
    assert "    limits.records: 10 → 5 (fewer records)\n" in less
    assert other.startswith("  Same: ")


def test_the_same_as_json(changed: Callable[..., str]) -> None:
    found = json.loads(fine("policy", "diff", "customer-service", changed(person="PERSON: redact"), "--json"))
    assert found.keys() == {"old", "new", "policy", "purposes"}
    assert found["purposes"][NAME]["less"] == [
        {
            "kind": "less",
            "part": "entity",
            "subject": "PERSON",
            "old": "pseudonymize",
            "new": "redact",
            "detail": "links between passages",
            "whom": "",
        }
    ]
    assert found["purposes"]["fraud-review"]["more"] == []


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ({}, 0),
        ({"person": "PERSON: redact"}, 0),
        ({"person": "PERSON: hash"}, 4),
        ({"person": "PERSON: surrogate"}, 4),
        ({"filter": "metadata.tenant: {equals: acme}"}, 4),
    ],
)
def test_the_exit_code_tells_ci_whether_more_may_be_disclosed(
    changed: Callable[..., str], rows: dict[str, str], code: int
) -> None:
    assert run("policy", "diff", "customer-service", changed(**rows), "--exit-code").exit_code == code
    assert run("policy", "diff", "customer-service", changed(**rows)).exit_code == 0


def test_one_purpose_can_be_compared_alone(changed: Callable[..., str]) -> None:
    new = changed(person="PERSON: hash")
    said = fine("policy", "diff", "customer-service", new, "--purpose", "fraud-review", "--exit-code")
    assert "answer-ticket" not in said
    assert "answer-ticket, fraud-review" in fails(5, "policy", "diff", "customer-service", new, "--purpose", "nothing")


def test_arguments_that_do_not_fit_are_refused() -> None:
    same = ("policy", "diff", "customer-service", "customer-service")
    assert "go together" in fails(2, *same, "--collection", "tickets")
    assert "go together" in fails(2, *same, "--qdrant", "q")
    assert "--principal with them" in fails(2, *same, "--principal", AGENT)
    fails(3, "policy", "diff", "customer-service", "nothing.yaml")


# records


@pytest.fixture
def probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LeakProbe:
    """Index tickets with canaries in every place that a payload has; return what looks for them."""
    monkeypatch.chdir(tmp_path)
    planted = LeakProbe()
    plant = planted.plant
    person, city, note = plant("Zephyrine Quill{}"), plant("Zurich{}"), plant()
    tickets = [
        {
            "id": 1,
            "page_content": f"The claim of {person}, +1 212 555 0142, for the {plant()} kitchen.",
            "metadata": {"tenant": "acme", "name": person, "phone": planted.adopt("+1 212 555 0142"), "city": city},
        },
        {
            "id": 2,
            "page_content": f"The {note} was not flooded.",
            "metadata": {"tenant": "acme", plant(): [plant(), 7]},
        },
        {"id": 3, "page_content": f"A flooded {plant()}.", "metadata": {"tenant": "globex", "city": plant()}},
        {
            "id": 4,
            "page_content": f"Her SSN is {planted.adopt('219-09-9999')}, {plant()}.",
            "metadata": {"tenant": "acme", "city": city},
        },
    ]
    jsonl(Path("tickets.jsonl"), *tickets)
    fine("index", "tickets.jsonl", "--qdrant", "q", "--collection", "tickets")
    return planted


ON_RECORDS = ("--qdrant", "q", "--collection", "tickets", "--purpose", NAME, "--principal", AGENT)
WIDER = {
    "phone": "metadata.phone: {action: keep, reason: agents call back, entity: PHONE_NUMBER}\n      metadata.*: scan",
    "ssn": "US_SSN: redact",
    "filter": "metadata.tenant: {any: [$principal.tenant, globex]}",
}


@pytest.mark.usefixtures("probe")
def test_changes_are_counted_in_records(changed: Callable[..., str]) -> None:
    asked = ("policy", "diff", "customer-service", changed(**WIDER), *ON_RECORDS)
    found = json.loads(fine(*asked, "--json"))["records"][NAME]
    assert (found["looked_at"], found["disclosed"]) == (4, {"old": 2, "new": 4})
    assert found["withheld"] == {"old": {"filter": 1, "drop-record": 1}, "new": {}}
    assert (found["records_more"], found["records_less"]) == (2, 0)
    assert found["characters"]["new"] - found["characters"]["old"] == found["characters_more"] > 0
    assert found["characters_less"] == 0
    changes = {(each["field"], each["entity"]): each for each in found["changes"]}
    assert changes["metadata.phone", ""]["times"] == 1
    assert changes["metadata.*", ""] == {
        "field": "metadata.*",
        "entity": "",
        "old": "not disclosed",
        "new": "scan",
        "kind": "more",
        "times": 5,
    }
    said = fine(*asked)
    assert "In 4 records:" in said
    assert "disclosed: 2 → 4 (2 more, 0 fewer)" in said
    assert "not disclosed by the old policy: drop-record 1, filter 1" in said


def test_no_value_of_a_record_is_printed(probe: LeakProbe, changed: Callable[..., str]) -> None:
    new = changed(**WIDER, person="PERSON: hash")
    for flags in ((), ("--json",)):
        for pair in (("customer-service", new), (new, "customer-service")):
            done = run("policy", "diff", *pair, *ON_RECORDS, *flags)
            assert done.exit_code == 0, "a diff over records failed"
            probe.tap(f"stdout {' '.join(flags)}", done.stdout)
            probe.tap(f"stderr {' '.join(flags)}", done.stderr)
    probe.assert_no_leak()


@pytest.mark.usefixtures("probe")
def test_the_other_way_round_less_is_disclosed(changed: Callable[..., str]) -> None:
    new = changed(**WIDER)
    there = json.loads(fine("policy", "diff", "customer-service", new, *ON_RECORDS, "--json"))["records"][NAME]
    back = json.loads(fine("policy", "diff", new, "customer-service", *ON_RECORDS, "--json"))["records"][NAME]
    assert back["records_less"] == there["records_more"]
    assert back["characters_less"] == there["characters_more"]
    assert {each["kind"] for each in back["changes"]} == {"less"}


@pytest.mark.usefixtures("probe")
def test_a_policy_changes_nothing_against_itself() -> None:
    said = fine("policy", "diff", "customer-service", "customer-service", *ON_RECORDS)
    assert "no value changes" in said
    assert "(0 more, 0 fewer)" in said


@pytest.mark.usefixtures("probe")
def test_at_most_so_many_records_are_looked_at(changed: Callable[..., str]) -> None:
    asked = ("policy", "diff", "customer-service", changed(**WIDER), *ON_RECORDS)
    assert "In 2 records:" in fine(*asked, "--limit", "2")
    fails(2, *asked, "--limit", "0")


@pytest.mark.usefixtures("probe")
def test_a_filter_by_the_principal_needs_a_principal() -> None:
    asked = ("policy", "diff", "customer-service", "customer-service", *ON_RECORDS[:4])
    assert "the principal has no attribute tenant" in fails(5, *asked)


@pytest.mark.usefixtures("probe")
def test_a_purpose_that_is_refused_discloses_nothing(changed: Callable[..., str]) -> None:
    new = Path(changed())
    new.write_text(new.read_text().replace("  answer-ticket:\n", "  answer-ticket:\n    when: {role: lead}\n"), "utf-8")
    found = json.loads(fine("policy", "diff", "customer-service", new, *ON_RECORDS, "--json"))["records"][NAME]
    assert found["withheld"]["new"] == {"refused": 3}
    assert (found["records_less"], found["disclosed"]["new"]) == (2, 0)


@pytest.mark.usefixtures("probe")
def test_a_collection_that_is_not_there_is_said_to_be_not() -> None:
    asked = ("policy", "diff", "customer-service", "customer-service", "--qdrant", "q", "--principal", AGENT)
    fails(6, *asked, "--collection", "nothing")


@pytest.mark.usefixtures("probe")
def test_nothing_is_written_to_the_ledger(tmp_path: Path, changed: Callable[..., str]) -> None:
    before = {path.name for path in tmp_path.iterdir()}
    ledger = tmp_path / "ledger.db"
    new = changed(**WIDER)
    done = run("policy", "diff", "customer-service", new, *ON_RECORDS, env={"NEEDFUL_LEDGER": str(ledger)})
    assert done.exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} - before == {new}


# what is counted, without Presidio

DETECTOR = KeywordDetector({"PHONE_NUMBER": "555-[0-9]{4}", "URL": "www[.][a-z]+[.]org"})


def small(fields: dict[str, Any], entities: dict[str, Any]) -> Policy:
    purpose = {"fields": fields, "entities": entities, "detect": {"ner": "none", "reason": "a test needs no model"}}
    return Policy.parse(json.dumps({"needful": 1, "name": "small", "version": 1, "purposes": {"ask": purpose}}))


def counted(old: Policy, new: Policy, *payloads: dict[str, Any], detector: Any = DETECTOR) -> Counted:
    cache = SpanCache()
    plans = [plan(policy, Request("?", "ask", REVIEWER)) for policy in (old, new)]
    found = Counted()
    records = [(Record(at, 0.0, payload), (True, True)) for at, payload in enumerate(payloads)]
    found.add(records, (Side(plans[0], detector, cache), Side(plans[1], detector, cache)))
    return found


KEEP = {"action": "keep", "reason": "a test keeps it"}
TEXT = {"page_content": "scan"}


def test_a_span_is_counted_under_its_field_and_entity() -> None:
    old = small({**TEXT, "metadata.note": "scan"}, {"PHONE_NUMBER": "redact"})
    new = small({**TEXT, "metadata.note": "scan"}, {"PHONE_NUMBER": {"action": "mask", "keep_last": 2}})
    record = {"page_content": "555-0142 or 555-0143, www.x.org", "metadata": {"note": ["555-0144", {"555-0145": 1}]}}
    found = counted(old, new, record)
    assert found.changes == {
        Change("page_content", "PHONE_NUMBER", "more", "redact", "mask, last 2 left"): 2,
        Change("metadata.note", "PHONE_NUMBER", "more", "redact", "mask, last 2 left"): 2,
    }
    assert (found.characters_more, found.characters_less) == (8, 0)


def test_a_field_that_is_kept_instead_of_searched_shows_its_spans() -> None:
    old, new = small(TEXT, {}), small({"page_content": KEEP}, {})
    found = counted(old, new, {"page_content": "call 555-0142"})
    assert found.changes == {
        Change("page_content", "", "more", "scan", "keep"): 1,
        Change("page_content", "PHONE_NUMBER", "more", "redact", "keep"): 1,
    }
    assert found.characters_more == len("555-0142")


def test_a_dropped_passage_is_not_shown() -> None:
    old, new = small(TEXT, {}), small(TEXT, {"PHONE_NUMBER": "drop-passage"})
    found = counted(old, new, {"page_content": "It rained. Call 555-0142."}, {"page_content": "555-0142"})
    assert found.withheld[1] == {"drop-passage": 1}
    assert found.records_less == 1
    assert found.characters[1] == len("It rained.")


def test_of_an_object_that_is_not_kept_nothing_is_shown() -> None:
    old, new = small(TEXT, {}), small({**TEXT, "metadata.home": {"action": "mask", "keep_last": 2}}, {})
    found = counted(old, new, {"page_content": "x", "metadata": {"home": {"city": "Bern", "open": True}}})
    assert found.changes == {Change("metadata.home", "", "more", "not disclosed", "mask, last 2 left"): 2}
    assert found.characters_more == 0


def test_a_record_that_cannot_be_searched_is_withheld_by_both() -> None:
    class Broken:
        fingerprint = "broken"

        def detect(self, texts: Any) -> list[tuple[Span, ...]]:
            if any("555" in text for text in texts):
                raise DetectionError("a test breaks it", code="broken")
            return [() for _ in texts]

    policy = small(TEXT, {})
    found = counted(policy, policy, {"page_content": "555-0142"}, {"page_content": "rain"}, detector=Broken())
    assert found.withheld == ({"detection-fault": 1}, {"detection-fault": 1})
    assert found.disclosed == [1, 1]


def test_an_equal_set_up_searches_a_text_once() -> None:
    calls: list[int] = []

    class Counting(KeywordDetector):
        def detect(self, texts: Any) -> list[tuple[Span, ...]]:
            calls.append(len(texts))
            return super().detect(texts)

    counted(small(TEXT, {}), small(TEXT, {"URL": "hash"}), {"page_content": "x 555-0142"}, detector=Counting({}))
    assert calls == [1]


def test_under_a_key_whose_passage_is_dropped_nothing_is_shown() -> None:
    entities = {"PHONE_NUMBER": "drop-passage"}
    old, new = small(TEXT, entities), small({**TEXT, "metadata.*": KEEP}, entities)
    found = counted(old, new, {"page_content": "x", "metadata": {"555-0142": "Bern", "city": "Rome"}})
    assert found.characters_more == len("city") + len("Rome")


RULES = st.sampled_from(["scan", "redact", "hash", "pseudonymize", "omit", {"action": "mask", "keep_last": 2}, KEEP])
FIELDS = st.fixed_dictionaries(
    {"page_content": st.sampled_from(["scan", KEEP])},
    optional=dict.fromkeys(("metadata.city", "metadata.*", "metadata.home.city"), RULES),
)
ENTITIES = st.fixed_dictionaries(
    {},
    optional={
        name: st.sampled_from(["redact", "hash", "mask", "drop-passage", "drop-record", KEEP])
        for name in ("default", "PHONE_NUMBER", "URL")
    },
)
VALUES = st.sampled_from(
    ["Bern", "555-0142", "see www.x.org. Or call 555-0142!", 7, True, None, ["555-0143"], {"a": "b"}]
)
RECORDS = st.fixed_dictionaries(
    {
        "page_content": st.sampled_from(["It rained.", "Call 555-0142 now. Or www.x.org.", "555-0142 www.x.org"]),
        "metadata": st.dictionaries(st.sampled_from(["city", "home", "note", "555-0144"]), VALUES, max_size=4),
    }
)


@given(old=st.tuples(FIELDS, ENTITIES), new=st.tuples(FIELDS, ENTITIES), record=RECORDS)
@settings(max_examples=200)
def test_what_the_comparison_calls_no_more_discloses_no_more_of_any_record(
    old: tuple[Any, Any], new: tuple[Any, Any], record: dict[str, Any]
) -> None:
    policies = small(*old), small(*new)
    compared = compare(policies[0].document, policies[1].document)
    found = counted(*policies, record)
    if not compared.may_disclose_more:
        assert (found.characters_more, found.records_more) == (0, 0)
        assert {change.order for change in found.changes} <= {"less"}
    if not any(each.differences for each in compared.purposes.values()):
        assert not found.changes
