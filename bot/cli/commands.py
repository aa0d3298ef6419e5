"""The commands of operators: `flask --app bot pulseops …`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Literal, Protocol

import click
from click import ClickException
from flask.cli import AppGroup

from bot.channels.twilio import signature
from bot.cli.accounts import add_unfreeze
from bot.cli.check_live import look_at_everything
from bot.cli.check_money import add_check_money, all_clinics
from bot.cli.clinics import clinics_group
from bot.cli.messages import messages_group, parked_group
from bot.cli.seed import CITY, PLATFORM_NUMBER, demo_phones, seed_demo
from bot.cli.templates import templates_group
from bot.config.settings import Settings
from bot.wiring import Parts
from domain.actions.people import directory
from domain.actions.people import export as patient_export
from domain.actions.people.patients import KnownPatient
from domain.actions.reports import figures
from domain.actions.staff import sessions
from domain.actors import Caller
from domain.errors import PulseOpsError, StillConflicting
from domain.model.accounts import Session
from domain.model.clinics import Role, StaffStatus, User
from domain.scopes import ClinicScope, SystemScope
from domain.work import Work

AccessToken = Callable[[User, Session], str]


class PatientsFile(Protocol):
    """Formats patients as the API's export does."""

    def __call__(
        self,
        everybody: Iterable[KnownPatient],
        file_format: Literal["CSV", "JSON"],
        *,
        phones: bool,
    ) -> Iterator[str]:
        """Return the parts of the file."""
        ...


def commands(parts: Parts, access_token: AccessToken, patients_file: PatientsFile) -> AppGroup:
    """Return the group of commands for an installation made of *parts*.

    *access_token* makes the API's access tokens, *patients_file* the files of its exports.
    """
    group = AppGroup("pulseops", help="Run and look after an installation.")

    @group.command("init-db")
    def init_db() -> None:
        """Create the tables that are missing; existing ones stay as they are."""
        parts.store.create_tables()
        click.echo(f"Tables are ready in {parts.settings.database_url}.")

    @group.command("check-config")
    @click.option("--live", is_flag=True, help="Also ask whether each of them works.")
    def check_config(*, live: bool) -> None:
        """Say that the settings can be used; wrong ones have ended the command before.

        With --live it asks Redis, every table and index, the place for files, WhatsApp and the
        gateway, and ends with 1 if one of them does not work.
        """
        click.echo("The settings are good.")
        looks = list(look_at_everything(parts)) if live else []
        for look in looks:
            click.echo(f"{look.name}: {look.fault or 'good'}")
        if any(look.fault for look in looks):
            raise ClickException("Not everything works.")

    @group.command("seed")
    @click.option(
        "--demo",
        is_flag=True,
        default=True,
        help="Two clinics, doctors, a history. There is nothing else, so it may be left out.",
    )
    @click.option("--phones", type=click.Path(path_type=Path), help="Write the simulator's file.")
    def seed(*, demo: bool, phones: Path | None) -> None:
        """Add the demo clinics to an empty installation; a second run adds nothing twice."""
        del demo
        made = seed_demo(parts)
        click.echo("The demo clinics are new." if made else "The demo clinics are there already.")
        if phones is not None:
            phones.parent.mkdir(parents=True, exist_ok=True)
            phones.write_text(json.dumps(_simulator(parts), ensure_ascii=False, indent=1))

    _add_token(group, parts, access_token)
    _add_export(group, parts, patients_file)
    _add_rebuild(group, parts)
    _add_rebuild_directory(group, parts)
    add_check_money(group, parts)
    add_unfreeze(group, parts)

    group.add_command(templates_group(parts))
    group.add_command(messages_group(parts))
    group.add_command(clinics_group(parts))
    group.add_command(parked_group(parts))
    return group


def _add_rebuild(group: AppGroup, parts: Parts) -> None:
    @group.command("rebuild-figures")
    def rebuild_figures() -> None:
        """Compute every day's figures again, while the clinics go on working."""

        def open_work() -> Work:
            return parts.open_work(SystemScope("rebuild the figures"))

        changed = 0
        doctors = figures.list_all_doctors(open_work())
        with click.progressbar(doctors, label="Rebuilding figures") as every:
            for doctor in every:
                try:
                    changed += figures.rebuild_figures(open_work, doctor)
                except StillConflicting:
                    said = f"The figures of {doctor.doctor_id} kept changing: run this again."
                    raise click.ClickException(said) from None
        click.echo(f"The figures of {len(doctors)} doctors are rebuilt; {changed} days differed.")


def _add_rebuild_directory(group: AppGroup, parts: Parts) -> None:
    @group.command("rebuild-directory")
    def rebuild_directory() -> None:
        """Enter patients anew whose names were entered by older rules of comparison."""

        def open_work() -> Work:
            return parts.open_work(SystemScope("rebuild the directory of patients"))

        work = open_work()
        owners = [Caller(c.clinic_id, None) for c in all_clinics(work)]
        owners += [Caller(d.clinic_id, d.doctor_id) for d in figures.list_all_doctors(work)]
        changed = 0
        with click.progressbar(owners, label="Rebuilding the directory") as every:
            for owner in every:
                try:
                    changed += directory.rebuild_entries(open_work, owner)
                except StillConflicting:
                    said = f"The patients of {owner.owner} kept changing: run this again."
                    raise click.ClickException(said) from None
        click.echo(f"{changed} entries of {len(owners)} directories were made anew.")


def _add_export(group: AppGroup, parts: Parts, patients_file: PatientsFile) -> None:
    @group.command("export")
    @click.option("--clinic", required=True, help="The clinic's id.")
    @click.option(
        "--format",
        "file_format",
        type=click.Choice(["CSV", "JSON"], case_sensitive=False),
        default="CSV",
        show_default=True,
    )
    @click.option("--include-phones", is_flag=True, help="With phone numbers.")
    @click.option(
        "--to",
        type=click.Path(dir_okay=False, path_type=Path),
        help="The file to write, for its owner's eyes; otherwise standard output.",
    )
    def export(
        *, clinic: str, file_format: Literal["CSV", "JSON"], include_phones: bool, to: Path | None
    ) -> None:
        """Write all patients of a clinic to a file, and note that in its audit log.

        The file is the same as that of the API's GET patients/export.
        """

        def open_work() -> Work:
            return parts.open_work(ClinicScope(clinic))

        about = {"format": file_format, "includePhones": str(include_phones).lower()}
        try:
            work = open_work()
            count = patient_export.log_operator_export(work, about)
            work.commit()
            with click.progressbar(
                patient_export.iterate_patients(open_work),
                length=count,
                label="Exporting patients",
                file=sys.stderr,
            ) as everybody:
                written = patients_file(everybody, file_format, phones=include_phones)
                if to is None:
                    _write(written, sys.stdout.buffer)
                else:
                    _write_privately(written, to)
        except PulseOpsError as error:
            raise click.ClickException(str(error)) from None
        except OSError as error:
            raise click.ClickException(f"It cannot be written: {error}") from None


def _write_privately(written: Iterable[str], to: Path) -> None:
    """Write the file whole or not at all, readable by its owner only."""
    part = to.with_name(f"{to.name}.part")
    part.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            _write(written, file)
        part.replace(to)
    finally:
        part.unlink(missing_ok=True)


def _write(written: Iterable[str], file: IO[bytes]) -> None:
    for piece in written:
        file.write(piece.encode())
    file.flush()


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
        session = sessions.start_session(work, user)
        work.commit()
        click.echo(access_token(user, session))


def _is_meant(user: User, number: str | None) -> bool:
    is_theirs = user.role is Role.ADMIN if number is None else user.whatsapp_number == number
    return is_theirs and user.status is StaffStatus.ACTIVE


def _simulator(parts: Parts) -> dict[str, object]:
    """Return the simulator's configuration: the provider, the numbers and people of the demo."""
    settings = parts.settings
    by_twilio = settings.whatsapp_provider == "twilio"
    provider = _twilio(settings) if by_twilio else _cloud(settings)
    number = settings.twilio_whatsapp_from if by_twilio else None
    return {
        **provider,
        # Ticks turn blue when somebody looks, and a number that staff add gets a phone.
        "read": "viewed",
        "unknown_recipients": "new_phone",
        **demo_phones(settings.whatsapp_phone_number_id, number or PLATFORM_NUMBER),
    }


def _cloud(settings: Settings) -> dict[str, object]:
    return {
        "app_secret": settings.whatsapp_webhook_secrets[0],
        "verify_token": settings.whatsapp_verify_token,
        "access_tokens": [settings.whatsapp_access_token],
        "waba_id": settings.whatsapp_business_account_id,
        "graph_version": settings.whatsapp_api_url.rsplit("/", 1)[-1],
        "webhook_url": os.environ.get("WHATSAPP_WEBHOOK_URL")
        or f"{settings.public_url}/api/v1/webhooks/whatsapp",
    }


def _twilio(settings: Settings) -> dict[str, object]:
    """Return what the simulator needs to play Twilio.

    Webhooks go to the address under PUBLIC_URL, because that one is signed.
    """
    return {
        "provider": "twilio",
        "twilio": {
            "account_sid": settings.twilio_account_sid,
            "auth_token": settings.twilio_auth_token,
        },
        "webhook_url": f"{settings.public_url}{signature.PATH}{signature.RETRIES}",
    }
