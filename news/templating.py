"""The one Jinja2 environment, and the words of mails and pages in the reader's language.

::

    templates/            *.html (escaped), *.txt (as they are): found in the repository, or in the wheel under news/
    templates/locale/     LANGUAGE.po: gettext catalogues, read at run time
    [templates] folder    overrides of both, by name

Templates come from this project and from the operator's own folder only: Jinja2's sandbox bounds neither time nor
memory, so text from outside is only ever a value.
"""

import gettext
import io
from functools import lru_cache, partial
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, select_autoescape

#: that in which the templates are written
DEFAULT_LOCALE = "en"


def templates_folder() -> Path:
    """Return the folder of the templates that come with storywatch."""
    here = Path(__file__).resolve().parent
    inside = here / "templates"
    return inside if inside.is_dir() else here.parent / "templates"


@lru_cache(maxsize=4)
def environment(override: Path | None = None) -> Environment:
    """Return the environment; templates in ``override`` win over those of the same name that come with storywatch.

    Everything but ``.txt`` is escaped as HTML, and a name that a template gets wrong is an error, not a blank.
    """
    loaders: list[BaseLoader] = [FileSystemLoader(templates_folder())]
    if override is not None:
        loaders.insert(0, FileSystemLoader(override))
    made = Environment(
        loader=ChoiceLoader(loaders),
        autoescape=select_autoescape((), ("txt",), default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    # Whoever renders asks the environment for words, so that the override folder holds for both.
    made.globals["catalogue"] = partial(catalogue, override=override)
    return made


def parse_locale(name: str) -> Locale:
    """Return the locale of a tag such as ``id``, ``pt-BR`` or ``kk_KZ``; English where it is not known."""
    for candidate in (name, name.replace("_", "-").partition("-")[0]):
        try:
            return Locale.parse(candidate.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse(DEFAULT_LOCALE)


@lru_cache(maxsize=64)
def catalogue(locale: str, override: Path | None = None) -> gettext.NullTranslations:
    """Return the words of a locale: of its territory, else of its language, else English as in the templates.

    A catalogue in the override folder's ``locale`` wins.
    """
    found = parse_locale(locale)
    for name in (str(found), found.language):
        for folder in (override, templates_folder()):
            path = folder / "locale" / f"{name}.po" if folder is not None else None
            if path is not None and path.is_file():
                return _compiled(path, name)
    return gettext.NullTranslations()


def _compiled(path: Path, name: str) -> gettext.NullTranslations:
    with path.open("rb") as file:
        read = read_po(file, locale=name)
    compiled = io.BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
