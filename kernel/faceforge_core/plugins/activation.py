"""One plugin made active, alone: its hooks checked, called once, and what they return checked too."""

from __future__ import annotations

import dataclasses
import difflib
import inspect
from contextlib import AbstractContextManager, ExitStack
from functools import lru_cache
from itertools import islice
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pluggy
from pydantic import BaseModel

from faceforge_core import hookspecs
from faceforge_core.owned import Owned
from faceforge_core.plugins.generation import Activation
from faceforge_sdk.contributions import (
    AssetExtractor,
    Command,
    EntityPanel,
    EventHandler,
    FieldType,
    HealthCheck,
    JobHandler,
    Migrations,
    NavItem,
    Router,
    S3Endpoint,
    SettingsTrial,
    StorageRule,
    Thumbnailer,
)
from faceforge_sdk.errors import FaceForgeError
from faceforge_sdk.protocols import StorageProvider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from faceforge_sdk.context import PluginContext

KINDS: Mapping[str, type[Any]] = {
    "register_migrations": Migrations,
    "register_routers": Router,
    "register_nav_items": NavItem,
    "register_entity_panels": EntityPanel,
    "register_storage_providers": StorageProvider,
    "register_storage_rules": StorageRule,
    "register_s3_endpoints": S3Endpoint,
    "register_asset_extractors": AssetExtractor,
    "register_thumbnailers": Thumbnailer,
    "register_health_checks": HealthCheck,
    "register_settings_trials": SettingsTrial,
    "register_job_handlers": JobHandler,
    "register_event_handlers": EventHandler,
    "register_field_types": FieldType,
    "register_commands": Command,
}
_FITTING: Mapping[str, Callable[[object], bool]] = {
    "str": lambda value: isinstance(value, str),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "bool": lambda value: isinstance(value, bool),
    "tuple": lambda value: isinstance(value, tuple) and all(isinstance(item, str) for item in value),
    "Callable": callable,
    "type": lambda value: isinstance(value, type) and issubclass(value, BaseModel),
    "APIRouter": lambda value: hasattr(value, "routes") and hasattr(value, "add_api_route"),
}
_NO_HOOKS = (type, ModuleType, str, int, tuple, dict)
"""What stands in modules beside functions. Which of the rest may be hooks is for pluggy to say."""
_PROVIDER_METHODS = ("key_for", "put", "open", "stat", "local_path", "delete", "available")
_MAX_VALUES = 1000
_FIRST = "register_migrations"


class HookRefused(FaceForgeError):
    """A hook is not implemented the way hooks are, or returned something it may not."""


class _Manager(pluggy.PluginManager):
    """pluggy, spared its long look at what stands in a module and can be no hook: half of its names."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        if isinstance(plugin, ModuleType) and isinstance(vars(plugin).get(name), _NO_HOOKS):
            return None
        return super().parse_hookimpl_opts(plugin, name)


def activate(
    plugin: object,
    ctx: PluginContext,
    folder: Path | None,
    try_router: Callable[[Owned[Router]], None],
    migrate: Callable[[str, Path], None],
) -> Activation:
    """Register `plugin` in a scratch manager, bring its tables up to date, enter its lifespan, collect what it brings.

    Runs in the caller's thread for as long as the plugin's code takes. Whatever is wrong is raised, and then the
    lifespan has been left again; steps of its tables that ran before stay.
    """
    hooks = _checked_hooks(plugin, ctx.plugin_id)
    contributions: dict[type[Any], tuple[Owned[Any], ...]] = {
        Migrations: _migrated(hooks.get(_FIRST, ()), ctx, folder, migrate)
    }
    lifespan = ExitStack()
    try:
        for hook in hooks.get("lifespan", ()):
            lifespan.enter_context(_context_manager(_call(hook, ctx)))
        contributions |= {
            kind: tuple(owned for hook in hooks.get(name, ()) for owned in _collected(name, hook, ctx))
            for name, kind in KINDS.items()
            if name != _FIRST
        }
        for owned in contributions[Router]:
            try_router(owned)
    except BaseException:
        lifespan.close()  # without the exception: a lifespan may end as ever, and can't swallow what was wrong
        raise
    return Activation(ctx.plugin_id, folder, contributions, lifespan if hooks.get("lifespan") else None)


def _migrated(
    hooks: Iterable[pluggy.HookImpl], ctx: PluginContext, folder: Path | None, migrate: Callable[[str, Path], None]
) -> tuple[Owned[Any], ...]:
    found = tuple(owned for hook in hooks for owned in _collected(_FIRST, hook, ctx))
    if len(found) > 1:
        raise HookRefused(f"{_FIRST} returned {len(found)} Migrations: a plugin has one history.")
    for owned in found:
        name = owned.value.folder
        if folder is None or not (steps := folder / name).resolve().is_relative_to(folder.resolve()):
            raise HookRefused(f"{_FIRST}: {name} is no folder of the plugin's.")
        migrate(ctx.plugin_id, steps)
    return found


def _checked_hooks(plugin: object, plugin_id: str) -> dict[str, list[pluggy.HookImpl]]:
    # Without our specifications, so that it is us who says what is wrong, and not pluggy in words of its own.
    manager = _Manager("faceforge")
    manager.register(plugin, plugin_id)
    hooks = {caller.name: caller.get_hookimpls() for caller in manager.get_hookcallers(plugin) or ()}
    for name, implementations in hooks.items():
        for hook in implementations:
            _check_plain(name, hook)
            _check_known(name, hook)
    return hooks


def _check_known(name: str, hook: pluggy.HookImpl) -> None:
    wanted = _arguments_of(name)
    if wanted is None:
        if not hook.optionalhook:
            raise HookRefused(f"There is no hook {name!r}.{_suggestion(name)}")
        return
    for argument in hook.argnames:
        if argument not in wanted:
            raise HookRefused(f"{name} has no argument {argument!r}; it gets {', '.join(wanted)}.")


@lru_cache(maxsize=64)
def _arguments_of(name: str) -> tuple[str, ...] | None:
    """What a hook of this name is given; None if there is no such hook."""
    spec = getattr(hookspecs, name, None)
    return tuple(inspect.signature(spec).parameters) if spec and hasattr(spec, "faceforge_spec") else None


def _suggestion(name: str) -> str:
    near = difflib.get_close_matches(name, ["lifespan", *KINDS], n=1, cutoff=0.75)
    return f" Did you mean {near[0]!r}?" if near else ""


def _check_plain(name: str, hook: pluggy.HookImpl) -> None:
    function = inspect.unwrap(hook.function)
    if hook.wrapper or hook.hookwrapper:
        raise HookRefused(f"{name}: hook wrappers are not supported.")
    if inspect.iscoroutinefunction(function) or (inspect.isasyncgenfunction(function) and name != "lifespan"):
        raise HookRefused(f"{name}: hooks are plain functions, not async.")
    if hook.kwargnames:
        raise HookRefused(f"{name}: hooks have no parameters with defaults ({', '.join(hook.kwargnames)}).")
    if function.__code__.co_kwonlyargcount:
        raise HookRefused(f"{name}: hooks have no keyword-only parameters.")


def _call(hook: pluggy.HookImpl, ctx: PluginContext) -> object:
    answer: object = hook.function(*([ctx] if hook.argnames else []))
    if inspect.iscoroutine(answer):
        answer.close()  # else Python warns that it was never awaited
        raise HookRefused("A hook returned a coroutine; hooks are plain functions, not async.")
    return answer


def _context_manager(answer: object) -> AbstractContextManager[object]:
    if not isinstance(answer, AbstractContextManager):
        raise HookRefused(
            f"lifespan returned {type(answer).__name__}, not a context manager: is @contextmanager missing?"
        )
    return answer


def _collected(name: str, hook: pluggy.HookImpl, ctx: PluginContext) -> Iterator[Owned[Any]]:
    answer = _call(hook, ctx)
    if answer is None or isinstance(answer, str | bytes | dict) or not hasattr(answer, "__iter__"):
        returned = "nothing" if answer is None else type(answer).__name__
        raise HookRefused(f"{name} returned {returned}, not a list of {KINDS[name].__name__}.")
    for count, value in enumerate(islice(iter(answer), _MAX_VALUES + 1)):
        if count == _MAX_VALUES:
            raise HookRefused(f"{name} returned more than {_MAX_VALUES} values.")
        _check_value(name, value)
        yield Owned(ctx.plugin_id, value)


def _check_value(name: str, value: object) -> None:
    kind = KINDS[name]
    if not isinstance(value, kind):
        raise HookRefused(f"{name} returned {_a(type(value))} among its values, not {_a(kind)}.")
    if kind is StorageProvider:
        if not isinstance(value.name, str) or not value.name:
            raise HookRefused(f"{name}: a StorageProvider's name is not a text.")
        for method in _PROVIDER_METHODS:
            if inspect.iscoroutinefunction(getattr(value, method)):
                raise HookRefused(f"{name}: {type(value).__name__}.{method} is async; make it a plain method.")
        return
    for facet in dataclasses.fields(kind):
        found, place = getattr(value, facet.name), f"{name}: {kind.__name__}.{facet.name}"
        if not _fits(str(facet.type), found):
            raise HookRefused(f"{place} is not {_in_words(str(facet.type))}.")
        if inspect.iscoroutinefunction(found):  # nobody would await it: it would never run
            raise HookRefused(f"{place} is async; it runs on a thread, so make it a plain function.")
    if getattr(value, "input_model", None) is BaseModel:  # pydantic can't make one of it, and says so only then
        raise HookRefused(
            f"{name}: {kind.__name__}.input_model is BaseModel itself; take a model of your own, or NoInput."
        )


def _a(kind: type[Any]) -> str:
    return f"{'an' if kind.__name__[0] in 'AEIOU' else 'a'} {kind.__name__}"


def _in_words(annotation: str) -> str:
    return "a model of pydantic's" if annotation.startswith("type[") else annotation


def _fits(annotation: str, value: object) -> bool:
    """Whether a value is what a field of a contribution says (annotations are text there)."""
    return _FITTING[annotation.partition("[")[0]](value)
