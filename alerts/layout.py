"""The subject, the text and the HTML of a digest, by the templates in ``templates/digest``.

::

    Page ──digest/subject.txt──▶ one line
         ──digest/text.txt─────▶ plain text, complete up to ``max_items``
         ──digest/digest.html──▶ HTML under 90 KB
"""

import hashlib

from jinja2 import Environment

from alerts.cleaning import header_value, shown
from alerts.types import Digest
from alerts.view import Page, view
from alerts.wording import Wording
from news.templating import environment

#: Gmail clips a mail near 102 KB; what it adds itself is not known
LARGEST_HTML = 90_000
#: code points of a sentence, from roomy to tight
_SNIPPETS = (320, 220, 140)
_LONGEST_SUBJECT = 160


def unsubscribe_url(digest: Digest, recipient: str, public_url: str | None) -> str | None:
    """Return where ``recipient`` ends this alert's mails (RFC 8058), or None without a public address."""
    if not public_url:
        return None
    token = hashlib.sha256(f"unsubscribe\n{digest.alert.id}\n{recipient}".encode()).hexdigest()[:32]
    return f"{public_url.rstrip('/')}/unsubscribe/{token}"


def subject(digest: Digest, *, templates: Environment | None = None) -> str:
    """Return the subject, one clean line."""
    used = templates or environment()
    return header_value(_render("digest/subject.txt", digest, used, _page(digest, used, snippet=0)), _LONGEST_SUBJECT)


def text(
    digest: Digest,
    *,
    templates: Environment | None = None,
    public_url: str | None = None,
    recipient: str | None = None,
) -> str:
    """Return the digest as plain text, matched words as ``*word*``."""
    used = templates or environment()
    page = _page(digest, used, recipient=recipient, public_url=public_url)
    return _render("digest/text.txt", digest, used, page).strip() + "\n"


def html(
    digest: Digest,
    *,
    templates: Environment | None = None,
    public_url: str | None = None,
    recipient: str | None = None,
) -> str:
    """Return the digest as an HTML page of less than 90 KB in UTF-8, with nothing loaded from elsewhere.

    Where it would be larger, sentences are cut first, then stories go into "and N more".
    """
    used = templates or environment()
    made = ""
    for snippet in _SNIPPETS:
        page = _page(digest, used, recipient=recipient, public_url=public_url, snippet=snippet)
        made = _render("digest/digest.html", digest, used, page)
        if _size(made) < LARGEST_HTML:
            return made
    most = min(len(digest.items), digest.alert.max_items)
    while _size(made) >= LARGEST_HTML and most > 0:
        most = min(most - 1, most * LARGEST_HTML // _size(made))
        page = _page(digest, used, recipient=recipient, public_url=public_url, snippet=_SNIPPETS[-1], most=most)
        made = _render("digest/digest.html", digest, used, page)
    return made


def _size(page: str) -> int:
    # A mail ends its lines with two bytes.
    return len(page.encode()) + page.count("\n")


def _page(
    digest: Digest,
    templates: Environment,
    *,
    recipient: str | None = None,
    public_url: str | None = None,
    snippet: int = _SNIPPETS[0],
    most: int | None = None,
) -> Page:
    wording = Wording.of(digest, templates)
    unsubscribe = unsubscribe_url(digest, recipient, public_url) if recipient is not None else None
    return view(digest, wording, recipient=recipient, unsubscribe=unsubscribe, snippet=snippet, most=most)


def _render(template: str, digest: Digest, templates: Environment, page: Page) -> str:
    wording = Wording.of(digest, templates)
    return shown(templates.get_template(template).render(page=page, say=wording.say, count=wording.count))
