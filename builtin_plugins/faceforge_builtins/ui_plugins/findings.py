"""What the validator found, as sentences at the fields that it is about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from faceforge_sdk.errors import InvalidInput
    from faceforge_sdk.protocols import Texts

    from .fields import Field


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a configuration, and where."""

    path: tuple[str | int, ...]
    message: str
    validator: str

    @property
    def where(self) -> str:
        """The place, for people who read JSON."""
        return " › ".join(str(step) for step in self.path)


def findings_of(refusal: InvalidInput) -> Sequence[Finding]:
    """What a refusal lists; one that lists nothing is a finding about the whole."""
    details = refusal.details if isinstance(refusal.details, dict) else {}
    errors = details.get("errors")
    found = [_finding(one) for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []
    return found or [Finding((), str(refusal), "")]


def _finding(error: Mapping[str, Any]) -> Finding:
    path = tuple(step for step in error.get("path") or () if isinstance(step, str | int))
    return Finding(path, str(error.get("message") or ""), str(error.get("validator") or ""))


def refused(root: Field, findings: Sequence[Finding], texts: Texts) -> tuple[Field, Sequence[str]]:
    """The form with each finding at its field, and the sentences about what has no field."""
    at_fields: dict[str, str] = {}
    whole: list[str] = []
    for finding in findings:
        field, rest = root.at(finding.path)
        # A group has no place for a sentence of its own: what is wrong with it is wrong with the form.
        if field.kind == "group" or (rest and field.kind in {"list", "map"}):
            whole.append(_about_the_whole(finding, texts))
        else:
            sentence = sentence_of(finding, {} if rest else field.part.schema, texts)
            at_fields.setdefault(field.name, sentence)
    return _told(root, at_fields), list(dict.fromkeys(whole))


def _told(field: Field, problems: Mapping[str, str]) -> Field:
    fields = tuple(_told(one, problems) for one in field.fields)
    return replace(field, fields=fields, problem=field.problem or problems.get(field.name, ""))


def _about_the_whole(finding: Finding, texts: Texts) -> str:
    if finding.validator == "additionalProperties" and finding.path:
        return texts.gettext(
            "“%(name)s” is none of the plugin’s settings. It can be taken out in the JSON view.",
            name=str(finding.path[-1]),
        )
    return _ended(finding.message)


def sentence_of(finding: Finding, schema: Mapping[str, Any], texts: Texts) -> str:
    """What is wrong, in the reader's language where the schema's keyword says enough."""
    _ = texts.gettext
    limit = schema.get(finding.validator)
    if isinstance(limit, int | float) and not isinstance(limit, bool):
        said = _with_number(finding.validator, limit, texts)
        if said:
            return said
    match finding.validator:
        case "enum" | "const":
            return _("This is not one of the choices.")
        case "pattern" if isinstance(limit, str):
            return _("This does not have the form that is asked for: %(pattern)s", pattern=limit)
        case "uniqueItems":
            return _("An entry is there twice.")
        case "additionalProperties" | "unevaluatedProperties":
            return _("There is something in it that the plugin does not know: %(where)s", where=finding.where)
    return _ended(finding.message)


def _with_number(validator: str, limit: float, texts: Texts) -> str:
    _, ngettext = texts.gettext, texts.ngettext
    number, n = texts.number(limit), int(limit)
    sentences = {
        "minimum": _("This has to be %(limit)s or more.", limit=number),
        "maximum": _("This has to be %(limit)s or less.", limit=number),
        "exclusiveMinimum": _("This has to be more than %(limit)s.", limit=number),
        "exclusiveMaximum": _("This has to be less than %(limit)s.", limit=number),
        "multipleOf": _("This has to be a multiple of %(limit)s.", limit=number),
        "minLength": ngettext("Write at least %(num)s character.", "Write at least %(num)s characters.", n),
        "maxLength": ngettext("Write at most %(num)s character.", "Write at most %(num)s characters.", n),
        "minItems": ngettext("At least %(num)s entry is needed.", "At least %(num)s entries are needed.", n),
        "maxItems": ngettext("At most %(num)s entry is possible.", "At most %(num)s entries are possible.", n),
    }
    return sentences.get(validator, "")


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."
