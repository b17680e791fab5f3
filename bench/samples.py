"""Digests of invented news about a public event: Kazakhstan, the first days of January 2022. For ``bench/look.py``."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from alerts.digest import compose
from alerts.plans import Reason, Remark, Send
from alerts.types import Alert, ChannelKind, Copy, Digest, Event, FeedTrouble, Field, How, Item, Span, Target
from news.types import SourceTime

_NAMES = {"unrest": "Kazakhstan unrest", "staff": "Our staff and travel", "energy": "Energy prices"}
_DESK = Target("desk", ChannelKind.EMAIL, ("desk@example.org",))
_MORNING = Alert(
    id="digest/morning/desk",
    name="Morning digest",
    watchlists=("unrest", "staff", "energy"),
    combined=True,
    target=_DESK,
    schedule="daily at 07:00",
    timezone="Asia/Jakarta",
    locale="en",
)


@dataclass(frozen=True, slots=True)
class _Told:
    """A story as its outlet told it, with the words that matched: ``term=word`` or ``term=word=how``."""

    lists: tuple[str, ...]
    source: str
    language: str
    published: str
    title: str
    text: str
    matched: tuple[str, ...]
    copies: tuple[str, ...] = ()
    urgent: bool = False
    already_sent: bool = False


_STORIES = (
    _Told(
        ("unrest",),
        "Steppe Wire",
        "en",
        "2022-01-06T05:40:00+06:00",
        "Dozens killed in Almaty as night of unrest ends",
        "Police spoke of dozens of dead on Thursday morning and of more than a thousand injured. Most were hurt in "
        "Almaty, where protests over the price of fuel had turned into unrest the day before. Shots were still heard "
        "near the main square at dawn. The figures could not be checked independently.",
        ("@almaty=Almaty=alias", "protest=protests=stem", "unrest=unrest"),
        ("The Meridian Post", "Northern Ledger", "Kabar Pagi", "Вечерняя степь", "Дала жаршысы"),
    ),
    _Told(
        ("unrest", "staff"),
        "The Meridian Post",
        "en",
        "2022-01-05T22:15:00+00:00",
        "Consulates in Almaty move staff out of the city centre",
        "Several consulates told their staff to leave the centre of Almaty on Wednesday evening, after crowds had "
        "broken into the mayor's office. Evacuation by air is not possible while the airport is closed, a consular "
        "officer said.",
        (
            "@almaty=Almaty=alias",
            "evacuat*=Evacuation=prefix",
            "consulate=Consulates=stem",
            "consulate=consulates=stem",
        ),
        ("Northern Ledger",),
        urgent=True,
        already_sent=True,
    ),
    _Told(
        ("unrest",),
        "Вечерняя степь",
        "ru",
        "2022-01-05T18:05:00+06:00",
        "Чрезвычайное положение в Казахстане: что известно",
        "Чрезвычайное положение введено в Алматы и Мангистауской области с 5 по 19 января. Ночью протесты против роста "
        "цен на сжиженный газ переросли в беспорядки в нескольких городах Казахстана. Правительство отправлено "
        "в отставку.",
        (
            "казахстан=Казахстане=stem",
            "казахстан=Казахстана=stem",
            "@almaty=Алматы=alias",
            "протест=протесты=stem",
            "беспорядки=беспорядки",
        ),
        ("Дала жаршысы", "Steppe Wire"),
    ),
    _Told(
        ("unrest",),
        "Дала жаршысы",
        "kk",
        "2022-01-05",
        "Алматыдағы әуежай жұмысын тоқтатты",
        "Алматы халықаралық әуежайы кешке жұмысын тоқтатты, рейстер басқа қалаларға бағытталды. Қазақстандағы "
        "наразылыққа қатысушылар терминалға кіріп кеткен.",
        (
            "@almaty=Алматыдағы=alias",
            "@almaty=Алматы=alias",
            "қазақстан=Қазақстандағы=stem",
            "наразылық=наразылыққа=stem",
        ),
    ),
    _Told(
        ("unrest",),
        "Kabar Pagi",
        "id",
        "2022-01-05T14:20:00+07:00",
        "Rusuh di Kazakshtan: harga elpiji naik dua kali lipat, warga turun ke jalan",
        "Kerusuhan di Kazakhstan bermula di kota minyak Zhanaozen pada 2 Januari, ketika harga elpiji untuk kendaraan "
        "naik dari 60 menjadi 120 tenge per liter. Dalam tiga hari unjuk rasa meluas ke Almaty dan kota-kota lain.",
        (
            "kazakhstan~=Kazakshtan=fuzzy",
            "kazakhstan~=Kazakhstan=fuzzy",
            "rusuh=Kerusuhan=stem",
            "rusuh=Rusuh",
            "@almaty=Almaty=alias",
        ),
        ("Harian Selatan",),
    ),
    _Told(
        ("staff",),
        "Harian Selatan",
        "id",
        "2022-01-05T11:00:00+07:00",
        "KBRI: semua warga Indonesia di Kazakhstan selamat",
        "Kedutaan Besar Republik Indonesia menyatakan seluruh warga negara Indonesia di Kazakhstan dalam keadaan aman. "
        "Warga diminta tidak bepergian dan menghubungi nomor darurat bila memerlukan bantuan evakuasi.",
        ('"warga negara indonesia"=warga negara Indonesia=phrase', "evakua*=evakuasi=prefix"),
        ("Kabar Pagi",),
    ),
    _Told(
        ("energy",),
        "Northern Ledger",
        "en",
        "2022-01-05T09:30:00+00:00",
        "Uranium and oil prices climb as Kazakhstan's internet goes dark",
        "Uranium rose by eight per cent in two days. Kazakhstan mines two fifths of the world's supply, and buyers "
        "could not reach its producers by telephone. Oil output was cut briefly at one field when workers blocked "
        "the railway.",
        ("uranium=Uranium", "oil=Oil"),
        ("The Meridian Post", "Steppe Wire"),
    ),
)
#: told beside the Kazakh report of the same event
_AIRPORT = (
    _Told(
        ("unrest",),
        "Northern Ledger",
        "en",
        "2022-01-05T16:40:00+00:00",
        "Almaty airport closed after crowd enters the terminal",
        "The airport of Almaty closed on Wednesday evening after protesters had entered the terminal. Flights were "
        "sent on to other cities.",
        ("@almaty=Almaty=alias", "protest=protesters=stem"),
        ("The Meridian Post", "Steppe Wire"),
    ),
    _Told(
        ("unrest",),
        "Kabar Pagi",
        "id",
        "2022-01-05T22:30:00+07:00",
        "Bandara Almaty ditutup, penerbangan dialihkan",
        "Bandara internasional Almaty di Kazakhstan ditutup pada Rabu malam setelah pengunjuk rasa masuk ke terminal. "
        "Penerbangan dialihkan ke kota lain.",
        ("kazakhstan=Kazakhstan", "@almaty=Almaty=alias"),
    ),
)
_AIRPORT_THREAD = 40
_TROUBLES = (
    FeedTrouble(
        "Радио Талап",
        "https://talap.example/rss",
        "answers 503 Service Unavailable, tried again in 40 minutes",
        datetime(2022, 1, 5, 16, 10, tzinfo=UTC),
    ),
    FeedTrouble(
        "Caspian Notes",
        "https://caspian.example/feed",
        "silent: usually something new every 2 hours",
        datetime(2022, 1, 4, 21, tzinfo=UTC),
    ),
)


def morning() -> Digest:
    """Return a digest over three watchlists, held overnight, with two feeds in trouble."""
    pairs = [(name, _item(number, told)) for number, told in enumerate(_STORIES, start=1) for name in told.lists]
    send = Send(
        due_ids=tuple(range(1, len(_STORIES) + 1)),
        due_key="2022-01-06T00:00:00+00:00",
        window_from=datetime(2022, 1, 5, 0, 0, tzinfo=UTC),
        window_to=datetime(2022, 1, 6, 0, 0, tzinfo=UTC),
        remarks=(Remark.HELD_OVERNIGHT,),
        urgent=False,
        reason=Reason.HELD_OVERNIGHT,
    )
    return compose(_MORNING, send, pairs, _TROUBLES, _NAMES)


def by_event() -> Digest:
    """Return a digest of one watchlist that has what is of one event under one heading."""
    told = [one for one in (*_STORIES, *_AIRPORT) if "unrest" in one.lists]
    airport = {one.title for one in told if one in _AIRPORT or one.language == "kk"}
    items = [
        replace(_item(number, one), thread_id=_AIRPORT_THREAD if one.title in airport else None, watchlists=())
        for number, one in enumerate(told, start=1)
    ]
    of = replace(_MORNING, id="unrest/evening/desk", name="evening", watchlists=("unrest",), combined=False)
    send = Send(
        due_ids=tuple(range(1, len(items) + 1)),
        due_key="2022-01-06T00:00:00+00:00",
        window_from=datetime(2022, 1, 5, 0, 0, tzinfo=UTC),
        window_to=datetime(2022, 1, 6, 0, 0, tzinfo=UTC),
        remarks=(),
        urgent=False,
        reason=Reason.SCHEDULED,
    )
    return compose(replace(of, by_thread=True), send, [("unrest", one) for one in items], (), _NAMES)


def _item(number: int, told: _Told) -> Item:
    instant = datetime.fromisoformat(told.published)
    aware = instant if instant.tzinfo is not None else None
    return Item(
        event=Event.NEW,
        story_id=number,
        title=told.title,
        url=f"https://{_host(told.source)}/2022/01/{number}",
        source=told.source,
        language=told.language,
        published=SourceTime(told.published, aware, aware or instant.replace(tzinfo=UTC)),
        first_seen_at=datetime(2022, 1, 5, 23, 45, tzinfo=UTC),
        summary=told.text,
        text=told.text,
        spans=tuple(_spans(told.title, told.text, told.matched)),
        watchlists=tuple(_NAMES[name] for name in told.lists),
        copies=tuple(Copy(source, f"https://{_host(source)}/2022/01/{number}") for source in told.copies),
        urgent=told.urgent,
        already_sent=told.already_sent,
    )


def _host(source: str) -> str:
    return f"outlet{sum(source.encode()) % 1000}.example"


def _spans(title: str, text: str, matched: Sequence[str]) -> list[Span]:
    found: list[Span] = []
    for one in matched:
        term, word, how = (*one.split("="), "folded")[:3]
        for field, within in ((Field.TITLE, title), (Field.TEXT, text)):
            places = re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", within)
            found += [Span(field, place.start(), place.end(), term, How(how)) for place in places]
    return sorted(found)
