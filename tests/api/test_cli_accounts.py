"""`flask --app bot pulseops unfreeze`: an account goes back to its owner."""

from __future__ import annotations

import pytest
from click.testing import Result

from bot.app import create_app
from domain.actions.staff import numbers
from domain.model.clinics import Doctor, User
from tests.people import Cast, stored
from tests.stage import Stage

pytestmark = pytest.mark.slow  # each command has an application of its own
NEW = "+919876543299"


def unfreeze(stage: Stage, user_id: str, number: str) -> Result:
    cli = create_app(stage.parts).test_cli_runner()
    options = ["--clinic", "clinic_city", "--user", user_id, "--number", number]
    return cli.invoke(args=["pulseops", "unfreeze", *options])


def frozen(stage: Stage, user: User, clinic_number: str = NEW) -> User:
    """Let a number be changed, and the old one lock the account."""
    old = user.whatsapp_number
    work = stage.work()
    clinic = stage.cast.clinic if stage.cast else None
    assert clinic is not None
    work.put(numbers.change_number(work, clinic, stored(stage.records, user), clinic_number))
    work.commit()
    stage.clock.advance(seconds=1)
    stage.hear(old, "lock")
    stage.settle()
    found = stored(stage.records, user)
    assert found.frozen
    return found


def test_a_doctors_former_number_is_set_again(stage: Stage, cast: Cast) -> None:
    work = stage.work()
    work.put(stored(stage.records, cast.meera).but(whatsapp_number=NEW))
    work.commit()
    frozen(stage, cast.meera_user)
    old = cast.meera_user.whatsapp_number
    result = unfreeze(stage, "usr_meera", old)
    assert result.exit_code == 0, result.output
    user = stored(stage.records, cast.meera_user)
    assert (user.whatsapp_number, user.frozen) == (old, False)
    assert user.locked_at is not None  # a password set with a code unlocks it
    doctor = stage.work().get(Doctor, "clinic_city", "doc_meera")
    assert doctor is not None
    assert doctor.whatsapp_number == old


def test_the_number_it_has_may_be_the_right_one(stage: Stage, cast: Cast) -> None:
    frozen(stage, cast.farida)
    assert unfreeze(stage, "usr_farida", NEW).exit_code == 0
    user = stored(stage.records, cast.farida)
    assert (user.whatsapp_number, user.frozen) == (NEW, False)


def test_an_admins_number_is_set_again(stage: Stage, cast: Cast) -> None:
    frozen(stage, cast.farida)
    assert unfreeze(stage, "usr_farida", cast.farida.whatsapp_number).exit_code == 0
    user = stored(stage.records, cast.farida)
    assert (user.whatsapp_number, user.frozen) == (cast.farida.whatsapp_number, False)


@pytest.mark.parametrize(("user_id", "number"), [("usr_nobody", NEW), ("usr_farida", "12")])
def test_what_makes_no_sense_is_refused(stage: Stage, user_id: str, number: str) -> None:
    assert unfreeze(stage, user_id, number).exit_code == 1
