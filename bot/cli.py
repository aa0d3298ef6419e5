"""Operations from the command line: `flask --app bot pulseops …`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import click
from flask.cli import AppGroup

from bot.books import add_check_money
from bot.cli_messaging import messages_group, parked_group, push_templates
from bot.seed import CITY, demo_phones, seed_demo
from bot.wiring import Parts
from domain.actions import figures, sessions
from domain.model.accounts import Session
from domain.model.clinics import Role, StaffStatus, User
from domain.scopes import SystemScope
from domain.work import Work

AccessToken = Callable[[User, Session], str]


def commands(parts: Parts, access_token: AccessToken) -> AppGroup:
    """Return the group of commands for an installation made of *parts*.

    *access_token* makes the API's tokens.
    """
    group = AppGroup("pulseops", help="Run and look after an installation.")

    @group.command("init-db")
    def init_db() -> None:
        """Create the tables that are missing; what is there stays."""
        parts.store.create_tables()
        click.echo(f"Tables are ready in {parts.settings.database_url}.")

    @group.command("check-config")
    def check_config() -> None:
        """Say whether the settings can be used; a wrong one was named by now."""
        click.echo("The settings are good.")

    @group.command("seed")
    @click.option("--demo", is_flag=True, required=True, help="Two clinics, doctors, a history.")
    @click.option("--phones", type=click.Path(path_type=Path), help="Write the simulator's file.")
    def seed(*, demo: bool, phones: Path | None) -> None:
        """Fill an empty installation with demo clinics; a second run adds nothing twice."""
        del demo
        made = seed_demo(parts)
        click.echo("The demo clinics are new." if made else "The demo clinics are there already.")
        if phones is not None:
            phones.parent.mkdir(parents=True, exist_ok=True)
            phones.write_text(json.dumps(_simulator(parts), ensure_ascii=False, indent=1))

    _add_token(group, parts, access_token)

    _add_rebuild(group, parts)
    add_check_money(group, parts)

    @group.group("templates")
    def templates() -> None:
        """Message templates for people outside the 24-hour window."""

    @templates.command("push")
    def push() -> None:
        """Submit every message template to WhatsApp; those it has are left alone."""
        click.echo(push_templates(parts))

    group.add_command(messages_group(parts))
    group.add_command(parked_group(parts))
    return group


def _add_rebuild(group: AppGroup, parts: Parts) -> None:
    @group.command("rebuild-figures")
    def rebuild_figures() -> None:
        """Compute every day's figures anew, while the clinics go on working."""

        def open_work() -> Work:
            return parts.open_work(SystemScope("rebuild the figures"))

        changed = 0
        doctors = figures.every_doctor(open_work())
        with click.progressbar(doctors, label="Rebuilding figures") as every:
            for doctor in every:
                changed += figures.rebuild(open_work, doctor)
        click.echo(f"The figures of {len(doctors)} doctors are rebuilt; {changed} days differed.")


def _add_token(group: AppGroup, parts: Parts, access_token: AccessToken) -> None:
    @group.command("token")
    @click.option("--clinic", default=CITY, show_default=True, help="The clinic's id.")
    @click.option("--number", help="Whose account; without it, an admin's.")
    def token(*, clinic: str, number: str | None) -> None:
        """Print an access token, to try the API in development without signing in."""
        if parts.settings.production:
            raise click.ClickException("In production people sign in with a code and a password.")
        work = parts.open_work(SystemScope("try the API"))
        user = next((u for u in work.query(User, clinic).records if _is_meant(u, number)), None)
        if user is None:
            raise click.ClickException(f"Nobody of {clinic} is meant by that.")
        session = sessions.begin(work, user)
        work.commit()
        click.echo(access_token(user, session))


def _is_meant(user: User, number: str | None) -> bool:
    is_theirs = user.role is Role.ADMIN if number is None else user.whatsapp_number == number
    return is_theirs and user.status is StaffStatus.ACTIVE


def _simulator(parts: Parts) -> dict[str, object]:
    """Return the simulator's configuration: the numbers and people of the demo."""
    settings = parts.settings
    return {
        "app_secret": settings.whatsapp_webhook_secrets[0],
        "verify_token": settings.whatsapp_verify_token,
        "access_tokens": [settings.whatsapp_access_token],
        "waba_id": settings.whatsapp_business_account_id,
        "graph_version": settings.whatsapp_api_url.rsplit("/", 1)[-1],
        "webhook_url": os.environ.get(
            "WHATSAPP_WEBHOOK_URL", f"{settings.public_url}/api/v1/webhooks/whatsapp"
        ),
        # Ticks turn blue when somebody looks, and a number that staff add gets a phone of its own.
        "read": "viewed",
        "unknown_recipients": "new_phone",
        **demo_phones(settings.whatsapp_phone_number_id),
    }
