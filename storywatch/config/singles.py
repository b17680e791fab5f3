"""The tables that stand once → domain values, with what must hold between their keys."""

import ipaddress
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from news.guard import refuse_url
from storywatch.config import models, units
from storywatch.config.problems import Place, Problems, shown
from storywatch.config.reading import Parts
from storywatch.config.values import Delivery, Fetch, LogForm, Security, Service, Smtp, StoreLimits

_SQLITE = "sqlite:///"
_LAST_PORT = 65535
_POSTGRESQL = "postgresql+psycopg://"
#: what ``storywatch init`` writes where only the user knows the value
PLACEHOLDER = "change-me"


def chosen(table: models.Shape, key: str, place: Place, problems: Problems) -> str | None:
    """Return a secret that stands as ``key`` or as its ``_file`` twin; both at once is a problem."""
    both = {key, f"{key}_file"}
    if both <= table.model_fields_set:
        problems.add(place.at(key), f"stands beside {key}_file; accepted: one of the two")
    name = f"{key}_file" if f"{key}_file" in table.model_fields_set else key
    value = getattr(table, name)
    return value.get_secret_value() if isinstance(value, SecretStr) else None


def given(table: models.Shape, key: str, place: Place, problems: Problems) -> bool:
    """Tell whether ``key`` or its twin was configured, even wrongly."""
    twins = (key, f"{key}_file")
    return any(twin in table.model_fields_set or problems.troubled(place.at(twin)) for twin in twins)


def placeholder(value: str | None, place: Place, problems: Problems) -> None:
    """Warn where the value is still the one that ``storywatch init`` wrote."""
    if value is not None and PLACEHOLDER in value:
        problems.warn(place, f"{shown(value)} is an example; put your own here")


def guarded(url: str, allowed: Sequence[units.Network], place: Place, problems: Problems, *, key: str) -> None:
    """Warn of an address that the guard is going to refuse; names are looked at when they are connected to."""
    reason = refuse_url(url, allowed)
    if reason is not None:
        problems.warn(place, f"{reason} ({key})")


def secret_web_address(value: str | None, place: Place, problems: Problems) -> str | None:
    """Check an address that may hold a secret, and so stands in no message."""
    if value is None:
        return None
    try:
        return units.web_address(value)
    except ValueError as error:
        text = f"the address {error}; accepted: an absolute address that begins with http:// or https://"
        problems.add(place, text)
        return None


def service(parts: Parts, problems: Problems) -> Service:
    """``[service]``."""
    place, table = parts.single("service", models.ServiceTable)
    if table.contact is None:
        text = "is missing; accepted: an address that watched sites can write to, such as desk@example.org"
        problems.add(place.at("contact"), text)
    elif not table.contact.isascii():
        problems.add(place.at("contact"), f"{shown(table.contact)} is not ASCII; accepted: what a request header takes")
    placeholder(table.contact, place.at("contact"), problems)
    heartbeat = chosen(table, "heartbeat_url", place, problems)
    return Service(
        database=_database(table, place, problems),
        contact=table.contact or "",
        timezone=table.timezone,
        public_url=_base(table.public_url, place.at("public_url"), problems),
        listen=_listen(parts, table.listen, place.at("listen"), problems),
        log=LogForm(table.log),
        heartbeat_url=secret_web_address(heartbeat, place.at("heartbeat_url"), problems),
    )


def _base(url: str | None, place: Place, problems: Problems) -> str | None:
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.query or parts.fragment or parts.username is not None:
        text = f"{shown(url)} is more than a base; accepted: scheme, host and path"
        problems.add(place, text)
    return url.rstrip("/")


def _database(table: models.ServiceTable, place: Place, problems: Problems) -> str:
    url = chosen(table, "database", place, problems) or ""
    if url.startswith(_POSTGRESQL):
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            host = None
        if host is None and "host=" not in url:
            problems.add(place.at("database"), f"the address names no host; accepted: {_POSTGRESQL}USER@HOST/NAME")
        return url
    if not url.startswith(_SQLITE) or url == _SQLITE or url.startswith(f"{_SQLITE}:memory:"):
        text = f"a value is no database; accepted: {_SQLITE}FILE or {_POSTGRESQL}USER@HOST/NAME"
        problems.add(place.at("database"), text)
        return url
    name, mark, options = url.removeprefix(_SQLITE).partition("?")
    path = (place.source.folder / Path(name).expanduser()).absolute()
    if not path.parent.is_dir():
        text = f"its folder {shown(str(path.parent))} does not exist; accepted: a file in a folder that exists"
        problems.add(place.at("database"), text)
    elif path.is_dir():
        problems.add(place.at("database"), f"{shown(str(path))} is a folder; accepted: a file, new or of storywatch")
    return f"{_SQLITE}{path}{mark}{options}"


def _listen(parts: Parts, listen: str, place: Place, problems: Problems) -> str:
    if not listen:
        return ""
    host, colon, port = listen.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 1 <= int(port[:6]) <= _LAST_PORT:
        problems.add(place, f'{shown(listen)} is no address to listen on; accepted: HOST:PORT, or "" for off')
        return listen
    web_place, web = parts.single("web", models.WebTable)
    if not units.is_loopback(host) and not given(web, "password", web_place, problems):
        text = (
            f"{shown(listen)} is beyond this machine; "
            "accepted: a loopback address such as 127.0.0.1:8686, or [web] with password_file"
        )
        problems.add(place, text)
    return listen


def fetch(parts: Parts, problems: Problems) -> Fetch:
    """``[fetch]``."""
    place, table = parts.single("fetch", models.FetchTable)
    least, most = table.min_interval, table.max_interval
    if least > most and not problems.troubled(place.at("max_interval")):
        longest = units.shown_duration(most)
        text = f"{units.shown_duration(least)} is more than max_interval, {longest}; accepted: at most {longest}"
        problems.add(place.at("min_interval"), text)
    proxy = chosen(table, "proxy", place, problems)
    return Fetch(
        min_interval=least,
        max_interval=most,
        delay=table.delay,
        per_site=table.per_site,
        allow_addresses=tuple(table.allow_addresses),
        timeout=table.timeout,
        max_size=table.max_size,
        proxy=secret_web_address(proxy, place.at("proxy"), problems),
        ca_file=table.ca_file,
    )


def smtp(parts: Parts, problems: Problems) -> Smtp | None:
    """``[smtp]``, or None where no file has it."""
    if not parts.has("smtp"):
        return None
    place, table = parts.single("smtp", models.SmtpTable)
    if table.host is None:
        problems.add(place.at("host"), "is missing; accepted: the name or address of a mail server")
    elif not _is_host(table.host):
        problems.add(place.at("host"), f"{shown(table.host)} is no host; accepted: a name or address, without a port")
    if table.sender is None:
        problems.add(place.at("sender"), 'is missing; accepted: "Name <desk@example.org>" or a bare address')
    for value, key in ((table.host, "host"), (table.sender, "sender")):
        placeholder(value, place.at(key), problems)
    open_way = table.security == "none" and not table.allow_plaintext
    if open_way and table.host is not None and not units.is_loopback(table.host):
        text = (
            '"none" would send everything in the clear to another machine; '
            "accepted: starttls, tls, or allow_plaintext = true"
        )
        problems.add(place.at("security"), text)
    for one, other in (("username", "password"), ("password", "username")):
        if given(table, one, place, problems) and not given(table, other, place, problems):
            problems.add(place.at(other), f"is missing beside {one}; accepted: both or neither")
    return Smtp(
        host=table.host or "",
        port=table.port,
        security=Security(table.security),
        username=chosen(table, "username", place, problems),
        password=chosen(table, "password", place, problems),
        sender=table.sender or "",
    )


def _is_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        pass
    else:
        return True
    try:
        units.domain(host)
    except ValueError:
        return False
    return True


def delivery(parts: Parts, fetched: Fetch) -> Delivery:
    """``[delivery]``."""
    _, table = parts.single("delivery", models.DeliveryTable)
    own = table.allow_addresses
    return Delivery(
        retry=tuple(table.retry),
        in_doubt=table.in_doubt,
        smtp_timeout=table.smtp_timeout,
        webhook_timeout=table.webhook_timeout,
        allow_addresses=fetched.allow_addresses if own is None else tuple(own),
    )


def store(parts: Parts) -> StoreLimits:
    """``[store]``."""
    _, table = parts.single("store", models.StoreTable)
    return StoreLimits(table.retention, table.retention_matched, table.max_size)
