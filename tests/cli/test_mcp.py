"""`ascinbox mcp`, spoken with by the official client: what it offers, and what it cannot do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import PROGRAM, Trip

if TYPE_CHECKING:
    from mcp import ClientSession

READING = {"search_reviews", "read_review", "health", "metrics"}


@asynccontextmanager
async def agent(trip: Trip, *options: str) -> AsyncIterator[ClientSession]:
    # Its import takes a tenth of the time in which all tests are collected, in each process of theirs.
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client

    command, *arguments = (*PROGRAM, "mcp", *options)
    server = StdioServerParameters(command=command, args=arguments, env=trip.environment)
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        yield session


async def call(session: ClientSession, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await session.call_tool(tool, arguments)
    content: Any = result.content[0]
    assert not result.is_error, content.text
    found: dict[str, Any] = json.loads(content.text)
    return found


@pytest.fixture
def synced(trip: Trip) -> Trip:
    trip.link()
    assert trip.run("sync", "--only", "reviews").returncode == 0
    return trip


@pytest.mark.slow
async def test_an_agent_finds_and_reads_and_can_do_nothing_else(synced: Trip) -> None:
    async with agent(synced) as session:
        assert {tool.name for tool in (await session.list_tools()).tools} == READING
        found = await call(session, "search_reviews", query="rating:1", limit=3)
        assert 0 < len(found["reviews"]) <= 3
        assert found["total"] >= len(found["reviews"])
        review = await call(session, "read_review", review_id=found["reviews"][0]["id"])
        assert {"title", "body", "rating", "language", "earlier", "draft"} <= set(review)
        assert not {"note", "tags", "assignee"} & set(review)
        assert (await call(session, "health"))["accounts"]
        assert (await call(session, "metrics", by="app"))["rows"] is not None
        wrong = await session.call_tool("search_reviews", {"query": "nonsense:1"})
        assert wrong.is_error
        refused = await session.call_tool("save_draft", {"review_id": review["id"], "text": "x"})
        assert refused.is_error
    assert synced.json("outbox")["items"] == []


@pytest.mark.slow
async def test_with_drafts_it_saves_one_and_never_over_a_persons(synced: Trip) -> None:
    listed = synced.json("reviews", "is:unanswered", "--limit", "1")["reviews"]
    review_id = listed[0]["id"]
    async with agent(synced, "--drafts") as session:
        assert {tool.name for tool in (await session.list_tools()).tools} == {*READING, "save_draft"}
        text = "Sorry! Mail bob@evil.example \x1b[31m" + "x" * 9000
        kept = await call(session, "save_draft", review_id=review_id, text=text)
        assert "\x1b" not in kept["text"]
        assert len(kept["text"]) <= 5970
        assert any("bob@evil.example" in warning for warning in kept["warnings"])
        again = await session.call_tool("save_draft", {"review_id": review_id, "text": "Other"})
        assert again.is_error
    assert synced.json("outbox")["items"] == []
    activity = synced.run("export", "activity", "--json")
    told = [item for item in json.loads(activity.stdout)["items"] if item["act"] == "draft"]
    assert [item["review"] for item in told] == [review_id]
