"""Server-rendered pages: one escaping template environment for each generation of plugins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

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
from starlette.responses import HTMLResponse, Response

from faceforge_core import __version__
from faceforge_core.web.filters import human_bytes, moment, monogram, month, tone
from faceforge_core.web.static_files import StaticFolders
from faceforge_core.web.texts import Languages, Texts, own_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping, Sequence
    from pathlib import Path
    from types import CodeType

    from jinja2.lexer import TokenStream
    from jinja2.runtime import Context
    from starlette.requests import Request

    from faceforge_sdk import NavItem

STATIC_PREFIX: Final = "/ui/static"
THEME_COOKIE: Final = "ff_theme"
THEMES: Final = ("light", "dark")


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


class PageSet:
    """The templates, static files and side bar of one generation; it never changes.

    `templates` and `static` map plugin ids to folders. Every value is escaped, an unknown name raises
    `jinja2.UndefinedError`, and characters that UTF-8 has no bytes for appear as U+FFFD.
    """

    def __init__(
        self,
        templates: Mapping[str, Path],
        static: Mapping[str, Path],
        nav: Sequence[NavItem] = (),
        locales: Sequence[Path] = (),
        *,
        version: str = __version__,
    ) -> None:
        self._loader = _OwnerLoader({plugin_id: FileSystemLoader(folder) for plugin_id, folder in templates.items()})
        self._environment = _Environment(self._loader)
        self._static = StaticFolders(static)
        self._languages = Languages(locales)
        self._environment.globals.update(nav=tuple(nav), static=self._static_address, version=version)

    def __contains__(self, template: str) -> bool:
        """Whether ``plugin_id/name.html`` exists."""
        try:
            self._loader.get_source(self._environment, template)
        except TemplateNotFound:
            return False
        return True

    def render(
        self, owner: str, request: Request, template: str, status_code: int, values: Mapping[str, object]
    ) -> Response:
        """A page from the templates of plugin `owner`, or of the plugin that `template` names in front."""
        found = self._environment.get_template(self._environment.full_name(template, owner))
        surroundings = {
            "request": request,
            "texts": self.texts(request),
            "languages": self._languages.available,
            "theme": next((one for one in THEMES if request.cookies.get(THEME_COOKIE) == one), None),
        }
        text = found.render({**surroundings, **values})
        return HTMLResponse(_encoded(text), status_code)

    def texts(self, request: Request) -> Texts:
        """The language of whoever asks."""
        return self._languages.of(request)

    def _static_address(self, owner: str, path: str) -> str:
        plugin_id, _, rest = path.partition("/")
        if rest and plugin_id in self._static:
            owner, path = plugin_id, rest
        return f"{STATIC_PREFIX}/{owner}/{path}{self._static.version_query(owner, path)}"


class PluginPages:
    """The SDK's `Pages` for one plugin: renders with the generation that serves the request."""

    def __init__(self, plugin_id: str) -> None:
        self._plugin_id = plugin_id

    def render(self, request: Request, template: str, /, *, status_code: int = 200, **values: Any) -> Response:
        return _pages(request).render(self._plugin_id, request, template, status_code, values)

    def texts(self, request: Request) -> Texts:
        return _pages(request).texts(request)


def _pages(request: Request) -> PageSet:
    pages: PageSet | None = request.app.state.pages
    if pages is None:
        raise RuntimeError("This app was built without pages.")
    return pages


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text).encode()


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
