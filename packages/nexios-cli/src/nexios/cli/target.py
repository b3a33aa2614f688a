"""Find the application that somebody named on the command line, or did not name."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, NoReturn, TypeVar

from nexios import NexiosApp
from nexios.cli.asgi import applications, is_application, layers
from nexios.cli.errors import CommandError, blame
from nexios.suggestion import did_you_mean

T = TypeVar("T")

# Where an application is looked for when nobody says where it is.
_USUAL_MODULES = ("app", "main")


class Found(NamedTuple):
    app: Any
    name: str


@dataclass(frozen=True, slots=True)
class Target:
    """An application as it was named: ``module:attribute``, ``module``, ``path/to/module.py`` or nothing."""

    named: str | None = None
    factory: bool = False
    traceback: bool = False

    def load(self) -> Found:
        """Import it; the working directory is importable. Raises CommandError naming what is wrong and where."""
        here = os.getcwd()
        if here not in sys.path:
            sys.path.insert(0, here)
        module_name, _, attribute = (self.named or "").partition(":")
        module = self._import(_dotted(module_name or _usual_module() or _nothing_named()))
        if self.factory:
            return self._make(module, attribute)
        name, value = _named(module, attribute) if attribute else _only_application(module)
        if not is_application(value):
            raise CommandError(_not_an_application(f"{module.__name__}:{name}", value))
        return Found(value, f"{module.__name__}:{name}")

    def load_nexios(self, *, otherwise_plain: bool = False) -> NexiosApp:
        """Return the NexiosApp, which may be inside ASGI middleware; *otherwise_plain*, a new one if there is none."""
        if otherwise_plain and self.named is None and _usual_module() is None:
            return self._guarded(NexiosApp)
        found = self.load()
        app = next((layer for layer in layers(found.app) if isinstance(layer, NexiosApp)), None)
        if app is None:
            raise CommandError(f"{found.name} is not a NexiosApp but {_kind(found.app)}: it cannot tell what it serves")
        return app

    def _import(self, name: str) -> ModuleType:
        try:
            return self._guarded(lambda: importlib.import_module(name))
        except CommandError as error:
            cause = error.__cause__
            if isinstance(cause, ModuleNotFoundError) and cause.name and f"{name}.".startswith(f"{cause.name}."):
                raise CommandError(_no_module(cause.name)) from None
            raise

    def _guarded(self, call: Callable[[], T]) -> T:
        try:
            return call()
        # Code that calls sys.exit() is as broken as code that raises.
        except (Exception, SystemExit) as error:
            raise blame(error, whole=self.traceback) from error

    def _make(self, module: ModuleType, attribute: str) -> Found:
        if not attribute:
            raise CommandError(f"--factory needs the function that makes the application: {module.__name__}:create_app")
        name, factory = _named(module, attribute)
        app = self._guarded(factory)
        if not is_application(app):
            raise CommandError(_not_an_application(f"what {module.__name__}:{name}() returned", app))
        return Found(app, f"{module.__name__}:{name}()")


def _usual_module() -> str | None:
    usual = (name for name in _USUAL_MODULES if Path(f"{name}.py").is_file() or Path(name, "__init__.py").is_file())
    return next(usual, None)


def _nothing_named() -> NoReturn:
    raise CommandError(f"no application is named, and there is no app.py or main.py in {Path.cwd()}: say module:app")


def _dotted(module: str) -> str:
    if module.endswith(".py"):
        return ".".join(Path(module).with_suffix("").parts)
    return module


def _named(module: ModuleType, attribute: str) -> tuple[str, Any]:
    value: object = module
    for part in attribute.split("."):
        if not hasattr(value, part):
            known = applications(module) if value is module else ()
            cure = f"; {did_you_mean(part, known)}" if known else ""
            raise CommandError(f"{module.__name__!r} has no attribute {attribute!r}{cure}")
        value = getattr(value, part)
    return attribute, value


def _only_application(module: ModuleType) -> tuple[str, object]:
    found = applications(module)
    # What stands beside a NexiosApp is mounted in it, or wrapped by somebody who knows its name.
    found = {name: app for name, app in found.items() if isinstance(app, NexiosApp)} or found
    if len(found) == 1:
        return found.popitem()
    if not found:
        raise CommandError(f"there is no application in {module.__name__!r}: name it as {module.__name__}:attribute")
    raise CommandError(
        f"there are several applications in {module.__name__!r}: {', '.join(found)}; "
        f"say which, for example {module.__name__}:{next(iter(found))}"
    )


def _no_module(name: str) -> str:
    siblings = [path.stem for path in Path.cwd().glob("*.py")]
    cure = f"; {did_you_mean(name, siblings)}" if siblings else ""
    return f"there is no module {name!r} in {Path.cwd()}, and none is installed{cure}"


def _not_an_application(name: str, value: object) -> str:
    may_make_one = inspect.isfunction(value) and not inspect.iscoroutinefunction(value)
    cure = "; add --factory if it makes one" if may_make_one else ""
    return f"{name} is not an ASGI application but {_kind(value)}{cure}"


def _kind(value: object) -> str:
    if isinstance(value, type):
        return f"the class {value.__name__}"
    kind = type(value).__name__
    return f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}"
