"""Endings that an unknown word, most often a name, may have taken: the words that it may be a form of.

::

    "токаевым" ──endings of Russian──▶ "токаев"           "warszawie" ──of Polish──▶ "warszaw", "warszawa"

A table says what stands in the citation form where a word has an ending: ``-ой`` stands for ``-а``. Only inflection is
in here, never derivation; plural genitives that end like surnames (``-ов``) are left out. All is folded, since words
are: no accents on Latin letters, ё is е, final sigma is σ.
"""

from collections.abc import Iterator, Mapping

Table = Mapping[str, tuple[str, ...]]


def citations(word: str, table: Table, least: int) -> Iterator[str]:
    """The words of which a folded word may be a form, without itself; at least ``least`` letters stay of it."""
    for size in range(1, min(_LONGEST, len(word) - least) + 1):
        ending = word[-size:]
        if ending in table:
            stem = word[:-size]
            for instead in table[ending]:
                yield stem + instead


def _table(lines: str) -> Table:
    """A table of lines ``ending ending …: citation citation …``, where ``-`` is nothing."""
    found: dict[str, tuple[str, ...]] = {}
    for line in filter(None, map(str.strip, lines.splitlines())):
        endings, _, citation = line.partition(":")
        instead = tuple("" if one == "-" else one for one in citation.split())
        for ending in endings.split():
            found[ending] = found.get(ending, ()) + tuple(one for one in instead if one not in found.get(ending, ()))
    return found


#: T. Wade, A Comprehensive Russian Grammar: declension of nouns, of adjectives and of surnames in -ов and -ин
_RUSSIAN = _table("""
    а у ом е: -
    ы и: - а
    а у ом е: о
    у е ой ою: а
    я ю ем е и: ь й
    е и ю ей ею: я
    и ью: ь
    овым: ов
    евым: ев
    иным: ин
    ыным: ын
    ам ами ах: - а о
    ям ями ях: ь й я
    ого ому ом ая ую ое ые ых ыми: ый ой
    его ему им ем яя юю ее ие их ими: ий
    ского скому ском ским ская ской скую ское ские ских скими: ский
    цкого цкому цком цким цкая цкой цкую цкое цкие цких цкими: цкий
""")
#: S. Pugh, I. Press, Ukrainian: A Comprehensive Grammar: declension, and к г х before -і
_UKRAINIAN = _table("""
    а у ові ом і: -
    и: - а
    а у ом і: о
    у і ою: а
    ці: ка
    зі: га
    сі: ха
    я ю ем єм еві єві і ї: ь й
    і ї ю ею єю: я
    єва єву єву єві євом: їв
    ова ову овом: ів
    овим: ов ів
    євим: єв
    ам ами ах: - а о
    ям ями ях: ь й я
    ого ому ім им а у е ої ій ою і их ими: ий
    ського ському ським ська ської ській ську ською ське ські ських ськими: ський
    цького цькому цьким цька цької цькій цьку цькою цьке цькі цьких цькими: цький
""")
#: P. J. Mayo, A Grammar of Byelorussian: declension of nouns
_BELARUSIAN = _table("""
    а у ам ом е ы і: -
    ы е у ай ой аю ою: а
    я ю ем і: ь й
    і ю яй ей: я
    цы: ка
    зе: га да
    це: та
    ого ага аму ым ую ыя ых ымі: ы
    скага скаму скім ская скай скую скае скія скіх скімі: скі
""")
#: O. E. Swan, A Grammar of Contemporary Polish: declension, and consonants before -e
_POLISH = _table("""
    a u owi em ie y: -
    i iem: -
    y i e ie a o: a
    i ii ie e a o: ia
    rze: ra r
    cie: ta t
    dzie: da d
    sie: sa s
    zie: za z
    nie: na n
    le: la l
    ce: ka ca
    dze: ga
    sze: cha
    om ami ach: - a
    ego emu ym a ej e ych ymi: y
    iego iemu im a iej ie ich imi: i
    skiego skiemu skim ska skiej skie skich skimi: ski
    ckiego ckiemu ckim cka ckiej ckie ckich ckimi: cki
""")
#: L. A. Janda, C. E. Townsend, Czech (and J. Kačala, Slovenčina): declension, and consonants before -e
_CZECH = _table("""
    a u ovi em om e y i: -
    y e u ou o i: a
    e i u: e
    ze: ha ga
    ce: ka
    se: cha
    re: ra
    ech ich ach am ami um: - a
    eho emu em ym im a e ou ej ych ich: y i
    skeho skemu skem skym ska ske skou skych: sky skyj
    ckeho ckemu ckem ckym cka cke ckou ckych: cky ckyj
    ove ovou ovej: ova
""")
#: W. Browne, T. Alt, A Handbook of Bosnian, Serbian and Croatian; M. L. Greenberg, A Short Reference Grammar of Slovene
_SOUTH_SLAVIC = _table("""
    a u om em e i: -
    e i u om o: a
    a u em om i: o e
    ci: ka
    zi: ga
    ima ama ih ov ev ova evi ovi: -
    og oga om ome im: i
    skog skoga skom skome skim ska ske sku ski skih: ski
""")
#: P. Hill, in The Slavonic Languages: articles of Macedonian and Bulgarian
_BALKAN_SLAVIC = _table("""
    ът ят а от та то те ите: -
    та ите: а
    ата: а
    ята: я
    ия: -
""")
#: R. Quirk et al., A Comprehensive Grammar of the English Language: plural and verb
_ENGLISH = _table("""
    s es ed ing: -
    ies ied: y
    ing ed: e
""")
#: Duden, Die Grammatik: declension of names and nouns
_GERMAN = _table("""
    s es e en n er ern: -
    e en er es em: -
    innen: in
""")
#: G. Booij, The Morphology of Dutch: plural and inflection
_DUTCH = _table("""
    s en e: -
""")
#: J. Allan et al., Danish; P. Holmes, I. Hinchliffe, Swedish: A Comprehensive Grammar: article, plural, genitive
_SCANDINAVIAN = _table("""
    s en ens et ets: -
    er ers e es erne ernes ene enes erna ernas ar ars arna arnas: -
    n ns: -
    or orna: a
""")
#: M. Grevisse, Le bon usage: plural; no feminine, by which names of people differ
_FRENCH = _table("""
    s x: -
    aux: al
""")
#: Real Academia Española, Nueva gramática: plural; C. Cunha, L. Cintra, Nova gramática: plural
_IBERIAN = _table("""
    s es: -
    oes aes: ao
    ais: al
    eis: el
    ns: m
    os as: o
""")
#: L. Serianni, Grammatica italiana: plural
_ITALIAN = _table("""
    i: o e
    hi: o
    he e: a
""")
#: R. Zafiu, in The Grammar of Romanian: article, genitive and plural
_ROMANIAN = _table("""
    ul ului uri urile urilor lui: -
    a ei i ilor ii e ele elor le lor: -
    a ei e i: a
    iei ia: ie
    ei: ea
""")
#: D. Holton et al., Greek: A Comprehensive Grammar: declension
_GREEK = _table("""
    ου ο ε οι ων ουσ: οσ
    σ: -
    ασ εσ ων: α
    ησ εσ ων: η
    η: ησ
    α: ασ
    ου: ησ ασ
    εισ εων εωσ: η
""")
#: Hindi, M. C. Shapiro, A Primer of Modern Standard Hindi: oblique and plural
_HINDI = _table("""
    ों ें ो: -
    े ों: ा
    ियों ियाँ ियां: ी
    ाओं ाएं ाएँ: ा
""")

TABLES: Mapping[str, Table] = {
    "ru": _RUSSIAN, "uk": _UKRAINIAN, "be": _BELARUSIAN, "pl": _POLISH, "cs": _CZECH, "sk": _CZECH,
    "hr": _SOUTH_SLAVIC, "sl": _SOUTH_SLAVIC, "bg": _BALKAN_SLAVIC, "mk": _BALKAN_SLAVIC,
    "en": _ENGLISH, "de": _GERMAN, "nl": _DUTCH, "sv": _SCANDINAVIAN, "da": _SCANDINAVIAN, "no": _SCANDINAVIAN,
    "fr": _FRENCH, "es": _IBERIAN, "pt": _IBERIAN, "gl": _IBERIAN, "ca": _IBERIAN, "it": _ITALIAN, "ro": _ROMANIAN,
    "el": _GREEK, "hi": _HINDI,
}  # fmt: skip
_LONGEST = max(len(ending) for table in TABLES.values() for ending in table)
