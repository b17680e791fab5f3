"""What holds of every address."""

from hypothesis import example, given
from hypothesis import strategies as st

from news.urls import canonical, host_of, listed, openable, site_of

#: pieces that the rules act on, so that chance puts them together
PIECES = st.sampled_from(
    [
        "http", "https", "HTTP", ":", "//", "/", "\\", "?", "&", "=", "#", "@", ".", ";", "%", "%2F", "%zz",
        "+", " ", "[", "]", "m.", "mobile.", "amp.", "www.", "example", "com", "co.uk", "blogspot.com",
        "пример", "рф", "127.0.0.1", "0x7f", "::1", "8080", "443", "80", "amp", "/amp", "/amp/", ".amp",
        "amp;", "&amp;", "utm_source", "ref", "oc", "5", "id", "rss", "google.com", "cdn.ampproject.org",
        "/c/s/", "/amp/s/", "/url?url=", "youtu.be", "youtube.com/watch?v=", "bbc.co.uk",
        "kommersant.ru/amp/1", "dailymail.co.uk/a/article-1/amp/b", ";jsessionid=1", "\t", "\n", "\ud800",
        "/print", "print=1", "page=all", "~amp.html", "(S(abc))", "/l.php?u=", "vk.com/away?to=", "href.li/?",
        "urldefense.com/v3/__", "__;Kg!!", "*", "**A", "de.m.wikipedia.org", "/amp/{id}", "turbopages.org/a.ru/s/",
        "\u3002", "..", "/../", "241858", "ﬁ", "İ",
    ]
)  # fmt: skip
ADDRESSES = st.one_of(
    st.text(),
    st.lists(PIECES, max_size=12).map("".join),
    st.lists(PIECES, max_size=10).map(lambda pieces: "https://" + "".join(pieces)),
    st.lists(PIECES, max_size=10).map(lambda pieces: "http://m.example.com/" + "".join(pieces)),
    st.lists(PIECES, max_size=8).map(lambda pieces: "https://example.com/a?" + "&".join(pieces)),
)


@given(ADDRESSES)
@example("http://m.m.example.com/amp/amp/a/amp?amp;amp;utm_source=1&?")
@example("https://www.google.com/url?url=https://www.google.com/amp/s/m.example.com/a?b")
@example("http://example.com:443/a")
@example("https://example.com:80/a")
def test_canonical_folds_once_and_for_all(url: str) -> None:
    once = canonical(url)
    assert canonical(once) == once


@given(ADDRESSES, st.none() | ADDRESSES)
def test_what_is_opened_can_be_opened_and_is_the_same_article(url: str, base: str | None) -> None:
    opened = openable(url, base)
    if opened is None:
        return
    assert opened.startswith(("http://", "https://"))
    assert not set(opened) & set(' \t\r\n<>"#\\')
    assert host_of(opened)
    assert openable(opened) == opened
    if base is None:
        assert canonical(opened) == canonical(url)


@given(ADDRESSES)
def test_every_address_with_a_host_has_a_site_that_is_its_own(url: str) -> None:
    site, host = site_of(url), host_of(url)
    assert bool(site) == bool(host)
    assert host.endswith(site)
    if ":" not in site:
        assert site_of(f"https://{site}/") == site if site else True
    assert isinstance(listed(url), str)


@given(
    st.lists(
        st.tuples(st.from_regex(r"x[a-z0-9]{0,5}", fullmatch=True), st.text(alphabet="abc019%+", max_size=4)),
        max_size=5,
    )
)
def test_no_unknown_key_is_lost_and_their_order_does_not_count(pairs: list[tuple[str, str]]) -> None:
    query = [f"{key}={value}" for key, value in pairs]
    turned = [*reversed(query)]
    url = "https://www.example.com/a?"
    assert canonical(url + "&".join(query)) == canonical(url + "&".join(turned))
    kept = canonical(url + "&".join(query)).partition("?")[2]
    assert len([piece for piece in kept.split("&") if piece]) == len(pairs)


#: a tracker of every kind: alone, of a family, with a value of its own
TRACKERS = st.sampled_from(
    [
        "utm_source=rss", "UTM_Campaign=%D0%B0+b", "utm_content", "gclid=Cj0-_x", "fbclid=IwAR1", "yclid=12",
        "ysclid=l7x",
        "wbraid=Cj1", "at_medium=RSS", "ns_mchannel=social", "oc=5", "mc_eid=abc", "_hsmi=1", "wt.mc_id=nl", "ref=rss",
        "source=newsletter", "share=twitter", "amp;utm_medium=feed", "PHPSESSID=a1", "at_custom3=x",
    ]
)  # fmt: skip
UNKNOWN = st.from_regex(r"x[a-z]{0,3}=[a-z0-9]{0,3}", fullmatch=True)


@given(st.data(), st.lists(UNKNOWN, max_size=4), st.lists(TRACKERS, min_size=1, max_size=3))
def test_a_tracker_anywhere_in_the_query_changes_neither_identity_nor_what_is_kept(
    data: st.DataObject, own: list[str], trackers: list[str]
) -> None:
    pages = ["https://www.example.com/a", "http://m.example.com/a/", "https://news.detik.com/d-1"]
    page = data.draw(st.sampled_from(pages))
    plain = f"{page}?{'&'.join(own)}"
    pieces = [*own]
    for tracker in trackers:
        pieces.insert(data.draw(st.integers(0, len(pieces))), tracker)
    tracked = f"{page}?{'&'.join(pieces)}"
    assert canonical(tracked) == canonical(plain)
    assert openable(tracked) == openable(plain)
