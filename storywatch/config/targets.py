"""Where alerts go: ``[targets]``, addresses and webhooks → Target.

::

    [targets] ──▶ Directory ──resolve("desk")──▶ Target
                      └─────── note(target) ───▶ every target, one a name
"""

import base64
import binascii
from dataclasses import dataclass, field

from alerts.types import ChannelKind, Target
from news.urls import listed
from storywatch.config import models, units
from storywatch.config.locales import check_locale
from storywatch.config.problems import Place, Problems, likely, shown
from storywatch.config.reading import Parts
from storywatch.config.singles import chosen, given, guarded, placeholder, secret_web_address

#: channels of the contract that this version does not send by
LATER_CHANNELS = frozenset({"apprise", "slack", "teams", "discord", "telegram", "ntfy", "command"})
_SIGNING = "whsec_"
_ADDRESSES = "mail addresses such as desk@example.org, and names in [targets]"


@dataclass(frozen=True, slots=True)
class Named:
    """An entry of ``[targets]``."""

    table: models.TargetTable
    #: None where it is wrong, or of a channel that this version does not send by
    target: Target | None


@dataclass(slots=True)
class Directory:
    """Everything that something can be sent to."""

    #: networks of private addresses that webhooks may reach
    allowed: tuple[units.Network, ...] = ()
    named: dict[str, Named] = field(default_factory=dict)
    #: by name, as listings show it
    known: dict[str, Target] = field(default_factory=dict)

    def note(self, target: Target, place: Place, problems: Problems) -> Target:
        """Take in a target; two of one name that differ are a problem."""
        first = self.known.setdefault(target.name, target)
        if target.channel is ChannelKind.WEBHOOK:
            guarded(target.recipients[0], self.allowed, place, problems, key="delivery.allow_addresses")
        if first != target:
            text = (
                f"differs from another webhook that is listed as {target.name} too; "
                "accepted: the same url and secret, or each in [targets] under a name of its own"
            )
            problems.add(place, text)
        return first

    @property
    def uses_email(self) -> bool:
        """Tell whether any target is reached by email."""
        return any(target.channel is ChannelKind.EMAIL for target in self.known.values())


def directory(parts: Parts, allowed: tuple[units.Network, ...], problems: Problems) -> Directory:
    """Read ``[targets]``; ``allowed`` are networks of private addresses that webhooks may reach."""
    found = Directory(allowed)
    for name, place, table in parts.targets():
        if not name.strip() or any(character in "@/" or not character.isprintable() for character in name):
            text = 'the name is empty or holds "@", "/" or control characters; accepted: a short name such as desk'
            problems.add(place, text)
        target = _named(name, place, table, problems)
        found.named.setdefault(name, Named(table, target))
        if target is not None:
            found.note(target, place, problems)
    return found


def _named(name: str, place: Place, table: models.TargetTable, problems: Problems) -> Target | None:
    check_locale(table.locale, place.at("locale"), problems)
    match table.channel:
        case None:
            problems.add(place.at("channel"), "is missing; accepted: email or webhook")
        case "email":
            for key in ("url", "url_file", "secret", "secret_file"):
                if key in table.model_fields_set:
                    problems.add(place.at(key), "belongs to a webhook, and the channel is email; accepted: to")
            recipients = addresses(table.to, place.at("to"), problems)
            if not recipients and not problems.troubled(place.at("to")):
                problems.add(place.at("to"), "is missing; accepted: a list of mail addresses such as desk@example.org")
            return Target(name, ChannelKind.EMAIL, recipients) if recipients else None
        case "webhook":
            if table.to is not None:
                problems.add(place.at("to"), "belongs to email, and the channel is webhook; accepted: url or url_file")
            return webhook(table, place, problems, name=name)
        case channel:
            text = f'channel "{channel}" is not in this version: nothing is sent to this target'
            problems.warn(place.at("channel"), text)
    return None


def addresses(to: list[str] | None, place: Place, problems: Problems) -> tuple[str, ...]:
    """Check plain mail addresses; repeats fall away."""
    found: dict[str, None] = {}
    for position, value in enumerate(to or ()):
        address = one_address(value, place.at(position), problems)
        if address is not None:
            found[address] = None
    return tuple(found)


def one_address(value: str, place: Place, problems: Problems) -> str | None:
    """Check a mail address."""
    placeholder(value, place, problems)
    try:
        return units.address(value)
    except ValueError as error:
        problems.add(place, f"{shown(value)} {error}; accepted: an address such as desk@example.org")
        return None


def webhook(
    table: models.TargetTable | models.AlertTable, place: Place, problems: Problems, *, name: str | None = None
) -> Target | None:
    """Read ``url`` and ``secret``; the name is the address without userinfo and query where none is given."""
    if not given(table, "url", place, problems):
        problems.add(place.at("url"), "is missing; accepted: the address of a webhook, as url or url_file")
    key = "url_file" if "url_file" in table.model_fields_set else "url"
    url = secret_web_address(chosen(table, "url", place, problems), place.at(key), problems)
    secret = chosen(table, "secret", place, problems)
    if secret is not None and not _signs(secret):
        where = "secret_file" if "secret_file" in table.model_fields_set else "secret"
        text = (
            "begins with whsec_, and what follows is no base64; accepted: a secret of Standard Webhooks, or other text"
        )
        problems.add(place.at(where), text)
    if url is None:
        return None
    if secret is None and not {"secret", "secret_file"} & table.model_fields_set:
        text = "is missing: what is posted goes unsigned, and the receiver cannot tell who sent it; also as secret_file"
        problems.warn(place.at("secret"), text)
    return Target(name or listed(url), ChannelKind.WEBHOOK, (url,), secret)


def _signs(secret: str) -> bool:
    """Tell whether a webhook's secret can sign: whsec_ and base64, or any other text."""
    if not secret.startswith(_SIGNING):
        return True
    try:
        return bool(base64.b64decode(secret.removeprefix(_SIGNING)))
    except binascii.Error:
        return False


def resolve(
    to: list[str] | None, channel: str | None, place: Place, found: Directory, problems: Problems
) -> list[tuple[Target, models.TargetTable | None]]:
    """Return the targets that ``to`` names, once each, with their own settings where they are named.

    A target of a channel that this version does not send by is left out; its warning stands at the target.
    """
    targets: dict[str, tuple[Target, models.TargetTable | None]] = {}
    for position, value in enumerate(to or ()):
        here = place.at(position)
        entry = found.named.get(value)
        if entry is not None:
            if channel is not None and entry.table.channel not in {None, channel}:
                text = (
                    f"{shown(value)} is a target of channel {entry.table.channel}, and this alert's is {channel}; "
                    f"accepted: a target of channel {channel}"
                )
                problems.add(here, text)
            elif entry.target is not None:
                targets[value] = entry.target, entry.table
        elif "@" not in value:
            problems.add(here, _no_target(value, found))
        elif channel not in {None, "email"}:
            text = f"{shown(value)} is a mail address, and the channel is {channel}"
            problems.add(here, f"{text}; accepted: url, or a name in [targets]")
        else:
            address = one_address(value, here, problems)
            if address is not None:
                target = found.note(Target(address, ChannelKind.EMAIL, (address,)), here, problems)
                targets[address] = target, None
    return list(targets.values())


def _no_target(value: str, found: Directory) -> str:
    meant = likely(value, found.named)
    return (
        f"{shown(value)} is neither a mail address nor a name in [targets]; accepted: {_ADDRESSES}"
        + (f" ({', '.join(found.named)})" if found.named else "")
        + (f"; {meant} is meant?" if meant else "")
    )
