"""Whether mails can speak a language: the words of ``templates/locale``, and Babel for dates and times."""

import gettext

from babel import Locale, UnknownLocaleError

from storywatch.config.problems import Place, Problems, shown

_ENGLISH = "en"


def check_locale(locale: str | None, place: Place, problems: Problems) -> None:
    """Tell of a locale that nobody knows; warn of one whose words are not translated."""
    if locale is None or locale.partition("-")[0] == _ENGLISH:
        return
    try:
        Locale.parse(locale, sep="-")
    except (UnknownLocaleError, ValueError):
        problems.add(
            place, f"{shown(locale)} is no known locale; accepted: a language code such as id, en, kk or pt-br"
        )
        return
    from news.templating import catalogue  # noqa: PLC0415 - brings Jinja2, for the few that are not in English

    if type(catalogue(locale)) is gettext.NullTranslations:
        problems.warn(place, f"{shown(locale)} has no translation in this version: the mail's own words are English")
