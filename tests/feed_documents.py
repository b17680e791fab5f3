"""Feeds made of pieces, for tests and properties: every piece is our own writing."""

from dataclasses import dataclass

from hypothesis import strategies as st

#: pieces of RSS items, well-formed where the prefixes of RSS_ROOT are declared
RSS_PIECES = (
    "<title>Harga gas naik</title>",
    "<title>&lt;b&gt;Almaty&lt;/b&gt; &amp;amp; Astana</title>",
    "<title><![CDATA[Протесты <i>утихли</i>]]></title>",
    "<title>5 &lt; 6</title>",
    "<link>https://example.org/berita/{n}?id={n}&amp;x=1</link>",
    "<link>/kabar/{n}</link>",
    "<guid>https://example.org/{n}</guid>",
    '<guid isPermaLink="false">tag:{n}</guid>',
    "<guid>{n}</guid>",
    "<pubDate>Sat, 08 Jan 2022 17:08:0{d} +0700</pubDate>",
    "<dc:date>2022-01-08T17:0{d}:00+06:00</dc:date>",
    "<dcterms:modified>2022-01-08T17:0{d}:00Z</dcterms:modified>",
    "<description>Ringkasan {n} &lt;p&gt;satu&lt;/p&gt;</description>",
    "<description><![CDATA[<p>Dua</p><script>x()</script>]]></description>",
    "<description>baris\r\nbaru<!-- catatan --> lanjut</description>",
    "<description><div>tak tersembunyi</div></description>",
    "<description><p>tanpa <b>escape</b></p></description>",
    "<content:encoded><![CDATA[<p>Isi lengkap {n}</p>]]></content:encoded>",
    "<dc:creator>Redaksi {n}</dc:creator>",
    "<author>desk@example.org (Desk {n})</author>",
    '<category domain="https://example.org/c">Ekonomi</category>',
    "<dc:subject>энергия</dc:subject>",
    "<dc:language>ru</dc:language>",
    '<enclosure url="https://example.org/{n}.mp3" length="1" type="audio/mpeg"/>',
    '<media:content url="https://example.org/{n}.jpg"><media:title>foto</media:title></media:content>',
    '<media:thumbnail xmlns:media="http://search.yahoo.com/mrss/" url="https://example.org/t{n}.jpg"/>',
    '<x:score xmlns:x="https://example.org/ns/{d}">9</x:score>',
    '<y:score xmlns:y="https://example.org/ns/y">9</y:score>',
    '<score xmlns="https://example.org/ns/y">9</score>',
    '<source url="https://example.org/feed">Sumber</source>',
    "<image><url>https://example.org/i.png</url><title>gambar</title></image>",
    "<textinput><title>cari</title></textinput>",
    "<comments>https://example.org/k/{n}</comments>",
    '<itunes:image href="https://example.org/p.png"/>',
    "<!-- komentar -->",
    "teks lepas",
)
_DIV = '<div xmlns="http://www.w3.org/1999/xhtml">'
ATOM_PIECES = (
    "<title>Gas prices rise</title>",
    '<title type="html">&lt;b&gt;Almaty&lt;/b&gt; &amp;amp; Astana</title>',
    '<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Бензин <b>подорожал</b></div></title>',
    '<title type="text">History of the &lt;blink&gt; tag</title>',
    '<link rel="alternate" href="/kabar/{n}"/>',
    '<link href="https://example.org/{n}?a=1&amp;b=2"/>',
    '<link rel="enclosure" href="https://example.org/{n}.mp3"/>',
    "<id>urn:uuid:{n}</id>",
    "<id>https://example.org/{n}</id>",
    "<updated>2022-01-08T17:0{d}:00+06:00</updated>",
    "<published>2022-01-08T16:0{d}:00Z</published>",
    "<summary>Ringkas {n}</summary>",
    '<summary type="html">&lt;p&gt;Ringkas&lt;/p&gt;</summary>',
    '<content type="html" xml:lang="kk">&lt;p&gt;Мәтін&lt;/p&gt;</content>',
    f'<content type="xhtml" xml:base="https://other.example.org/a/">{_DIV}<p>Isi <a href="x">a</a></p></div></content>',
    '<content type="html"><div>salah</div></content>',
    f'<content type="xhtml">{_DIV}<svg xmlns="http://www.w3.org/2000/svg"><title>i</title></svg>a</div></content>',
    "<author><name>Desk {n}</name><email>desk@example.org</email></author>",
    "<contributor><name>Juru foto</name></contributor>",
    '<category term="energi" label="Energi"/>',
    '<source xml:lang="id"><title>Sumber</title></source>',
    '<thr:total xmlns:thr="http://purl.org/syndication/thread/1.0">3</thr:total>',
    "<dc:creator>Penulis</dc:creator>",
    "<!-- komentar -->",
)
_MODULES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:itunes="http://www.itunes.com/DTDs/PodCast-1.0.dtd"'
)
_HEADS = (
    "<title>Kabar</title>",
    "<link>https://example.org/</link>",
    "<language>id</language>",
    "<ttl>15</ttl>",
    "<lastBuildDate>Sat, 08 Jan 2022 18:00:00 +0700</lastBuildDate>",
    "<image><url>https://example.org/logo.png</url><title>logo</title><link>https://example.org/</link></image>",
    "<content:encoded>tentang kami</content:encoded>",
    "<description>berita</description>",
)


@dataclass(frozen=True)
class Shape:
    """How a kind of feed is put together."""

    start: str
    item: str
    end: str
    pieces: tuple[str, ...]


SHAPES = (
    Shape(f'<rss version="2.0" {_MODULES}{{root}}><channel{{channel}}>', "item", "</channel></rss>", RSS_PIECES),
    Shape(f'<rss version="0.91" {_MODULES}{{root}}><channel{{channel}}>', "item", "</channel></rss>", RSS_PIECES),
    Shape(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        f"{_MODULES}{{root}}><channel{{channel}}></channel>",
        "item",
        "</rdf:RDF>",
        RSS_PIECES,
    ),
    Shape(f'<feed xmlns="http://www.w3.org/2005/Atom" {_MODULES}{{root}}{{channel}}>', "entry", "</feed>", ATOM_PIECES),
    Shape(
        f'<feed version="0.3" xmlns="http://purl.org/atom/ns#" {_MODULES}{{root}}{{channel}}>',
        "entry",
        "</feed>",
        ATOM_PIECES,
    ),
    Shape(
        '<a:feed xmlns:a="http://www.w3.org/2005/Atom" xmlns="http://www.w3.org/2005/Atom" '
        f"{_MODULES}{{root}}{{channel}}>",
        "a:entry",
        "</a:feed>",
        ATOM_PIECES,
    ),
)
_CONTEXTS = ("", ' xml:lang="id"', ' xml:base="https://base.example.org/dir/"', ' xml:base="sub/" xml:lang="ru"')


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """Draw a well-formed feed of any kind with up to eight items of up to eight pieces."""
    shape = draw(st.sampled_from(SHAPES))
    start = shape.start.format(
        root=draw(st.sampled_from(_CONTEXTS[:2])), channel=draw(st.sampled_from(("", _CONTEXTS[2])))
    )
    parts = [start, *draw(st.lists(st.sampled_from(_HEADS), max_size=4, unique=True))]
    for number in range(draw(st.integers(0, 8))):
        context = draw(st.sampled_from(_CONTEXTS))
        pieces = draw(st.lists(st.sampled_from(shape.pieces), max_size=8))
        filled = [piece.format(n=number, d=draw(st.integers(0, 2))) for piece in pieces]
        parts.append(
            f"<{shape.item}{context}>" + draw(st.sampled_from(("", "\n  "))).join(filled) + f"</{shape.item}>\n"
        )
        if draw(st.booleans()) and draw(st.booleans()):
            parts.append(draw(st.sampled_from(_HEADS)))
    return "".join([*parts, shape.end]).encode()


def rss(*items: str, head: str = "", start: str = "") -> bytes:
    """Return an RSS 2.0 document with the usual modules declared."""
    body = "".join(f"<item>{item}</item>" for item in items)
    return f'{start}<rss version="2.0" {_MODULES}><channel><title>Kabar</title>{head}{body}</channel></rss>'.encode()
