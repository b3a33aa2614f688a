"""A handler as written -> an endpoint ``async (request, response) -> Response``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from nexios.answers import Answers, Convert, Encoder
from nexios.arguments import (
    PENDING,
    Argument,
    FromApp,
    FromConnection,
    FromNode,
    FromPath,
    FromResponse,
    FromSupply,
    Node,
    Singleton,
    Supply,
    Way,
)
from nexios.callplan import Endpoint, Purpose, ThreadLimit, compile_plan
from nexios.dependencies import Dependency, Overrides, Providers, Scope
from nexios.exceptions import BindingError, PluginError
from nexios.http.connection import Connection
from nexios.http.response import Response
from nexios.planner import Planner
from nexios.signature import MISSING, Parameter, Signature, Unresolved, describe, where


class BindingContext(NamedTuple):
    """What a parameter source may know about the place whose parameters it is asked for."""

    signature: Signature
    protocol: str
    path_parameters: tuple[str, ...]
    methods: tuple[str, ...]
    options: Mapping[str, Any]
    is_dependency: bool


# Looks at parameters and returns a Supply for those whose value it makes. Raises BindingError for a misused marker.
ParameterSource: TypeAlias = Callable[[Sequence[Parameter], BindingContext], Iterable[Supply]]
# Looks at a handler and returns how its values are written, or None to leave them to the encoders of their types.
ResponseShaper: TypeAlias = Callable[[BindingContext], Encoder | None]


@dataclass(slots=True)
class Bindings:
    """What the parts of an application know about supplying parameters and writing answers."""

    changed: Callable[[], None]
    answers: Answers = field(default_factory=Answers)
    sources: dict[str, ParameterSource] = field(default_factory=dict)
    shapers: dict[str, ResponseShaper] = field(default_factory=dict)
    providers: Providers = field(default_factory=Providers)
    singletons: dict[Callable[..., Any], Singleton] = field(default_factory=dict)
    threads: ThreadLimit = field(default_factory=lambda: ThreadLimit(40))
    overrides: Overrides = field(init=False)
    compiled: dict[Any, Callable[..., Endpoint]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.overrides = Overrides(self.changed)


class Plan(NamedTuple):
    """How one callable is called: checked, not yet compiled."""

    signature: Signature
    arguments: tuple[Argument, ...]
    before: tuple[Node, ...]

    def nodes(self) -> Iterator[Node]:
        """Every dependency, the routers' included, each once."""
        waiting = [*self.before, *_nodes_of(self.arguments)]
        seen: set[int] = set()
        while waiting:
            node = waiting.pop(0)
            if id(node) not in seen:
                seen.add(id(node))
                yield node
                waiting += _nodes_of(node.arguments)

    def supplies(self) -> Iterator[Supply]:
        """What plugins supply, to the callable and to its dependencies, each once."""
        users: list[Plan | Node] = [self, *self.nodes()]
        ways = [argument.way for user in users for argument in user.arguments]
        yield from {id(way.supply): way.supply for way in ways if isinstance(way, FromSupply)}.values()


def _nodes_of(arguments: Sequence[Argument]) -> list[Node]:
    return [argument.way.node for argument in arguments if isinstance(argument.way, FromNode)]


def plan(
    bindings: Bindings,
    context: BindingContext,
    dependencies: Sequence[Dependency] = (),
    names: Mapping[str, Any] | None = None,
    lifetime: Scope = "request",
) -> Plan:
    """Decide how each parameter is supplied. Raises BindingError and DependencyError."""
    planner = Planner(bindings.overrides, bindings.providers, bindings.singletons, names)
    supply = _Supply(bindings, context)
    before = tuple(planner.node(marker, supply, lifetime) for marker in dependencies)
    return Plan(context.signature, planner.arguments(context.signature, supply, lifetime), before)


def compile_endpoint(
    bindings: Bindings,
    planned: Plan,
    context: BindingContext,
    recover: Callable[..., Any],
    purpose: Purpose = "answer",
) -> Endpoint:
    convert = _convert(bindings, context)
    return compile_plan(
        planned.signature,
        planned.arguments,
        planned.before,
        purpose,
        bindings.answers,
        convert,
        recover,
        bindings.threads,
        known=bindings.compiled,
    )


def _convert(bindings: Bindings, context: BindingContext) -> Convert | None:
    """The route's own way to write its values; None leaves them to the encoders of their classes."""
    shaped = [(name, shape) for name, make in bindings.shapers.items() if (shape := make(context)) is not None]
    status = context.options.get("status_code")
    if len(shaped) > 1:
        raise PluginError(
            f"{describe(context.signature.call)}: {' and '.join(name for name, _ in shaped)} both shape its answer; "
            "turn one of them off for this route"
        )
    general = bindings.answers.convert
    if not shaped and status is None:
        return None
    shape = shaped[0][1] if shaped else None

    def convert(request: Any, response: Response, value: Any) -> Response:
        if status is not None and not response.is_written:
            response.status_code = status
        if shape is None or isinstance(value, Response):
            return general(request, response, value)
        return shape(response, value)

    return convert


class _Supply:
    """Answers for the parameters of one plan that are no dependencies."""

    def __init__(self, bindings: Bindings, context: BindingContext) -> None:
        self._bindings = bindings
        self._context = context
        self._claims: dict[int, dict[str, Way]] = {}

    def __call__(self, parameter: Parameter, user: Signature) -> Way | None:
        own = self._of_the_core(parameter, user)
        if own is not None:
            return own
        claimed = self._claimed(user).get(parameter.name)
        if claimed is not None:
            return claimed
        if parameter.name in self._context.path_parameters:
            return FromPath(parameter.name)
        if parameter.has_default and (parameter.annotation is MISSING or user is not self._context.signature):
            return None  # ``lambda request, x=x: ...`` keeps its own default
        raise BindingError(self._nobody_supplies(parameter, user))

    def _of_the_core(self, parameter: Parameter, user: Signature) -> Way | None:
        annotation = parameter.annotation
        kind = annotation if isinstance(annotation, type) else None
        if kind is not None and issubclass(kind, Connection):
            return FromConnection()
        is_first = user is self._context.signature and parameter is user.parameters[0]
        if self._context.protocol not in ("http", "none") and is_first and not parameter.has_default:
            return FromConnection()
        if kind is Response or (parameter.name == "response" and annotation is MISSING):
            return FromResponse()
        if parameter.name == "request" and (annotation is MISSING or isinstance(annotation, Unresolved)):
            return FromConnection()
        if parameter.name == "response" and isinstance(annotation, Unresolved):
            return FromResponse()
        if kind is not None and getattr(kind, "__nexios_application__", False):
            return FromApp()
        return None

    def _claimed(self, user: Signature) -> dict[str, Way]:
        """What the plugins' sources supply of *user*'s parameters."""
        known = self._claims.get(id(user))
        if known is None:
            known = self._claims[id(user)] = self._ask_sources(user)
        return known

    def _ask_sources(self, user: Signature) -> dict[str, Way]:
        if not self._bindings.sources:
            return {}
        context = self._context
        is_dependency = user is not context.signature
        asked = [
            parameter
            for parameter in user.parameters
            if parameter.marker(Dependency) is None
            and self._of_the_core(parameter, user) is None
            and self._bindings.providers.find(parameter.annotation) is None
        ]
        ways: dict[str, Way] = {}
        owners: dict[str, str] = {}
        about = BindingContext(
            user, context.protocol, context.path_parameters, context.methods, context.options, is_dependency
        )
        for owner, source in self._bindings.sources.items():
            for supply in source(asked, about):
                for name in supply.names:
                    if name in owners:
                        raise PluginError(
                            f"{describe(user.call)}: {owners[name]} and {owner} both supply its parameter {name!r}; "
                            "mark it for one of them"
                        )
                    owners[name] = owner
                    ways[name] = FromSupply(supply, name if len(supply.names) > 1 else None)
        return ways

    def _nobody_supplies(self, parameter: Parameter, user: Signature) -> str:
        path = ", ".join(f"{{{name}}}" for name in self._context.path_parameters) or "none"
        if isinstance(parameter.annotation, Unresolved):
            cure = f"{parameter.annotation.text!r} cannot be found from there: import it at the top of the module"
        else:
            cure = (
                f"make it a path parameter (the path has: {path}), give it = Depend(...), register its type with "
                "app.provide(...), or for query parameters and bodies by type: pip install nexios-validation"
            )
        return f"{describe(user.call)} ({where(user.call)}) asks for {parameter}, which nobody supplies: {cure}"


__all__ = [
    "PENDING",
    "BindingContext",
    "Bindings",
    "FromConnection",
    "ParameterSource",
    "Plan",
    "ResponseShaper",
    "Supply",
    "compile_endpoint",
    "plan",
]
