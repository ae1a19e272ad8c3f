"""Five made-up values of each of six identifiers, each in a sentence of its own.

Nobody's: domains of RFC 2606, telephone numbers kept for fiction, card and account numbers of the schemes' own
examples, addresses of RFC 5737 and private ones, and social security numbers of a range that is given to nobody.
"""

from __future__ import annotations

from types import MappingProxyType

__all__ = ["SENTENCES", "VALUES"]

VALUES = MappingProxyType(
    {
        "EMAIL_ADDRESS": (
            "nora.feld84@example.com",
            "t-okafor37@mail.example.org",
            "ines_roth206@example.net",
            "kai.lund63@post.example.com",
            "mira-sato46@example.org",
        ),
        "PHONE_NUMBER": (
            "+1 212 555 0142",
            "415-555-0136",
            "303 555 0184",
            "+44 20 7946 0958",
            "+49 30 23125 041",
        ),
        "US_SSN": ("912-34-5678", "934-21-7765", "951-43-2286", "978-12-6640", "923-47-1158"),
        "CREDIT_CARD": (
            "4111 1111 1111 1111",
            "5555 5555 5555 4444",
            "3782 822463 10005",
            "6011 1111 1111 1117",
            "4012 8888 8888 1881",
        ),
        "IBAN_CODE": (
            "DE89 3704 0044 0532 0130 00",
            "GB29 NWBK 6016 1331 9268 19",
            "FR14 2004 1010 0505 0001 3M02 606",
            "NL91 ABNA 0417 1643 00",
            "CH93 0076 2011 6238 5295 7",
        ),
        "IP_ADDRESS": ("192.0.2.146", "198.51.100.23", "203.0.113.77", "172.16.254.130", "10.20.30.41"),
    }
)
"""By Presidio's name of the entity."""

SENTENCES = MappingProxyType(
    {
        "EMAIL_ADDRESS": (
            "Please write to {} before the end of the month.",
            "Her address, {} , was confirmed by the branch.",
            "Send the invoice to {} and keep a copy.",
            "The claim came in from {} on a Monday.",
            "Copies went to {} without further notice.",
        ),
        "PHONE_NUMBER": (
            "You can call {} until six in the evening.",
            "Her phone number is {} as far as we know.",
            "We rang {} twice and left a message.",
            "The line {} was busy all afternoon.",
            "For questions dial {} and ask for the desk.",
        ),
        "US_SSN": (
            "His social security number {} is on the form.",
            "The form gives the SSN {} for the applicant.",
            "Her SSN is {} according to the letter.",
            "It was filed under social security no. {} last year.",
            "They asked for the SSN {} once more.",
        ),
        "CREDIT_CARD": (
            "The card {} was charged twice in one week.",
            "Please block my card {} at once.",
            "It was paid with {} at the counter.",
            "The refund goes back to {} within days.",
            "A credit card, {} , lay on the desk.",
        ),
        "IBAN_CODE": (
            "Please pay the amount to {} without delay.",
            "Her account is {} at the same bank.",
            "The transfer from {} was returned.",
            "We have {} on file for this customer.",
            "The IBAN {} belongs to the tenant.",
        ),
        "IP_ADDRESS": (
            "The login came from {} late at night.",
            "Requests from {} were blocked for an hour.",
            "The host {} answered within a second.",
            "We saw {} in the log of the gateway.",
            "Somebody at {} opened the file.",
        ),
    }
)
"""The sentence for each value; none says more than sentences in real files do."""
