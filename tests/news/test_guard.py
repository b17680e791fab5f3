"""Which addresses may be reached."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.guard import check_address, literal_address, parse_networks, refuse_url

REFUSED = {
    "0.0.0.0": "this network",  # noqa: S104  # judged, not bound
    "0.1.2.3": "this network",
    "10.0.0.1": "private",
    "100.64.0.1": "carrier",
    "100.100.100.200": "carrier",
    "127.0.0.1": "loopback",
    "127.8.8.8": "loopback",
    "169.254.169.254": "link-local",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.0.0.192": "protocol",
    "192.0.2.1": "documentation",
    "192.88.99.1": "relays",
    "192.168.1.1": "private",
    "198.18.0.1": "benchmarking",
    "198.51.100.1": "documentation",
    "203.0.113.1": "documentation",
    "168.63.129.16": "platform",
    "224.0.0.1": "multicast",
    "239.255.255.255": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "broadcast",
    "::": "unspecified",
    "::1": "loopback",
    "::7f00:1": "IPv4-compatible",
    "64:ff9b:1::1": "translation",
    "100::1": "discard",
    "2001::1": "Teredo",
    "2001:2::1": "benchmarking",
    "2001:10::1": "ORCHID",
    "2001:db8::1": "documentation",
    "3fff::1": "documentation",
    "5f00::1": "segment",
    "fd00:ec2::254": "private",
    "fc00::1": "private",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local",
    "fec0::1": "site-local",
    "ff02::1": "multicast",
    "4000::1": "not given out",
    "::ffff:127.0.0.1": "loopback",
    "::ffff:7f00:1": "loopback",
    "::ffff:0:10.0.0.1": "private",
    "64:ff9b::10.0.0.1": "private",
    "64:ff9b::a9fe:a9fe": "link-local",
    "2002:7f00:1::": "loopback",
    "2002:c0a8:101::1": "private",
}

#: 127.0.0.1 in the forms that a resolver reads
LOOPBACK = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0X7F.0.0.1",
    "0x7f.1",
    "017700000001",
    "0177.0.0.01",
    "0177.0x0.1",
    "127.0.0.1.",
    "１２７.０.０.１",
    "127。0。0。1",
    "%31%32%37.0.0.1",
]


@pytest.mark.parametrize(("address", "word"), REFUSED.items())
def test_special_addresses_are_refused_by_name(address: str, word: str) -> None:
    reason = check_address(address, ())
    assert reason is not None
    assert word in reason
    assert address.partition("%")[0] in reason or str(ipaddress.ip_address(address.partition("%")[0])) in reason
    assert "allow_addresses" in reason


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "8.8.8.8", "172.32.0.1", "172.15.0.1", "100.128.0.1", "192.167.0.1", "169.253.0.1", "2606:4700::1111",
     "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"],
)  # fmt: skip
def test_public_addresses_pass(address: str) -> None:
    assert check_address(address, ()) is None


def test_what_is_no_address_is_refused() -> None:
    for text in ("", "example.com", "1.2.3.4.5", "256.1.1.1.1", "::g", "127.0.0.1 x"):
        assert check_address(text, ()) is not None


@pytest.mark.parametrize("host", LOOPBACK)
def test_every_form_of_an_address_is_read(host: str) -> None:
    assert literal_address(host) == ipaddress.ip_address("127.0.0.1")
    reason = refuse_url(f"http://{host}:8080/feed", ())
    assert reason is not None
    assert "127.0.0.1" in reason
    assert "loopback" in reason


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "127.0.0.1.example.com",
        "0x7g",
        "08.1.1.1",
        "1.2.3.4.5",
        "4294967296",
        "1..1",
        "",
        "-1",
        "a" * 5000,
    ],
)
def test_names_are_no_addresses(host: str) -> None:
    assert literal_address(host) is None


@pytest.mark.parametrize(
    ("host", "same"), [("1.2", "1.0.0.2"), ("1.2.3", "1.2.0.3"), ("0xA.0x010203", "10.1.2.3"), ("010.1", "8.0.0.1")]
)
def test_short_forms_fill_the_last_bytes(host: str, same: str) -> None:
    assert str(literal_address(host)) == same


def test_allowed_networks_win() -> None:
    allowed = parse_networks(["127.0.0.0/8", "fd00::/8"])
    for address in ("127.0.0.1", "::ffff:127.0.0.1", "64:ff9b::127.0.0.1", "fd00::1"):
        assert check_address(address, allowed) is None
    for address in ("10.0.0.1", "::1", "fe80::1", "::ffff:10.0.0.1"):
        assert check_address(address, allowed) is not None
    assert refuse_url("http://2130706433/", allowed) is None
    assert refuse_url("http://localhost:8080/", allowed) is None


def test_a_reason_shows_what_an_address_was_written_as() -> None:
    assert refuse_url("http://2130706433/", ()) == (
        "2130706433, which is 127.0.0.1, lies in 127.0.0.0/8 (loopback), which is not reached; if it is meant to be, "
        "list 127.0.0.1 or its network in allow_addresses"
    )
    reason = check_address("::ffff:10.0.0.1", ())
    assert reason is not None
    assert ", which stands for 10.0.0.1, lies in 10.0.0.0/8 (private), which is not reached" in reason


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/feed",
        "file:///etc/passwd",
        "//example.com/feed",
        "feed",
        "",
        "http://",
        "http:///",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://feeds.localhost/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]:8080/",
        "http://[fe80::1%25eth0]/",
        "http://user:secret@127.0.0.1/",
        "http://example.com@127.0.0.1/",
        "http:\\\\127.0.0.1\\x",
        "http:/127.0.0.1/",
        "http://127.0.0.1\\@example.com/",
        "http://127.0.0.1#@example.com/",
        "http://127.0.0.1?@example.com/",
        " http://127.0.0.1/",
        "HTTP://127.0.0.1",
        "http://127.0.0.1:80",
    ],
)
def test_refused_before_a_request(url: str) -> None:
    assert refuse_url(url, ()) is not None


@pytest.mark.parametrize(
    "url", ["https://example.com/feed", "http://8.8.8.8/", "http://localhost.example.com/", "https://mylocalhost/"]
)
def test_names_wait_for_the_resolver(url: str) -> None:
    assert refuse_url(url, ()) is None


def test_networks_are_read_or_named() -> None:
    assert parse_networks(["10.1.2.3/8", " ::1 ", "192.0.2.1"]) == (
        ipaddress.ip_network("10.0.0.0/8"),
        ipaddress.ip_network("::1/128"),
        ipaddress.ip_network("192.0.2.1/32"),
    )
    with pytest.raises(ValueError, match=r"'10\.0\.0\.0/40' is no network; accepted are"):
        parse_networks(["::1", "10.0.0.0/40"])


@given(st.ip_addresses(v=4))
def test_no_form_of_an_ipv4_address_is_judged_otherwise_than_itself(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    forms = [
        str(number),
        hex(number),
        f"0{number:o}",
        f"::ffff:{address}",
        f"64:ff9b::{address}",
        str(ipaddress.IPv6Address(0x2002 << 112 | number << 80)),
    ]
    refused = check_address(str(address), ()) is not None
    assert [check_address(form, ()) is not None for form in forms] == [refused] * len(forms)


@given(st.ip_addresses())
def test_nothing_that_python_knows_to_be_private_passes(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if check_address(str(address), ()) is None:
        leads_to = address if isinstance(address, ipaddress.IPv4Address) else address.sixtofour or address
        assert leads_to.is_global
        assert not leads_to.is_multicast
        assert not leads_to.is_loopback


@given(st.ip_addresses())
def test_an_allowed_address_passes(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert check_address(str(address), parse_networks([str(address)])) is None


@given(st.text(max_size=40) | st.text(alphabet="0123456789xXabcf.:%[]@/\\", max_size=20))
def test_nothing_raises(text: str) -> None:
    literal_address(text)
    refuse_url(text, ())
    refuse_url(f"http://{text}/", ())
    assert check_address(text, ()) is None or isinstance(check_address(text, ()), str)
