"""What a change of the API's description would break for clients that were written by the one before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Schema = dict[str, Any]

_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_LOWER_BOUNDS: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER_BOUNDS: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_ALTERNATIVES: Final = ("anyOf", "oneOf")
_COMPARED_AS_TEXT: Final = (
    *("pattern", "format", "multipleOf", "uniqueItems", "contentMediaType", "contentEncoding", "contains"),
    *("propertyNames", "patternProperties", "dependentRequired", "dependentSchemas"),
    *("allOf", "not", "if", "then", "else", "prefixItems"),
)


def incompatible_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What clients of `before` would miss in `after`, a sentence each; nothing for additions.

    What clients send may only be asked for more generously, what they get only be more certain. A new value among
    those an answer may hold counts too: whoever chooses by it has no branch for it.
    """
    return list(_Comparison(before, after).run())


@dataclass
class _Comparison:
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    seen: set[tuple[str, str, bool]] = field(default_factory=set)

    def run(self) -> Iterator[str]:
        for path, item in self.before["paths"].items():
            for method in _METHODS:
                if method not in item:
                    continue
                place = f"{method.upper()} {path}"
                operation = self.after["paths"].get(path, {}).get(method)
                if operation is None:
                    yield f"{place} is gone."
                else:
                    yield from self._operation(place, item[method], operation)
        yield from self._credentials()

    def _operation(self, place: str, old: Schema, new: Schema) -> Iterator[str]:
        if old.get("operationId") != new.get("operationId"):
            yield f"{place} is called {new.get('operationId')} and was called {old.get('operationId')}."
        yield from self._security(place, old.get("security", []), new.get("security", []))
        yield from self._parameters(place, old.get("parameters", []), new.get("parameters", []))
        yield from self._body(place, old.get("requestBody"), new.get("requestBody"))
        yield from self._responses(place, old.get("responses", {}), new.get("responses", {}))

    # --- Who may call -----------------------------------------------------------------------------------------------

    def _security(self, place: str, old: list[Schema], new: list[Schema]) -> Iterator[str]:
        if new and not old:
            yield f"{place} needs a credential."
        for way in old:
            if new and not any(other.keys() <= way.keys() for other in new):
                yield f"{place} does not take the credential {'+'.join(way)} any more."

    def _credentials(self) -> Iterator[str]:
        new = self.after.get("components", {}).get("securitySchemes", {})
        for name, scheme in self.before.get("components", {}).get("securitySchemes", {}).items():
            shown = {key: value for key, value in scheme.items() if key != "description"}
            now = {key: value for key, value in new.get(name, {}).items() if key != "description"}
            if shown != now:
                yield f"The credential {name} is shown in another way."

    # --- What clients send ------------------------------------------------------------------------------------------

    def _parameters(self, place: str, old: list[Schema], new: list[Schema]) -> Iterator[str]:
        known, found = _by_name(old), _by_name(new)
        for key, parameter in found.items():
            was_required = known.get(key, {}).get("required", False)
            if parameter.get("required", False) and not was_required:
                yield f"{place} requires the parameter {key[1]}."
        for key, parameter in known.items():
            where = f"{place}, parameter {key[1]}"
            now = found.get(key)
            if now is None:
                yield f"{where} is gone."
                continue
            if any(parameter.get(name) != now.get(name) for name in ("style", "explode")):
                yield f"{where} is written in another way."
            yield from self._schemas(where, parameter.get("schema", {}), now.get("schema", {}), sent=True)

    def _body(self, place: str, old: Schema | None, new: Schema | None) -> Iterator[str]:
        if new is not None and new.get("required", False) and not (old or {}).get("required", False):
            yield f"{place} requires a body."
        if old is None:
            return
        yield from self._content(f"{place}, body", old.get("content", {}), (new or {}).get("content", {}), sent=True)

    # --- What clients get -------------------------------------------------------------------------------------------

    def _responses(self, place: str, old: Schema, new: Schema) -> Iterator[str]:
        for status, response in old.items():
            where, now = f"{place}, answer {status}", new.get(status)
            if now is None:
                if not _is_error(status):  # an error that is not named any more is still the default's
                    yield f"{where} is gone."
                continue
            was, now = _resolved(response, self.before), _resolved(now, self.after)
            for name in was.get("headers", {}).keys() - now.get("headers", {}).keys():
                yield f"{where} lost the header {name}."
            yield from self._content(where, was.get("content", {}), now.get("content", {}), sent=False)

    def _content(self, where: str, old: Schema, new: Schema, *, sent: bool) -> Iterator[str]:
        for kind, media in old.items():
            if kind in new:
                yield from self._schemas(where, media.get("schema", {}), new[kind].get("schema", {}), sent=sent)
            else:
                yield f"{where}: {kind} is gone."

    # --- Values -----------------------------------------------------------------------------------------------------

    def _schemas(self, where: str, old: Any, new: Any, *, sent: bool) -> Iterator[str]:
        """Every alternative of what is given has to fit one of what is taken.

        Clients give what they send, and take what they get.
        """
        references = (_reference(old), _reference(new), sent)
        if all(references[:2]):
            if references in self.seen:
                return
            self.seen.add(references)
        olds = _alternatives(_resolved(old, self.before), self.before)
        news = _alternatives(_resolved(new, self.after), self.after)
        given, taken = (olds, news) if sent else (news, olds)
        for alternative in given:
            attempts = [
                list(self._values(where, *((alternative, other) if sent else (other, alternative)), sent=sent))
                for other in taken
            ]
            yield from min(attempts, key=len)

    def _values(self, where: str, old: Schema, new: Schema, *, sent: bool) -> Iterator[str]:
        given, taken = (old, new) if sent else (new, old)
        if not _type_fits(given.get("type"), taken.get("type")):
            yield f"{where} was {_said(old)} and is {_said(new)}."
            return
        yield from (f"{where}: {problem}" for problem in _bounds(given, taken))
        if sent and old.get("default") != new.get("default"):
            yield f"{where} has another default."
        if "items" in old and "items" in new:
            yield from self._schemas(f"{where}[]", old["items"], new["items"], sent=sent)
        yield from self._properties(where, old, new, sent=sent)

    def _properties(self, where: str, old: Schema, new: Schema, *, sent: bool) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        must_before, must_after = set(old.get("required", ())), set(new.get("required", ()))
        for name, schema in before.items():
            if name in after:
                yield from self._schemas(f"{where}.{name}", schema, after[name], sent=sent)
            else:
                yield f"{where}.{name} is gone."
        if sent:
            yield from (f"{where}.{name} is required." for name in sorted(must_after - must_before))
        else:
            left = (must_before - must_after) & after.keys()
            yield from (f"{where}.{name} may be missing." for name in sorted(left))
        yield from self._others(where, old, new, sent=sent)

    def _others(self, where: str, old: Schema, new: Schema, *, sent: bool) -> Iterator[str]:
        """The properties without a name in the schema."""
        before, after = old.get("additionalProperties", True), new.get("additionalProperties", True)
        given, taken = (before, after) if sent else (after, before)
        if isinstance(before, dict) and isinstance(after, dict):
            yield from self._schemas(f"{where}.*", before, after, sent=sent)
        elif taken is not True and given is not False and given != taken:
            yield f"{where} takes other properties no more." if sent else f"{where}.* may be anything."


def _by_name(parameters: list[Schema]) -> dict[tuple[str, str], Schema]:
    return {(one["in"], one["name"].lower() if one["in"] == "header" else one["name"]): one for one in parameters}


def _is_error(status: str) -> bool:
    return status == "default" or status[0] in "45"


def _reference(schema: Any) -> str:
    return str(schema.get("$ref", "")) if isinstance(schema, dict) else ""


def _resolved(schema: Any, document: Mapping[str, Any]) -> Schema:
    """The schema itself behind a reference; `True` says nothing."""
    if not isinstance(schema, dict):
        return {} if schema else {"not": {}}
    reference = _reference(schema)
    if not reference:
        return schema
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return {**_resolved(found, document), **{key: value for key, value in schema.items() if key != "$ref"}}


def _alternatives(schema: Schema, document: Mapping[str, Any]) -> list[Schema]:
    """The schema as a choice among simple ones; conditions beside properties are left for `_bounds`."""
    for word in _ALTERNATIVES:
        if word in schema and not {"type", "properties"} & schema.keys():
            around = {key: value for key, value in schema.items() if key != word}
            return [
                {**around, **simple}
                for choice in schema[word]
                for simple in _alternatives(_resolved(choice, document), document)
            ]
    if isinstance(schema.get("type"), list):
        return [{**schema, "type": kind} for kind in schema["type"]]
    return [schema]


def _type_fits(given: str | None, taken: str | None) -> bool:
    return taken is None or given == taken or (given == "integer" and taken == "number")


def _said(schema: Schema) -> str:
    return str(schema.get("type", "anything"))


def _bounds(given: Schema, taken: Schema) -> Iterator[str]:
    """Why a value that fits `given` may not fit `taken`, by their words for single values."""
    allowed, offered = _listed(taken), _listed(given)
    if allowed is not None:
        if offered is None:
            yield f"only {allowed} fit."
        elif missing := [value for value in offered if value not in allowed]:
            yield f"{missing} fit no more, or are new."
    for word in _LOWER_BOUNDS:
        if word in taken and given.get(word, float("-inf")) < taken[word]:
            yield f"{word} is {taken[word]} on one side and {given.get(word, 'nothing')} on the other."
    for word in _UPPER_BOUNDS:
        if word in taken and given.get(word, float("inf")) > taken[word]:
            yield f"{word} is {taken[word]} on one side and {given.get(word, 'nothing')} on the other."
    for word in (*_COMPARED_AS_TEXT, *_ALTERNATIVES):
        if word in taken and given.get(word) != taken[word] and offered is None:
            yield f"{word} is another."


def _listed(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return schema.get("enum")
