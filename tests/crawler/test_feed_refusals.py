"""What stands in a feed's place, and what is said of it."""

from datetime import UTC, datetime

import pytest
from feed_documents import rss

from crawler.feed import parse
from crawler.sniff import _signs
from news.errors import ChallengePageError, NotAFeedError

NOW = datetime(2022, 1, 10, tzinfo=UTC)
ARTICLE = "<p>" + "Pasar ramai sejak pagi dan harga cabai turun di semua lapak. " * 40 + "</p>"


def page(title: str = "", head: str = "", body: str = "") -> bytes:
    return f"<!DOCTYPE html><html><head><title>{title}</title>{head}</head><body>{body}</body></html>".encode()


def refusal(body: bytes) -> NotAFeedError:
    with pytest.raises(NotAFeedError) as caught:
        parse(body, url="https://kabar.example.org/rss", content_type="text/html", now=NOW)
    return caught.value


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (page("Just a moment...", body="<noscript>Enable JavaScript and cookies</noscript>"), "challenge"),
        (page("Kabar", '<script src="/cdn-cgi/challenge-platform/h/b/orchestrate"></script>', ARTICLE), "challenge"),
        (page("kabar.example.org", body='<script src="https://geo.captcha-delivery.com/i.js"></script>'), "challenge"),
        (page("Kabar", body='<div class="g-recaptcha" data-sitekey="k"></div>'), "challenge"),
        (page("Проверка браузера"), "challenge"),
        (page("Before you continue", body='<form action="https://consent.example.org/save">'), "consent"),
        (page("Kabar", body='<div id="onetrust-banner">We use cookies</div>'), "consent"),
        (page("Masuk - Kabar", body='<form><input name="u"></form>'), "login"),
        (page("Kabar", body='<form><input type="password" name="p"></form>'), "login"),
        (page("Kabar", body="<noscript>Please enable JavaScript to view this site.</noscript>"), "JavaScript"),
    ],
)
def test_a_page_that_asks_for_something_is_named(body: bytes, said: str) -> None:
    error = refusal(body)
    assert isinstance(error, ChallengePageError)
    assert said in str(error)
    assert str(error).endswith(".")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b"  \n\t ", "empty"),
        (page("Kabar Pagi", body=ARTICLE), 'HTML page titled "kabar pagi"'),
        (page("Kabar", '<script src="https://www.google.com/recaptcha/api.js"></script>', ARTICLE), "HTML page"),
        (b"<html><body>It works!</body></html>", "HTML page"),
        (b'{"error": "not found"}', "no list of items"),
        (b"[1, 2]", "no list of items"),
        (b'{"items": []}', "neither version nor title"),
        (b'{"items": [', "looks like JSON but is not"),
        (b"{" * 50_000, "looks like JSON but is not"),
        (b"<note><to>Tono</to></note>", "root <note>"),
        (b'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"/>', "root <urlset>"),
        (b"404 page not found", "404 page not found"),
        (b"%PDF-1.7 ...", "binary"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "binary"),
        (bytes(range(256)) * 8, "binary"),
    ],
)
def test_what_is_no_feed_is_named(body: bytes, said: str) -> None:
    error = refusal(body)
    assert type(error) is NotAFeedError
    assert said in str(error)


def test_a_feed_about_captchas_is_a_feed() -> None:
    body = rss("<title>Just a moment: captcha and consent</title><description>g-recaptcha</description>")
    found = parse(body, url=None, content_type="text/html", now=NOW)
    assert [entry.title for entry in found.entries] == ["Just a moment: captcha and consent"]


def test_a_warning_of_the_server_before_the_feed_is_left_out() -> None:
    body = b"<br />\n<b>Warning</b>: disk in /srv/index.php on line 3<br />\n" + rss("<title>Kabar</title>")
    found = parse(body, url=None, content_type=None, now=NOW)
    assert [entry.title for entry in found.entries] == ["Kabar"]
    assert found.problems == ("Text stood before the feed; it was left out.",)


def test_comments_instructions_and_a_doctype_may_stand_before_the_root() -> None:
    start = '<?xml version="1.0"?><?xml-stylesheet href="a.xsl"?><!-- <html> --><!DOCTYPE rss [ <!ENTITY k "Kabar"> ]>'
    found = parse(rss("<title>&k;</title>", start=start), url=None, content_type=None, now=NOW)
    assert [entry.title for entry in found.entries] == ["Kabar"]
    assert found.problems == ()


def test_every_sign_is_written_as_it_is_looked_for() -> None:
    for sign in _signs():
        for text in (*sign.anywhere, *sign.title, *sign.short):
            assert text == text.casefold()
            assert text.strip()
