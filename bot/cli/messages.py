"""Commands about dead letters: messages that failed, and messages that were parked."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import click
from flask.cli import AppGroup

from bot.wiring import Parts
from domain.actions.delivery import dead_letters
from domain.errors import PulseOpsError, StillConflicting
from domain.scopes import SystemScope
from domain.transactions import transact
from domain.work import Work


def messages_group(parts: Parts) -> AppGroup:
    """Return the commands about messages to people that failed."""
    group = AppGroup("messages", help="Messages to people that failed.")

    @group.command("failed")
    @click.option("--days", default=7, show_default=True, help="How many days back.")
    def failed(days: int) -> None:
        """List failed messages with their reasons, without names and numbers of people."""
        work = _work(parts, "list failed messages")
        today = work.now.date()
        found = list(dead_letters.failed_messages(work, today - timedelta(days=days - 1), today))
        for message in found:
            at = f"{message.updated_at:%Y-%m-%d %H:%M}Z"
            clinic = message.clinic_id or "-"
            click.echo(f"{message.message_id}  {at}  {clinic}  {message.name}  {message.failure}")
        click.echo(f"{len(found)} failed.")

    @group.command("replay")
    @click.argument("message_ids", nargs=-1, required=True)
    def replay(message_ids: tuple[str, ...]) -> None:
        """Send failed messages again; those that are out of date are dropped."""
        open_work = partial(_work, parts, "send a failed message once more")
        with click.progressbar(message_ids, label="Replaying") as ids:
            for message_id in ids:
                try:
                    transact(open_work, partial(dead_letters.replay, message_id=message_id))
                except StillConflicting:
                    said = f"{message_id} was not queued again: it kept changing. Replay it again."
                    raise click.ClickException(said) from None
                except PulseOpsError as error:
                    raise click.ClickException(f"{message_id}: {error}") from None

    return group


def parked_group(parts: Parts) -> AppGroup:
    """Return the commands about messages from people that we could not handle."""
    group = AppGroup("parked", help="Messages from people that failed by our own fault.")

    @group.command("list")
    @click.option("--days", default=7, show_default=True, help="How many days back.")
    def show(days: int) -> None:
        """List parked messages; what people wrote stays encrypted."""
        work = _work(parts, "list parked messages")
        today = work.now.date()
        found = list(dead_letters.parked_messages(work, today - timedelta(days=days - 1), today))
        for message in found:
            clinic = message.clinic_id or "-"
            click.echo(f"{message.parked}  {message.at:%Y-%m-%d %H:%M}Z  {clinic}  {message.error}")
        click.echo(f"{len(found)} parked.")

    @group.command("replay")
    @click.argument("parked_ids", nargs=-1, required=True)
    def replay(parked_ids: tuple[str, ...]) -> None:
        """Handle parked messages again, by what is true now."""
        runner = parts.runner()
        with click.progressbar(parked_ids, label="Replaying") as ids:
            for parked_id in ids:
                try:
                    runner.replay(parked_id)
                except PulseOpsError as error:
                    raise click.ClickException(f"{parked_id}: {error}") from None
                except Exception as error:  # noqa: BLE001 - our own fault may be of any type
                    # Its text may hold what the person wrote.
                    said = f"{parked_id} fails still: {type(error).__name__}"
                    raise click.ClickException(said) from None

    return group


def _work(parts: Parts, purpose: str) -> Work:
    return parts.open_work(SystemScope(purpose))
