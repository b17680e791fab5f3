"""Why articles belong to their stories: the reason, how alike they are to which other article; read only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, bindparam, func, select

from news.store.schema import article, revision
from news.store.sql import chunks
from news.types import StoryReason


@dataclass(frozen=True, slots=True)
class Membership:
    """Why an article belongs to its story."""

    reason: StoryReason
    #: how alike it is to the article that it was compared with, 0 to 1; None where it was compared with none
    score: float | None
    #: that article's title, source and address; None where there is none, or it is forgotten
    title: str | None = None
    source: str | None = None
    url: str | None = None

    @property
    def copies(self) -> bool:
        """Whether the article is a copy of another."""
        return self.reason is not StoryReason.NEW

    @property
    def sentence(self) -> str:
        """The same in words."""
        what = "another article" if self.source is None else self.source
        if self.source is not None and self.title:
            what = f"“{self.title}” ({self.source})"
        match self.reason:
            case StoryReason.NEW:
                return "a story of its own"
            case StoryReason.SAME_URL:
                return "the same address as an article of it"
            case StoryReason.SAME_TEXT:
                return f"a copy: the same text as {what}"
            case StoryReason.NEAR_DUPLICATE:
                part = "" if self.score is None else f": {self.score:.0%} of the wording is the same"
                return f"a copy of {what}{part}"
            case StoryReason.SAME_HEADLINE:
                return f"a copy: the headline of {what}, over as short a text"


def memberships(conn: Connection, article_ids: Sequence[int]) -> Mapping[int, Membership]:
    """Return why these articles belong to their stories, by article; those that have none yet are left out."""
    found = {}
    for ids in chunks(article_ids):
        for row in conn.execute(_OF_ARTICLES, {"ids": ids}):
            reason = StoryReason(row.story_reason)
            found[int(row.id)] = Membership(reason, row.story_score, row.title or None, row.source, row.url)
    return found


_copied = article.alias("copied")
_own = revision.alias("own")
_FIRST = select(func.min(_own.c.number)).where(_own.c.article_id == _copied.c.id).scalar_subquery()
_OF_ARTICLES = (
    select(
        article.c.id, article.c.story_reason, article.c.story_score, revision.c.title, _copied.c.source, _copied.c.url
    )
    .select_from(
        article.join(_copied, _copied.c.id == article.c.copy_of, isouter=True).join(
            revision, and_(revision.c.article_id == _copied.c.id, revision.c.number == _FIRST), isouter=True
        )
    )
    .where(article.c.id.in_(bindparam("ids", expanding=True)), article.c.story_reason.is_not(None))
)
