"""The word lists of the generated texts: those of `lexicon/`, which are read from files, and the short ones."""

from __future__ import annotations

from functools import cache
from pathlib import Path

__all__ = [
    "DAYS",
    "EPITHETS",
    "INDUSTRY",
    "LEGAL",
    "LETTERS",
    "MONTHS",
    "PARTICLES",
    "SHOPS",
    "STREETS",
    "STREET_WORDS",
    "SUFFIXES",
    "SYLLABLES",
    "sections",
    "split_bars",
    "without_diacritics",
]

HERE = Path(__file__).resolve().parent

LETTERS = tuple("ABCDEFGHIJKLMNOPRSTVWZ")
MONTHS = "January February March April May June July August September October November December".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
PARTICLES = (
    "van|van der|van den|de|de la|del|dos|da|von|von der|zu|di|della|le|ten|bin|ibn|al-|Al-|el-|El |O'|O’|Mc|Mac|D'|"
    "ap|st. |St. "
).split("|")
SUFFIXES = ("Jr.", "Jr", "Sr.", "II", "III", "IV", ", Jr.")
LEGAL = (
    "Inc.|Inc|, Inc.|LLC|, LLC|Ltd|Ltd.|Limited|GmbH|GmbH & Co. KG|S.A.|SA|plc|PLC|AG|Corp.|Corp|Corporation|Co.|"
    "Company|N.V.|B.V.|LLP|L.P.|Group|& Co|& Co.|Holdings|Pty Ltd|S.p.A.|S.r.l.|AB|Oy|A/S|ASA|KG|e.V.|SE|SAS|"
    "Sp. z o.o.|s.r.o.|Kft.|Pvt Ltd|Pvt. Ltd.|Bhd|Tbk|K.K.|Ltda"
).split("|")
INDUSTRY = (
    "Capital|Bank|Financial|Insurance|Partners|Assurance|Logistics|Energy|Pharma|Systems|Software|Foods|Motors|Steel|"
    "Media|Airlines|Healthcare|Mutual|Savings Bank|Trust|Credit Union|Labs|Robotics|Networks|Telecom|Chemicals|Mining|"
    "Shipping|Textiles|Investments|Ventures|Advisors|Consulting|Solutions|Technologies|Properties|Realty|Construction|"
    "Plumbing|Electric|Biotech|Therapeutics|Entertainment|Studios|Records|Publishing|Brewing Company|Farms|Oil & Gas|"
    "Petroleum|Pipeline|Power|Water|Resources|Industries|Manufacturing|Packaging|Aerospace|Semiconductors|Analytics|"
    "Security|Staffing|Travel|Hotels|Resorts|Leasing|Asset Management|Bancorp"
).split("|")
EPITHETS = (
    "Northern Southern Blue Red Silver Golden Summit Pioneer Atlas Horizon Evergreen Liberty Union Pacific Atlantic "
    "Continental Global First National United Apex Vertex Quantum Orion Nova Stellar Harbor River Stone Oak Cedar "
    "Maple Falcon Eagle Lion Crescent Meridian Zenith Beacon Anchor Keystone Cornerstone Heritage Premier Alpine "
    "Delta Sigma Omega Aurora Bright Clear True Swift Prime Lakeside Riverside Hillcrest Sunrise Sunset Metro Central "
    "Western Eastern Royal Imperial Highland Coastal Prairie Granite Copper Iron Amber"
).split()
SYLLABLES = (
    "ba ce di fo gu ka lo mi ne pra qui ro sa te vo xi ya zo tra ble cor ven tri sol lum nex vi or an el hub zen ly ful"
).split()
SHOPS = (
    "Pizza|Garage|Auto Repair|Bakery|Diner|Bar & Grill|Barbers|Hair Salon|Plumbing|Flowers|Deli|Cafe|Café|Coffee|"
    "Kitchen|Dental|Dental Care|Family Practice|Veterinary Clinic|Pharmacy|Hardware|Books|Pub|Tavern|BBQ|Nails|Tattoo|"
    "Motors|Tyres|Towing|Roofing|Cleaners|Laundry|Fitness|Yoga|Movers|Electrical|Carpets|Jewelers|Optical|Bistro|"
    "Grill|Tacos|Sushi|Noodle House|Steakhouse|Place"
).split("|")
STREETS = (
    "Street|St|St.|Road|Rd|Avenue|Ave|Ave.|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Way|Boulevard|Blvd|Close|Terrace|"
    "Crescent|Grove|Parkway|Square|Hill|Row|Gardens|Mews|Highway|Circle|Trail"
).split("|")
STREET_WORDS = (
    "High Station Church Mill Park Main Oak Maple Elm Cedar Pine Washington Lake Hill Walnut Spring North South River "
    "Chestnut Victoria King Queen Albert George York London Manor Green School Bridge Market Castle Orchard Meadow "
    "Forest Sunset Highland Franklin Jefferson Lincoln Jackson Broad Water Mulberry Willow Birch Prospect Cherry Bay "
    "Harbour Canal Temple Abbey Grange"
).split()

_WITHOUT_DIACRITICS = str.maketrans(
    "áàâäãåāăąéèêëēęěíìîïīóòôöõøōőúùûüūůűýñńňçćčšśşșžźżłđğřťțńÁÉÍÓÖÚÜÇŠŽŁŚŻØÅĀŌ",
    "aaaaaaaaaeeeeeeeiiiiioooooooouuuuuuuynnncccsssszzzldgrttnAEIOOUUCSZLSZOAAO",
)


@cache
def sections(name: str) -> dict[str, list[str]]:
    """The entries of lexicon/NAME.txt by section; a section starts with a line `## title`."""
    found: dict[str, list[str]] = {}
    title = ""
    for line in (HERE / "lexicon" / f"{name}.txt").read_text("utf-8").splitlines():
        if line.startswith("##"):
            title = line[2:].strip()
        elif line.strip():
            found.setdefault(title, []).append(line.strip())
    return found


@cache
def split_bars(values: str) -> list[str]:
    """The parts of a text between bars."""
    return values.split("|")


def without_diacritics(name: str) -> str:
    """The name in plain Latin letters."""
    return name.translate(_WITHOUT_DIACRITICS)
