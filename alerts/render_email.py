"""A digest → the bytes of a mail for one recipient (RFC 5322, RFC 2045).

The same digest gives the same bytes, always: the date is the end of the digest's window, and Message-ID and boundary
are hashes of what the message is. So a repeated attempt repeats it exactly.
"""

import hashlib
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from urllib.parse import quote

from jinja2 import Environment

from alerts import layout
from alerts.cleaning import address, header_value, shown, slug
from alerts.identity import identity
from alerts.types import Alert, ChannelKind, Digest, Message

#: what stands in these is read by programs: never folded, never turned into encoded words
_VERBATIM = frozenset({"message-id", "list-id", "list-unsubscribe"})
#: RFC 2919, section 3, counts the whole list identifier
_LONGEST_LIST_ID = 255


class _Policy(EmailPolicy):
    """SMTP's policy, but for two faults.

    It would write a List-Unsubscribe of more than 77 characters as encoded words, and loses a blank where a long
    subject is parted there: readers drop what stands between two encoded words (RFC 2047, section 6.2).
    """

    def fold(self, name: str, value: str) -> str:
        """Return the header as it stands in the mail."""
        if name.lower() in _VERBATIM:
            return f"{name}: {value}{self.linesep}"
        if name.lower() == "subject" and not value.isascii():
            return f"{name}: {Header(str(value), 'utf-8', header_name=name).encode(linesep=self.linesep)}{self.linesep}"
        folded: str = super().fold(name, value)
        return folded

    def fold_binary(self, name: str, value: str) -> bytes:
        """Return the same as bytes."""
        if name.lower() in _VERBATIM | {"subject"}:
            return self.fold(name, value).encode("ascii")
        return super().fold_binary(name, value)


_POLICY = _Policy(linesep=SMTP.linesep)


def email(
    digest: Digest,
    *,
    sender: str,
    recipient: str,
    public_url: str | None = None,
    version: str = "",
    templates: Environment | None = None,
) -> list[Message]:
    """Return the mail that tells ``digest`` to ``recipient``: a list of one.

    ``sender`` and ``recipient`` are mailboxes, ``Name <address>`` or ``address``; ``public_url`` is the base of the
    service's own links. Raises ValueError for what is no mail address.
    """
    origin = address(sender)
    message_id = f"{identity(digest.alert.id, digest.due_key, 1, recipient)}@{origin.domain}"
    mail = _framed(origin, address(recipient), message_id, digest.window_to, version)
    mail["Subject"] = layout.subject(digest, templates=templates)
    mail["List-Id"] = f"<{list_id(digest.alert, origin.domain)}>"
    unsubscribe = layout.unsubscribe_url(digest, recipient, public_url)
    if unsubscribe is not None:
        mail["List-Unsubscribe"] = f"<{_ascii_url(unsubscribe)}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(layout.text(digest, templates=templates, public_url=public_url, recipient=recipient))
    mail.make_alternative(boundary=f"=_{message_id[:32]}")
    page = layout.html(digest, templates=templates, public_url=public_url, recipient=recipient)
    mail.add_alternative(page, subtype="html")
    # Not before: what begins with "Content-" goes to the first part when parts are made.
    mail["Content-Language"] = header_value(digest.alert.locale.replace("_", "-"), 35)
    return [
        Message(message_id, digest.alert.id, digest.due_key, 1, recipient, mail.as_bytes(), ChannelKind.EMAIL),
    ]


def notice(
    *,
    subject: str,
    text: str,
    sender: str,
    recipient: str,
    alert_id: str,
    due_key: str,
    at: datetime,
    version: str = "",
) -> Message:
    """Return a plain mail of the service itself, such as word of a trouble to the operator.

    ``alert_id`` and ``due_key`` make it what it is, as for a digest. Raises ValueError for what is no mail address.
    """
    origin = address(sender)
    message_id = f"{identity(alert_id, due_key, 1, recipient)}@{origin.domain}"
    mail = _framed(origin, address(recipient), message_id, at, version)
    mail["Subject"] = header_value(subject)
    mail.set_content(shown(text).strip() + "\n")
    return Message(message_id, alert_id, due_key, 1, recipient, mail.as_bytes(), ChannelKind.EMAIL)


def list_id(alert: Alert, domain: str) -> str:
    """Return the list identifier of an alert's mails (RFC 2919), the same for all its recipients."""
    plain = slug(alert.id)
    if plain != alert.id.replace("/", "."):
        # What the slug dropped may be all that tells two alerts apart.
        plain = ".".join(part for part in (plain[:120], hashlib.sha256(alert.id.encode()).hexdigest()[:12]) if part)
    found = f"{plain}.{domain}"
    if len(found) > _LONGEST_LIST_ID:
        found = f"{hashlib.sha256(alert.id.encode()).hexdigest()[:32]}.localhost"
    return found


def _framed(origin: Address, recipient: Address, message_id: str, at: datetime, version: str) -> EmailMessage:
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = origin
    mail["To"] = recipient
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{message_id}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Mailer"] = header_value(f"storywatch/{version}" if version else "storywatch", 80)
    return mail


def _ascii_url(url: str) -> str:
    return quote(header_value(url, 900), safe="%/:=&?~#+!$,;'@()*[]")
