"""One operation of the document: what a route reads, what it answers, and how it is called."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from nexios.binding import BindingContext, Plan
from nexios.openapi.components import Components, Key, Manner, Mode, OpenAPIError, Schema
from nexios.openapi.path_parameters import describe_parameters
from nexios.routing.route import ServedRoute
from nexios.signature import MISSING, describe
from nexios.validation.adapters import Adapter, adapter_for
from nexios.validation.inputs import BodyInput, Group, Inputs
from nexios.validation.locations import PATH
from nexios.validation.pagination import CursorPage, Page
from nexios.validation.problems import Problem, ValidationProblem
from nexios.validation.responses import Output, declared_adapter, output_of

# Python before 3.13 knows older phrases.
PHRASES: Final = {"413": "Content Too Large", "422": "Unprocessable Content"}
PROBLEM: Final = adapter_for(Problem)
VALIDATION_PROBLEM: Final = adapter_for(ValidationProblem)
PROBLEM_TYPE: Final = "application/problem+json"
# RFC 8288; what the helpers of nexios.validation write.
LINK_HEADER: Final[dict[str, Any]] = {
    "description": "The neighbouring pages (RFC 8288), by relation: first, prev, next, last",
    "schema": {"type": "string"},
}


@dataclass(slots=True)
class Draft:
    """A route on its way into the document: everything but the schemas, which are made for all routes together."""

    served: ServedRoute
    method: str
    context: BindingContext
    plan: Plan
    inputs: list[Inputs]
    output: Output | None
    operation_id: str
    keys: dict[int, Key] = field(default_factory=dict)
    declared: dict[str, Any] = field(default_factory=dict)

    @property
    def where(self) -> str:
        return f"{self.method} {self.served.path}, {describe(self.served.handler)} ({self.served.source}),"

    @property
    def groups(self) -> list[Group]:
        return [group for inputs in self.inputs for group in inputs.groups]

    @property
    def bodies(self) -> list[BodyInput]:
        return [inputs.body for inputs in self.inputs if inputs.body is not None]


def draft(app: Any, served: ServedRoute, method: str, operation_id: str) -> Draft:
    """Read what *served* declares. Raises OpenAPIError and BindingError naming the handler for what cannot be."""
    context = app.assembly.context(served)
    plan: Plan = app.assembly.plan(served)
    inputs = [supply.about for supply in plan.supplies() if isinstance(supply.about, Inputs)]
    drafted = Draft(served, method, context, plan, inputs, output_of(context), operation_id)
    declared = served.options.get("responses") or {}
    if not isinstance(declared, Mapping):
        raise OpenAPIError(f"{drafted.where} has responses={declared!r}: give a mapping such as {{404: Problem}}")
    drafted.declared = {_status(status, drafted): content for status, content in declared.items()}
    return drafted


def _status(status: Any, drafted: Draft) -> str:
    text = str(status)
    if not re.fullmatch(r"[1-5](\d\d|XX)|default", text):
        raise OpenAPIError(
            f"{drafted.where} has responses={{{status!r}: ...}}: a status is 100 to 599, '4XX' or 'default'"
        )
    return text


def want_schemas(drafted: Draft, components: Components) -> None:
    """Ask for every schema that the operation will name."""

    def want(adapter: Adapter, mode: Mode) -> None:
        drafted.keys[id(adapter)] = components.want(adapter, mode, drafted.where)

    for adapter in [each.adapter for each in drafted.groups] + [each.adapter for each in drafted.bodies]:
        want(adapter, "validation")
    if drafted.output is not None and drafted.output.adapter is not None:
        drafted.keys[-1] = components.want(drafted.output.adapter, "serialization", drafted.where, _manner(drafted))
    for content in drafted.declared.values():
        model = content.get("model") if isinstance(content, Mapping) else content
        if model is not None and not isinstance(model, str):
            adapter = declared_adapter(model, drafted.context)
            drafted.keys[-id(model)] = components.want(adapter, "serialization", drafted.where, _manner(drafted))
    for adapter in (PROBLEM, VALIDATION_PROBLEM):
        components.want(adapter, "serialization", drafted.where)


def _manner(drafted: Draft) -> Manner:
    options = drafted.served.options
    return Manner(bool(options.get("response_by_alias", True)), bool(options.get("response_exclude_none", False)))


def write_operation(drafted: Draft, components: Components, *, streams: bool) -> dict[str, Any]:
    """The Operation Object (OpenAPI 3.1, section 4.8.10); *streams* allows what 3.2 says of the items of streams."""
    options = drafted.served.options
    operation: dict[str, Any] = {"operationId": drafted.operation_id, "summary": _summary(drafted)}
    description = options.get("description") or inspect.getdoc(drafted.served.handler)
    if description:
        operation["description"] = description
    if drafted.served.tags:
        operation["tags"] = list(drafted.served.tags)
    if options.get("deprecated"):
        operation["deprecated"] = True
    parameters = list(_parameters(drafted, components))
    if parameters:
        operation["parameters"] = parameters
    if drafted.bodies:
        operation["requestBody"] = _request_body(drafted, components)
    operation["responses"] = _responses(drafted, components, streams)
    operation.update(options.get("openapi_extra") or {})
    return operation


def _summary(drafted: Draft) -> str:
    summary = drafted.served.options.get("summary")
    if summary:
        return str(summary)
    words = getattr(drafted.served.handler, "__name__", "answer").strip("_").replace("_", " ")
    return words[:1].upper() + words[1:]


# -- what it reads ------------------------------------------------------------------------------------------------


def _parameters(drafted: Draft, components: Components) -> Iterator[dict[str, Any]]:
    """Parameter Objects: those of the path first, then each name of each place once."""
    described = {
        (entry["in"], entry["name"]): entry
        for group in drafted.groups
        for entry in _of_group(group, components.resolved(components.schema(drafted.keys[id(group.adapter)])))
    }
    for entry in describe_parameters(drafted.served, drafted.context.signature):
        yield described.pop(("path", entry["name"]), entry)
    yield from described.values()


def _of_group(group: Group, schema: Schema) -> Iterator[dict[str, Any]]:
    required = schema.get("required", ())
    for key, about in schema.get("properties", {}).items():
        wire = group.wires.get(key, key)
        if wire in group.hidden:
            continue
        content = dict(about)
        entry: dict[str, Any] = {"name": wire, "in": group.location.name}
        entry["required"] = key in required or group.location is PATH
        for word in ("description", "deprecated"):
            if word in content:
                entry[word] = content.pop(word)
        examples = content.pop("examples", None)
        entry["schema"] = _sendable(content)
        if examples:
            entry["examples"] = {f"example {number}": {"value": each} for number, each in enumerate(examples, 1)}
        yield entry


def _sendable(schema: Schema) -> Schema:
    """*schema* without null: a name that is left out is all that a query, a header or a cookie can say of it."""
    choices = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if not (key == "default" and value is None)}
    if len(choices) == len(schema.get("anyOf", ())):
        return rest
    del rest["anyOf"]
    return {**choices[0], **rest} if len(choices) == 1 else {"anyOf": choices, **rest}


def _request_body(drafted: Draft, components: Components) -> dict[str, Any]:
    schemas = [components.schema(drafted.keys[id(body.adapter)]) for body in drafted.bodies]
    # A handler and its dependencies may each read the body: it has to fit all of them.
    content: dict[str, Any] = {"schema": schemas[0] if len(schemas) == 1 else {"allOf": schemas}}
    body: dict[str, Any] = {"required": any(each.required for each in drafted.bodies)}
    for marker in (marker for each in drafted.bodies for marker in each.markers if not each.embedded):
        if marker.about.get("description"):
            body["description"] = marker.about["description"]
        if marker.about.get("examples"):
            examples = enumerate(marker.about["examples"], 1)
            content["examples"] = {f"example {number}": {"value": each} for number, each in examples}
    return body | {"content": {"application/json": content}}


# -- what it answers ----------------------------------------------------------------------------------------------


def _responses(drafted: Draft, components: Components, streams: bool) -> dict[str, Any]:
    success = str(drafted.served.options.get("status_code") or _usual_status(drafted))
    responses = {success: _success(drafted, components, success, streams)}
    for error in _problems_of(drafted):
        responses.setdefault(str(error), _problem(error, components))
    for status, content in drafted.declared.items():
        responses[status] = _declared(status, content, drafted, components, responses.get(status))
    return dict(sorted(responses.items()))


def _usual_status(drafted: Draft) -> int:
    return 204 if drafted.output is not None and drafted.output.nothing else 200


def _success(drafted: Draft, components: Components, status: str, streams: bool) -> dict[str, Any]:
    response: dict[str, Any] = {"description": _phrase(status)}
    output = drafted.output
    if output is not None and output.adapter is not None:
        schema = components.schema(drafted.keys[-1])
        if not output.stream:
            response["content"] = {"application/json": {"schema": schema}}
        else:
            item = {"itemSchema": schema} if streams else {"schema": {"type": "string"}}
            response["content"] = {"application/jsonl": item}
        if _is_page(output.adapter.annotation):
            response["headers"] = {"Link": LINK_HEADER}
    elif output is None and status not in ("204", "205"):
        content = _plain_content(drafted.context.signature.returns)
        if content:
            response["content"] = content
    return response


def _is_page(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Page | CursorPage)


def _plain_content(returns: Any) -> dict[str, Any]:
    """What the core answers with for a type that it writes itself."""
    if returns is str:
        return {"text/plain": {"schema": {"type": "string"}}}
    if returns in (bytes, bytearray, memoryview):
        return {"application/octet-stream": {}}
    return {"application/json": {}} if returns is MISSING or returns is Any else {}


def _problems_of(drafted: Draft) -> list[int]:
    """The errors that the framework itself answers with for this route."""
    statuses = []
    if drafted.context.path_parameters:
        statuses.append(404)
    if any(group.location is not PATH for group in drafted.groups) or drafted.bodies:
        statuses.append(400)
    if drafted.bodies:
        statuses += [408, 413, 415]
    if drafted.groups or drafted.bodies:
        statuses.append(422)
    return statuses


def _problem(status: int, components: Components) -> dict[str, Any]:
    adapter = VALIDATION_PROBLEM if status == 422 else PROBLEM
    schema = components.schema(Key(id(adapter), "serialization"))
    return {"description": _phrase(str(status)), "content": {PROBLEM_TYPE: {"schema": schema}}}


def _declared(
    status: str, content: Any, drafted: Draft, components: Components, known: dict[str, Any] | None
) -> dict[str, Any]:
    """``Model``, ``"a description"``, or a Response Object, whose *model* key is a type."""
    response: dict[str, Any] = {"description": (known or {}).get("description", _phrase(status))}
    if isinstance(content, str):
        return (known or {}) | {"description": content}
    model = content.get("model") if isinstance(content, Mapping) else content
    if model is not None:
        is_problem = isinstance(model, type) and issubclass(model, Problem)
        media_type = PROBLEM_TYPE if is_problem else "application/json"
        response["content"] = {media_type: {"schema": components.schema(drafted.keys[-id(model)])}}
    if isinstance(content, Mapping):
        response |= {key: value for key, value in content.items() if key != "model"}
    return response


def _phrase(status: str) -> str:
    """The reason phrase of *status* (RFC 9110), the same on every Python."""
    if not status.isdecimal():
        return "Any other answer" if status == "default" else f"An answer of the class {status}"
    if status in PHRASES:
        return PHRASES[status]
    try:
        return HTTPStatus(int(status)).phrase
    except ValueError:
        return f"Status {status}"
