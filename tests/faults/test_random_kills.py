"""The service is killed again and again at moments drawn by chance; the seed is in the test's name."""

import random
from pathlib import Path

import pytest
from newsstand import Newsstand
from victims import Victims

_KILLS = 10
#: seconds after its start within which a service is killed: it has then begun, polled, told or come to rest
_WITHIN_S = 0.8


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", [20220105])
async def test_nothing_is_lost_or_doubled_however_often_the_service_is_killed(
    seed: int, database: str, tmp_path: Path, victims: Victims
) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret, and the same again
    async with Newsstand.open(database, tmp_path, victims) as stand:
        await stand.live()
        for _ in range(_KILLS):
            stand.publish(chance.randrange(3))
            await stand.live_for(chance.uniform(0, _WITHIN_S))
        stand.publish(1)
        await stand.live()
        stand.check(repeats=True)
