"""The peer of `scripts/bench reminders`: procrastinate with one job that does nothing, in an environment of its own.

The database stands in PGURL; `procrastinate --app jobs.app` does the rest.
"""

import os

import procrastinate

app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=os.environ["PGURL"]))


@app.task(name="nothing")
async def nothing(number: int) -> None:
    """Takes the message and keeps nothing, as our null sink does."""


async def defer(count: int) -> None:
    """`count` jobs that are due."""
    async with app.open_async():
        for first in range(0, count, 1000):
            numbers = range(first, min(first + 1000, count))
            await nothing.batch_defer_async(*({"number": number} for number in numbers))
