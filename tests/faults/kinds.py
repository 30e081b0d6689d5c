"""The kinds of faults. Each does its harm and takes back what would not pass by itself."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from sqlalchemy.exc import DBAPIError

from journeys.errors import JourneysError
from tests.faults.endpoint import BAD_ANSWERS
from tests.faults.proxy import Proxy
from tests.faults.world import World

Fault = Callable[[World, random.Random], None]


def kill_worker(world: World, draws: random.Random) -> None:
    world.kill(draws.choice(world.workers), forget_lease=draws.random() < 0.8)


def kill_app(world: World, draws: random.Random) -> None:
    world.kill("app")


def kill_database(world: World, draws: random.Random) -> None:
    world.kill_database()
    time.sleep(draws.uniform(0.0, 1.0))
    if world.server:
        world.server.start()


def full_disk(world: World, draws: random.Random) -> None:
    world.disk.fill()
    time.sleep(draws.uniform(0.3, 1.5))
    world.disk.free()
    if world.server:
        world.server.start()  # it ends where it cannot write its log of changes


def drop_endpoint(world: World, draws: random.Random) -> None:
    _dropped(world.to_endpoint, draws)


def delay_endpoint(world: World, draws: random.Random) -> None:
    _delayed(world.to_endpoint, draws)


def drop_database(world: World, draws: random.Random) -> None:
    assert world.to_database
    _dropped(world.to_database, draws)


def delay_database(world: World, draws: random.Random) -> None:
    assert world.to_database
    _delayed(world.to_database, draws)


def _dropped(proxy: Proxy, draws: random.Random) -> None:
    proxy.refusing = draws.random() < 0.5
    proxy.drop()
    time.sleep(draws.uniform(0.1, 1.0))
    proxy.refusing = False


def _delayed(proxy: Proxy, draws: random.Random) -> None:
    proxy.delay = draws.uniform(0.02, 0.3)
    time.sleep(draws.uniform(0.5, 1.5))
    proxy.delay = 0.0


def bad_answers(world: World, draws: random.Random) -> None:
    world.endpoint.bad.extend(draws.choices(BAD_ANSWERS, k=draws.randint(1, 4)))


def moved_clock(world: World, draws: random.Random) -> None:
    world.clock.move(draws.choice([-86_400, -6 * 3600, -61, 0, 61, 6 * 3600, 86_400]))


def lapsed_leases(world: World, draws: random.Random) -> None:
    """What a jump of the database's clock does: workers who are alive seem dead."""
    world.lapses.append(time.monotonic())
    with suppress(DBAPIError):
        world.execute("UPDATE run SET heartbeat_at = 0 WHERE status = 'running'", {})


def damaged_cache(world: World, draws: random.Random) -> None:
    """Of vectors bytes flipped or ends cut off, of answers ends cut off; then they are needed."""
    with suppress(DBAPIError):
        rows = world.rows("SELECT key, data FROM vector")
        world.execute(
            "UPDATE vector SET data = :data WHERE key = :key",
            [
                {"key": key, "data": _broken(bytes(data), draws)}
                for key, data in draws.sample(rows, len(rows) // 4)
            ],
        )
        answers = world.rows("SELECT prompt_tokens FROM completion WHERE prompt_tokens > 0")
        numbers = [number for (number,) in draws.sample(answers, len(answers) // 4)]
        world.damaged.update(numbers)
        world.execute(
            "UPDATE completion SET text = substr(text, 1, 7), prompt_tokens = 0"
            " WHERE prompt_tokens = :number",
            [{"number": number} for number in numbers],
        )
    with suppress(DBAPIError, JourneysError):
        if world.runs:
            world.queue(draws.choice(list(world.runs.values())))


def _broken(data: bytes, draws: random.Random) -> bytes:
    if not data:
        return data
    where = draws.randrange(len(data))
    if draws.random() < 0.5:
        return data[:where]
    return data[:where] + bytes([data[where] ^ 1 << draws.randrange(8)]) + data[where + 1 :]


def kinds(world: World) -> dict[str, Fault]:
    """Those that this world can have, by name."""
    every: Sequence[Fault] = (
        kill_worker, kill_app, kill_database, full_disk, drop_endpoint, delay_endpoint,
        bad_answers, moved_clock, damaged_cache,
    )  # fmt: skip
    if world.on_postgresql:
        every = (*every, drop_database, delay_database, lapsed_leases)
    return {f.__name__: f for f in every if f is not full_disk or world.disk.own}
