"""The words in `templates/messages/`: languages, their blocks, and what people type in them.

Each folder is a language: `words.toml` has its name, its formats and what people type in it as a
whole message; `time.toml`, `people.toml` and `wishes.toml` have the words of their sentences;
`<flow>.j2` a block for each message and option of a flow, `common.j2` the blocks that flows share.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from babel import Locale
from jinja2 import pass_context
from jinja2.runtime import Context

from bot.channels.text import one_line
from bot.rendering import formats
from bot.rendering.catalogue import COMMON
from bot.rendering.formats import Language
from domain.errors import PulseOpsError
from flows.hearing.ear import Ear, Vocabulary

ENGLISH = "en"
HEARD = ("time.toml", "people.toml", "wishes.toml")
"""The words that sentences are made of, by subject."""
SINK = "_parameters"
FLOW = "_flow"
LANGUAGE = "_language"
"""Names in a block's scope that only this package uses."""


class NoWords(PulseOpsError):
    """No language has such a block."""


@dataclass(frozen=True)
class Block:
    """A block of words in one language."""

    language: Language
    template: jinja2.Template
    body: Callable[[Context], Iterator[str]]

    def render(self, scope: Mapping[str, Any]) -> str:
        """Return the words with the variables of *scope*, not tidied."""
        context = self.template.new_context({**scope, LANGUAGE: self.language})
        return "".join(self.body(context))


class Parameters:
    """Collects a template's parameters while its body is rendered.

    Args:
        placeholders: Whether the body gets {{name}} instead of the value.
    """

    def __init__(self, *, placeholders: bool = False) -> None:
        self.placeholders = placeholders
        self.values: dict[str, str] = {}


class Wordbook:
    """All words in all languages, read once. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        found = [_Words.read(path) for path in sorted(folder.iterdir()) if path.is_dir()]
        found.sort(key=lambda w: (w.language.tag != ENGLISH, w.language.tag))
        self.languages = {w.language.tag: w.language for w in found}
        """By tag, English first."""
        self.vocabularies = [w.vocabulary for w in found]
        self.ear = Ear(self.vocabularies)
        """Understands what people write in any of the languages."""
        environment = _environment(folder)
        environment.globals.update(part=self._part, p=_parameter)
        self._blocks = {
            (tag, path.stem, name): Block(language, template, body)
            for tag, language in self.languages.items()
            for path in sorted((folder / tag).glob("*.j2"))
            for template in [environment.get_template(f"{tag}/{path.name}")]
            for name, body in template.blocks.items()
        }
        self._found: dict[tuple[str, str, tuple[str, ...]], Block | None] = {}

    def keys(self) -> set[tuple[str, str, str]]:
        """Return language, flow and name of every block."""
        return set(self._blocks)

    def block(self, language: str, flow: str, *names: str) -> Block:
        """Return the first block of *names* in the flow, else in `common`, else in the fallback.

        Raises:
            NoWords: If there is none.
        """
        found = self.find(language, flow, names)
        if found is None:
            raise NoWords(f"{flow}: no block {' or '.join(names)} in {language}")
        return found

    def find(self, language: str, flow: str, names: tuple[str, ...]) -> Block | None:
        """Return the same as `block`, or None."""
        key = (language if language in self.languages else ENGLISH, flow, names)
        if key not in self._found:
            self._found[key] = self._search(*key)
        return self._found[key]

    def title(
        self, language: str, flow: str, names: tuple[str, ...], scope: Mapping[str, Any]
    ) -> str:
        """Return the words of a short text, such as a button's, on one line.

        Raises:
            NoWords: If no language has them.
        """
        return one_line(self.block(language, flow, *names).render(scope))

    def optional_title(
        self, language: str, flow: str, names: tuple[str, ...], scope: Mapping[str, Any]
    ) -> str:
        """Return the same as `title`, or "" if there are no such words."""
        block = self.find(language, flow, names)
        return one_line(block.render(scope)) if block else ""

    def _search(self, language: str, flow: str, names: tuple[str, ...]) -> Block | None:
        tag: str | None = language
        while tag is not None:
            for module in (flow, COMMON):
                for name in names:
                    if (tag, module, name) in self._blocks:
                        return self._blocks[tag, module, name]
            tag = self.languages[tag].fallback
        return None

    @pass_context
    def _part(self, context: Context, name: str, **extra: object) -> str:
        """Render a shared block, in the language and with the variables of the calling block."""
        language: Language = context[LANGUAGE]
        block = self.block(language.tag, context[FLOW], name)
        return formats.tidy(block.render({**context.get_all(), **extra}))


@pass_context
def _parameter(
    context: Context, name: str, value: object, most: int = formats.PARAMETER_MAX
) -> str:
    """Mark a parameter in a template's block: `{{ p("person", person) }}`."""
    said = formats.parameter(value, most)
    sink: Parameters | None = context.get(SINK)
    if sink is None:
        return said
    sink.values[name] = said
    return f"{{{{{name}}}}}" if sink.placeholders else said


@dataclass(frozen=True)
class _Words:
    """A language's settings and what people type in it, from its words.toml."""

    language: Language
    vocabulary: Vocabulary

    @classmethod
    def read(cls, folder: Path) -> _Words:
        data = tomllib.loads((folder / "words.toml").read_text(encoding="utf-8"))
        said = data["language"]
        language = Language(
            tag=folder.name,
            name=said["name"],
            script=said.get("script"),
            locale=Locale.parse(said["locale"]),
            fallback=said.get("fallback"),
            time=said["time"],
            date=said["date"],
            today=said["today"],
            tonight=said["tonight"],
            tomorrow=said["tomorrow"],
        )
        heard: dict[str, dict[str, list[str]]] = {}
        for name in filter(lambda n: (folder / n).exists(), HEARD):
            for section, keys in tomllib.loads((folder / name).read_text("utf-8")).items():
                for key, phrases in keys.items():
                    heard.setdefault(section, {}).setdefault(key, []).extend(phrases)
        vocabulary = Vocabulary(
            folder.name,
            language.script,
            patient={k: tuple(v) for k, v in data["patient"].items()},
            staff={k: tuple(v) for k, v in data["staff"].items()},
            words=heard,
        )
        return cls(language, vocabulary)


def _environment(folder: Path) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - messages are text; names are made plain beforehand
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=lambda value: "" if value is None else value,
    )
    formats.install(environment)
    return environment
