"""What is wrong with a plugin's Python, seen without running it."""

from __future__ import annotations

import ast
import inspect
import sys
from typing import TYPE_CHECKING, Final, get_args

from faceforge_core import hookspecs
from faceforge_core.plugins.arriving import syntax_problem
from faceforge_sdk.events import EventType, matches

from .findings import did_you_mean, error, suggestion, warning

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from .findings import Finding

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_CONTEXT: Final = "ctx"
_INTERNAL: Final = {"faceforge_core": "the kernel", "faceforge_builtins": "a built-in"}


def hook_arguments() -> Mapping[str, Sequence[str]]:
    """Every hook there is, and the names of its arguments."""
    return {
        name: list(inspect.signature(function).parameters)
        for name, function in vars(hookspecs).items()
        if hasattr(function, "faceforge_spec")
    }


def is_test(path: str) -> bool:
    """Whether a file is the plugin's test, which may import what a plugin may not."""
    folder, _, name = path.rpartition("/")
    return (
        "tests" in folder.split("/") or name == "conftest.py" or name.startswith("test_") or name.endswith("_test.py")
    )


class ModuleCheck:
    """Looks at one module. `siblings`: the plugin's top-level modules; `templates`: the files of its templates."""

    def __init__(self, folder: Path, siblings: frozenset[str], templates: frozenset[str]) -> None:
        self._folder = folder
        self._siblings = siblings
        self._templates = templates
        self._hooks = hook_arguments()

    def findings(self, path: str) -> Iterator[Finding]:
        """Everything that is wrong with the module at `path` below the plugin's folder."""
        source = (self._folder / path).read_bytes()
        problem = syntax_problem(source, path)
        if problem is not None:
            yield error(path, *problem)
            return
        if is_test(path):
            return
        tree = ast.parse(source)
        marks = _marks(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield from self._imports(path, node)
            elif isinstance(node, ast.Call):
                yield from self._panel(path, node)
                yield from _event_type(path, node)
            elif isinstance(node, _Function):
                mark = next((one for one in node.decorator_list if _named(one) in marks), None)
                if mark is not None:
                    yield from self._hook(path, node, mark)
        for node in tree.body:
            if isinstance(node, _Function) and node.name in self._hooks and not node.decorator_list:
                yield warning(path, node.lineno, f"{node.name} is not marked with @hookimpl, so nobody calls it.")

    # --- Hooks

    def _hook(self, path: str, node: _Function, mark: ast.expr) -> Iterator[Finding]:
        options = _options(mark)
        name = str(options.get("specname") or node.name)
        line = node.lineno
        if name not in self._hooks:
            if not options.get("optionalhook"):
                yield error(path, line, f"There is no hook {name!r}.{suggestion(name, self._hooks)}")
            return
        if options.get("wrapper") or options.get("hookwrapper"):
            yield error(path, line, f"{name}: hook wrappers are not supported.")
        if isinstance(node, ast.AsyncFunctionDef):
            yield error(path, line, f"{name}: hooks are plain functions, not async.")
        if name == "lifespan" and not _makes_context_manager(node):
            yield error(path, line, "lifespan is a generator without @contextmanager above it.")
        yield from self._arguments(path, name, node)

    def _arguments(self, path: str, name: str, node: _Function) -> Iterator[Finding]:
        arguments = node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        if positional and positional[0].arg in {"self", "cls"}:
            positional = positional[1:]
        if arguments.defaults or any(arguments.kw_defaults):
            yield error(path, node.lineno, f"{name}: hooks have no parameters with defaults.")
        if arguments.kwonlyargs:
            yield error(path, node.lineno, f"{name}: hooks have no keyword-only parameters.")
        wanted = self._hooks[name]
        for argument in positional[: len(positional) - len(arguments.defaults)]:
            if argument.arg not in wanted:
                yield error(
                    path, argument.lineno, f"{name} has no argument {argument.arg!r}; it gets {', '.join(wanted)}."
                )

    # --- Imports

    def _imports(self, path: str, node: ast.Import | ast.ImportFrom) -> Iterator[Finding]:
        if isinstance(node, ast.ImportFrom) and (node.level or not node.module):
            return
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
        for name in names:
            top = name.partition(".")[0]
            if top in _INTERNAL:
                yield warning(
                    path, node.lineno, f"{name} is {_INTERNAL[top]}, which changes without notice: use faceforge_sdk."
                )
            elif top in self._siblings and top not in sys.stdlib_module_names:
                dots = "." * (path.count("/") + 1)
                yield error(
                    path, node.lineno, f"{top} is a module of the plugin: import it relatively, from {dots}{name} …"
                )
            elif top == "faceforge_sdk" and isinstance(node, ast.ImportFrom) and name == top:
                yield from _sdk_names(path, node)

    # --- Templates

    def _panel(self, path: str, node: ast.Call) -> Iterator[Finding]:
        if _named(node.func) != "EntityPanel":
            return
        template = _argument(node, 2, "template")
        if isinstance(template, ast.Constant) and isinstance(template.value, str) and "/" not in template.value:
            name = template.value
            if name not in self._templates:
                message = f"There is no templates/{name}.{suggestion(name, self._templates)}"
                yield error(path, template.lineno, message)


def _event_type(path: str, node: ast.Call) -> Iterator[Finding]:
    stated = _argument(node, 1, "event_type") if _named(node.func) == "EventHandler" else None
    if not isinstance(stated, ast.Constant) or not isinstance(stated.value, str):
        return
    told: Sequence[str] = get_args(EventType)
    families = [f"{family}.*" for family in dict.fromkeys(one.partition(".")[0] for one in told)]
    if not any(matches(stated.value, one) for one in told):
        near = suggestion(stated.value, [*told, *families])
        yield warning(path, stated.lineno, f"Core tells of nothing that is {stated.value!r}.{near}")


def _argument(node: ast.Call, place: int, name: str) -> ast.expr | None:
    """What a call hands over, at its place or by its name."""
    named = next((one.value for one in node.keywords if one.arg == name), None)
    return node.args[place] if len(node.args) > place else named


def _sdk_names(path: str, node: ast.ImportFrom) -> Iterator[Finding]:
    import faceforge_sdk

    for alias in node.names:
        if alias.name != "*" and not hasattr(faceforge_sdk, alias.name):
            near = did_you_mean(alias.name, faceforge_sdk.__all__)
            hint = f" Did you mean {near!r}?" if near else ""
            if near or not _is_submodule(alias.name):
                yield error(path, node.lineno, f"faceforge_sdk has no {alias.name!r}.{hint}")


def _is_submodule(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(f"faceforge_sdk.{name}") is not None


def _marks(tree: ast.Module) -> set[str]:
    """The names under which a module knows `hookimpl`."""
    renamed = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "faceforge_sdk"
        for alias in node.names
        if alias.name == "hookimpl"
    }
    return renamed | {"hookimpl"}


def _named(node: ast.expr) -> str:
    """The last name of ``a``, ``x.a`` and ``a(…)``."""
    if isinstance(node, ast.Call):
        return _named(node.func)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _options(mark: ast.expr) -> dict[str, object]:
    if not isinstance(mark, ast.Call):
        return {}
    return {
        str(one.arg): one.value.value
        for one in mark.keywords
        if one.arg is not None and isinstance(one.value, ast.Constant)
    }


def _makes_context_manager(node: _Function) -> bool:
    yields = any(isinstance(one, ast.Yield | ast.YieldFrom) for one in ast.walk(node))
    return not yields or any(_named(one) in {"contextmanager", "asynccontextmanager"} for one in node.decorator_list)


def lines_of_hooks(source: bytes) -> Mapping[str, int]:
    """Where the hooks of a module begin, to point there when what they return is wrong."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    return {node.name: node.lineno for node in ast.walk(tree) if isinstance(node, _Function)}
