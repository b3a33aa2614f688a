"""Plugins: what one is, which are chosen, in what order they register, and the report of it all."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from nexios.discovery import Installed, installed
from nexios.exceptions import ConfigurationError, PluginError
from nexios.lock import check_lock
from nexios.registry import Registry
from nexios.suggestion import did_you_mean

if TYPE_CHECKING:
    from nexios.application import NexiosApp

State: TypeAlias = Literal["active", "skipped", "failed", "off"]


class Plugin:
    """The base of a plugin; anything with a `name` and a `register` method will do as well.

    *config* is the dataclass of its configuration, in the section named *section* (by default its name); `settings`
    is an instance of it by the time `register` runs. *after* and *before* order it among the plugins that are there;
    those in *requires* must be there. Keyword arguments are configuration that wins over every other source.
    """

    name: ClassVar[str] = ""
    config: ClassVar[type | None] = None
    section: ClassVar[str] = ""
    after: ClassVar[tuple[str, ...]] = ()
    before: ClassVar[tuple[str, ...]] = ()
    requires: ClassVar[tuple[str, ...]] = ()
    settings: Any = None

    def __init__(self, **arguments: Any) -> None:
        self.arguments = arguments

    def register(self, registry: Registry) -> None:
        """Add what the plugin offers. Does no I/O."""
        raise NotImplementedError(f"{type(self).__name__} must define register(self, registry)")


@dataclass(slots=True)
class PluginStatus:
    """What became of one plugin, and what it added."""

    name: str
    distribution: str | None
    version: str | None
    state: State
    reason: str | None = None
    contributions: tuple[str, ...] = ()
    load_ms: float = 0.0
    # Where each contribution was registered: "package/plugin.py:12".
    sources: tuple[str, ...] = ()


@dataclass(slots=True)
class PluginReport:
    """Every plugin the application knows of, in the order they registered; the others after them."""

    entries: list[PluginStatus] = field(default_factory=list)

    def __iter__(self) -> Iterator[PluginStatus]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, name: str) -> PluginStatus:
        for entry in self.entries:
            if entry.name == name:
                return entry
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return any(entry.name == name for entry in self.entries)


@dataclass(slots=True)
class _Candidate:
    """A plugin on its way to being registered. *required* ones stop the start when they fail."""

    name: str
    required: bool
    status: PluginStatus
    load: Callable[[], Any]
    plugin: Any = None


def load_plugins(
    app: NexiosApp, chosen: str | Sequence[Any], lock: str | os.PathLike[str] | None = None
) -> PluginReport:
    """Load, order and register plugins. Raises PluginError for one that was named and cannot serve.

    *chosen* is "auto" (every installed one, narrowed by ``NEXIOS_PLUGINS``), or a list of names, classes, instances.
    With a *lock*, what is not exactly as it says is not even imported.
    """
    candidates = _chosen(chosen)
    # What one of them registers may lack another: the error looks here for what became of that.
    app.plugins = PluginReport([each.status for each in candidates])
    if lock is not None:
        _check_lock(lock, chosen, candidates)
    active = [each for each in candidates if each.status.state == "active" and _load(each)]
    active = _order([each for each in active if not _is_switched_off(app, each)])
    owners: dict[str, str] = {}
    prefer = dict((app.config.get("plugins") or {}).get("prefer") or {})
    _configure(app, active)
    serving: set[str] = set()
    for each in active:
        lost = sorted(set(getattr(each.plugin, "requires", ())) - serving)
        if lost:
            _fail(each, PluginError(f"it requires the plugin {', '.join(lost)}, which failed"))
        else:
            _register(app, each, owners, prefer)
        if each.status.state == "active":
            serving.add(each.name)
    registered = [each.status for each in active]
    return PluginReport(registered + [each.status for each in candidates if each.status not in registered])


def _chosen(chosen: str | Sequence[Any]) -> list[_Candidate]:
    if isinstance(chosen, str) and chosen != "auto":
        raise PluginError(f'plugins={chosen!r}: give "auto" or a list, plugins=[{chosen!r}]')
    if chosen == "auto":
        wanted = os.environ.get("NEXIOS_PLUGINS")
        names = None if wanted is None else {name.strip() for name in wanted.split(",") if name.strip()}
        return [_automatic(entry, names) for entry in installed()]
    if not isinstance(chosen, Iterable):
        raise PluginError(f'plugins={chosen!r}: give "auto", or a list of names, classes and instances')
    return [_named(each) if isinstance(each, str) else _given(each) for each in chosen]


def _check_lock(lock: str | os.PathLike[str], chosen: str | Sequence[Any], candidates: list[_Candidate]) -> None:
    """Hold every installed plugin that would be loaded against the lock; the author's own classes are not installed."""
    names = {each.name for each in candidates if each.status.state == "active"}
    entries = [entry for entry in installed() if entry.name in names]
    narrowed = chosen != "auto" or "NEXIOS_PLUGINS" in os.environ
    check_lock(lock, entries, names if narrowed else None)


def _automatic(entry: Installed, names: set[str] | None) -> _Candidate:
    status = PluginStatus(entry.name, entry.distribution, entry.version, "active")
    if names is not None and entry.name not in names:
        status.state, status.reason = "off", "NEXIOS_PLUGINS does not name it"
    return _Candidate(entry.name, False, status, entry.load)


def _named(name: str) -> _Candidate:
    known = installed()
    for entry in known:
        if entry.name == name:
            return _Candidate(name, True, PluginStatus(name, entry.distribution, entry.version, "active"), entry.load)
    raise PluginError(
        f"plugins=[{name!r}]: no installed distribution has a plugin of this name"
        f"{did_you_mean(name, [entry.name for entry in known])}; try: pip install nexios-{name}"
    )


def _given(plugin: Any) -> _Candidate:
    name = getattr(plugin, "name", "") or getattr(plugin, "__name__", type(plugin).__name__)
    return _Candidate(name, True, PluginStatus(name, None, None, "active"), lambda: plugin)


def _load(candidate: _Candidate) -> bool:
    started = time.perf_counter()
    try:
        loaded = candidate.load()
        plugin = loaded() if isinstance(loaded, type) else loaded
        if not callable(getattr(plugin, "register", None)):
            raise PluginError(f"{loaded!r} is not a plugin: it has no register(registry) method")
        candidate.plugin = plugin
        declared = getattr(plugin, "name", "") or candidate.name
        if candidate.status.distribution is not None and declared != candidate.name:
            raise PluginError(f"its entry point is named {candidate.name!r}, it calls itself {declared!r}")
        for relation in ("after", "before", "requires"):
            if isinstance(names := getattr(plugin, relation, ()), str):
                raise PluginError(f"its {relation} = {names!r} is one text: write ({names!r},)")
    except (Exception, SystemExit) as error:
        _fail(candidate, error)
    candidate.status.load_ms = (time.perf_counter() - started) * 1000
    return candidate.status.state == "active"


def _fail(candidate: _Candidate, error: BaseException) -> None:
    reason = f"{type(error).__name__}: {error}"
    if candidate.required:
        raise PluginError(f"plugin {candidate.name!r} cannot be used: {reason}") from error
    candidate.status.state = "failed"
    candidate.status.reason = reason


def _is_switched_off(app: NexiosApp, candidate: _Candidate) -> bool:
    """``MakeConfig(openapi=None)`` leaves out the plugin whose section that is."""
    section = _section(candidate)
    if app.config.get(section, candidate) is not None:
        return False
    candidate.status.state, candidate.status.reason = "off", f"the config says {section}=None"
    return True


def _order(candidates: list[_Candidate]) -> list[_Candidate]:
    """Sort by `after`, `before` and `requires`; otherwise as given. What cannot be placed fails."""
    candidates = _with_requirements(_unique(candidates))
    names = {each.name for each in candidates}
    earlier: dict[str, set[str]] = {name: set() for name in names}
    for each in candidates:
        wanted = (*getattr(each.plugin, "after", ()), *getattr(each.plugin, "requires", ()))
        earlier[each.name] |= names.intersection(wanted)
        for later in names.intersection(getattr(each.plugin, "before", ())):
            earlier[later].add(each.name)
    ordered: list[_Candidate] = []
    waiting = list(candidates)
    while waiting:
        done = {each.name for each in ordered}
        ready = next((each for each in waiting if earlier[each.name] <= done), None)
        if ready is None:
            circle = ", ".join(each.name for each in waiting)
            for each in waiting:
                _fail(each, PluginError(f"the order that these plugins ask for is a circle: {circle}"))
            return _with_requirements(ordered)
        waiting.remove(ready)
        ordered.append(ready)
    return ordered


def _unique(candidates: Iterable[_Candidate]) -> list[_Candidate]:
    """Two distributions with a plugin of one name: neither can be told from the other, so neither is used."""
    by_name: dict[str, list[_Candidate]] = {}
    for each in candidates:
        by_name.setdefault(each.name, []).append(each)
    for name, same in by_name.items():
        for each in same if len(same) > 1 else ():
            owners = " and ".join(str(other.status.distribution or other.plugin) for other in same)
            _fail(each, PluginError(f"the name {name!r} is taken twice: by {owners}; uninstall one or rename it"))
    return [same[0] for same in by_name.values() if len(same) == 1]


def _with_requirements(candidates: list[_Candidate]) -> list[_Candidate]:
    """Drop, again and again, those whose requirement is not there."""
    while True:
        names = {each.name for each in candidates}
        lacking = next((each for each in candidates if set(getattr(each.plugin, "requires", ())) - names), None)
        if lacking is None:
            return candidates
        missing = ", ".join(sorted(set(lacking.plugin.requires) - names))
        _fail(lacking, PluginError(f"it requires the plugin {missing}, which is not active"))
        candidates = [each for each in candidates if each is not lacking]


def _configure(app: NexiosApp, candidates: list[_Candidate]) -> None:
    """Build every plugin's settings, so that all mistakes of the configuration are reported together."""
    with_config = [each for each in candidates if getattr(each.plugin, "config", None) is not None]
    sections = {_section(each): each.plugin.config for each in with_config}
    arguments = {_section(each): getattr(each.plugin, "arguments", {}) for each in with_config}
    built = app.config.sections(sections, arguments)
    for each in with_config:
        each.plugin.settings = built[_section(each)]
    app.known_sections.update(sections)


def _section(candidate: _Candidate) -> str:
    return getattr(candidate.plugin, "section", "") or candidate.name


def _register(app: NexiosApp, candidate: _Candidate, owners: dict[str, str], prefer: dict[str, str]) -> None:
    registry = Registry(app, candidate.name, owners, prefer)
    started = time.perf_counter()
    try:
        candidate.plugin.register(registry)
        _add_hooks(registry, candidate)
        registry.take_effect()
    except ConfigurationError:
        raise  # a conflict or a wrong setting is the application author's to solve, whoever chose the plugin
    except (Exception, SystemExit) as error:
        registry.give_up()
        _fail(candidate, error)
    else:
        candidate.status.contributions = tuple(registry.contributions)
        candidate.status.sources = tuple(registry.sources)
    candidate.status.load_ms += (time.perf_counter() - started) * 1000


def _add_hooks(registry: Registry, candidate: _Candidate) -> None:
    """Register what the plugin defines as methods of its own."""
    for hook, add in (("lifespan", registry.lifespan), ("drain", registry.on_drain)):
        given = getattr(candidate.plugin, hook, None)
        if given is not None:
            add(given)
    health = getattr(candidate.plugin, "health", None)
    if health is not None:
        registry.health(candidate.name, health)
