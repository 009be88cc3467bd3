"""Export of what is shown: asks for a file, writes it in the background."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ascinbox.core.errors import AscinboxError
from ascinbox.tui.widgets.menu import PromptScreen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ascinbox.core.records import ReviewDetail
    from ascinbox.tui.screens import FrameScreen
    from ascinbox.workers.workspace import Workspace


async def ask_export(screen: FrameScreen, what: str, query: str) -> None:
    """Asks where to; `what` is `reviews` or `activity`, of `query`."""
    app = screen.app

    async def answer(text: str) -> str | None:
        path = Path(text.strip()).expanduser()
        if path.suffix.lower() not in (".csv", ".json"):
            return "the name has to end in .csv or .json"
        if path.exists():
            return f"{path} exists; choose another name"
        await screen.app.pop_screen()
        app.notices.say(f"writing {path}")
        app.spawn(_write(screen, what, query, path))
        return None

    day = app.now().astimezone().date()
    notes = [".csv opens in spreadsheets (formula-safe), .json has everything; all rows of the filter, 0600"]
    title = f"Export {what} to"
    await screen.app.push_screen(PromptScreen(screen, title, answer, value=f"{what}-{day}.csv", notes=notes))


async def _write(screen: FrameScreen, what: str, query: str, path: Path) -> None:
    try:
        count = await screen.app.work(write_export, screen.app.workspace, what, query, path)
    except AscinboxError as error:
        screen.app.notices.tell_error(error)
        return
    screen.app.notices.say(f"wrote {count} rows to {path.absolute()}")


def write_export(workspace: Workspace, what: str, query: str, path: Path) -> int:
    """Writes the file; returns the number of rows. Runs in the background."""
    from ascinbox.workers.reviews import export
    from ascinbox.workers.reviews.activity import activity

    if what == "activity":
        from ascinbox.core.reviews.activity_filter import ActivityFilter

        items = ActivityFilter(query, workspace.me).of(activity(workspace))
        records = [export.activity_record(item) for item in items]
        if path.suffix.lower() == ".csv":
            export.export_to(path, lambda sink: export.write_activity_csv(sink, items))
        else:
            export.export_to(path, lambda sink: export.write_json(
                sink, "ascinbox.activity/1", "items", records,
                generated_at=workspace.clock.now(), cache_age_s=None))  # fmt: skip
        return len(items)

    written = 0
    due = workspace.config.answer_clock is not None

    def details() -> Iterator[ReviewDetail]:
        nonlocal written
        for detail in workspace.inbox.export(workspace.inbox.query(query)):
            written += 1
            yield detail

    if path.suffix.lower() == ".csv":
        export.export_to(path, lambda sink: export.write_reviews_csv(sink, details(), due=due))
    else:
        export.export_to(path, lambda sink: export.write_json(
            sink, "ascinbox.reviews/1", "reviews", map(export.review_record, details()),
            generated_at=workspace.clock.now(), cache_age_s=None))  # fmt: skip
    return written
