"""Where somebody is: postcodes, networks and coordinates made coarser."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needful.generalizing import generalized
from needful.generalizing.postcodes import SPARSE

# postcodes


@pytest.mark.parametrize(
    ("written", "area"),
    [
        ("10115", "101"),
        ("10115-1234", "101"),
        ("１０１１５", "101"),
        ("ZIP 10115", "ZIP 101"),
        ("Zip code: 10115", "Zip code: 101"),
        ("PLZ 10115", "PLZ 101"),
        ("D-10115", "D-101"),
        ("CA 90210", "CA 902"),
        ("SW1A 1AA", "SW1A"),
        ("sw1a1aa", "sw1a"),
        ("M1 1AE", "M1"),
        ("K1A 0B1", "K1A"),
        ("100001", "100"),
        ("03601", "000"),
        ("WY 82190-0001", "WY 000"),
        (2139, "021"),
        (501, "005"),
        (10115, "101"),
        (100001, "100"),
    ],
)
def test_a_postcode_becomes_its_area(written: object, area: str) -> None:
    assert generalized(written, "zip3") == area
    assert generalized(area, "zip3") == area


@pytest.mark.parametrize(
    "written",
    [
        "1012", "10115 Berlin", "AB 12345", "Maria 10115", "1234567", "12345-678", "SW1A 1AA London", "SW1A 1",
        "10²15", "34 012", 99, -10115, 10**6, 10115.0,
    ],
)  # fmt: skip
def test_what_is_no_postcode_of_these_countries_is_redacted(written: object) -> None:
    assert generalized(written, "zip3") is None


def test_areas_with_few_people_are_shown_as_nought() -> None:
    assert len(SPARSE) == 17
    shown = {f"{area:03}": generalized(f"{area:03}01", "zip3") for area in range(1000)}
    assert {area for area, coarse in shown.items() if coarse == "000"} == SPARSE | {"000"}
    assert all(coarse in (area, "000") for area, coarse in shown.items())


# networks


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.168.1.77", "192.168.1.0/24"),
        ("192.168.1.77:8080", "192.168.1.0/24"),
        ("10.1.2.0/28", "10.1.2.0/24"),
        ("10.1.2.3/28", "10.1.2.0/24"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("2001:db8:1:2::1", "2001:db8:1::/48"),
        ("2001:0DB8:0001:0002:0000:0000:0000:0001", "2001:db8:1::/48"),
        ("[2001:db8:1:2::1]:443", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("2001:db8:1::/64", "2001:db8:1::/48"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("::ffff:192.168.1.5", "192.168.1.0/24"),
        ("2002:c0a8:0105::1", "2002:c0a8:100::/40"),
    ],
)
def test_an_address_becomes_its_network(address: str, network: str) -> None:
    assert generalized(address, "network") == network
    assert generalized(network, "network") == network


@pytest.mark.parametrize(
    "address",
    [
        "192.168.01.1", "1.2.3", "1.2.3.256", "1.2.3.4/33", "10.0.0.0/255.0.0.0", "1.2.3.4 Maria", "host.example",
        "::1::", "٠.1.2.3", 3232235777, 1.5,
    ],
)  # fmt: skip
def test_what_is_no_address_is_redacted(address: object) -> None:
    assert generalized(address, "network") is None


@given(st.ip_addresses())
def test_a_network_holds_its_address_and_says_no_more_than_its_first_bits(address: IPv4Address | IPv6Address) -> None:
    network = ip_network(str(generalized(str(address), "network")))
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    assert (mapped or address) in network
    assert network.prefixlen <= (24 if isinstance(network, IPv4Network) else 48)
    if isinstance(network, IPv6Network) and network.subnet_of(IPv6Network("2002::/16")):
        assert network.prefixlen <= 40


# coordinates


@pytest.mark.parametrize(
    ("place", "coarse"),
    [
        (52.52437, 52.5),
        (-0.04, 0.0),
        (13, 13),
        ({"lat": 52.52437, "lon": 13.41053}, {"lat": 52.5, "lon": 13.4}),
        ({"longitude": 13.41053, "latitude": 52}, {"longitude": 13.4, "latitude": 52}),
        ([13.41053, 52.52437], [13.4, 52.5]),
        ("52.5200, 13.4050", "52.5, 13.4"),
        ("-33.8688;151.2093", "-33.9;151.2"),
        ("52.52437", "52.5"),
        ("52.52° N, 13.405° E", "52.5° N, 13.4° E"),
        ("52°31'12\" N", "52.5° N"),
        ("33°52′08″S 151°12′33″E", "33.9°S, 151.2°E"),
    ],
)
def test_coordinates_lose_decimal_places_and_keep_their_shape(place: object, coarse: object) -> None:
    rounded = generalized(place, "coordinates")
    assert rounded == coarse
    assert repr(rounded) == repr(coarse)
    assert generalized(coarse, "coordinates") == coarse


@pytest.mark.parametrize(
    "place",
    [
        180.5,
        {"lat": 91, "lon": 2},
        {"lat": 1, "lon": 2, "name": "Maria"},
        {"lat": 1},
        {"lat": "1", "lon": 2},
        {"lat": True, "lon": 2},
        {"latitude": 1, "lon": 2},
        [13.4, 91],
        [1, 2, 3],
        [1],
        "91.5, 3",
        "52°61' N",
        "91° N",
        "13° E, 52° N",
        "52.5 Maria",
        "52.5, 13.4, 30",
        "N",
    ],
)
def test_what_is_out_of_range_or_has_other_members_is_redacted(place: object) -> None:
    assert generalized(place, "coordinates") is None


@given(st.floats(-90, 90), st.floats(-180, 180), st.integers(0, 8))
def test_a_coordinate_moves_by_half_a_place_at_most(latitude: float, longitude: float, decimals: int) -> None:
    rounded = generalized({"lat": latitude, "lon": longitude}, "coordinates", decimals=decimals)
    assert isinstance(rounded, dict)
    assert abs(rounded["lat"] - latitude) <= 0.5 * 10**-decimals + 1e-12
    assert abs(rounded["lon"] - longitude) <= 0.5 * 10**-decimals + 1e-12


@pytest.mark.parametrize("decimals", [-1, 9, 1.5, True, float("nan")])
def test_decimals_that_are_no_number_of_places_redact(decimals: int) -> None:
    assert generalized(52.5, "coordinates", decimals=decimals) is None
