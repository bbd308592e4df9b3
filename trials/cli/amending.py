"""The command of amendments: what a locked plan may still become, and what it has become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trials.cli.output import JsonTarget, TrialId, at_work, registry_and_actor, say, show_table, write_json
from trials.cli.targets import reads

if TYPE_CHECKING:
    from designs.finding import Open
    from trials.registry.records import AmendmentRecord


def register(app: typer.Typer) -> None:
    """Add this file's command."""
    app.command("amend")(amend)


def amend(
    trial: TrialId,
    protocol: Annotated[
        Path | None,
        typer.Argument(metavar="PROTOCOL", callback=reads, help="The plan as it is to be; its texts lie beside it."),
    ] = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why; it is shown for ever.")] = None,
    confirm: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Confirm this amendment, which somebody else proposed.")
    ] = None,
    withdraw: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Take back the amendment that --amendment names, and say why.")
    ] = None,
    amendment: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="The amendment that was read and is taken back.")
    ] = None,
    json_to: JsonTarget = None,
) -> None:
    """Amend a locked plan. It takes two people, and the original is kept; without more, list the amendments."""
    from trials.errors import TrialRefused

    if (
        sum(given is not None for given in (protocol, confirm, withdraw)) > 1
        or (protocol is None) != (reason is None)
        or ((withdraw is None) != (amendment is None))
    ):
        raise TrialRefused(
            "say PROTOCOL with --reason TEXT to propose an amendment, --confirm N to confirm or --withdraw TEXT with "
            "--amendment N to take back one, or none of these to list them",
            where=trial,
        )
    if protocol is not None and reason is not None:
        _propose(trial, protocol, reason, json_to)
    elif confirm is not None or withdraw is not None:
        _settle(trial, confirm or amendment or 0, withdraw, json_to)
    else:
        with registry_and_actor() as (registry, actor), registry.read(actor, trial) as reader:
            found, missing = reader.amendments(trial)
        _show(trial, found, missing, json_to)


def _propose(trial: str, protocol: Path, reason: str, json_to: Any) -> None:
    from trials.stages.amend import amend as amend_stage

    with registry_and_actor() as (registry, actor), at_work("Comparing it with the plan in force"):
        proposed = amend_stage(registry, actor, trial, protocol, reason=reason)
    number = proposed.record.number
    _show(trial, (proposed.record,), proposed.to_sign, json_to)
    say(
        f"Amendment {number} of {trial} is proposed, and the plan in force stays until it is confirmed. Somebody else "
        f"confirms it{' once that is signed' if proposed.to_sign else ''}: otm amend {trial} --confirm {number}"
    )


def _settle(trial: str, number: int, withdraw: str | None, json_to: Any) -> None:
    from trials.stages.amend import confirm_amendment, withdraw_amendment

    with registry_and_actor() as (registry, actor):
        if withdraw is None:
            record = confirm_amendment(registry, actor, trial, number)
        else:
            record = withdraw_amendment(registry, actor, trial, number, reason=withdraw)
    if json_to is not None:
        write_json(json_to, {"trial": trial, "amendments": [_as_json(record)]})
    what = "in force. The original is kept, and every later screen says so" if record.in_force else "withdrawn"
    say(f"Amendment {record.number} of {trial} is {what}.")


def _show(trial: str, found: Sequence[AmendmentRecord], missing: Sequence[Open], json_to: Any) -> None:
    from trials.reporting.amended import amendment_line

    if json_to is not None:
        document = {"trial": trial, "amendments": [_as_json(each) for each in found]}
        write_json(json_to, {**document, "to_sign": [asdict(each) for each in missing]})
        return
    if not found:
        typer.echo(f"The plan of {trial} was never amended.")
    for each in found:
        typer.echo(amendment_line(each))
        rows = ((place.where, place.before or "", place.after or "") for place in each.changes)
        show_table(("where", f"version {each.amends}", f"version {each.version}"), rows)
    for lack in missing:
        typer.echo(f"To be signed: {lack.problem}. To do: {lack.remedy}. Who: {lack.clears.replace('_', ' ')}.")


def _as_json(record: AmendmentRecord) -> dict[str, Any]:
    from trials.reporting.amended import as_values

    return as_values(record)
