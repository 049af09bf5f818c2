"""A plugin's settings on a page: as a form where its schema allows, and as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from faceforge_sdk.forms import text_of
from faceforge_sdk.typed import Unreadable, read_json

from .fields import Field, Place, json_text, shown
from .findings import findings_of, refused
from .parts import parts_of
from .posted import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.datastructures import FormData

    from faceforge_sdk.errors import InvalidInput
    from faceforge_sdk.models import Plugin
    from faceforge_sdk.protocols import Texts


@dataclass(frozen=True, slots=True)
class SettingsForm:
    """The controls of a configuration, and what is wrong with the whole of it.

    `seen` is a sign of what was stored when the page was made; `unshown` are keys that the schema does not name.
    `quiet` leaves out what is wrong while rows are still added.
    """

    root: Field
    seen: str
    problems: Sequence[str] = ()
    unshown: Sequence[str] = ()
    quiet: bool = False

    @classmethod
    def of(cls, plugin: Plugin) -> SettingsForm | None:
        """The form of what is stored; None where there is no schema, or one that no form can say."""
        root = parts_of(plugin.config_schema or {})
        if root.kind not in {"group", "map"}:
            return None
        field = shown(root, plugin.config, Place(), plugin.config_secrets_set)
        if field.as_json:
            return None
        names = {part.key for part in root.children}
        unshown = [key for key in plugin.config if key not in names] if root.kind == "group" else []
        return cls(field, seen_of(plugin), unshown=unshown)

    def typed(self, plugin: Plugin, form: FormData, texts: Texts) -> SettingsForm:
        """The form with what was typed."""
        reading = Reading(form, plugin.config_secrets_set, texts)
        root = reading.field(self.root.part, plugin.config, Place())
        if reading.add or reading.remove:
            return replace(self, root=root, quiet=True)
        problems = [
            texts.gettext("The form holds “%(name)s”, which is none of the plugin’s settings.", name=name[:100])
            for name in reading.unknown(root)
        ]
        if text_of(form, "seen") not in {"", self.seen}:
            problems.append(overtaken(texts))
        return replace(self, root=root, problems=problems)

    def refused(self, refusal: InvalidInput, texts: Texts) -> SettingsForm:
        """The same with what the validator found."""
        root, problems = refused(self.root, findings_of(refusal), texts)
        return replace(self, root=root, problems=problems)

    @property
    def sound(self) -> bool:
        """Whether it may be sent to the validator."""
        return not self.problems and not self.quiet and not self.root.has_problem

    def config(self) -> Mapping[str, Any]:
        """The configuration that a sound form stands for."""
        return self.root.value if isinstance(self.root.value, dict) else {}


@dataclass(frozen=True, slots=True)
class SettingsText:
    """A configuration as JSON, and what is wrong with it; `offset` is where in the text."""

    text: str
    seen: str
    problems: Sequence[str] = ()
    offset: int | None = None

    @classmethod
    def of(cls, plugin: Plugin) -> SettingsText:
        """What is stored, secrets as null."""
        return cls(json_text(plugin.config), seen_of(plugin))

    def typed(self, form: FormData, texts: Texts) -> SettingsText:
        """What was typed."""
        typed = replace(self, text=text_of(form, "config").replace("\r\n", "\n"))
        if text_of(form, "seen") not in {"", self.seen}:
            return replace(typed, problems=[overtaken(texts)])
        try:
            value = read_json(typed.text, texts)
        except Unreadable as unreadable:
            return replace(typed, problems=[str(unreadable)], offset=unreadable.offset)
        if isinstance(value, dict):
            return typed
        return replace(typed, problems=[texts.gettext("The settings have to be one JSON object, in braces.")])

    def refused(self, refusal: InvalidInput) -> SettingsText:
        """The same with what the validator found."""
        sentences = [f"{one.message}." if one.path else one.message for one in findings_of(refusal)]
        return replace(self, problems=sentences)

    def config(self) -> Mapping[str, Any]:
        """The configuration of a text without problems."""
        config: Mapping[str, Any] = json.loads(self.text)
        return config


def seen_of(plugin: Plugin) -> str:
    """A sign that differs whenever the configuration or its schema does; it gives no secret away."""
    stored = [plugin.config, plugin.config_secrets_set, plugin.config_schema]
    return sha256(json.dumps(stored, sort_keys=True).encode()).hexdigest()[:16]


def overtaken(texts: Texts) -> str:
    return texts.gettext(
        "The settings were changed elsewhere since this page was opened. "
        "What you typed is kept here; save again to store it."
    )
