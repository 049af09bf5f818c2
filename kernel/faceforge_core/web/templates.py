"""Templates as plugins write them: Jinja, escaping, each plugin's found by its name.

Only pages need it, and loading Jinja takes time: nothing of this is imported before the first page is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jinja2 import (
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    Template,
    TemplateNotFound,
    TemplateSyntaxError,
    nodes,
    pass_context,
)
from jinja2.ext import Extension
from jinja2.lexer import Token
from markupsafe import Markup, escape

from faceforge_core.web.filters import human_bytes, moment, monogram, month, tone
from faceforge_core.web.texts import Texts, own_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping
    from pathlib import Path
    from types import CodeType

    from jinja2.lexer import TokenStream
    from jinja2.runtime import Context


class _OwnStatic(Extension):
    """Gives each call of ``static(…)`` the plugin whose template it stands in, also in a layout that others extend."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        owner = (stream.name or "").partition("/")[0]
        before = ""
        for token in stream:
            yield token
            if token.type == "name" and token.value == "static" and before != "dot" and stream.current.type == "lparen":
                yield next(stream)
                yield Token(token.lineno, "string", owner)
                yield Token(token.lineno, "comma", ",")
            before = token.type


class _OwnerLoader(PrefixLoader):
    """Compiles a template under its full name; Jinja's own compiles ``owner/page.html`` as ``page.html``."""

    def load(
        self,
        environment: Environment,
        name: str,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002  # Jinja's name for it
    ) -> Template:
        source, filename, up_to_date = self.get_source(environment, name)
        code = _compiled(source, name, filename)
        return Template.from_code(environment, code, environment.make_globals(globals), up_to_date)


class _Environment(Environment):
    """Finds ``page.html`` beside the template that names it, and ``plugin_id/page.html`` in that plugin."""

    def __init__(self, loader: _OwnerLoader) -> None:
        super().__init__(
            loader=loader,
            autoescape=True,
            undefined=StrictUndefined,
            extensions=[_OwnStatic, "jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._owners = frozenset(loader.mapping)
        self.newstyle_gettext = True  # {% trans %} hands its values to gettext, which escapes them
        self.policies["ext.i18n.trimmed"] = True
        self.globals.update(gettext=_gettext, ngettext=_ngettext)
        self.filters.update(bytes=_bytes, moment=_moment, month=_month, number=_number, translated=_translated)
        self.filters.update(language_name=own_name, monogram=monogram, tone=tone)
        del self.filters["safe"]  # a template cannot switch escaping off for a value

    def join_path(self, template: str, parent: str) -> str:
        return self.full_name(template, parent.partition("/")[0])

    def full_name(self, template: str, owner: str) -> str:
        return template if template.partition("/")[0] in self._owners else f"{owner}/{template}"


@lru_cache(maxsize=512)
def _compiled(source: str, name: str, filename: str | None) -> CodeType:
    """A template's code, which depends on nothing else: all environments here are alike.

    The next generation has nearly all templates of the one before, and compiling those of a page takes longer than
    anything else about it.
    """
    return _Environment(_OwnerLoader({})).compile(source, name, filename)


def _texts(context: Context) -> Texts:
    texts: Texts = context["texts"]
    return texts


@pass_context
def _gettext(context: Context, message: str, /, **values: object) -> Markup:
    # Markup as the template around it, of the same authors; a test holds messages to be literals. Values are escaped.
    safe = {name: escape(value) for name, value in values.items()}
    return Markup(_texts(context).gettext(message, **safe))  # noqa: S704  # values are escaped above


@pass_context
def _ngettext(context: Context, singular: str, plural: str, n: int, /, **values: object) -> Markup:
    safe = {name: escape(value) for name, value in values.items() if name != "num"}
    return Markup(_texts(context).ngettext(singular, plural, n, **safe))  # noqa: S704  # so are these


@pass_context
def _translated(context: Context, message: str) -> str:
    """For texts that come with values: the titles of navigation entries and panels."""
    return _texts(context).gettext(message)


@pass_context
def _bytes(context: Context, size: float) -> str:
    return human_bytes(size, _texts(context))


@pass_context
def _moment(context: Context, text: str | None) -> Markup:
    return moment(text, _texts(context))


@pass_context
def _month(context: Context, text: str) -> str:
    return month(text, _texts(context))


@pass_context
def _number(context: Context, value: float) -> str:
    return _texts(context).number(value)


class Templates:
    """The templates in these folders, by plugin id; they see the values of `shared`."""

    def __init__(self, folders: Mapping[str, Path], shared: Mapping[str, object]) -> None:
        self._loader = _OwnerLoader({plugin_id: FileSystemLoader(folder) for plugin_id, folder in folders.items()})
        self._environment = _Environment(self._loader)
        self._environment.globals.update(shared)

    def __contains__(self, name: str) -> bool:
        """Whether ``plugin_id/name.html`` exists."""
        try:
            self._loader.get_source(self._environment, name)
        except TemplateNotFound:
            return False
        return True

    def find(self, owner: str, name: str) -> Template:
        """A template of plugin `owner`, or of the plugin that `name` names in front."""
        return self._environment.get_template(self._environment.full_name(name, owner))


@dataclass(frozen=True, slots=True)
class ParsedTemplate:
    """`problem`: line and message of what keeps it from being compiled; `needs`: what it names, each with its line."""

    problem: tuple[int, str] | None = None
    needs: tuple[tuple[str, int], ...] = ()


def parsed_template(source: str) -> ParsedTemplate:
    """A template as a page would be made of it, without making any."""
    environment = _Environment(_OwnerLoader({}))
    try:
        tree = environment.parse(source, "plugin/template")
        environment.compile(source, "plugin/template")
    except TemplateSyntaxError as exc:
        return ParsedTemplate((exc.lineno, exc.message or "can't be parsed"))
    naming: list[Any] = list(tree.find_all((nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)))
    found = [(one.template.value, one.lineno) for one in naming if isinstance(one.template, nodes.Const)]
    return ParsedTemplate(None, tuple((name, line) for name, line in found if isinstance(name, str)))
