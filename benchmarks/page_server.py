"""App Store Connect reduced to pages made beforehand: a benchmark then times the client, not the server.

`python benchmarks/page_server.py --reviews 50000 --apps 10 --latency-ms 50` prints its URL and serves
until its stdin ends.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import random
import re
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

PAGE = 200
WORDS = (
    "app crashes since update great love widget sync slow price subscription calendar dark mode please fix "
    "thank you support never works again perfect simple battery iPad export photo missing login account"
).split()
CJK = "起動しないアップデート後に落ちます直してください素晴らしい使いやすい遅い広告が多い写真同期通知設定"
TERRITORIES = ("USA", "DEU", "JPN", "FRA", "GBR", "BRA", "CHN", "KOR", "ESP", "ITA")
START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def review(number: int, dice: random.Random) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """One review and, for a quarter of them, its response, as Apple's API describes them."""
    if dice.random() < 0.24:
        body = "".join(dice.choices(CJK, k=dice.randint(20, 120)))
        title = "".join(dice.choices(CJK, k=dice.randint(4, 14)))
    else:
        body = " ".join(dice.choices(WORDS, k=dice.randint(6, 36)))
        title = " ".join(dice.choices(WORDS, k=dice.randint(1, 5)))
    identifier = f"00000042-{number:08x}-0001"
    item: dict[str, Any] = {
        "type": "customerReviews",
        "id": identifier,
        "attributes": {
            "rating": dice.randint(1, 5),
            "title": title,
            "body": body,
            "reviewerNickname": f"user_{dice.randrange(10**6)}",
            "createdDate": (START - timedelta(minutes=7 * number)).isoformat(),
            "territory": dice.choice(TERRITORIES),
        },
        "relationships": {
            "response": {"links": {"related": f"http://127.0.0.1/v1/customerReviews/{identifier}/response"}}
        },
    }
    if dice.random() >= 0.25:
        return item, None
    answer = {
        "type": "customerReviewResponses",
        "id": f"r{identifier}",
        "attributes": {
            "responseBody": " ".join(dice.choices(WORDS, k=30)),
            "lastModifiedDate": (START - timedelta(minutes=7 * number - 5)).isoformat(),
            "state": "PUBLISHED",
        },
    }
    item["relationships"]["response"]["data"] = {"type": "customerReviewResponses", "id": answer["id"]}
    return item, answer


def make_pages(reviews: int, apps: int, seed: int = 7) -> dict[str, bytes]:
    """Target without host -> whole HTTP answer, gzipped as Apple's are."""
    dice = random.Random(seed)
    answers: dict[str, bytes] = {}
    listed = []
    for app in range(apps):
        app_id = str(1_000_000_001 + app)
        listed.append(
            {
                "type": "apps",
                "id": app_id,
                "attributes": {"name": f"App {app}", "bundleId": f"com.example.app{app}", "sku": f"S{app}"},
            }
        )
        mine = [review(number, dice) for number in range(app, reviews, apps)]
        count = max(1, -(-len(mine) // PAGE))
        for page in range(count):
            part = mine[page * PAGE : (page + 1) * PAGE]
            path = f"/v1/apps/{app_id}/customerReviews"
            links = {"self": f"http://127.0.0.1{path}?limit={PAGE}"}
            if page + 1 < count:
                links["next"] = f"http://127.0.0.1{path}?cursor={page + 1}&limit={PAGE}"
            answers[f"{path}#{page}"] = _answer(
                {
                    "data": [item for item, _ in part],
                    "included": [answer for _, answer in part if answer],
                    "links": links,
                    "meta": {"paging": {"total": len(mine), "limit": PAGE}},
                }
            )
    answers["/v1/apps#0"] = _answer({"data": listed, "links": {"self": "http://127.0.0.1/v1/apps"}})
    return answers


NOTHING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


def _answer(document: dict[str, Any]) -> bytes:
    body = gzip.compress(json.dumps(document, indent=2).encode(), 6)
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
        f"X-Rate-Limit: user-hour-lim:3600;user-hour-rem:3500;\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def serve(answers: dict[str, bytes], latency_s: float) -> None:
    """Answers until stdin ends. Each answer comes `latency_s` after its request."""

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                target = head.split(b" ", 2)[1].decode()
                path, _, query = target.partition("?")
                cursor = re.search(r"cursor=(\d+)", query)
                if latency_s:
                    await asyncio.sleep(latency_s)
                writer.write(answers.get(f"{path}#{cursor[1] if cursor else 0}", NOTHING))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


def main() -> None:
    """Makes the pages and serves them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--reviews", type=int, default=50_000)
    parser.add_argument("--apps", type=int, default=3)
    parser.add_argument("--latency-ms", type=float, default=0)
    options = parser.parse_args()
    asyncio.run(serve(make_pages(options.reviews, options.apps), options.latency_ms / 1000))


if __name__ == "__main__":
    main()
