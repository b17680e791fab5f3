"""A digest's own words in the reader's language, and times in the reader's zone.

What comes from feeds is never translated here, only what storywatch says about it. English sentences are the keys of
``templates/locale/*.po``; dates, times and names of languages are Babel's.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from gettext import NullTranslations
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from jinja2 import Environment

from alerts.findings import Finding, Likeness, findings
from alerts.plans import Remark
from alerts.snippets import shortened
from alerts.types import Alert, Digest, Field, Span
from news.templating import catalogue, parse_locale
from news.types import SourceTime

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "ps", "sd", "syr", "ug", "ur", "yi"})
_MOST_TERMS = 8
_MOST_WORDS = 4
_LONGEST_TERM = 80
_MOST_NAMES = 8


def direction(language: str | None) -> str:
    """Return how a text of ``language`` runs, as HTML's ``dir`` wants it; ``auto`` where the language is unknown."""
    if not language:
        return "auto"
    return "rtl" if language.lower().replace("_", "-").partition("-")[0] in _RIGHT_TO_LEFT else "ltr"


@dataclass(frozen=True, slots=True)
class Wording:
    """What is needed to speak to one reader."""

    locale: Locale
    zone: tzinfo
    words: NullTranslations
    #: the year in which a date needs no year
    year: int

    @classmethod
    def of(cls, digest: Digest, templates: Environment) -> "Wording":
        """Return the wording for a digest's alert."""
        zone = ZoneInfo(digest.alert.timezone)
        find = templates.globals.get("catalogue", catalogue)
        words = find(digest.alert.locale)  # type: ignore[operator]  # Jinja2 holds its globals as objects
        return cls(parse_locale(digest.alert.locale), zone, words, digest.window_to.astimezone(zone).year)

    def say(self, sentence: str, **values: object) -> str:
        """Return a sentence in the reader's language with ``%(name)s`` filled in."""
        translated = self.words.gettext(sentence)
        return translated % values if values else translated

    def count(self, one: str, many: str, count: int, **values: object) -> str:
        """Return the form of a sentence that fits ``count``, which stands in it as ``%(count)s``."""
        return self.words.ngettext(one, many, count) % {"count": count, **values}

    def time(self, at: datetime) -> str:
        """Return an instant in the reader's zone: weekday, date, time; the year only where it is another."""
        local = at.astimezone(self.zone)
        return f"{self._day(local)}, {self._clock(local, self.zone)}"

    def source_time(self, given: SourceTime) -> str:
        """Return a source's time: in the reader's zone where it is an instant, else as its source gave it."""
        if given.instant is not None:
            return self.time(given.instant)
        try:
            if _DATE.fullmatch(given.text):
                return self._day(date.fromisoformat(given.text))
            # No offset was given, so none is applied: UTC on both sides leaves the clock as it is.
            local = datetime.fromisoformat(given.text).replace(tzinfo=UTC)
        except ValueError:
            return given.text
        clock = f"{self._day(local)}, {self._clock(local, UTC)}"
        return self.say("%(time)s (the source's local time)", time=clock)

    def window(self, digest: Digest) -> str:
        """Return the span of time that a digest covers."""
        start, end = digest.window_from.astimezone(self.zone), digest.window_to.astimezone(self.zone)
        if start.date() == end.date():
            times = [self._clock(one, self.zone) for one in (start, end)]
            return self._day(start) + ", " + "–".join(dict.fromkeys(times))
        return f"{self.time(start)} – {self.time(end)}"

    def zone_name(self) -> str:
        """Return the name of the reader's zone, such as ``Asia/Jakarta``."""
        return str(self.zone)

    def told_by(self, source: str, agency: str | None) -> str:
        """Return whose report a story is, and where it stands; the source alone where that is the agency itself."""
        if agency is None or f" {agency} ".casefold() in f" {source} ".casefold():
            return source
        return self.say("%(agency)s, via %(source)s", agency=agency, source=source)

    def language(self, tag: str | None) -> str | None:
        """Return the name of a text's language where it is not the reader's own, else None."""
        if not tag:
            return None
        code = tag.replace("_", "-").partition("-")[0].lower()
        if code == self.locale.language:
            return None
        return self.locale.languages.get(code) or tag

    def remark(self, key: str, digest: Digest) -> str:
        """Return the sentence of a remark; a key that is not known is its own sentence."""
        values = {"start": self.time(digest.window_from), "end": self.time(digest.window_to)}
        if key == Remark.HELD_OVERNIGHT:
            return self.say("Held overnight: these stories waited for the end of the quiet hours.")
        if key == Remark.LATE:
            return self.say(
                "This digest covers a gap: it could not be sent when it was due, "
                "so it tells everything from %(start)s to %(end)s.",
                **values,
            )
        if key == Remark.BRAKED:
            return self.say(
                "There were more messages than this alert allows (%(rate)s), so these stories come together.",
                rate=_rate(digest.alert),
            )
        if key == Remark.ON_REQUEST:
            return self.say("Sent on request: the next digest begins where this one ends.")
        return key

    def matched(self, found: Sequence[Finding], limit: int = 320) -> str:
        """Return which terms were found, where, and how, where that is not plainly the word itself.

        What does not fit in a line of about ``limit`` code points is left out behind "…"; the first always fits.
        """
        parts: list[str] = []
        room = limit
        for one in found[:_MOST_TERMS]:
            part = f"{self._finding(one)} ({self._places(one.fields)})"
            room -= len(part) + 3
            if parts and room < 0:
                break
            parts.append(part)
        if len(parts) < len(found):
            parts.append("…")
        return " · ".join(parts)

    def why(self, digest: Digest, names: Sequence[str], recipient: str | None) -> str:
        """Return why a reader gets this digest."""
        if digest.test:
            return self.say("Sent on request, to try the target “%(target)s”.", target=digest.alert.target.name)
        values = {"alert": digest.alert.name, "schedule": digest.alert.schedule, "zone": self.zone_name()}
        lists = ", ".join(names[:_MOST_NAMES])
        if len(names) > _MOST_NAMES:
            lists += " " + self.say("and %(count)s more", count=len(names) - _MOST_NAMES)
        if recipient is not None:
            return self.say(
                "%(recipient)s gets this because the alert “%(alert)s” watches %(lists)s. "
                "Schedule: %(schedule)s (%(zone)s).",
                recipient=recipient,
                lists=lists,
                **values,
            )
        return self.say(
            "You get this because the alert “%(alert)s” watches %(lists)s. Schedule: %(schedule)s (%(zone)s).",
            lists=lists,
            **values,
        )

    def _places(self, fields: Sequence[Field]) -> str:
        if len(fields) > 1:
            return self.say("title, text")
        return self.say("title") if fields[0] is Field.TITLE else self.say("text")

    def _finding(self, found: Finding) -> str:
        """Return a term with its words: “Kazakshtan: one slip from kazakhstan”."""
        term = shortened(found.term, _LONGEST_TERM)
        words = ", ".join(shortened(one, _LONGEST_TERM) for one in found.words[:_MOST_WORDS])
        if len(found.words) > _MOST_WORDS:
            words += ", …"
        match found.likeness:
            case Likeness.ITSELF:
                return term
            case Likeness.INSTANCE:
                return f"{term}: {words}"
            case Likeness.SLIP:
                return self.say("%(words)s: one slip from %(term)s", words=words, term=term)
            case Likeness.FORM:
                return self.count(
                    "%(words)s: a form of %(term)s",
                    "%(words)s: forms of %(term)s",
                    len(found.words),
                    words=words,
                    term=term,
                )

    def _clock(self, at: datetime, zone: tzinfo) -> str:
        # Some locales part hour and AM by a narrow no-break space, for which many a mail client has no glyph.
        return format_time(at, "short", tzinfo=zone, locale=self.locale).replace("\u202f", " ")

    def _day(self, at: date) -> str:
        if at.year == self.year:
            return format_skeleton("MMMEd", _noon(at), tzinfo=UTC, locale=self.locale)
        return format_date(at, "medium", locale=self.locale)


def explained(spans: Iterable[Span], *, title: str, text: str, language: str | None, locale: str = "en") -> str:
    """Return how an article was found, in one line: “Kazakshtan: one slip from kazakhstan (title) · unrest (text)”.

    Offsets of ``spans`` point into ``title`` and ``text``; ``language`` is the article's. For commands and pages that
    show an article outside a digest.
    """
    wording = Wording(parse_locale(locale), UTC, catalogue(locale), 0)
    return wording.matched(findings(spans, title=title, text=text, language=language))


def _noon(at: date) -> datetime:
    # format_skeleton converts to its zone; noon of the same date stays on it.
    return datetime(at.year, at.month, at.day, 12, tzinfo=UTC)


def _rate(alert: Alert) -> str:
    if alert.at_most is None:
        return "–"
    units = {1: "s", 60: "m", 3600: "h", 86400: "d"}
    return f"{alert.at_most.count}/{units.get(alert.at_most.per_s, f'{alert.at_most.per_s}s')}"
