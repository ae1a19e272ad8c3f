"""What our own patterns find, whole, and what they leave alone."""

from __future__ import annotations

import pytest

from needful.policy.entities import detectable
from needful_presidio import PresidioDetector

DETECTOR = PresidioDetector(detectable("en", ["us"], "none"), ner="none")
GUESSING = PresidioDetector(["DATE_TIME"], ner="none", min_score=0.3)


def found(text: str, entity: str, detector: PresidioDetector = DETECTOR) -> list[str]:
    """The values of one entity, in order, without what lies inside another."""
    spans = [span for span in detector.detect([text])[0] if span.entity == entity]
    places = {(span.start, span.end) for span in spans}
    outer = [(s, e) for s, e in places if not any((a, b) != (s, e) and a <= s and e <= b for a, b in places)]
    return [text[start:end] for start, end in sorted(outer)]


@pytest.mark.parametrize(
    "date",
    [
        "3 February 1980",
        "February 3, 1980",
        "3rd of February 1980",
        "3rd day of March, 2021",
        "third day of March 2021",
        "Feb. 3, '80",
        "12-Mar-2020",
        "12Mar2020",
        "March 2024",
        "March, 2024",
        "Monday, 5 May 2003",
        "Tues. 6 May 2003",
        "5 May 2003 at 5.30 p.m.",
        "May 5, 2003, 17:30",
        "3 and 5 May 2001",
        "12 to 14 June",
        "14 and 27 July 1999",
        "10 May, on 7 July and on 26 September 1994",
        "March 3, 5 and 7, 2020",
        "January and April 2001",
        "30 September/1 October 2002",
        "1980-02-03",
        "2020-01-02T10:00Z",
        "2018-12-01 14:30",
        "03/02/1980",
        "3.2.1980",
        "1980年2月3日",
    ],
)
def test_a_date_is_found_whole(date: str) -> None:
    assert found(f"It happened on {date} in town.", "DATE_TIME") == [date]


def test_the_full_stop_behind_a_date_is_none_of_it() -> None:
    assert found("It ends on September 30. Then", "DATE_TIME") == ["September 30"]


def test_dates_with_years_of_their_own_are_dates_of_their_own() -> None:
    assert found("between 24 November 1998 and 7 September 1999", "DATE_TIME") == [
        "24 November 1998",
        "7 September 1999",
    ]


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("The applicant was born in 1925 and lives here", ["1925"]),
        ("who were born in 1952 and 1951 respectively", ["1952 and 1951"]),
        ("She was born in Sierra Leone in 1979.", ["1979"]),
        ("until her death in 1843", ["1843"]),
    ],
)
def test_years_of_birth_and_death_are_dates(text: str, years: list[str]) -> None:
    assert found(text, "DATE_TIME") == years


@pytest.mark.parametrize(
    "text",
    [
        "2018 2017 2016 2015 in millions",
        "some 1998 pieces",
        "the Companies Act of 1940",
        "we adopted ASU 2014-09 early",
        "within three months",
        "open until 5 p.m.",
        "may 5 people decide",
        "version 1.2.3 of the tool",
        "march 400 miles",
        "sections 3, 4 and 5",
    ],
)
def test_what_says_little_is_no_date_by_default(text: str) -> None:
    assert found(text, "DATE_TIME") == []


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("built in 1998", ["1998"]),
        ("the years 2018 and 2019", ["2018", "2019"]),
        ("the fiscal year 2018", ["2018"]),
        ("in March the market may fall", ["March"]),
        ("open since March", ["March"]),
        ("call me next Monday please", ["Monday"]),
        ("a sunday roast", []),
        ("the school year 2013/14 began", ["2013/14"]),
        ("Q3 2021 was slow", ["Q3 2021"]),
    ],
)
def test_a_word_makes_a_number_a_year_and_a_name_a_month(text: str, date: list[str]) -> None:
    assert found(text, "DATE_TIME") == date


@pytest.mark.parametrize(
    ("text", "guess"),
    [
        ("built in 1998", "1998"),
        ("from 1960 to 1979 she danced", "1960 to 1979"),
        ("reassessed in 1994, 1995 and 1997.", "1994, 1995 and 1997"),
        ("in the 1998-1999 year", "1998-1999"),
        ("within three months of it", "three months"),
        ("two days later it was", "two days later"),
        ("in March he left", "March"),
        ("Q3 2021 was slow", "Q3 2021"),
        ("at 5.30 p.m. sharp", "5.30 p.m."),
        ("in the 20th century", "20th century"),
    ],
)
def test_a_low_threshold_finds_it(text: str, guess: str) -> None:
    assert found(text, "DATE_TIME", GUESSING) == [guess]


@pytest.mark.parametrize(
    "text", ["the Theft Act 1968 says", "the 1997 Lustration Act", "a sum of 1,998.20", "$2000 a day"]
)
def test_the_year_of_a_law_and_an_amount_are_no_dates_at_all(text: str) -> None:
    assert [guess for guess in found(text, "DATE_TIME", GUESSING) if guess[:4].isdigit()] == []


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("he is 45 years old", "45"),
        ("a 45-year-old man", "45"),
        ("aged 45 and tired", "45"),
        ("aged only 45", "45"),
        ("aged between 18 and 64", "18 and 64"),
        ("Age: 45, single", "45"),
        ("42 yo male", "42"),
        ("she turned 39 last year", "39"),
        ("at the age of 39", "39"),
        ("sixty-three years of age", "sixty-three"),
        ("sixty three years of age", "sixty three"),
        ("children of 7 and 9 years old", "7 and 9"),
        ("a six-month-old baby", "six-month-old"),
        ("in her early 40s", "40s"),
        ("his 21st birthday", "21st"),
        ("I'm 34, and tired", "34"),
    ],
)
def test_an_age_is_found(text: str, age: str) -> None:
    assert found(text, "AGE") == [age]


@pytest.mark.parametrize(
    "text",
    [
        "receivables aged 90 days",
        "it turned 180 degrees",
        "an average age of 5 years",
        "on page 45 of the package",
        "in 45 years of service",
        "aged 2019 stock",
        "150 years old",
        "it turned 30 pages",
        "he is 50% sure",
        "she was 20 minutes late",
    ],
)
def test_what_is_no_age_is_left_alone(text: str) -> None:
    assert found(text, "AGE") == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("an application (no. 28045/02) against", "28045/02"),
        ("(nos. 26480/95, 28291/95 and 29280/95)", "26480/95, 28291/95 and 29280/95"),
        ("Case No. 1:20-cv-01234-ABC", "1:20-cv-01234-ABC"),
        ("in 2:19-cr-00045 the", "2:19-cr-00045"),
        ("docket number C-131/12 of", "C-131/12"),
        ("under registration no. D-4840.", "D-4840"),
        ("Form S-3 (File No. 333-225995)", "333-225995"),
        ("Your complaint number CMP9357781.", "CMP9357781"),
        ("case no. 41111 of the court", "41111"),
    ],
)
def test_a_case_number_is_found(text: str, number: str) -> None:
    assert found(text, "CASE_NUMBER") == [number]


@pytest.mark.parametrize(
    "text", ["Protocol No. 11", "Law no. 5190", "no 3/4 majority", "the number 5", "a case of 12 bottles"]
)
def test_what_is_no_case_number_is_left_alone(text: str) -> None:
    assert found(text, "CASE_NUMBER") == []


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Mr. Smith", "Mr."),
        ("mrs jones came", "mrs"),
        ("Dr Who", "Dr"),
        ("Ms. Åsa", "Ms."),
        ("Prof. Xu", "Prof."),
        ("Sir Ian", "Sir"),
        ("Miss Marple", "Miss"),
        ("Judge Dredd", "Judge"),
        ("dear sir, thank you", "sir"),
    ],
)
def test_a_title_is_found(text: str, title: str) -> None:
    assert found(text, "TITLE") == [title]


@pytest.mark.parametrize(
    "text", ["i miss the bus", "mrx", "drôle", "the judge said", "a general remark", "in general Terms", "the Lord"]
)
def test_a_word_that_may_be_a_title_is_left_alone(text: str) -> None:
    assert found(text, "TITLE") == []


@pytest.mark.parametrize(
    "amount",
    [
        "EUR 10,000",
        "24,952.51 pounds sterling (GBP)",
        "$1.2 million",
        "10,000–20,000 EUR",
        "US$5m",
        "£12.50",
        "200,000 Turkish liras (TRY)",
        "80 DEM",
        "5,699.21 euros (EUR)",
    ],
)
def test_an_amount_of_money_is_found_whole(amount: str) -> None:
    assert found(f"They paid {amount} in all.", "MONEY") == [amount]


@pytest.mark.parametrize("text", ["12 marks on the wall", "10,000 people", "the EUR zone", "try 5 times"])
def test_a_number_without_a_currency_is_no_money(text: str) -> None:
    assert found(text, "MONEY") == ([] if "marks" not in text else ["12 marks"])


@pytest.mark.parametrize(
    ("entity", "text", "value"),
    [
        ("IBAN_CODE", "IBAN:DE89370400440532013000 ok", "DE89370400440532013000"),
        ("IBAN_CODE", "IBANDE89370400440532013000 ok", "DE89370400440532013000"),
        ("IBAN_CODE", "ibande89 3704 0044 0532 0130 00", "de89 3704 0044 0532 0130 00"),
        ("IBAN_CODE", "DE89 3704 0044\n  0532 0130 00.", "DE89 3704 0044\n  0532 0130 00"),
        ("IBAN_CODE", "DE89 3704 0044\r\n0532 0130 00.", "DE89 3704 0044\r\n0532 0130 00"),
        ("CREDIT_CARD", "cardno4111111111111111", "4111111111111111"),
        ("CREDIT_CARD", "4111 1111\n1111 1111", "4111 1111\n1111 1111"),
        ("CREDIT_CARD", "4111-1111-\n1111-1111", "4111-1111-\n1111-1111"),
        ("CREDIT_CARD", "4111 1111\r\n1111 1111", "4111 1111\r\n1111 1111"),
        ("US_SSN", "SSN536-22-8741", "536-22-8741"),
        ("US_SSN", "my ssn:536228741", "536228741"),
        ("US_SSN", "Social Security No. 536-22-8741", "536-22-8741"),
        ("US_SSN", "536-22-\n8741 is it", "536-22-\n8741"),
        ("PHONE_NUMBER", "212-736-\n5000", "212-736-\n5000"),
        ("PHONE_NUMBER", "cell212-736-5000", "212-736-5000"),
        ("PHONE_NUMBER", "Tel0301234567", "0301234567"),
        ("PHONE_NUMBER", "call me at 78 651 450", "78 651 450"),
        ("PHONE_NUMBER", "you can reach me on (03) 5374 2319", "(03) 5374 2319"),
        ("PHONE_NUMBER", "it was (03) 5374 2319 I think", "(03) 5374 2319"),
        ("PHONE_NUMBER", "0115 496 0123 in the morning", "0115 496 0123"),
        ("URL", "https://example.com:8443/reset?key=1", "https://example.com:8443/reset?key=1"),
        ("URL", "http://localhost/reset", "http://localhost/reset"),
        ("URL", "mail.example.community", "mail.example.community"),
        ("MEDICAL_LICENSE", "DEA number AB1234563", "AB1234563"),
    ],
)
def test_a_value_that_is_glued_or_broken_is_found_whole(entity: str, text: str, value: str) -> None:
    assert found(text, entity) == [value]


@pytest.mark.parametrize(
    ("entity", "text"),
    [
        ("IBAN_CODE", "xDE89370400440532013000abc"),
        ("IBAN_CODE", "1DE89370400440532013000"),
        ("IBAN_CODE", "IBANDE88370400440532013000"),
        ("CREDIT_CARD", "cardno4111111111111112"),
        ("CREDIT_CARD", "4111 1111\n1111 1112"),
        ("CREDIT_CARD", "in 2018 2017 2016 2015"),
        ("US_SSN", "part AB536-22-8741"),
        ("US_SSN", "536-22-\n874 is it"),
        ("US_SSN", "SSN000-22-8741"),
        ("PHONE_NUMBER", "2018 2017 2016"),
        ("PHONE_NUMBER", "we call 12 of 2018"),
        ("PHONE_NUMBER", "01 02 03 items"),
        ("URL", "the end.The next"),
        ("URL", "Item 6.Selected data"),
        ("MEDICAL_LICENSE", "Policy AUTO9949934"),
        ("US_DRIVER_LICENSE", "replication in L2 research, a policy of A12345"),
        ("US_PASSPORT", "business 123456789"),
    ],
)
def test_what_only_looks_like_one_is_left_alone(entity: str, text: str) -> None:
    assert found(text, entity) == []


def test_a_driving_licence_is_found_behind_its_word() -> None:
    assert found("Driver license: A1234567", "US_DRIVER_LICENSE") == ["A1234567"]
    assert found("his lic# A1234567", "US_DRIVER_LICENSE") == ["A1234567"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("my zip code is 94107, thanks", "94107"),
        ("ZIP: 94107-1234", "94107-1234"),
        ("Post code SW1A 1AA", "SW1A 1AA"),
        ("the postal code K1A 0B1 is right", "K1A 0B1"),
        ("her new postcode is 1012 now", "1012"),
    ],
)
def test_a_postal_code_is_found_behind_a_word_for_it(text: str, code: str) -> None:
    assert found(text, "ZIP_CODE") == [code]


@pytest.mark.parametrize(
    "text", ["unzip 12345 files", "a post of 94107 words", "94107 pieces", "the zip file has 12 MB"]
)
def test_a_number_alone_is_no_postal_code(text: str) -> None:
    assert found(text, "ZIP_CODE") == []
