"""Operations about messages: those that failed, those that were parked, templates at providers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import click
import requests
from flask.cli import AppGroup

from bot.channels.http import new_session
from bot.channels.twilio.client import new_client
from bot.channels.twilio.contents import content_of, create, listed, menus, submit
from bot.wiring import Parts
from domain.actions import dead_letters
from domain.channel import SendFailed, SendUnknown
from domain.errors import Conflict, PulseOpsError
from domain.scopes import SystemScope
from domain.work import Work

TIMEOUT_SECONDS = 10
TRIES = 5


def messages_group(parts: Parts) -> AppGroup:
    """Return the commands about messages to people that failed."""
    group = AppGroup("messages", help="Messages to people that failed.")

    @group.command("failed")
    @click.option("--days", default=7, show_default=True, help="How many days back.")
    def failed(days: int) -> None:
        """List what failed, with the reason; names and numbers of people stay out."""
        work = _work(parts, "list failed messages")
        today = work.now.date()
        found = list(dead_letters.failed(work, today - timedelta(days=days - 1), today))
        for message in found:
            at = f"{message.updated_at:%Y-%m-%d %H:%M}Z"
            clinic = message.clinic_id or "-"
            click.echo(f"{message.message_id}  {at}  {clinic}  {message.name}  {message.failure}")
        click.echo(f"{len(found)} failed.")

    @group.command("replay")
    @click.argument("message_ids", nargs=-1, required=True)
    def replay(message_ids: tuple[str, ...]) -> None:
        """Send failed messages once more; those that no longer help are dropped."""
        with click.progressbar(message_ids, label="Replaying") as ids:
            for message_id in ids:
                try:
                    _once_more(parts, message_id)
                except PulseOpsError as error:
                    raise click.ClickException(f"{message_id}: {error}") from None

    return group


def parked_group(parts: Parts) -> AppGroup:
    """Return the commands about messages from people that could not be handled."""
    group = AppGroup("parked", help="Messages from people that failed by our own fault.")

    @group.command("list")
    @click.option("--days", default=7, show_default=True, help="How many days back.")
    def show(days: int) -> None:
        """List what is parked; what the person wrote stays encrypted."""
        work = _work(parts, "list parked messages")
        today = work.now.date()
        found = list(dead_letters.parked(work, today - timedelta(days=days - 1), today))
        for message in found:
            clinic = message.clinic_id or "-"
            click.echo(f"{message.parked}  {message.at:%Y-%m-%d %H:%M}Z  {clinic}  {message.error}")
        click.echo(f"{len(found)} parked.")

    @group.command("replay")
    @click.argument("parked_ids", nargs=-1, required=True)
    def replay(parked_ids: tuple[str, ...]) -> None:
        """Handle parked messages again, judged by what is true now."""
        runner = parts.runner()
        with click.progressbar(parked_ids, label="Replaying") as ids:
            for parked_id in ids:
                try:
                    runner.replay(parked_id)
                except PulseOpsError as error:
                    raise click.ClickException(f"{parked_id}: {error}") from None
                except Exception as error:  # noqa: BLE001 - whatever our own fault was
                    # Its text may hold what the person wrote.
                    said = f"{parked_id} fails still: {type(error).__name__}"
                    raise click.ClickException(said) from None

    return group


def push_templates(parts: Parts) -> str:
    """Submit every message template to the provider, and return what was done.

    Raises:
        click.ClickException: If the provider refused.
    """
    by_twilio = parts.settings.whatsapp_provider == "twilio"
    submitted, of = _push_to_twilio(parts) if by_twilio else _push_to_meta(parts)
    return f"{submitted} templates are submitted, {of} in all."


def _push_to_meta(parts: Parts) -> tuple[int, int]:
    settings = parts.settings
    url = f"{settings.whatsapp_api_url}/{settings.whatsapp_business_account_id}/message_templates"
    headers = {"Authorization": f"Bearer {settings.whatsapp_access_token}"}
    has = set(_at_meta(url, headers))
    every = [e.payload() for e in parts.renderer.template_catalogue()]
    missing = [e for e in every if (e["name"], e["language"]) not in has]
    with click.progressbar(missing, label="Submitting templates") as entries:
        for entry in entries:
            answer = requests.post(url, json=entry, headers=headers, timeout=TIMEOUT_SECONDS)
            if answer.status_code >= HTTPStatus.BAD_REQUEST:
                raise click.ClickException(f"{entry['name']}: {answer.text}")
    return len(missing), len(every)


def _at_meta(url: str, headers: dict[str, str]) -> Iterator[tuple[str, str]]:
    params: dict[str, Any] = {"limit": 500}
    known = requests.get(url, headers=headers, params=params, timeout=TIMEOUT_SECONDS)
    if known.status_code >= HTTPStatus.BAD_REQUEST:
        raise click.ClickException(f"WhatsApp does not list its templates: {known.text}")
    for template in known.json()["data"]:
        yield template["name"], template["language"]


def _push_to_twilio(parts: Parts) -> tuple[int, int]:
    settings = parts.settings
    with new_session() as session:
        client = new_client(
            settings.twilio_account_sid,
            settings.twilio_auth_token,
            settings.twilio_api_url,
            session,
        )
        try:
            has = {key: (sid, approval) for key, sid, approval in listed(client)}
            catalogue = parts.renderer.template_catalogue()
            for menu in menus():
                if (menu["friendly_name"], menu["language"]) not in has:
                    create(client, menu)
            missing = [
                d
                for d in catalogue
                if has.get((d.name, d.language), ("", ""))[1] in {"", "UNSUBMITTED"}
            ]
            with click.progressbar(missing, label="Submitting templates") as definitions:
                for definition in definitions:
                    sid, _ = has.get((definition.name, definition.language), ("", ""))
                    sid = sid or create(client, content_of(definition))
                    submit(client, sid, definition.name, definition.category)
        except (SendFailed, SendUnknown) as error:
            raise click.ClickException(str(error)) from None
    return len(missing), len(catalogue)


def _once_more(parts: Parts, message_id: str) -> None:
    for _ in range(TRIES):
        work = _work(parts, "send a failed message once more")
        dead_letters.replay(work, message_id)
        try:
            work.commit()
        except Conflict:
            continue
        return


def _work(parts: Parts, purpose: str) -> Work:
    return parts.open_work(SystemScope(purpose))
