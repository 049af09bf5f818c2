"""The form of an entity: what was typed, what is wrong with it, and what it changes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from faceforge_sdk.forms import text_of
from faceforge_sdk.models import EntityDraft, EntityPatch
from faceforge_sdk.typed import NUL

if TYPE_CHECKING:
    from starlette.datastructures import FormData

    from faceforge_sdk.models import Entity
    from faceforge_sdk.protocols import Texts


FIELDS = ("display_name", "aliases", "tags")

_LINE_ENDS = re.compile(r"\r\n|\r|\n")
"""What ends a line in a browser's text field; Python's `splitlines` knows more, which may stand inside a name."""


@dataclass(frozen=True, slots=True)
class EntityForm:
    """The texts of the fields, lists with one entry a line.

    `revision` is the version that was edited, `stored` what somebody else saved meanwhile, and `problems` holds a
    sentence per field (``""`` for the whole form).
    """

    display_name: str = ""
    aliases: str = ""
    tags: str = ""
    revision: int | None = None
    stored: Entity | None = None
    problems: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, entity: Entity) -> EntityForm:
        """The form of what is stored."""
        return cls(entity.display_name, "\n".join(entity.aliases), "\n".join(entity.tags), entity.revision)

    @classmethod
    def posted(cls, form: FormData, texts: Texts, before: EntityForm | None = None) -> EntityForm:
        """What was typed; a field that was not sent stays as it was `before`."""
        start = before or cls()
        typed = cls(
            display_name=text_of(form, "display_name", start.display_name).strip(),
            aliases=text_of(form, "aliases", start.aliases),
            tags=text_of(form, "tags", start.tags),
            revision=number_of(form, "revision") or start.revision,
        )
        return typed._checked(texts)

    def _checked(self, texts: Texts) -> EntityForm:
        if not self.display_name:
            return self.refused("display_name", texts.gettext("Write a name."))
        unusable = [name for name in FIELDS if "\0" in getattr(self, name)]
        return self.refused(unusable[0], texts.gettext(NUL)) if unusable else self

    def refused(self, name: str, sentence: str) -> EntityForm:
        """The same texts with a problem at a field."""
        return replace(self, problems={**self.problems, name: sentence})

    def overtaken(self, stored: Entity) -> EntityForm:
        """The same texts beside what was saved meanwhile; saving again would replace that."""
        return replace(self, stored=stored, revision=stored.revision)

    def draft(self) -> EntityDraft:
        """A new entity."""
        return EntityDraft(display_name=self.display_name, aliases=lines(self.aliases), tags=lines(self.tags))

    def patch(self, entity: Entity) -> EntityPatch:
        """Only what differs from `entity`: what nobody touched keeps every character it has."""
        stored = EntityForm.of(entity)
        return EntityPatch(
            display_name=self.display_name if self.display_name != stored.display_name else None,
            aliases=lines(self.aliases) if lines(self.aliases) != lines(stored.aliases) else None,
            tags=lines(self.tags) if lines(self.tags) != lines(stored.tags) else None,
        )


def lines(text: str) -> list[str]:
    """The entries of a list field: one a line, without repetitions."""
    entries = (line.strip() for line in _LINE_ENDS.split(text))
    return list(dict.fromkeys(entry for entry in entries if entry))


def number_of(form: FormData, name: str) -> int | None:
    """A number that a page of ours sent, or None for anything else."""
    text = text_of(form, name)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
