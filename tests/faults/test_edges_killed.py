"""The service is killed at every named edge; what comes after loses nothing and doubles nothing but what it must."""

from pathlib import Path

import pytest
from newsstand import Newsstand
from victims import Victims

from news.edges import Edge

#: at these an attempt may have been accepted without our knowing: this one, or, once one is recorded, that of the
#: other target, which is under way at the same time; the other side drops the repeat by its id
_MAY_REPEAT = {Edge.BEFORE_DOT, Edge.AFTER_DOT, Edge.AFTER_RECORD}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("edge", Edge)
async def test_nothing_is_lost_or_doubled_when_the_service_is_killed_at(
    edge: Edge, database: str, tmp_path: Path, victims: Victims
) -> None:
    async with Newsstand.open(database, tmp_path, victims) as stand:
        # What stands in a new feed without a time is backlog: a first service meets the empty feed.
        await stand.live()
        stand.publish(3)
        await stand.die(edge)
        await stand.live()
        stand.check(repeats=edge in _MAY_REPEAT)
