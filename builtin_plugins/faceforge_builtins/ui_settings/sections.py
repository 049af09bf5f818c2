"""The pages of settings, and showing one of them with the way to the others beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .notices import notice_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import Request, Response

    from faceforge_sdk import PluginContext
    from faceforge_sdk.protocols import Texts

PATH: Final = "/ui/settings"


@dataclass(frozen=True, slots=True)
class Section:
    """A page: its address, its name, and what can be done there."""

    id: str
    title: str
    about: str

    @property
    def path(self) -> str:
        return f"{PATH}/{self.id}" if self.id else PATH


def sections(texts: Texts) -> Sequence[Section]:
    """All of them, in the order of the list."""
    _ = texts.gettext
    return [
        Section("", _("Appearance"), _("Theme and language")),
        Section("fields", _("Fields"), _("What can be said of entities, and in which form")),
        Section("storage", _("Storage"), _("Where files are kept, and moving them")),
        Section("tools", _("Tools"), _("Programs that FaceForge uses, found or missing")),
        Section("access", _("Access"), _("The access token, and who is signed in")),
        Section("trash", _("Trash"), _("What was deleted, and for how long it is kept")),
        Section("check", _("Check and about"), _("Whether everything is whole, backups, versions")),
    ]


def show(
    ctx: PluginContext, request: Request, template: str, section: str, /, *, status_code: int = 200, **values: object
) -> Response:
    """A page of settings; the notice is what its address asks for, unless `values` bring one."""
    texts = ctx.pages.texts(request)
    said = {"notice": notice_of(texts, request.query_params), **values}
    return ctx.pages.render(
        request, template, status_code=status_code, sections=sections(texts), section=section, **said
    )
