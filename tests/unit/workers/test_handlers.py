"""Every kind of due item that the code schedules has a handler, and every handler a kind.

The kinds are read from the source. A kind is what is written as `kind=` of a `Due`; where that is
a parameter, as in `due.schedule`, it is what callers give for it, and so on from caller to caller.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from workers.handlers import HANDLERS

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("api", "bot", "domain", "flows", "web", "workers")
Function = tuple[str, str]
"""The module and the name of a function, or of the class `Due`."""
DUE: Function = ("domain.model.due", "Due")


@dataclass
class Module:
    name: str
    tree: ast.Module

    @cached_property
    def imports(self) -> dict[str, str]:
        """Return what each imported name is, dotted."""
        return {
            alias.asname or alias.name: f"{node.module}.{alias.name}"
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }

    @cached_property
    def constants(self) -> dict[str, ast.expr]:
        return {
            target.id: node.value
            for node in self.tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }

    def called(self, call: ast.Call) -> Function:
        """Return which function is called, as far as its name tells."""
        match call.func:
            case ast.Name(id=name):
                module, _, name = self.imports.get(name, f"{self.name}.{name}").rpartition(".")
                return module, name
            case ast.Attribute(value=ast.Name(id=module), attr=name):
                return self.imports.get(module, module), name
        return "", ""

    def functions(self) -> Iterator[ast.FunctionDef]:
        return (n for n in ast.walk(self.tree) if isinstance(n, ast.FunctionDef))


Call = tuple[Module, ast.FunctionDef, ast.Call]
"""A call, and where it stands."""


def modules_of(root: Path) -> list[Module]:
    return [
        Module(
            ".".join(file.relative_to(root).with_suffix("").parts),
            ast.parse(file.read_text(encoding="utf-8")),
        )
        for package in PACKAGES
        for file in sorted((root / package).rglob("*.py"))
    ]


def arguments(call: ast.Call, parameter: str, place: int) -> Iterator[ast.expr]:
    """Yield what *call* gives for a parameter, which may be given by place or by name."""
    yield from call.args[place : place + 1]
    yield from (k.value for k in call.keywords if k.arg == parameter)


def loops(function: ast.FunctionDef, name: str) -> Iterator[ast.expr]:
    """Yield what *name* is in turn, where a loop over a written list sets it."""
    for node in ast.walk(function):
        match node:
            case ast.For(target=ast.Tuple(elts=targets), iter=ast.Tuple(elts=rows)):
                named = [isinstance(t, ast.Name) and t.id == name for t in targets]
                if any(named):
                    yield from (r.elts[named.index(True)] for r in rows if isinstance(r, ast.Tuple))


def scheduled(modules: list[Module]) -> set[str]:
    """Return every kind of due item that *modules* schedule."""
    calls: dict[Function, list[Call]] = {}
    for module in modules:
        for function in module.functions():
            for node in ast.walk(function):
                if isinstance(node, ast.Call):
                    calls.setdefault(module.called(node), []).append((module, function, node))
    kinds: set[str] = set()
    todo: list[tuple[Function, str, int]] = [(DUE, "kind", 99)]
    while todo:
        wanted, parameter, place = todo.pop()
        assert calls.get(wanted), f"nobody is seen to call {wanted}"
        for module, function, call in calls[wanted]:
            given = list(arguments(call, parameter, place))
            assert given, f"{module.name}:{call.lineno} gives no kind"
            for value in given:
                found = read(module, function, value)
                if isinstance(found, set):
                    kinds |= found
                else:
                    todo.append(((module.name, function.name), *found))
    return kinds


def read(module: Module, function: ast.FunctionDef, value: ast.expr) -> set[str] | tuple[str, int]:
    """Return the kinds that *value* is, or which parameter of *function* it is."""
    match value:
        case ast.Constant(value=str(kind)):
            return {kind}
        case ast.Name(id=name):
            parameters = [a.arg for a in function.args.args]
            if name in parameters:
                return name, parameters.index(name)
            values = [*loops(function, name)] or [module.constants.get(name, value)]
            constants = [v.value for v in values if isinstance(v, ast.Constant)]
            kinds = [kind for kind in constants if isinstance(kind, str)]
            if len(kinds) == len(values):
                return set(kinds)
    raise AssertionError(f"{module.name}:{value.lineno} hides which kind is scheduled")


@pytest.mark.slow
def test_every_kind_that_is_scheduled_has_a_handler_and_every_handler_a_kind() -> None:
    assert scheduled(modules_of(ROOT)) == set(HANDLERS)


WRITTEN = """
from domain.model.due import Due
KIND = "constant"

def later(work, kind, at): Due(at=at, kind=kind)
def _again(work, name): later(work, name, 1)
def event(work, kind): _again(work, kind)
def named(work): later(work, kind="keyword", at=1)
def counted(work): later(work, KIND, 1)
def passed_on(work): event(work, "handed")
def repeated(work):
    for what, at in (("first", 1), ("second", 2)):
        later(work, what, at)
"""


def test_a_kind_is_found_however_it_is_written() -> None:
    found = scheduled([Module("domain.sample", ast.parse(WRITTEN))])
    assert found == {"constant", "keyword", "handed", "first", "second"}


def test_a_kind_that_cannot_be_read_is_noticed() -> None:
    hidden = WRITTEN + "\ndef hidden(work): later(work, name_of(work), 1)\n"
    with pytest.raises(AssertionError, match="hides which kind"):
        scheduled([Module("domain.sample", ast.parse(hidden))])
