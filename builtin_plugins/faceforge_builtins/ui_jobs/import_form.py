"""The form of an import: what was typed, what is wrong with it, and the job's input that it makes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faceforge_sdk.forms import text_of

if TYPE_CHECKING:
    from starlette.datastructures import FormData

    from faceforge_sdk.errors import InvalidInput
    from faceforge_sdk.protocols import Texts

_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_FIELDS = frozenset({"path", "kind", "include", "exclude", "tags", "role"})
_MAX_PATH = 4096


@dataclass(frozen=True, slots=True)
class ImportForm:
    """The texts of the fields, lists with one entry a line; `problems` has a sentence per field (``""``: the whole)."""

    path: str = ""
    recursive: bool = True
    entity_per_folder: bool = False
    tags: str = ""
    role: str = ""
    kind: str = ""
    include: str = ""
    exclude: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def posted(cls, form: FormData) -> ImportForm:
        """What was typed."""
        return cls(
            path=text_of(form, "path").strip(),
            recursive=text_of(form, "recursive") == "1",
            entity_per_folder=text_of(form, "owner") == "folders",
            tags=text_of(form, "tags"),
            role=text_of(form, "role").strip(),
            kind=text_of(form, "kind").strip(),
            include=text_of(form, "include"),
            exclude=text_of(form, "exclude"),
        )

    @property
    def more_options(self) -> bool:
        """Whether anything of what is folded away is said, or wrong."""
        names = ("kind", "include", "exclude")
        return any(getattr(self, name) or name in self.problems for name in names)

    def checked(self, texts: Texts) -> ImportForm:
        """With a problem at the folder if nobody has to be asked to see it; what is not there would fail as a job."""
        if not self.path:
            return self._with({"path": texts.gettext("Choose a folder.")})
        try:
            there = Path(self.path).expanduser().is_dir()
        except (OSError, ValueError, RuntimeError):  # names that no disk takes
            there = False
        if there or len(self.path) > _MAX_PATH:
            return self
        return self._with({"path": texts.gettext("There is no such folder on the computer that FaceForge runs on.")})

    def refused(self, refusal: InvalidInput, texts: Texts) -> ImportForm:
        """With what the job's own model found, at the fields."""
        details = refusal.details if isinstance(refusal.details, list) else []
        problems: dict[str, str] = {}
        for detail in details:
            name, sentence = _place(detail), _sentence(detail, texts)
            problems.setdefault(name, sentence)
        return self._with(problems or {"": str(refusal)})

    def job_input(self, *, dry_run: bool) -> Mapping[str, Any]:
        """What the job is asked for; what nobody said is left to its defaults."""
        said: dict[str, Any] = {
            "kind": self.kind,
            "include": lines(self.include),
            "exclude": lines(self.exclude),
        }
        if self.entity_per_folder:
            said |= {"entity_per_folder": True, "tags": lines(self.tags), "role": self.role}
        if dry_run:
            said["dry_run"] = True
        return {"path": self.path, "recursive": self.recursive} | {key: value for key, value in said.items() if value}

    def _with(self, problems: Mapping[str, str]) -> ImportForm:
        return replace(self, problems=problems)


def lines(text: str) -> Sequence[str]:
    """The entries of a list field: one a line, without repetitions."""
    entries = (line.strip() for line in _LINE_ENDS.split(text))
    return list(dict.fromkeys(entry for entry in entries if entry))


def _place(detail: Any) -> str:
    """The field that a refusal is about."""
    loc = detail.get("loc") if isinstance(detail, Mapping) else None
    name = loc[0] if isinstance(loc, list | tuple) and loc else ""
    return name if name in _FIELDS else ""


def _sentence(detail: Any, texts: Texts) -> str:
    """What is wrong, as a sentence: in our words where pydantic's are for programmers."""
    found = detail if isinstance(detail, Mapping) else {}
    ours = {
        "string_too_long": texts.gettext("This is too long."),
        "too_long": texts.gettext("These are too many."),
    }
    said = ours.get(str(found.get("type"))) or str(found.get("msg") or texts.gettext("This can't be used."))
    return said if said.endswith((".", "!", "?")) else f"{said}."
