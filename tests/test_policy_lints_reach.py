"""Rules that never decide anything, and principals for whom no rule is."""

from __future__ import annotations

from lint_support import MODEL, SCAN, assert_remarks, purpose, rules_of
from policy_support import policy_text

DECIDES = "the strictest rule that holds decides: give that one a when of its own, or remove this one"


def test_an_exception_from_a_stricter_rule_for_everybody_never_decides() -> None:
    text = """\
    fields:
      page_content: scan
      name:
        - redact
        - §{action: keep, reason: a lead sees it, when: {role: lead}}
    """
    assert_remarks(
        purpose(text),
        "unreachable-rule",
        'warning: "name": this rule (keep) never decides: the one on line 9 holds whenever it does, and redact is '
        f"stricter ({DECIDES})",
    )


def test_a_rule_that_is_overruled_by_one_for_more_principals_never_decides() -> None:
    assert_remarks(
        purpose(
            f"{SCAN}entities:\n  URL:\n    - §{{action: mask, when: {{role: lead, team: red}}}}\n"
            "    - {action: hash, when: {role: [lead, head]}}\n"
        ),
        "unreachable-rule",
        'warning: "URL": this rule (mask) never decides: the one on line 10 holds whenever it does, and hash is '
        f"stricter ({DECIDES})",
    )


def test_omit_and_scan_have_their_places_in_strictness() -> None:
    for strict, mild in (("omit", "deny"), ("redact", "scan"), ("scan", "{action: keep, reason: public}")):
        rest = "page_content: scan, a"
        assert rules_of(purpose(f"fields: {{{rest}: [{strict}, {mild}]}}\n")).count("unreachable-rule") == 1
        assert rules_of(purpose(f"fields: {{{rest}: [{mild}, {strict}]}}\n")).count("unreachable-rule") == 1


def test_of_two_equal_rules_the_second_never_decides() -> None:
    for rule in ("mask", "scan", "omit"):
        assert_remarks(
            purpose(f"fields: {{page_content: scan, a: [{rule}, §{rule}]}}\n"),
            "unreachable-rule",
            f'warning: "a": this rule ({rule}) never decides: the one on line 6 does the same whenever it holds '
            "(remove one of the two)",
        )


def test_two_different_rules_of_one_strictness_redact() -> None:
    assert_remarks(
        purpose(f"{SCAN}entities: {{URL: [hash, §pseudonymize]}}\n"),
        "unreachable-rule",
        'warning: "URL": this rule (pseudonymize) never decides: the one on line 7 holds whenever it does, and two '
        "different actions of one strictness redact (give each a when of its own, or write redact once)",
    )


def test_rules_for_different_principals_all_decide() -> None:
    body = (
        "fields:\n  page_content: [{action: scan, when: {role: lead}}, {action: redact, when: {role: [clerk, 1]}}]\n"
        "  a: [{action: mask, when: {role: lead}}, {action: hash, when: {team: red}}, mask]\n"
        "  b: [scan, {action: redact, when: {role: lead}}]\n"
        "  c: [{action: scan, select: whole}, {action: scan, when: {role: lead}}]\n"
        "entities: {URL: [{action: mask, when: {role: '1'}}, {action: hash, when: {role: 1}}]}\n"
    )
    found = rules_of(purpose(body))
    # Of `a`, the first mask adds nothing to the last.
    assert found.count("unreachable-rule") == 1


def test_a_rule_that_the_purpose_excludes_never_holds() -> None:
    text = """\
    when: {role: [agent, lead], team: red}
    fields:
      page_content: scan
      name:
        - {action: redact, when: {role: agent}}
        - {action: mask, §when: {team: red, role: [guest]}}
    """
    assert_remarks(
        purpose(text),
        "unreachable-rule",
        'warning: "name": this rule never holds, because the purpose\'s own when asks for another role (line 6) '
        "(make the two agree, or remove this one)",
    )


def test_a_restore_that_the_purpose_excludes_never_holds() -> None:
    lasting = "entities: {PERSON: {action: pseudonymize, lasting: true}}\n"
    assert_remarks(
        purpose(f"when: {{role: agent}}\n{SCAN}{lasting}restore: {{§PERSON: {{role: investigator}}}}\n"),
        "unreachable-rule",
        'warning: "PERSON": nobody can restore it, because the purpose\'s own when asks for another role (line 6) '
        "(make the two agree, or remove this one)",
    )


def test_within_a_purpose_for_few_a_rule_for_them_holds_for_everybody() -> None:
    body = "fields: {page_content: scan, a: [{action: redact, when: {role: [lead, head]}}, scan]}\n"
    assert rules_of(purpose(body)) == []
    assert rules_of(purpose(f"{body}when: {{role: lead}}\n")) == ["unreachable-rule"]


REFUSED = (
    "note: whoever fits none of these rules, by role or team, is refused "
    "(this may be meant; write it as the purpose's own when to say so, or add a rule for everybody)"
)
NARROW = "§fields: {page_content: {action: scan, when: {role: lead}}, a: {action: mask, when: {team: red}}, b: omit}\n"


def test_a_purpose_with_narrowed_rules_only_refuses_all_others() -> None:
    assert_remarks(purpose(NARROW), "refused-for-others", REFUSED)


def test_a_purpose_that_says_for_whom_it_is_refuses_nobody_by_surprise() -> None:
    text = policy_text(NARROW.replace("§", "") + "when: {role: lead}\n", detect=MODEL)
    assert "refused-for-others" not in rules_of(text)
