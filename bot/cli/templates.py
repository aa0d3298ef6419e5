"""`flask --app bot pulseops templates …`: our message templates and their states at WhatsApp."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

import click
from flask.cli import AppGroup

from bot.channels.cloud.templates import CloudTemplates
from bot.channels.http import new_session
from bot.channels.templates import UNSUBMITTED, Key, ProviderTemplate, TemplateDefinition, Templates
from bot.channels.twilio.client import new_client
from bot.channels.twilio.contents import TwilioTemplates
from bot.rendering.template_checks import all_problems
from bot.wiring import Parts
from domain.actions.messages.templates import Verdict, record_template_state
from domain.channel import ErrorClass, SendFailed, SendUnknown
from domain.errors import StillConflicting
from domain.scopes import SystemScope
from domain.transactions import transact
from domain.work import Work

BATCH = 20
"""How many templates' states are saved in one transaction."""
ENDS_PUSH = {ErrorClass.STOP, ErrorClass.LATER, ErrorClass.LATER_PAIR}
"""Refusals about the account or the moment, after which the rest is not tried."""


@dataclass
class PushResult:
    """The outcome of a push."""

    done: dict[Key, str] = field(default_factory=dict)
    """What was done with each template; NOT_CHANGED if other words stay there."""
    notes: dict[Key, str] = field(default_factory=dict)
    """What else to print about a template."""
    held: dict[Key, ProviderTemplate] = field(default_factory=dict)
    """The state of each at the provider now."""
    failure: str | None = None
    """Why the rest was not tried."""


SUBMITTED, CHANGED, UNCHANGED = "submitted", "changed", "unchanged"
NOT_CHANGED, REFUSED = "NOT CHANGED", "REFUSED"


def templates_group(parts: Parts) -> AppGroup:
    """Return the commands about message templates."""
    group = AppGroup("templates", help="Message templates for people outside the 24-hour window.")

    @group.command("push")
    def push() -> None:
        """Submit our templates to WhatsApp, and show the state of each.

        Submits those that are missing, replaces words that differ from ours, and saves what
        WhatsApp has decided. Submits nothing if WhatsApp would refuse the form of any.
        """
        definitions = parts.renderer.template_catalogue()
        wrong = all_problems(definitions)
        if wrong:
            said = "Nothing is submitted, as WhatsApp would refuse this:"
            raise click.ClickException("\n".join([said, *(f"  {line}" for line in wrong)]))
        with _provider(parts) as provider:
            if parts.settings.whatsapp_provider == "twilio":
                # Twilio has no button that shares a number: that message is sent as text.
                definitions = [d for d in definitions if not d.asks_number]
            pushed = _push(parts, provider, definitions)
        _report(definitions, pushed)

    return group


@contextmanager
def _provider(parts: Parts) -> Iterator[Templates]:
    settings = parts.settings
    with new_session() as session:
        if settings.whatsapp_provider == "twilio":
            sid, token = settings.twilio_account_sid, settings.twilio_auth_token
            yield TwilioTemplates(new_client(sid, token, settings.twilio_api_url, session))
        else:
            yield CloudTemplates(
                settings.whatsapp_api_url,
                settings.template_account,
                settings.whatsapp_access_token,
                session,
            )


def _push(parts: Parts, provider: Templates, definitions: list[TemplateDefinition]) -> PushResult:
    pushed = PushResult()
    try:
        held = provider.list_all()
        _save_states(parts, definitions, held)
        unprepared = provider.prepare(held)
    except (SendFailed, SendUnknown) as error:
        raise click.ClickException(str(error)) from None
    if unprepared is not None:
        click.echo(f"Menus are missing, and go as numbered text: {unprepared}")
    wanting = [d for d in definitions if _needs_push(provider, d, held, pushed)]
    with click.progressbar(wanting, label="Submitting templates") as every:
        for definition in every:
            key = (definition.name, definition.language)
            try:
                pushed.held[key] = _submit_or_change(provider, definition, held.get(key))
            except SendFailed as failure:
                pushed.done[key], pushed.notes[key] = REFUSED, failure.reason
                if failure.kind in ENDS_PUSH:
                    pushed.failure = failure.reason
                    break
            except SendUnknown as unknown:
                pushed.failure = f"{key[0]} ({key[1]}): {unknown}"
                break
            else:
                pushed.done[key] = SUBMITTED if _is_missing(held.get(key)) else CHANGED
    if any(done in {SUBMITTED, CHANGED} for done in pushed.done.values()):
        _refresh_states(provider, pushed)
        _save_states(parts, definitions, pushed.held)
    return pushed


def _needs_push(
    provider: Templates,
    definition: TemplateDefinition,
    held: Mapping[Key, ProviderTemplate],
    pushed: PushResult,
) -> bool:
    """Return whether the template must be submitted or changed; if not, note its state."""
    key = (definition.name, definition.language)
    known = held.get(key)
    if known is not None:
        pushed.held[key] = known
    if known is None or _is_missing(known):
        return True
    if known.words is None or known.words == provider.words(definition):
        pushed.done[key] = UNCHANGED
        return False
    obstacle = provider.obstacle(known)
    if obstacle is not None:
        pushed.done[key], pushed.notes[key] = NOT_CHANGED, f"its words are not ours; {obstacle}"
    return obstacle is None


def _submit_or_change(
    provider: Templates, definition: TemplateDefinition, held: ProviderTemplate | None
) -> ProviderTemplate:
    other = held and held.words is not None and held.words != provider.words(definition)
    if held is not None and other:
        return provider.change(definition, held)
    return provider.submit(definition, held)


def _is_missing(held: ProviderTemplate | None) -> bool:
    return held is None or held.status == UNSUBMITTED


def _refresh_states(provider: Templates, pushed: PushResult) -> None:
    """Read the templates' states again; one that is not listed yet stays as it was answered."""
    try:
        now = provider.list_all()
    except (SendFailed, SendUnknown):
        return
    for key, held in pushed.held.items():
        told = now.get(key)
        if told is not None and not _is_missing(told):
            pushed.held[key] = replace(told, status=told.status or held.status)


def _save_states(
    parts: Parts, definitions: list[TemplateDefinition], held: Mapping[Key, ProviderTemplate]
) -> None:
    """Save WhatsApp's states of our templates, as its webhooks would."""
    ours = [(d.name, d.language) for d in definitions]
    known = [(key, held[key]) for key in ours if key in held and not _is_missing(held[key])]
    # Webhooks have whole seconds: one from this second must not count as older than this.
    at = parts.clock.now().replace(microsecond=0)
    scope = SystemScope("keep what WhatsApp says of our templates")
    for first in range(0, len(known), BATCH):
        told = dict(known[first : first + BATCH])
        keep = partial(_save_batch, account=parts.settings.template_account, at=at, told=told)
        try:
            transact(partial(parts.open_work, scope), keep)
        except StillConflicting:
            raise click.ClickException("The states could not be kept: please push again.") from None


def _save_batch(
    work: Work, account: str, at: datetime, told: Mapping[Key, ProviderTemplate]
) -> None:
    for (name, language), state in told.items():
        said = Verdict(
            status=state.status,
            reason=state.reason,
            category=state.category,
            quality=state.quality,
        )
        record_template_state(work, account, name, language, at, said=said)


def _report(definitions: list[TemplateDefinition], pushed: PushResult) -> None:
    """Print the outcome and the state of each template; fail if one differs from ours."""
    for definition in definitions:
        key = (definition.name, definition.language)
        held = pushed.held.get(key)
        state = held.status if held and held.status else "?"
        said = [f"{pushed.done.get(key, 'not tried'):>12}  {key[0]} ({key[1]})  {state}"]
        if held and held.reason:
            said.append(f"because of {held.reason}")
        if held and held.category and held.category != definition.category:
            said.append(f"as {held.category} instead of {definition.category}")
        click.echo(", ".join(said) + (f": {pushed.notes[key]}" if key in pushed.notes else ""))
    counts = Counter(pushed.done.values())
    states = Counter(h.status or "?" for h in pushed.held.values())
    click.echo(
        f"{counts[SUBMITTED]} templates are submitted, {counts[CHANGED]} changed,"
        f" {counts[UNCHANGED]} unchanged, {len(definitions)} in all:"
        f" {', '.join(f'{n} {state}' for state, n in sorted(states.items())) or 'none is there'}."
    )
    if pushed.failure is not None:
        raise click.ClickException(f"The rest was not tried: {pushed.failure}")
    left = counts[NOT_CHANGED] + counts[REFUSED]
    if left:
        raise click.ClickException(f"{left} templates are not as ours; the lines above say why.")
