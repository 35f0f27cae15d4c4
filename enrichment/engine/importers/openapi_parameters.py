"""The parameters of an OpenAPI operation, in path, query and header, by their `style` and `explode`."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from enrichment.engine.importers.by_name import Columns
from enrichment.engine.importers.openapi_body import Offered
from enrichment.engine.importers.openapi_document import Reader
from enrichment.engine.importers.openapi_examples import NOTHING, example_of, fixed_value, kind_of
from enrichment.engine.template.values import as_text

_OF_MARL = {"authorization", "accept", "content-type"}
_SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|", "ssv": " ", "tsv": "\t", "pipes": "|"}

type Pairs = list[tuple[str, str]]


class ParameterBuilder:
    """Collects beside the parameters which of them it offers and which are left to fill."""

    def __init__(self, reader: Reader, columns: Columns, chosen: Collection[str]) -> None:
        self._reader = reader
        self._columns = columns
        self._chosen = chosen
        self.offered: dict[str, Offered] = {}
        self.holes: dict[str, object] = {}  # the example of each, or NOTHING
        self.joined: dict[str, str] = {}  # what stands between the items of lists that a reference stands for

    def pairs(self, parameters: Sequence[Mapping[str, Any]], place: str) -> list[dict[str, str]]:
        """Returns the required and the chosen ones of "query" or "header"; the others are offered."""
        found: Pairs = []
        for one in parameters:
            name = str(one.get("name"))
            if one.get("in") != place or name.lower() in _OF_MARL or one.get("readOnly"):
                continue
            if one.get("required") or f"{place}:{name}" in self._chosen:
                found += self._written(name, one)
            else:
                self._offer(name, place)
        return [{"name": name, "value": value} for name, value in found]

    def _offer(self, name: str, place: str) -> None:
        offered = Offered(f"{place}:{name}", name, "query parameter" if place == "query" else "header")
        self.offered[offered.id] = offered

    def in_path(self, name: str, parameters: Sequence[Mapping[str, Any]]) -> str:
        """Returns what stands for `{name}` in the address."""
        described = (one for one in parameters if one.get("in") == "path" and one.get("name") == name)
        parameter = next(described, {"name": name})
        value = self._columns.as_text(name, kind_of(self._schema(parameter))) or self._hole(name)
        style = parameter.get("style")
        return f".{value}" if style == "label" else f";{name}={value}" if style == "matrix" else value

    def _schema(self, parameter: Mapping[str, Any]) -> dict[str, Any]:
        """Swagger 2 has the schema beside the name; a JSON text may be asked for in a media type of its own."""
        media: object = next(iter((parameter.get("content") or {}).values()), {})
        return self._reader.schema(parameter.get("schema") or self._reader.resolved(media).get("schema") or parameter)

    def _hole(self, name: str, example: object = NOTHING) -> str:
        self.holes[name] = example
        return self._columns.hole(name)

    def _written(self, name: str, parameter: Mapping[str, Any]) -> Pairs:
        schema = self._schema(parameter)
        kind = kind_of(schema)
        if kind == "object" and schema.get("properties") and "content" not in parameter:
            return self._of_object(name, parameter, schema)
        value = fixed_value(schema)
        column = self._columns.as_text(name, kind)
        if kind == "array" and "content" not in parameter and (column or value is NOTHING):
            self._note_joined(name, parameter)
        if column:
            return [(name, column)]
        if value is NOTHING:
            return [(name, self._hole(name, example_of(schema, self._example(parameter))))]
        if isinstance(value, list) and "content" not in parameter:
            return self._of_list(name, parameter, [as_text(one) for one in value])
        return [(name, as_text(value))]

    def _example(self, parameter: Mapping[str, Any]) -> object:
        examples = parameter.get("examples")
        values = (
            [self._reader.resolved(one).get("value") for one in examples.values()] if isinstance(examples, dict) else []
        )
        return next((one for one in [parameter.get("example"), *values] if one is not None), NOTHING)

    def _of_list(self, name: str, parameter: Mapping[str, Any], values: Sequence[str]) -> Pairs:
        separator = self._separator(parameter)
        return [(name, value) for value in values] if separator is None else [(name, separator.join(values))]

    def _separator(self, parameter: Mapping[str, Any]) -> str | None:
        """Returns what stands between the items of a list, None where its name is repeated."""
        style = str(parameter.get("style") or parameter.get("collectionFormat") or "")
        is_repeated = style == "multi" or self._is_exploded(parameter, style)
        return None if parameter.get("in") == "query" and is_repeated else _SEPARATORS.get(style, ",")

    def _note_joined(self, name: str, parameter: Mapping[str, Any]) -> None:
        """A reference to a list repeats its name, which is not what this API reads."""
        if (separator := self._separator(parameter)) is not None:
            self.joined[name] = separator

    def _is_exploded(self, parameter: Mapping[str, Any], style: str) -> bool:
        """Of OpenAPI 3, where lists of the style `form` are repeated unless something else is said."""
        is_swagger = "swagger" in self._reader.document
        return not is_swagger and bool(parameter.get("explode", style in ("", "form")))

    def _of_object(self, name: str, parameter: Mapping[str, Any], schema: Mapping[str, Any]) -> Pairs:
        """`name[key]=…` as deepObject, `key=…` where it is exploded, else `key,value` in one."""
        style = str(parameter.get("style") or "")
        given = self._example(parameter)
        examples = given if isinstance(given, dict) else {}
        required = {str(one) for one in schema.get("required") or ()} or set(examples) or set(schema["properties"])
        members: Pairs = []
        for key, child in schema["properties"].items():
            if str(key) in required:
                members.append((str(key), self._member(f"{name}.{key}", child, examples.get(key, NOTHING))))
        if style == "deepObject":
            return [(f"{name}[{key}]", value) for key, value in members]
        if parameter.get("in") == "query" and self._is_exploded(parameter, style):
            return members
        return [(name, ",".join(f"{key},{value}" for key, value in members))]

    def _member(self, name: str, schema: object, given: object) -> str:
        described = self._reader.schema(schema)
        value = fixed_value(described)
        return self._hole(name, example_of(described, given)) if value is NOTHING else as_text(value)
