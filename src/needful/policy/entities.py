"""Which kinds of PII can be found, with which set-up: a static catalogue of Presidio's entity names.

It is static so that a policy can be checked without importing Presidio; a test compares it with the installed
Presidio. What `entities.default` covers is `default_entities`: it is part of what a reviewer signs off, so it changes
only with a CHANGELOG entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from needful.policy.document import Known, PolicyDocument, Purpose, Recognizer, ValueRule

__all__ = [
    "BUNDLED",
    "DEFAULT",
    "GENERIC",
    "LANGUAGES",
    "LOCALES",
    "OPERATORS",
    "TOKEN",
    "default_entities",
    "detectable",
    "detectable_by",
    "entity_of",
    "known_entities",
    "meant",
    "requested",
]

TOKEN = "TOKEN"  # noqa: S105  # an entity name
"""What looks like one of our own tokens in incoming text. The core finds it, whatever the policy's set-up."""

DEFAULT = "default"
"""The key of `entities` that covers every entity without a rule of its own."""

GENERIC = frozenset(
    {
        "ACCOUNT_NUMBER",
        "CLAIM_NUMBER",
        "CREDIT_CARD",
        "CRYPTO",
        "CUSTOMER_NUMBER",
        "DATE_TIME",
        "EMAIL_ADDRESS",
        "IBAN_CODE",
        "IP_ADDRESS",
        "MAC_ADDRESS",
        "PHONE_NUMBER",
        "POLICY_NUMBER",
        "SWIFT_CODE",
        "URL",
        "UUID",
    }
)
"""Found by patterns, labels and check digits in every language."""

LANGUAGES: Mapping[str, frozenset[str]] = MappingProxyType(
    {"en": frozenset({"AGE", "CASE_NUMBER", "MONEY", "TITLE", "ZIP_CODE"})}
)
"""Language to what patterns of its words find."""

_BY_COUNTRY = {
    "au": "AU_ABN AU_ACN AU_MEDICARE AU_TFN",
    "ca": "CA_POSTAL_CODE CA_SIN",
    "cn": "CN_BANK_CARD CN_ID_CARD CN_LANDLINE CN_LICENSE_PLATE CN_MOBILE CN_PASSPORT CN_QQ_ID CN_SOCIAL_CREDIT_CODE"
    " CN_WECHAT_ID",
    "de": "DE_BSNR DE_FUEHRERSCHEIN DE_HANDELSREGISTER DE_HEALTH_INSURANCE DE_ID_CARD DE_KFZ DE_LANR DE_PASSPORT DE_PLZ"
    " DE_SOCIAL_SECURITY DE_TAX_ID DE_TAX_NUMBER DE_VAT_ID",
    "es": "ES_NIE ES_NIF ES_PASSPORT",
    "fi": "FI_PERSONAL_IDENTITY_CODE",
    "hk": "HK_ID",
    "in": "IN_AADHAAR IN_GSTIN IN_PAN IN_PASSPORT IN_VEHICLE_REGISTRATION IN_VOTER",
    "it": "IT_DRIVER_LICENSE IT_FISCAL_CODE IT_IDENTITY_CARD IT_PASSPORT IT_VAT_CODE",
    "kr": "KR_BRN KR_DRIVER_LICENSE KR_FRN KR_PASSPORT KR_RRN",
    "ng": "NG_NIN NG_VEHICLE_REGISTRATION",
    "ph": "PH_PASSPORT PH_TIN PH_UMID",
    "pl": "PL_PESEL",
    "se": "SE_ORGANISATIONSNUMMER SE_PERSONNUMMER",
    "sg": "SG_NRIC_FIN SG_UEN",
    "th": "TH_TNIN",
    "tr": "TR_LICENSE_PLATE TR_NATIONAL_ID",
    "tw": "TW_ID",
    "uk": "UK_DRIVING_LICENCE UK_NHS UK_NINO UK_PASSPORT UK_POSTCODE UK_VEHICLE_REGISTRATION",
    "us": "ABA_ROUTING_NUMBER MEDICAL_LICENSE US_BANK_NUMBER US_CLAIM_NUMBER US_DRIVER_LICENSE"
    " US_HEALTH_INSURANCE_MEMBER_ID US_ITIN US_MBI US_NPI US_PASSPORT US_PRESCRIPTION_NUMBER"
    " US_PRIOR_AUTHORIZATION_NUMBER US_PROVIDER_TAX_ID US_REFERRAL_NUMBER US_SSN",
    "za": "ZA_COMPANY_REGISTRATION ZA_DRIVER_LICENSE ZA_ID_NUMBER ZA_INCOME_TAX_NUMBER ZA_LICENSE_PLATE"
    " ZA_MOBILE_NUMBER ZA_PASSPORT ZA_TELEPHONE_NUMBER ZA_TRAFFIC_REGISTER_NUMBER ZA_VAT_NUMBER",
}

LOCALES: Mapping[str, frozenset[str]] = MappingProxyType(
    {locale: frozenset(names.split()) for locale, names in _BY_COUNTRY.items()}
)
"""Locale to what its recognizers find, whatever the language of the text.

Presidio's country tag, so `uk`; `cn`, `hk` and `tw` are ours.
"""

_NAMES = frozenset({"LOCATION", "NRP", "ORGANIZATION", "PERSON"})

_NER: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "none": frozenset(),
        "spacy": _NAMES | {"DATE_TIME"},
        "stanza": _NAMES | {"DATE_TIME"},
        "transformers": _NAMES | {"AGE", "DATE_TIME", "ID"},
        "gliner": _NAMES | {"AGE", "DATE_TIME", "ID"},
    }
)

BUNDLED: Mapping[str, frozenset[str]] = MappingProxyType({"en": _NAMES, "zh": _NAMES - {"NRP"}})
"""Language to what the shipped model finds in it."""

_NOT_BY_DEFAULT = frozenset(
    {
        # Registers of companies and banks are public. SWIFT_CODE and CN_SOCIAL_CREDIT_CODE are covered all the same:
        # a bank beside an account and the code of a sole trader point at a person.
        "ABA_ROUTING_NUMBER",
        "AU_ABN",
        "AU_ACN",
        "DE_HANDELSREGISTER",
        "KR_BRN",
        "SE_ORGANISATIONSNUMMER",
        "SG_UEN",
        "ZA_COMPANY_REGISTRATION",
        # Any five digits near a German word for a place.
        "DE_PLZ",
        # Reports and judgments are about little else.
        "MONEY",
        # `Mr` alone says little, and a sentence without it reads badly.
        "TITLE",
    }
)

OPERATORS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "encrypt": frozenset({"key"}),
        "hash": frozenset({"hash_type", "salt"}),
        "mask": frozenset({"chars_to_mask", "from_end", "masking_char"}),
        "redact": frozenset(),
        "replace": frozenset({"new_value"}),
    }
)
"""The presidio-anonymizer operators that `custom` may name, and their parameters.

Not `keep` (it has an action of its own, with a reason), not `custom` (a Python function), nothing that calls a service.
"""

_OTHER_WORDS = {
    "ACCOUNT_NUMBER": "ACCOUNT ACCOUNT_ID ACCOUNT_NO BANK_ACCOUNT BANK_ACCOUNT_NUMBER",
    "CASE_NUMBER": "APPLICATION_NUMBER CASE CASE_ID DOCKET DOCKET_NUMBER FILE_NUMBER",
    "CLAIM_NUMBER": "CLAIM CLAIM_ID CLAIM_NO",
    "CN_BANK_CARD": "BANK_CARD UNIONPAY",
    "CN_ID_CARD": "RESIDENT_IDENTITY_CARD RESIDENT_ID_CARD",
    "CN_LICENSE_PLATE": "CN_PLATE",
    "CN_QQ_ID": "QQ QQ_NUMBER",
    "CN_SOCIAL_CREDIT_CODE": "USCC UNIFIED_SOCIAL_CREDIT_CODE",
    "CN_WECHAT_ID": "WECHAT WEIXIN",
    "CREDIT_CARD": "CARD CARD_NUMBER CREDITCARD CREDIT_CARD_NUMBER",
    "CUSTOMER_NUMBER": "CLIENT_ID CLIENT_NUMBER CUSTOMER_ID CUSTOMER_NO",
    "DATE_TIME": "BIRTHDAY BIRTHDATE DATE DATETIME DATE_OF_BIRTH DOB TIME",
    "EMAIL_ADDRESS": "EMAIL EMAILS E_MAIL E_MAIL_ADDRESS MAIL",
    "HK_ID": "HKID",
    "IBAN_CODE": "IBAN IBAN_NUMBER",
    "IP_ADDRESS": "IP IPV4 IPV6 IP_ADDR",
    "LOCATION": "ADDRESS CITY COUNTRY GPE HOME_ADDRESS LOC PLACE POSTAL_ADDRESS STREET STREET_ADDRESS",
    "MAC_ADDRESS": "MAC",
    "MONEY": "AMOUNT CURRENCY SUM",
    "ORGANIZATION": "COMPANY ORG ORGANISATION ORGANIZATIONS",
    "PERSON": "FIRST_NAME FULL_NAME LAST_NAME NAME NAMES PER PERSON_NAME SURNAME",
    "PHONE_NUMBER": "CELL FAX MOBILE PHONE PHONES TEL TELEPHONE TELEPHONE_NUMBER",
    "POLICY_NUMBER": "POLICY POLICY_ID POLICY_NO",
    "SWIFT_CODE": "BANK_CODE BIC BIC_CODE SWIFT SWIFT_BIC",
    "TITLE": "HONORIFIC PREFIX SALUTATION",
    "URL": "LINK URI WEBSITE",
    "US_SSN": "SOCIAL_SECURITY_NUMBER SSN",
    "ZIP_CODE": "POSTAL_CODE POSTCODE ZIP",
}
_ALIASES = {word: entity for entity, words in _OTHER_WORDS.items() for word in words.split()}


def meant(word: str) -> str | None:
    """The entity that people, and other tools, call by this word: `EMAIL` is `EMAIL_ADDRESS`. None where it is none."""
    return _ALIASES.get(word.upper().replace("-", "_").replace(" ", "_"))


def detectable(language: str, locales: Iterable[str], ner: str) -> frozenset[str]:
    """Every entity that Presidio finds in this language with these locales and this `ner` setting.

    A locale that the catalogue does not have adds nothing.
    """
    kind = ner.partition(":")[0]
    found = BUNDLED.get(language) if kind in {"bundled", "fast"} else _NER.get(kind)
    by_model = found or frozenset[str]()
    by_language = LANGUAGES.get(language, frozenset())
    return GENERIC.union(by_language, by_model, *(LOCALES.get(locale, frozenset()) for locale in locales))


def default_entities(language: str, locales: Iterable[str], ner: str) -> frozenset[str]:
    """What `entities.default` covers: all but public registers, German postcodes, amounts of money and titles."""
    return detectable(language, locales, ner) - _NOT_BY_DEFAULT


def detectable_by(document: PolicyDocument, purpose: Purpose) -> frozenset[str]:
    """Every entity that this purpose's set-up can find: by Presidio, own recognizers, known values and the core."""
    own = {recognizer.entity for recognizer in _recognizers(document, purpose)}
    by_presidio = detectable(document.language, purpose.detect.locales, purpose.detect.ner)
    return by_presidio | own | known_entities(purpose) | {TOKEN}


def known_entities(purpose: Purpose) -> frozenset[str]:
    """The entities that known values have: their own, else that of their field's rule."""
    return frozenset(entity for known in purpose.detect.known if (entity := entity_of(known, purpose)))


def entity_of(known: Known, purpose: Purpose) -> str | None:
    """The entity of a known field: its own, else that of the field's rules, else None."""
    rules = purpose.fields.get(known.field, ())
    return known.entity or next((rule.entity for rule in rules if isinstance(rule, ValueRule) and rule.entity), None)


def requested(document: PolicyDocument, purpose: str) -> tuple[str, ...]:
    """The entities that a purpose asks its detector for, sorted.

    The documented default set, what the purpose's own recognizers find, and every entity that a rule names, `keep`
    included: a kept entity is found so that it is counted. What only known values or the core find is left out.
    Raises `KeyError` if the policy has no such purpose.
    """
    chosen = document.purposes[purpose]
    setup = document.language, chosen.detect.locales, chosen.detect.ner
    own = {recognizer.entity for recognizer in _recognizers(document, chosen)}
    named = detectable(*setup) & chosen.entities.keys()
    return tuple(sorted(default_entities(*setup) | named | own))


def _recognizers(document: PolicyDocument, purpose: Purpose) -> Iterator[Recognizer]:
    return (recognizer for recognizer in document.recognizers if recognizer.name in purpose.detect.recognizers)
