"""The link wizard in lines: what each of its six steps says. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from ascinbox.core.health.capabilities import OFFERED, Capability, info
from ascinbox.core.health.evidence import HealthState, Verdict
from ascinbox.core.health.planner import Plan, narrow_plans
from ascinbox.core.health.planner import steps as clicks_of
from ascinbox.core.records import App, CredentialKind
from ascinbox.core.stores import APP_STORE, kind_info
from ascinbox.core.text import list_cell
from ascinbox.tui.paint import BLANK, Line, PaintSpan, clip, line, pad, rule, spread, wrap
from ascinbox.tui.signs import BAR

if TYPE_CHECKING:
    from ascinbox.workers.accounts.rotating import Comparison
    from ascinbox.workers.accounts.trials import Trial

STEPS = ("Features", "Make key", "Key", "Checks", "Apps", "Vendor")
FEATURES, MAKE, KEY, CHECKS, APPS, VENDOR = range(1, 7)
KINDS: tuple[tuple[str, str, str], ...] = (
    (CredentialKind.TEAM, "Team key", "an Admin makes it; sees all apps; alone has sales, finance"),
    (
        CredentialKind.INDIVIDUAL,
        "Individual key",
        "one user's own: their roles and apps; no sales, no finance",
    ),
    (CredentialKind.REPORTER, "Reporter token", "sales and finance only; ends after 180 days"),
)
ROLES = {0: "good", 1: "warn", 2: "bad", 3: "dim", None: "dim"}


def title_line(rotating: str, step: int, width: int, steps: Sequence[str] = STEPS) -> Line:
    """`Link an account                  step 3 of 6`."""
    name = f"A new key for {list_cell(rotating)}" if rotating else "Link an account"
    return (PaintSpan(spread(f" {name}", f"step {step} of {len(steps)} ", width), "strong"),)


def steps_line(step: int, width: int, steps: Sequence[str] = STEPS) -> Line:
    """`1 Features ok · 2 Make key ok ·[3 Key]· 4 Checks · 5 Apps · 6 Vendor`."""
    spans: list[str | PaintSpan] = [" "]
    for number, name in enumerate(steps, 1):
        here = number == step
        words = f"{number} {name}" + (" ok" if number < step else "")
        spans.append(PaintSpan(f"[{words}]" if here else f" {words} ", "tab" if here else "dim"))
        if number < len(steps):
            spans.append(PaintSpan("·", "dim"))
    shown = line(*spans)
    return (
        shown
        if sum(len(s.text) for s in shown) <= width
        else (PaintSpan(clip(f" [{step} {steps[step - 1]}]", width), "tab"),)
    )


def feature_lines(chosen: Collection[Capability], kind: str, cursor: int, width: int) -> list[Line]:
    """Step 1: the features to tick, and the kind of credential."""
    # On a small screen the kinds are below the edge; which one is chosen has to be seen all the same.
    chosen_kind = next(name for entry, name, _ in KINDS if entry is kind)
    hint = "space ticks" if width >= 60 else f"{chosen_kind}, tab"
    lines: list[Line] = [rule("What is it for?", hint, width)]
    for number, capability in enumerate(OFFERED):
        row = info(capability)
        mark = "x" if capability in chosen else " "
        never = "" if kind in row.kinds else f"  (never with {kind_info(kind).one})"
        text = f"{BAR if number == cursor else ' '} [{mark}] {pad(row.title, 10)} {row.gives}{never}"
        lines.append((PaintSpan(clip(text, width), "cursor" if number == cursor else "text"),))
    lines += [BLANK, rule("With what kind of key?", "tab changes", width)]
    for entry, name, words in KINDS:
        mark = "(x)" if entry is kind else "( )"
        lines.append(
            (PaintSpan(clip(f"  {mark} {pad(name, 15)} {words}", width), "text" if entry is kind else "dim"),)
        )
    return lines


def plan_lines(plan: Plan, width: int) -> list[Line]:
    """Below step 1: the least access, and what to know before."""
    lines: list[Line] = [
        rule("Least access", "", width),
        (PaintSpan(clip(f" {plan.summary}", width), "strong"),),
    ]
    for note in plan.notes:
        lines += [(PaintSpan(f" {part}", "dim"),) for part in wrap(note, width - 2, 3)]
    if "Admin" in plan.access.split(" + ") and len(plan.features) > 1:
        narrow = [p for p in narrow_plans(plan.features) if p.features]
        if len(narrow) > 1 and all("Admin" not in p.access for p in narrow):
            both = " and ".join(f"{kind_info(p.kind).one} with {p.access}" for p in narrow)
            words = f"Narrower: {both}, linked one after the other under one name."
            lines += [(PaintSpan(f" {part}", "dim"),) for part in wrap(words, width - 2, 3)]
    return lines


def making_lines(plan: Plan, copy_key: str, width: int) -> list[Line]:
    """Step 2: the clicks that make the key."""
    lines: list[Line] = [rule("Make the key at Apple", "", width)]
    for number, step in enumerate(clicks_of(plan), 1):
        for first, part in enumerate(wrap(step, width - 6, 3)):
            lines.append((PaintSpan(f" {f'{number}.' if first == 0 else '':<3} {part}"),))
    lines.append(BLANK)
    words = (
        f"Not an Admin? {copy_key} copies a message to send to one: it names the access, the clicks and why. "
        "No + to press there? The Account Holder first presses Request Access in the same place."
    )
    lines += [(PaintSpan(f" {part}", "dim"),) for part in wrap(words, width - 2, 4)]
    lines += [(PaintSpan(" enter: the key is made"),)]
    return lines


def key_lines(kind: str, width: int) -> list[Line]:
    """Above the fields of step 3."""
    places: dict[str, str] = {
        CredentialKind.TEAM: (
            "appstoreconnect.apple.com > Users and Access > Integrations > App Store Connect API > Team "
            "Keys. "
            "Issuer ID is above the list, Key ID is in the row. The .p8 file downloads ONCE. Lost it? Revoke "
            "that key and make another."
        ),
        CredentialKind.INDIVIDUAL: (
            "appstoreconnect.apple.com > your name > Edit Profile > Individual API Key. The Key ID stands "
            "there; "
            "an individual key has no Issuer ID. The .p8 file downloads ONCE."
        ),
        CredentialKind.REPORTER: (
            "appstoreconnect.apple.com > Sales and Trends > Reports > About Reports. Put the token alone "
            "into a file of your own (chmod 600). It lives 180 days from the day on which it was made; a new "
            "one ends it at once."
        ),
    }
    where = places[kind]
    lines: list[Line] = [rule("Where to find these", "", width)]
    lines += [(PaintSpan(f" {part}"),) for part in wrap(where, width - 2, 5)]
    return [*lines, BLANK]


def promise_lines(folder: str, width: int) -> list[Line]:
    """Below the fields of step 3."""
    words = (
        "ascinbox never asks for an Apple password or 2FA code. Nothing is saved before step 6; then the key "
        "is "
        f"copied to where you choose there (such as {folder}, 0600)."
    )
    return [(PaintSpan(f" {part}", "dim"),) for part in wrap(words, width - 2, 3)]


def trial_lines(trial: Trial, chosen: Collection[Capability], width: int) -> list[Line]:
    """The live checks, two a line."""
    cells = _checks(trial, chosen)
    refused = sum(1 for mark, _ in cells if mark == "x")
    passed = sum(1 for mark, _ in cells if mark == "+")
    lines: list[Line] = [rule("Live checks (read only)", f"{passed} passed, {refused} refused", width)]
    half = max(30, (width - 2) // 2)
    roles = {"+": "good", "x": "bad", "!": "warn"}
    row: list[PaintSpan] = []
    for mark, words in cells:
        text = f"{mark} {words}"
        wide = len(text) > half - 2
        if wide and row:
            lines.append(line(" ", *row))
            row = []
        row.append(PaintSpan(pad(text, half if not wide else width - 2), roles.get(mark, "dim")))
        if wide or len(row) == 2:
            lines.append(line(" ", *row))
            row = []
    if row:
        lines.append(line(" ", *row))
    return lines


def _checks(trial: Trial, chosen: Collection[Capability]) -> list[tuple[str, str]]:
    skew = "" if trial.skew_s is None else f", clock {abs(trial.skew_s):.0f} s off Apple's"
    off = trial.skew_s is not None and abs(trial.skew_s) > 60
    cells = [
        ("!" if off else "+", f"token signed{skew}"),
        ("+", f"Apple reached in {trial.elapsed_s * 1000:.0f} ms"),
    ]
    if trial.candidate.kind != CredentialKind.REPORTER:
        cells.append(("+", f"{'apps':<9} {len(trial.apps)} found"))
    for capability in OFFERED:
        verdict = trial.verdicts.get(capability)
        if verdict is not None and capability in chosen:
            cells.append((verdict.state.mark, f"{capability.value:<9} {_short(verdict)}"))
    return cells


def _short(verdict: Verdict) -> str:
    match verdict.state:
        case HealthState.OK:
            return "may read"
        case HealthState.NEVER if verdict.capability in {"sales", "finance"}:
            return "after the vendor number (step 6)"
        case HealthState.ASSUMED:
            return "proved by your first reply"
        case HealthState.PENDING if "no report has been requested" in verdict.detail:
            return "no report request yet; creating the first needs an Admin key"
        case HealthState.NOT_POSSIBLE:
            return f"never with {_a_kind_of(verdict)}"
        case _:
            return f"{verdict.evidence.partition(' ')[0]} {verdict.state.word}".strip()


def _a_kind_of(verdict: Verdict) -> str:
    return "a Reporter token" if "Reporter" in verdict.detail else "an individual key"


def matrix_lines(trial: Trial, chosen: Collection[Capability], width: int) -> list[Line]:
    """Step 4: what works, and what the rest needs."""
    lines: list[Line] = [rule("What this key may do", "", width)]
    gaps: list[Verdict] = []
    for capability in OFFERED:
        if capability not in chosen or capability not in trial.verdicts:
            continue
        verdict = trial.verdicts[capability]
        text = f" {pad(info(capability).title, 11)} {pad(verdict.cell, 13)} "
        lines.append(
            line(
                PaintSpan(text, ROLES[verdict.severity]), PaintSpan(clip(_short(verdict), width - 28), "dim")
            )
        )
        if verdict.severity in {1, 2}:
            gaps.append(verdict)
    if not gaps:
        return [
            *lines,
            BLANK,
            (PaintSpan(" All that you chose works, as far as it can be tested. enter goes on.", "good"),),
        ]
    lines.append(BLANK)
    names = ", ".join(info(v.capability).title for v in gaps)
    words = (
        f"You chose {names}; this key may not. Go on without (it will say {gaps[0].cell}, all else works), "
        "or make "
        "another key and come back with esc."
    )
    lines += [(PaintSpan(f" {part}"),) for part in wrap(words, width - 2, 4)]
    for text in dict.fromkeys(f"{verdict.detail} {verdict.fix}" for verdict in gaps):
        lines.append(BLANK)
        lines += [(PaintSpan(f" {part}", "dim"),) for part in wrap(text, width - 2, 6)]
    return lines


def comparison_lines(comparison: Comparison, width: int) -> list[Line]:
    """Step 4 of a rotation: old and new side by side."""
    lines: list[Line] = [
        rule("Old key and new key", "", width),
        (PaintSpan(f" {pad('', 11)} {pad('old key', 16)} new key", "dim"),),
    ]
    for name, before in comparison.before.items():
        after = comparison.after.get(name)
        if after is None:
            continue
        lines.append(
            line(
                PaintSpan(f" {pad(info(name).title, 11)} "),
                PaintSpan(pad(before.cell, 16), ROLES[before.severity]),
                " ",
                PaintSpan(after.cell, ROLES[after.severity]),
            )
        )
    lines.append(BLANK)
    if comparison.lost:
        words = (
            f"With the new key, {', '.join(comparison.lost)} would stop working. enter asks for the word "
            "switch; "
            "esc goes back, the old key stays in use."
        )
        return lines + [(PaintSpan(f" {part}", "bad"),) for part in wrap(words, width - 2, 4)]
    words = "Nothing is lost with the new key. The old one stays in use until the last step."
    if comparison.switched_on:
        words = f"Switched on with the new key: {', '.join(comparison.switched_on)}. {words}"
    return [*lines, *((PaintSpan(f" {part}", "good"),) for part in wrap(words, width - 2, 4))]


def app_lines(apps: Sequence[App], hidden: Collection[str], cursor: int, width: int) -> list[Line]:
    """Step 5: which apps are shown."""
    shown = sum(1 for app in apps if app.id not in hidden)
    lines: list[Line] = [rule("Apps to show", f"{shown} of {len(apps)}", width)]
    for number, app in enumerate(apps):
        mark = " " if app.id in hidden else "x"
        text = f"{BAR if number == cursor else ' '} [{mark}] {pad(list_cell(app.name), 30)} {app.id}"
        lines.append((PaintSpan(clip(text, width), "cursor" if number == cursor else "text"),))
    return lines


def apps_note(kind: str, width: int) -> list[Line]:
    """Below step 5."""
    words = (
        "A team key always sees every app of the team: this only hides them here. To limit the key itself, "
        "use "
        "the individual key of a user who sees some apps only."
        if kind == CredentialKind.TEAM
        else "The key sees the apps of its user; this hides some of them here."
    )
    return [(PaintSpan(f" {part}", "dim"),) for part in wrap(words, width - 2, 3)]


def vendor_lines(needed: bool, vendors: Sequence[str], width: int) -> list[Line]:
    """Step 6: where the vendor number is found."""
    lines: list[Line] = [rule("Vendor number", "", width)]
    if not needed:
        words = "Not needed: neither Sales nor Finance was chosen. enter goes on."
    elif vendors:
        words = f"The token reaches: {', '.join(vendors)}."
    else:
        words = (
            f"Apple's API does not tell it: {APP_STORE.place('vendor number')}, at the top "
            "left. It "
            "is tested with a sales report. Left empty, Sales and Finance wait until you give it."
        )
    return [*lines, *((PaintSpan(f" {part}"),) for part in wrap(words, width - 2, 4)), BLANK]


def problem_lines(title: str, detail: str, next_step: str, width: int) -> list[Line]:
    """A refusal: the cause, Apple's words, what to do."""
    lines: list[Line] = []
    for text, role in ((f"x {title}", "bad"), (detail, "dim"), (next_step, "text")):
        lines += [(PaintSpan(f" {part}", role),) for part in wrap(text, width - 2, 6)] if text else []
    return lines


def values_kept(values: Mapping[str, str]) -> str:
    """A sentence about what was typed before and is still there."""
    return "continuing where you left; " + ", ".join(sorted(name for name, value in values.items() if value))
