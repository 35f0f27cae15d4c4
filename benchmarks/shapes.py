"""Seconds that rows take with many of them in one request, against one request for each.

`python -m benchmarks.shapes [--rows 10000] [--batch 100] [--delay 0] [--in-flight 64] [--rounds 3]`. Both are whole
runs (plan, claim, render, send, divide, store, announce) of the same rows, taken in turns. The server answers from a
process of its own: a list for a list, or one item.
"""

import argparse
import statistics
from typing import Any

from benchmarks import runs
from benchmarks.environment import answering, environment

ONE = {"body": '{"name": "{{Company}}", "size": {{Size}}}', "field_paths": ["name", "city"]}
MANY = ONE | {"body": '{"records": [{{#rows}}{"name": "{{Company}}", "size": {{Size}}}{{/rows}}]}'}


def serve(port: int, delay: float) -> None:
    import asyncio

    from aiohttp import web

    async def answer(request: web.Request) -> web.Response:
        sent = await request.json()
        await asyncio.sleep(delay)
        return web.json_response(
            {"results": list(map(enriched, sent["records"]))} if "records" in sent else enriched(sent)
        )

    def enriched(record: dict[str, Any]) -> dict[str, Any]:
        return {"name": record["name"], "city": "Utrecht", "founded": 1950}

    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/companies", answer)
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--delay", type=float, default=0, help="ms that the server takes")
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with answering(serve, given.delay / 1000) as address, environment():
        common = {"method": "POST", "url": f"{address}/companies", "max_in_flight": given.in_flight}
        many = MANY | common | {"batch": {"rows": given.batch, "items": "results"}}
        shares = []
        for number in range(given.rounds):
            single, batched = runs.run_rows(ONE | common, given.rows), runs.run_rows(many, given.rows)
            shares.append((batched.seconds / single.seconds, batched.processor / single.processor))
            print(
                f"round {number + 1}: alone {single.seconds:.2f} s, in batches {batched.seconds:.2f} s: "
                f"{shares[-1][0]:.1%}; of the processor {single.processor:.2f} and {batched.processor:.2f} s: "
                f"{shares[-1][1]:.1%}",
                flush=True,
            )
        time, processor = (statistics.median(share) for share in zip(*shares, strict=True))
        print(f"median: {time:.1%} of the time, {processor:.1%} of the processor")


if __name__ == "__main__":
    main()
