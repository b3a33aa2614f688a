"""What wires typed parameters and answers into an application."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel

from nexios import Plugin, Registry, Response
from nexios.answers import Encoder
from nexios.binding import BindingContext, Supply
from nexios.http.media import JSON
from nexios.signature import Parameter
from nexios.validation.config import ValidationConfig
from nexios.validation.inputs import Inputs, read_inputs
from nexios.validation.responses import WRITE_OPTIONS, shape_response
from nexios.validation.supplies import supply_for
from nexios.validation.unknown import guard_unread, refuse_unknown


class ValidationPlugin(Plugin):
    """Supplies handler parameters by their types, and writes answers by theirs."""

    name = "validation"
    config: ClassVar[type | None] = ValidationConfig
    settings: ValidationConfig

    def register(self, registry: Registry) -> None:
        app = registry.app
        refuses = self.settings.unknown_query == "refuse"

        read_once = _Memory()

        def supply(parameters: Sequence[Parameter], context: BindingContext) -> Iterable[Supply]:
            inputs = read_once(parameters, context)
            return () if inputs is None else (supply_for(inputs, refuse_unknown() if refuses else None),)

        def shape(context: BindingContext) -> Encoder | None:
            wanted = self.settings.responses
            return shape_response(context, thorough=app.debug if wanted == "auto" else wanted == "always")

        registry.parameter_source(supply)
        registry.response_shaper(shape)
        if refuses:
            registry.route_layers(functools.partial(guard_unread, app))
        registry.encoder(BaseModel, write_model)
        registry.route_option("response_model", "responses", *WRITE_OPTIONS)


class _Memory:
    """Remembers what handlers read: a route is planned when it is declared, compiled and documented."""

    def __init__(self) -> None:
        self._known: dict[Any, tuple[Sequence[Parameter], Inputs | None]] = {}

    def __call__(self, parameters: Sequence[Parameter], context: BindingContext) -> Inputs | None:
        place = (id(context.signature), context.protocol, context.path_parameters, context.methods)
        asked, inputs = self._known.get(place, ((), None))
        # The parameters of dependencies are read anew for each plan, and with them what their annotations mean.
        if len(asked) == len(parameters) and all(map(operator.is_, asked, parameters)):
            return inputs
        inputs = read_inputs(parameters, context)
        if not context.is_dependency:
            self._known[place] = (tuple(parameters), inputs)
        return inputs


def write_model(response: Response, model: BaseModel) -> Response:
    """Answer with a model that the route does not declare: all its fields are sent."""
    response.write(model.__pydantic_serializer__.to_json(model, by_alias=True), JSON)
    return response
