"""`needful audit show`: filters, formats for other programs, and a ledger that is followed."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cli_support import CANARY, fails, fine
from hypothesis import given
from hypothesis import strategies as st

from ledger_entries import HASH, make_entry, tamper
from needful.keys import Keys
from needful.ledger import SqliteLedger, Stored
from needful.values import Entry, Identity
from needful_cli.audit_cef import escaped, escaped_in_header, line_of
from needful_cli.audit_filters import Filters
from needful_cli.audit_formats import Linked
from needful_cli.audit_show import follow

NEEDFUL = str(Path(sys.executable).with_name("needful"))
OTHER = Identity("claims", 1, "b" * 64)
HOSTILE = "a|b=c\\d\re\nf\x1b[2J\u202e\u2028\x85g\x7f"

Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return what makes a ledger of entries."""

    def made(*entries: Entry) -> Path:
        with SqliteLedger(tmp_path / "ledger.db") as opened:
            for entry in entries:
                opened.append(entry)
        return tmp_path / "ledger.db"

    return made


@pytest.fixture
def ledger(make: Make) -> Path:
    """Return a ledger of four entries that have little in common."""
    return make(
        make_entry(time="2026-11-20T23:59:59.999999Z"),
        make_entry(time="2026-11-21T00:00:00.000000Z", outcome="refused", reason="bound", counts={}, withheld={}),
        make_entry(
            time="2026-11-21T23:30:00.000000Z", purpose="settle", policy=OTHER, query_counts={"US_SSN": {"redact": 1}}
        ),
        make_entry(time="2026-11-22T00:00:00.000000Z", outcome="restored", counts={"IBAN_CODE": {"pseudonymize": 1}}),
    )


def shown(ledger: Path, *arguments: str) -> list[int]:
    return [each["sequence"] for each in json.loads(fine("audit", "show", "--ledger", ledger, "--json", *arguments))]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (("--outcome", "refused"), [2]),
        (("--outcome", "restored"), [4]),
        (("--purpose", "settle"), [3]),
        (("--purpose", "sett"), []),
        (("--policy", "customer-service"), [1, 2, 4]),
        (("--policy", "customer-service@3"), [1, 2, 4]),
        (("--policy", "customer-service@2"), []),
        (("--entity", "IBAN_CODE"), [4]),
        (("--entity", "US_SSN"), [3]),
        (("--entity", "metadata.title"), [1, 3]),
        (("--from", "2026-11-21"), [2, 3, 4]),
        (("--to", "2026-11-21"), [1, 2, 3]),
        (("--from", "2026-11-21", "--to", "2026-11-21"), [2, 3]),
        (("--from", "2026-11-22T00:30:00+01:00"), [3, 4]),
        (("--to", "2026-11-21T00:00:00Z"), [1]),
        (("--to", "2026-11-21T00:00:00.000001z"), [1, 2]),
        (("--from", "2026-11-21", "--outcome", "restored", "--entity", "PERSON"), []),
        (("--policy", "customer-service", "--limit", "2"), [2, 4]),
    ],
)
def test_filters_find_what_they_say_and_all_must_fit(
    ledger: Path, arguments: tuple[str, ...], found: list[int]
) -> None:
    assert shown(ledger, *arguments) == found


@pytest.mark.parametrize(
    "given_time",
    ["2026-11-31", "2026-11-21T10:00:00", "21.11.2026", "", "yesterday", "2026-W47", "2026-11-21T25:00:00Z"],
)
@pytest.mark.parametrize("flag", ["--from", "--to"])
def test_a_time_that_is_none_or_says_no_zone_ends_with_2_and_is_not_repeated(
    ledger: Path, flag: str, given_time: str
) -> None:
    said = fails(2, "audit", "show", "--ledger", ledger, flag, f"{given_time} {CANARY}" if given_time else "")
    assert f"{flag} is no date and no RFC 3339 time" in said
    assert CANARY not in said
    assert fails(2, "audit", "show", "--ledger", ledger, flag, given_time)


def test_a_period_that_ends_before_it_starts_ends_with_2(ledger: Path) -> None:
    asked = ("audit", "show", "--ledger", ledger, "--from", "2026-11-22", "--to", "2026-11-21")
    assert "--to is not later than --from" in fails(2, *asked)


def test_a_search_that_finds_nothing_says_so(ledger: Path) -> None:
    assert fine("audit", "show", "--ledger", ledger, "--purpose", "none") == "the ledger has no entries that fit\n"
    assert fine("audit", "show", "--ledger", ledger, "--purpose", "none", "--format", "jsonl") == ""


def test_json_lines_are_those_of_the_array(ledger: Path) -> None:
    lines = fine("audit", "show", "--ledger", ledger, "--format", "jsonl").splitlines()
    array = json.loads(fine("audit", "show", "--ledger", ledger, "--format", "json"))
    assert [json.loads(line) for line in lines] == array


def test_two_formats_at_once_end_with_2(ledger: Path) -> None:
    assert "give one of them" in fails(2, "audit", "show", "--ledger", ledger, "--json", "--format", "cef")


# OCSF


def events(ledger: Path, *arguments: str) -> list[Any]:
    lines = fine("audit", "show", "--ledger", ledger, "--format", "ocsf", *arguments).splitlines()
    return [json.loads(line) for line in lines]


def test_an_event_has_what_its_class_requires(ledger: Path) -> None:
    """Required by base_event, datastore_activity, metadata, product, user and the profile, in OCSF 1.9.0."""
    for event in events(ledger):
        assert (event["category_uid"], event["class_uid"]) == (6, 6005)
        assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
        assert event["severity_id"] in range(1, 7)
        assert event["metadata"]["version"] == "1.9.0"
        assert event["metadata"]["profiles"] == ["record_integrity"]
        assert event["metadata"]["product"]["name"] == "Needful"
        assert event["actor"]["user"]["uid"] == HASH
        assert event["src_endpoint"]["svc_name"]
        assert event["database"]["name"]
        assert event["attestation_list"][0]["fingerprint"]["algorithm_id"] == 3


def test_time_is_in_milliseconds_and_outcomes_have_their_activity_and_status(ledger: Path) -> None:
    first, refused, _, restored = events(ledger)
    assert first["time"] == 1795219199999
    assert (first["activity_id"], first["status_id"]) == (4, 1)
    assert (refused["activity_id"], refused["status_id"], refused["status_code"]) == (4, 2, "bound")
    assert refused["actor"]["authorizations"][0]["decision"] == "denied"
    assert (restored["activity_name"], restored["status_id"]) == ("Decrypt", 1)


def test_what_has_no_attribute_is_unmapped_under_its_own_name(ledger: Path) -> None:
    event = events(ledger)[0]
    entry = json.loads(fine("audit", "show", "--ledger", ledger, "--json"))[0]["entry"]
    mapped = {"time", "outcome", "principal", "policy", "reason"}
    assert event["unmapped"] == {name: value for name, value in entry.items() if name not in mapped}


def test_the_fingerprint_is_that_of_the_event_without_it(ledger: Path) -> None:
    for event in events(ledger):
        found = event["attestation_list"][0].pop("fingerprint")
        assert found["value"] == hashlib.sha256(rfc8785.dumps(event)).hexdigest()
        event["time"] += 1
        assert found["value"] != hashlib.sha256(rfc8785.dumps(event)).hexdigest()


def test_events_are_linked_as_the_ledger_is_whichever_are_shown(ledger: Path) -> None:
    every = events(ledger)
    with SqliteLedger(ledger) as opened:
        hashes = [stored.entry_hash for stored in opened.entries()]
        identifier = opened.identifier()
    assert [event["metadata"]["uid"] for event in every] == hashes
    attestations = [event["attestation_list"][0] for event in every]
    assert "prev_event" not in attestations[0]
    assert [each["prev_event"]["uid"] for each in attestations[1:]] == hashes[:-1]
    assert {each["chain_uid"] for each in attestations} == {identifier}
    assert attestations[3]["prev_event"]["type_uid"] == every[2]["type_uid"]
    assert events(ledger, "--limit", "2") == every[2:]
    assert events(ledger, "--outcome", "restored") == every[3:]


def test_the_chain_is_named_after_the_ledger_as_its_checkpoints_name_it(tmp_path: Path) -> None:
    with SqliteLedger(tmp_path / "ledger.db", keys=Keys(bytes(32))) as opened:
        opened.append(make_entry())
    with SqliteLedger(tmp_path / "ledger.db") as opened:
        note = opened.checkpoint()
    (event,) = events(tmp_path / "ledger.db")
    assert note is not None
    assert note.startswith(f"needful/ledger/{event['attestation_list'][0]['chain_uid']}/1\n")


def test_the_chain_of_a_ledger_of_format_1_is_named_after_its_first_entry(ledger: Path) -> None:
    drops = [f"DROP TABLE {table}" for table in ("header", "checkpoint", "closing")]
    tamper(ledger, *drops, "PRAGMA user_version=1")
    with SqliteLedger(ledger) as opened:
        assert opened.identifier() is None
        first = next(opened.entries()).entry_hash
    assert {event["attestation_list"][0]["chain_uid"] for event in events(ledger)} == {first}


def test_a_ledger_whose_header_was_changed_is_shown_but_not_named(ledger: Path) -> None:
    tamper(ledger, "UPDATE header SET body = x'00'")
    assert shown(ledger) == [1, 2, 3, 4]
    assert "the header of a segment is not one" in fails(7, "audit", "show", "--ledger", ledger, "--format", "ocsf")


def test_after_an_erased_entry_an_event_names_none_before_it(ledger: Path) -> None:
    with SqliteLedger(ledger) as opened:
        opened.erase(sequences=[2], reason="retention")
    by_sequence = {event["metadata"]["sequence"]: event for event in events(ledger)}
    assert sorted(by_sequence) == [1, 3, 4, 5]
    assert "prev_event" not in by_sequence[3]["attestation_list"][0]
    assert by_sequence[4]["attestation_list"][0]["prev_event"]["uid"] == by_sequence[3]["metadata"]["uid"]
    assert (by_sequence[5]["activity_name"], by_sequence[5]["status_id"]) == ("Delete", 1)
    assert shown(ledger, "--outcome", "erased") == [5]
    for form in ("table", "cef"):
        assert "retention" in fine("audit", "show", "--ledger", ledger, "--format", form)


def test_who_is_not_known_is_no_hash(make: Make) -> None:
    (event,) = events(make(make_entry(outcome="refused", reason="principal-missing", principal="")))
    assert event["actor"]["user"] == {"type_id": 0, "name": "not given"}


# CEF

_HEADER = re.compile(r"(?:[^|\\]|\\[|\\])*")


def parsed(line: str) -> tuple[list[str], dict[str, str]]:
    """Read a line as its format is described: seven fields of the header, and pairs."""
    fields = []
    for _ in range(7):
        matched = _HEADER.match(line)
        assert matched
        assert line[matched.end()] == "|"
        fields.append(re.sub(r"\\([|\\])", r"\1", matched[0]))
        line = line[matched.end() + 1 :]
    pairs = re.findall(r"(\w+)=((?:[^=\\]|\\[=\\rn])*)(?= \w+=|$)", line)
    unescaped = {"\\n": "\n", "\\r": "\r"}
    return fields, {
        key: re.sub(r"\\[\\=nr]", lambda found: unescaped.get(found[0], found[0][1]), value) for key, value in pairs
    }


def test_a_line_has_who_what_and_how_many(ledger: Path) -> None:
    lines = fine("audit", "show", "--ledger", ledger, "--format", "cef").splitlines()
    assert len(lines) == 4
    header, pairs = parsed(lines[1])
    assert (header[0], header[1], header[4], header[6]) == ("CEF:0", "Needful", "refused", "5")
    assert (pairs["suid"], pairs["reason"], pairs["externalId"]) == (HASH, "bound", "2")
    _, pairs = parsed(lines[0])
    assert (pairs["cs1Label"], pairs["cs1"]) == ("purpose", "answer-ticket")
    assert pairs["cs4"] == "PERSON:pseudonymize:2 metadata.title:keep:1"
    assert pairs["cs5"] == "drop-record:1"
    assert pairs["rt"] == "1795219199999"


def test_names_that_would_end_a_field_or_a_line_do_not(make: Make) -> None:
    entry = make_entry(purpose=HOSTILE, counts={HOSTILE: {"redact": 1}}, policy=Identity(HOSTILE, 1, HASH))
    shown_line = fine("audit", "show", "--ledger", make(entry), "--format", "cef")
    assert len(shown_line.splitlines()) == 1
    _, pairs = parsed(shown_line.removesuffix("\n"))
    assert pairs["cs1"].startswith("a|b=c\\d\re\nf")
    assert pairs["outcome"] == "released"


@pytest.mark.parametrize("form", ["jsonl", "ocsf", "table", "cef"])
def test_no_name_takes_a_terminal_over(make: Make, form: str) -> None:
    entry = make_entry(purpose=HOSTILE, counts={HOSTILE: {"redact": 1}})
    text = fine("audit", "show", "--ledger", make(entry), "--format", form)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text)


@given(st.text(st.characters(codec="utf-8")))
def test_whatever_a_name_is_it_is_one_line_and_reads_back(name: str) -> None:
    line = line_of(Stored(1, make_entry(purpose=name or "x"), HASH))
    assert len(line.splitlines()) == 1
    header, pairs = parsed(line)
    assert header[5] == "Documents released"
    assert pairs["cs6"] == HASH
    if re.fullmatch(r"[ -~]+", name):
        assert pairs["cs1"] == name


@given(st.text())
def test_escaping_leaves_nothing_that_ends_a_field(text: str) -> None:
    assert len(escaped_in_header(text).splitlines()) <= 1
    assert not re.search(r"(?<!\\)(\\\\)*\|", escaped_in_header(text))
    assert len(escaped(text).splitlines()) <= 1
    assert not re.search(r"(?<!\\)(\\\\)*=", escaped(text))


# Following


class Clock:
    """A sleep that does something to the ledger each time, and then lets Ctrl-C be pressed."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        self._steps = list(steps)

    def __call__(self, seconds: float) -> None:
        assert seconds == 0.5
        if not self._steps:
            raise KeyboardInterrupt
        self._steps.pop(0)()


def test_new_entries_that_fit_are_printed_as_they_come(make: Make) -> None:
    path = make(make_entry())
    batches: list[list[int]] = []

    def write(batch: Sequence[Linked]) -> None:
        batches.append([linked.stored.sequence for linked in batch])

    with SqliteLedger(path) as opened:
        first = Linked(next(opened.entries()), None)
        clock = Clock(
            lambda: make(make_entry(), make_entry(outcome="refused", reason="bound")),
            lambda: None,
            lambda: make(make_entry(outcome="refused", reason="bound")),
            lambda: make(make_entry()),
        )
        follow(opened, first, Filters(outcome="released"), write, sleep=clock)
    assert batches == [[2], [5]]


def test_a_ledger_without_entries_can_be_followed(make: Make) -> None:
    path = make()
    chains: list[Stored | None] = []
    with SqliteLedger(path) as opened:
        clock = Clock(lambda: make(make_entry()), lambda: make(make_entry()))
        follow(opened, None, Filters(), lambda batch: chains.extend(each.previous for each in batch), sleep=clock)
        assert chains == [None, next(opened.entries())]


def test_an_array_cannot_be_followed(ledger: Path) -> None:
    assert "--follow has none" in fails(2, "audit", "show", "--ledger", ledger, "-f", "--json")


@pytest.mark.parametrize("form", ["table", "ocsf"])
def test_ctrl_c_ends_following_with_0(make: Make, form: str) -> None:
    path = make(make_entry(purpose="first-purpose"))
    command = [NEEDFUL, "audit", "show", "--ledger", str(path), "--follow", "--format", form]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    # Where the tests run in the background, a shell has them ignore the signal, and a command would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(command, env={**os.environ, "PYTHONUNBUFFERED": "1"}, **pipes) as following:  # type: ignore[call-overload]
        seen = _until(following, "first-purpose")
        make(make_entry(purpose="later-purpose"))
        seen += _until(following, "later-purpose")
        following.send_signal(signal.SIGINT)
        try:
            rest, said = following.communicate(timeout=30)
        finally:
            following.kill()  # what does not end would be waited for without end
    assert (following.returncode, said) == (0, "")
    assert (seen + rest).count("first-purpose") == 1


def _until(following: Any, wanted: str) -> str:
    seen, deadline = "", time.monotonic() + 30
    while wanted not in seen:
        assert time.monotonic() < deadline
        line = following.stdout.readline()
        assert line, following.stderr.read()
        seen += line
    return seen


# Nothing leaks


def test_no_format_shows_what_was_asked_or_disclosed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole way: a document and a question that hold a canary, and every format of what was recorded."""
    from cli_support import AGENT, jsonl

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEEDFUL_KEY", base64.b64encode(bytes(32)).decode())
    monkeypatch.setenv("NEEDFUL_LEDGER", str(tmp_path / "ledger.db"))
    metadata = {"tenant": "acme", "name": CANARY, "product": "household"}
    jsonl(tmp_path / "d.jsonl", {"page_content": f"{CANARY} reported a flooded kitchen.", "metadata": metadata})
    where = ("--qdrant", "q", "--collection", "c")
    fine("index", "d.jsonl", *where)
    asked = ("--policy", "customer-service", "--purpose", "answer-ticket", "--principal", AGENT)
    fine("retrieve", f"What did {CANARY} report about the kitchen?", *where, *asked)
    for form in ("table", "jsonl", "json", "ocsf", "cef"):
        text = fine("audit", "show", "--format", form)
        assert "answer-ticket" in text
        for part in (CANARY, *CANARY.split(), "flooded", "agent-7"):
            assert part not in text
    assert Keys.load().mac("principal", "agent-7").hex() in fine("audit", "show", "--format", "cef")
