"""Which Presidio recognizer finds which entity, and what a text must hold for it to find anything."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from needful_presidio.addresses import IP, MAC, UUID
from needful_presidio.traits import Condition, numbers, rows, runs

__all__ = ["CLASSES", "CONDITIONS", "COUNTRIES", "GENERIC", "LANGUAGES", "condition_for", "country_of"]

PREDEFINED = "presidio_analyzer.predefined_recognizers"

# Locale, Presidio's folder, then `ENTITY module:class`, one a line.
_TABLE = {
    ("au", "australia"): """
        AU_ABN au_abn_recognizer:AuAbnRecognizer
        AU_ACN au_acn_recognizer:AuAcnRecognizer
        AU_MEDICARE au_medicare_recognizer:AuMedicareRecognizer
        AU_TFN au_tfn_recognizer:AuTfnRecognizer""",
    ("ca", "canada"): """
        CA_POSTAL_CODE ca_postal_code_recognizer:CaPostalCodeRecognizer
        CA_SIN ca_sin_recognizer:CaSinRecognizer""",
    ("de", "germany"): """
        DE_BSNR de_bsnr_recognizer:DeBsnrRecognizer
        DE_FUEHRERSCHEIN de_fuehrerschein_recognizer:DeFuehrerscheinRecognizer
        DE_HANDELSREGISTER de_handelsregister_recognizer:DeHandelsregisterRecognizer
        DE_HEALTH_INSURANCE de_health_insurance_recognizer:DeHealthInsuranceRecognizer
        DE_ID_CARD de_id_card_recognizer:DeIdCardRecognizer
        DE_KFZ de_kfz_recognizer:DeKfzRecognizer
        DE_LANR de_lanr_recognizer:DeLanrRecognizer
        DE_PASSPORT de_passport_recognizer:DePassportRecognizer
        DE_PLZ de_plz_recognizer:DePlzRecognizer
        DE_SOCIAL_SECURITY de_social_security_recognizer:DeSocialSecurityRecognizer
        DE_TAX_ID de_tax_id_recognizer:DeTaxIdRecognizer
        DE_TAX_NUMBER de_tax_number_recognizer:DeTaxNumberRecognizer
        DE_VAT_ID de_vat_id_recognizer:DeVatIdRecognizer""",
    ("es", "spain"): """
        ES_NIE es_nie_recognizer:EsNieRecognizer
        ES_NIF es_nif_recognizer:EsNifRecognizer
        ES_PASSPORT es_passport_recognizer:EsPassportRecognizer""",
    ("fi", "finland"): """
        FI_PERSONAL_IDENTITY_CODE fi_personal_identity_code_recognizer:FiPersonalIdentityCodeRecognizer""",
    ("in", "india"): """
        IN_AADHAAR in_aadhaar_recognizer:InAadhaarRecognizer
        IN_GSTIN in_gstin_recognizer:InGstinRecognizer
        IN_PAN in_pan_recognizer:InPanRecognizer
        IN_PASSPORT in_passport_recognizer:InPassportRecognizer
        IN_VEHICLE_REGISTRATION in_vehicle_registration_recognizer:InVehicleRegistrationRecognizer
        IN_VOTER in_voter_recognizer:InVoterRecognizer""",
    ("it", "italy"): """
        IT_DRIVER_LICENSE it_driver_license_recognizer:ItDriverLicenseRecognizer
        IT_FISCAL_CODE it_fiscal_code_recognizer:ItFiscalCodeRecognizer
        IT_IDENTITY_CARD it_identity_card_recognizer:ItIdentityCardRecognizer
        IT_PASSPORT it_passport_recognizer:ItPassportRecognizer
        IT_VAT_CODE it_vat_code:ItVatCodeRecognizer""",
    ("kr", "korea"): """
        KR_BRN kr_brn_recognizer:KrBrnRecognizer
        KR_DRIVER_LICENSE kr_driver_license_recognizer:KrDriverLicenseRecognizer
        KR_FRN kr_frn_recognizer:KrFrnRecognizer
        KR_PASSPORT kr_passport_recognizer:KrPassportRecognizer
        KR_RRN kr_rrn_recognizer:KrRrnRecognizer""",
    ("ng", "nigeria"): """
        NG_NIN ng_nin_recognizer:NgNinRecognizer
        NG_VEHICLE_REGISTRATION ng_vehicle_registration_recognizer:NgVehicleRegistrationRecognizer""",
    ("ph", "philippines"): """
        PH_PASSPORT ph_passport_recognizer:PhPassportRecognizer
        PH_TIN ph_tin_recognizer:PhTinRecognizer
        PH_UMID ph_umid_recognizer:PhUmidRecognizer""",
    ("pl", "poland"): """
        PL_PESEL pl_pesel_recognizer:PlPeselRecognizer""",
    ("se", "sweden"): """
        SE_ORGANISATIONSNUMMER se_organisationsnummer_recognizer:SeOrganisationsnummerRecognizer
        SE_PERSONNUMMER se_personnummer_recognizer:SePersonnummerRecognizer""",
    ("sg", "singapore"): """
        SG_NRIC_FIN sg_fin_recognizer:SgFinRecognizer
        SG_UEN sg_uen_recognizer:SgUenRecognizer""",
    ("th", "thai"): """
        TH_TNIN th_tnin_recognizer:ThTninRecognizer""",
    ("tr", "turkey"): """
        TR_LICENSE_PLATE tr_license_plate_recognizer:TrLicensePlateRecognizer
        TR_NATIONAL_ID tr_national_id_recognizer:TrNationalIdRecognizer""",
    ("uk", "uk"): """
        UK_DRIVING_LICENCE uk_driving_licence_recognizer:UkDrivingLicenceRecognizer
        UK_NHS uk_nhs_recognizer:NhsRecognizer
        UK_NINO uk_nino_recognizer:UkNinoRecognizer
        UK_PASSPORT uk_passport_recognizer:UkPassportRecognizer
        UK_POSTCODE uk_postcode_recognizer:UkPostcodeRecognizer
        UK_VEHICLE_REGISTRATION uk_vehicle_registration_recognizer:UkVehicleRegistrationRecognizer""",
    ("us", "us"): """
        ABA_ROUTING_NUMBER aba_routing_recognizer:AbaRoutingRecognizer
        US_BANK_NUMBER us_bank_recognizer:UsBankRecognizer
        US_CLAIM_NUMBER us_healthcare_admin_recognizers:UsClaimNumberRecognizer
        US_DRIVER_LICENSE us_driver_license_recognizer:UsLicenseRecognizer
        US_HEALTH_INSURANCE_MEMBER_ID us_health_insurance_member_id_recognizer:UsHealthInsuranceMemberIdRecognizer
        US_ITIN us_itin_recognizer:UsItinRecognizer
        US_MBI us_mbi_recognizer:UsMbiRecognizer
        US_NPI us_npi_recognizer:UsNpiRecognizer
        US_PASSPORT us_passport_recognizer:UsPassportRecognizer
        US_PRESCRIPTION_NUMBER us_healthcare_admin_recognizers:UsPrescriptionNumberRecognizer
        US_PRIOR_AUTHORIZATION_NUMBER us_healthcare_admin_recognizers:UsPriorAuthorizationNumberRecognizer
        US_PROVIDER_TAX_ID us_healthcare_admin_recognizers:UsProviderTaxIdRecognizer
        US_REFERRAL_NUMBER us_healthcare_admin_recognizers:UsReferralNumberRecognizer
        US_SSN us_ssn_recognizer:UsSsnRecognizer""",
    ("za", "south_africa"): """
        ZA_COMPANY_REGISTRATION za_company_registration_recognizer:ZaCompanyRegistrationRecognizer
        ZA_DRIVER_LICENSE za_driver_license_recognizer:ZaDriverLicenseRecognizer
        ZA_ID_NUMBER za_id_number_recognizer:ZaIdNumberRecognizer
        ZA_INCOME_TAX_NUMBER za_income_tax_number_recognizer:ZaIncomeTaxNumberRecognizer
        ZA_LICENSE_PLATE za_license_plate_recognizer:ZaLicensePlateRecognizer
        ZA_MOBILE_NUMBER za_phone_number_recognizer:ZaMobileNumberRecognizer
        ZA_PASSPORT za_passport_recognizer:ZaPassportRecognizer
        ZA_TELEPHONE_NUMBER za_phone_number_recognizer:ZaTelephoneNumberRecognizer
        ZA_TRAFFIC_REGISTER_NUMBER za_traffic_register_number_recognizer:ZaTrafficRegisterNumberRecognizer
        ZA_VAT_NUMBER za_vat_number_recognizer:ZaVatNumberRecognizer""",
}

_OWN = "needful_presidio"
_RECOGNIZERS = f"{_OWN}.recognizers"
_GENERIC = f"{PREDEFINED}.generic"

GENERIC: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ACCOUNT_NUMBER": (f"{_RECOGNIZERS}.customers:AccountNumbers",),
        "CLAIM_NUMBER": (f"{_RECOGNIZERS}.customers:ClaimNumbers",),
        "CREDIT_CARD": (f"{_GENERIC}.credit_card_recognizer:CreditCardRecognizer", f"{_OWN}.numbers:Cards"),
        "CRYPTO": (f"{_GENERIC}.crypto_recognizer:CryptoRecognizer",),
        "CUSTOMER_NUMBER": (f"{_RECOGNIZERS}.customers:CustomerNumbers",),
        "DATE_TIME": (
            f"{_GENERIC}.date_recognizer:DateRecognizer",
            *(
                f"{_OWN}.dates:{name}"
                for name in ("DateWords", "DateNumbers", "YearsOfLife", "DatesByWord", "DateGuesses")
            ),
        ),
        "EMAIL_ADDRESS": (f"{_OWN}.emails:Emails",),
        "IBAN_CODE": (f"{_OWN}.numbers:Ibans",),
        "IP_ADDRESS": (f"{_GENERIC}.ip_recognizer:IpRecognizer",),
        "MAC_ADDRESS": (f"{_GENERIC}.mac_recognizer:MacAddressRecognizer",),
        "PHONE_NUMBER": tuple(f"{_OWN}.phones:{name}" for name in ("Phones", "PhonesByContext", "PhonesByShape")),
        "POLICY_NUMBER": (f"{_RECOGNIZERS}.customers:PolicyNumbers",),
        "SWIFT_CODE": (f"{_RECOGNIZERS}.swift:SwiftCodes",),
        "URL": (f"{_OWN}.urls:Urls",),
        "UUID": (f"{_GENERIC}.uuid_recognizer:UuidRecognizer",),
    }
)
"""Entity to `module:class` of what finds it in every language: Presidio's own, ours beside or instead of it."""


# Ours beside one of Presidio's.
_BESIDE = {"US_SSN": (f"{_OWN}.socials:SocialSecurity",)}
# Countries that Presidio has nothing for.
_OURS = {
    "cn": """
        CN_BANK_CARD banking:BankCards
        CN_ID_CARD identity:ResidentCards
        CN_LANDLINE telephones:Landlines
        CN_LICENSE_PLATE documents:LicensePlates
        CN_MOBILE telephones:Mobiles
        CN_PASSPORT documents:Passports
        CN_QQ_ID handles:QqNumbers
        CN_SOCIAL_CREDIT_CODE banking:SocialCreditCodes
        CN_WECHAT_ID handles:WeChatNames""",
    "hk": """
        HK_ID identity:HongKongIds""",
    "tw": """
        TW_ID identity:TaiwanIds""",
}
# Ours instead of one.
_INSTEAD = {"us": {"MEDICAL_LICENSE": (f"{_OWN}.medical:MedicalLicenses",)}}


def _rows() -> dict[str, dict[str, tuple[str, ...]]]:
    countries: dict[str, dict[str, tuple[str, ...]]] = {}
    for (locale, folder), lines in _TABLE.items():
        countries[locale] = {
            entity: (f"{PREDEFINED}.country_specific.{folder}.{home}", *_BESIDE.get(entity, ()))
            for entity, home in _pairs(lines)
        } | _INSTEAD.get(locale, {})
    for locale, lines in _OURS.items():
        countries[locale] = {entity: (f"{_RECOGNIZERS}.{home}",) for entity, home in _pairs(lines)}
    return countries


def _pairs(lines: str) -> list[list[str]]:
    return [line.split() for line in lines.strip().splitlines()]


COUNTRIES: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(_rows())
"""Locale (Presidio's country tag; cn, hk and tw are ours) to entity to `module:class`."""

LANGUAGES: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "en": MappingProxyType(
            {
                "AGE": (f"{_OWN}.ages:Ages",),
                "CASE_NUMBER": (f"{_OWN}.cases:CaseNumbers",),
                "MONEY": (f"{_OWN}.money:Money",),
                "TITLE": (f"{_OWN}.titles:Titles",),
                "ZIP_CODE": (f"{_OWN}.postcodes:Postcodes",),
            }
        )
    }
)
"""Language to entity to `module:class`: what is written with the words of a language."""

CLASSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {**GENERIC, **{entity: homes for entities in COUNTRIES.values() for entity, homes in entities.items()}}
)
"""Every entity that patterns find, whatever the locale."""


def country_of(entity: str) -> str | None:
    """Return the locale that an entity belongs to, None for one of every country."""
    return next((locale for locale, entities in COUNTRIES.items() if entity in entities), None)


_MONTHS = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
# A month and a year with a stroke are a number by themselves, unlike what courts number applications with.
_STROKE = r"(?<![0-9])(?:0?[1-9]|1[0-2])/\d{2}"
_DATE = rf"\d-\d{{1,2}}-\d|\d\.\d{{1,2}}\.\d|\d/\d{{1,2}}/\d|{_MONTHS}-\d{{2}}|\d-{_MONTHS}|{_STROKE}"

_A_DIGIT = numbers(r"\d")

CONDITIONS: Mapping[str, Condition] = MappingProxyType(
    {
        "AbaRoutingRecognizer": rows(r"\d{9}|\d{4}-\d{4}-\d", 9),
        "CreditCardRecognizer": rows(r"\d(?:[- ]?\d){11}", 12),
        "CryptoRecognizer": numbers("[a-z0-9]{26}"),
        "DateRecognizer": numbers(_DATE),
        "IpRecognizer": IP,
        "MacAddressRecognizer": MAC,
        "UuidRecognizer": UUID,
        "UsBankRecognizer": runs(8),
        "UsClaimNumberRecognizer": runs(6),
        "UsHealthInsuranceMemberIdRecognizer": numbers(r"[a-z]-?[a-z0-9]{0,14}\d"),
        "UsItinRecognizer": rows(r"9\d{2}[- ]?\d{2}[- ]?\d{4}", 9),
        "UsLicenseRecognizer": numbers(r"[a-z]\d|\d[a-z]|\d{6}"),
        "UsMbiRecognizer": numbers(r"\d[a-z][a-z0-9]\d-?[a-z][a-z0-9]\d-?[a-z]"),
        "UsNpiRecognizer": rows(r"\d{10}|\d{4}[ -]\d{3}[ -]\d{3}", 10),
        "UsPassportRecognizer": runs(8),
        "UsPrescriptionNumberRecognizer": runs(6),
        "UsPriorAuthorizationNumberRecognizer": runs(6),
        "UsProviderTaxIdRecognizer": numbers(r"\d{2}-\d{7}"),
        "UsReferralNumberRecognizer": runs(6),
        "UsSsnRecognizer": rows(r"\d{9}|\d{3}[- .]\d{2}[- .]\d{4}|\d{3}-\d{6}|\d{5}-\d{4}", 9),
    }
)
"""Class to a necessary condition for it to find anything; a test holds that none ever changes a result."""

# Letters may stand for each of its digits (omocodia).
_LETTERS_ONLY = frozenset({"ItFiscalCodeRecognizer"})


def condition_for(kind: type) -> Condition | None:
    """Return the condition of a recognizer's class; None for what may find something in any text.

    A recognizer of ours has it as an attribute `condition`: a `Condition`, or a function of the traits.
    """
    own = getattr(kind, "condition", None)
    if own is not None and not isinstance(own, Condition):
        own = Condition(own)
    if own or not kind.__module__.startswith(PREDEFINED) or kind.__name__ in _LETTERS_ONLY:
        return own
    return CONDITIONS.get(kind.__name__, _A_DIGIT)
