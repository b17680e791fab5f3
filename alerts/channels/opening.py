"""Opens an SMTP connection: connect, EHLO, STARTTLS, EHLO, AUTH, each with its own words when it fails."""

import ssl
from collections.abc import Awaitable, Callable

import aiosmtplib

from alerts.channels.dialogue import Dialogue, UnsentError
from alerts.channels.smtp import SmtpSecurity, SmtpSettings, greeting_name, is_loopback
from alerts.channels.words import plain
from alerts.types import Cause, Outcome, Receipt

#: what the server says to a mechanism that it names but does not do
_MECHANISM_CODES = frozenset({504, 534})

_NO_PLAINTEXT = (
    "security = none is for a mail server on this machine: set [smtp] security = starttls, "
    "or allow_plaintext = true if the network between is your own"
)


async def open_dialogue(settings: SmtpSettings, tls: ssl.SSLContext) -> Dialogue:
    """Return a connection that is ready for messages. Raises UnsentError with what is wrong and what to do."""
    smtp = aiosmtplib.SMTP(
        hostname=settings.host,
        port=settings.port,
        timeout=settings.timeout.total_seconds(),
        use_tls=settings.security is SmtpSecurity.TLS,
        start_tls=False,
        tls_context=tls,
        local_hostname=greeting_name(None),
    )
    opened = False
    try:
        await _connect(smtp, settings)
        await _greet(smtp, settings)
        if settings.security is SmtpSecurity.STARTTLS:
            await _start_tls(smtp, settings)
            await _greet(smtp, settings)
        if settings.username is not None:
            await _log_in(smtp, settings, settings.username)
        opened = True
    finally:
        if not opened:
            smtp.close()
    return Dialogue(smtp, settings)


async def _connect(smtp: aiosmtplib.SMTP, settings: SmtpSettings) -> None:
    where = f"{settings.host}:{settings.port}"
    try:
        await smtp.connect()
    except aiosmtplib.SMTPResponseException as error:
        raise _unreachable(f"{where} greeted with {error.code} {plain(error.message)}") from error
    except TimeoutError as error:
        raise _unreachable(f"{where} did not answer within {settings.timeout.total_seconds():g} s") from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise _lost(error.__cause__ or error, where, "connecting") from error
    if settings.security is SmtpSecurity.NONE and not settings.allow_plaintext:
        peer = smtp.get_transport_info("peername")
        if not is_loopback(peer[0]):
            raise _misconfigured(f"{where} is not on this machine, and {_NO_PLAINTEXT}")


async def _greet(smtp: aiosmtplib.SMTP, settings: SmtpSettings) -> None:
    own = smtp.get_transport_info("sockname") if smtp.is_connected else None
    name = greeting_name(own[0] if own else None)
    try:
        await _understood(lambda: smtp.ehlo(hostname=name), settings, "EHLO")
    except UnsentError:
        # An old server that knows HELO only can do neither STARTTLS nor AUTH.
        if settings.security is SmtpSecurity.STARTTLS or settings.username is not None or not smtp.is_connected:
            raise
        await _understood(lambda: smtp.helo(hostname=name), settings, "HELO")


async def _start_tls(smtp: aiosmtplib.SMTP, settings: SmtpSettings) -> None:
    if not smtp.supports_extension("starttls"):
        raise _misconfigured(
            f"{settings.host}:{settings.port} does not offer STARTTLS; "
            "set [smtp] security = tls, with the port for that, often 465"
        )
    await _understood(smtp.starttls, settings, "STARTTLS")


async def _log_in(smtp: aiosmtplib.SMTP, settings: SmtpSettings, username: str) -> None:
    offered = smtp.server_auth_methods
    # One try each time: a server that locks out after three wrong passwords should see as few as can be.
    mechanisms = {
        "plain": smtp.auth_plain,
        "login": smtp.auth_login,
        "cram-md5": smtp.auth_crammd5,
    }
    known = [mechanism for name, mechanism in mechanisms.items() if name in offered]
    where = f"{settings.host}:{settings.port}"
    if not known:
        what = (
            f"offers {' '.join(offered)}, and this program knows PLAIN, LOGIN and CRAM-MD5" if offered else "no login"
        )
        raise _misconfigured(f"{where}: {what}; leave out [smtp] username, or use another port or security")
    for mechanism in known:
        try:
            await mechanism(username, settings.password or "")
        except aiosmtplib.SMTPAuthenticationError as error:
            words = f"{error.code} {plain(error.message)}"
            if error.code in _MECHANISM_CODES and mechanism is not known[-1]:
                continue
            if 400 <= error.code <= 499:  # noqa: PLR2004 # transient negative, RFC 5321, 4.2.1
                raise _unreachable(f"{where} does not log in anyone at present: {words}") from error
            raise _misconfigured(
                f"{where} refused the login of {username}: {words}; check [smtp] username and password"
            ) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _lost(error, where, "AUTH") from error
        return


async def _understood(command: Callable[[], Awaitable[object]], settings: SmtpSettings, step: str) -> None:
    where = f"{settings.host}:{settings.port}"
    try:
        await command()
    except aiosmtplib.SMTPResponseException as error:
        raise _unreachable(f"{where} answered {step} by {error.code} {plain(error.message)}") from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise _lost(error, where, step) from error


def _lost(error: BaseException, where: str, step: str) -> UnsentError:
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = f"the certificate of {where} is not trusted: {plain(error.verify_message)}"
        return _misconfigured(f"{reason}; check [smtp] host, or have the server's certificate put right")
    if isinstance(error, ssl.SSLError):
        return _misconfigured(
            f"{where} does not speak TLS as expected ({plain(error)}); check [smtp] security and port"
        )
    if isinstance(error, TimeoutError):
        return _unreachable(f"{where} did not answer {step} in time")
    return _unreachable(f"{where} failed at {step}: {plain(error)}")


def _unreachable(reason: str) -> UnsentError:
    return UnsentError(Receipt(Outcome.RETRY_LATER, reason, cause=Cause.TARGET))


def _misconfigured(reason: str) -> UnsentError:
    return UnsentError(Receipt(Outcome.RETRY_LATER, reason, cause=Cause.OPERATOR))
