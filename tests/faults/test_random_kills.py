"""The service is killed again and again at moments drawn by chance; the seed is in the test's name."""

import random
from pathlib import Path

import pytest
from newsstand import Newsstand
from victims import Victims

_KILLS = 10
#: a service is killed within so many times what it takes to tell a story: while it begins, polls, tells, or rests
_WITHIN = 1.3


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", [20220105])
async def test_nothing_is_lost_or_doubled_however_often_the_service_is_killed(
    seed: int, database: str, tmp_path: Path, victims: Victims
) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret, and the same again
    async with Newsstand.open(database, tmp_path, victims) as stand:
        await stand.live()
        stand.publish(1)
        took = await stand.live()
        for _ in range(_KILLS):
            stand.publish(chance.randrange(3))
            await stand.live_for(chance.uniform(0, _WITHIN * took))
        stand.publish(1)
        await stand.live()
        stand.check(repeats=True)
