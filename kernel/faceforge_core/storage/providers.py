"""Which provider takes an upload, and which one holds a stored file: asked of the plugins active now."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from faceforge_core.failures import told
from faceforge_sdk.errors import IntegrityError, StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from faceforge_core.catalog.trashed import StoredFile
    from faceforge_core.owned import Owned
    from faceforge_sdk.contributions import StorageRule
    from faceforge_sdk.protocols import StorageProvider, UploadFacts

    RuleCall = Callable[[Owned[StorageRule], UploadFacts], str | None]

FALLBACK = "fs"
_log = logging.getLogger(__name__)


def ask_directly(rule: Owned[StorageRule], facts: UploadFacts) -> str | None:
    """Call a rule on this thread."""
    return rule.value.choose(facts)


@dataclass(frozen=True, slots=True)
class Choice:
    """The name that the rules give, and its provider where it is another than ``fs`` and would take a file now."""

    wanted: str
    provider: StorageProvider | None


@dataclass(frozen=True, slots=True)
class ProviderRegistry:
    """The providers and rules of the current generation.

    `ask` calls one rule and may put a deadline around it; whatever it raises counts as no opinion. `complained`
    names the providers of whose failing the log knows already.
    """

    providers: Callable[[], Sequence[Owned[StorageProvider]]]
    rules: Callable[[], Sequence[Owned[StorageRule]]]
    ask: RuleCall = ask_directly
    complained: set[str] = field(default_factory=set)

    def named(self, name: str) -> StorageProvider:
        """The provider that rows call `name`. Raises `StorageUnavailable` if no enabled plugin has it."""
        provider = self._find(name)
        if provider is None:
            raise StorageUnavailable(
                f"The file is kept by the storage provider {name!r}, which no enabled plugin offers.",
                retry_after=30,
                details={"storage_provider": name},
            )
        return provider

    def holder_of(self, stored: StoredFile) -> StorageProvider | None:
        """The provider that would remove these bytes now; None if no provider's are named.

        Raises `StorageUnavailable` if it is not there, or does not answer.
        """
        if not stored.key:
            return None
        provider = self.named(stored.provider)
        try:
            answers = provider.available()
            provider.stat(stored.key)
        except IntegrityError as error:
            _log.warning("The asset %s names no place of %r: %s", stored.asset_id, stored.provider, error)
            return None
        except (Exception, SystemExit) as error:
            raise _no_answer(stored.provider, told(error)) from error
        if not answers:
            raise _no_answer(stored.provider, "it is not available")
        return provider

    def choice(self, facts: UploadFacts) -> Choice:
        """Where the rules want a file; the first that has an opinion decides."""
        for rule in self.rules():
            name = self._opinion(rule, facts)
            if name is not None:
                return Choice(name, None if name == FALLBACK else self._usable(name, rule))
        return Choice(FALLBACK, None)

    def _opinion(self, rule: Owned[StorageRule], facts: UploadFacts) -> str | None:
        try:
            name = self.ask(rule, facts)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin's rule may raise anything
            _log.warning("The storage rule %r of %s failed: %r", rule.value.name, rule.plugin_id, error)
            return None
        if name is None or isinstance(name, str):
            return name
        _log.warning("The storage rule %r of %s gave %r instead of a name.", rule.value.name, rule.plugin_id, name)
        return None

    def _usable(self, name: str, rule: Owned[StorageRule]) -> StorageProvider | None:
        provider = self._find(name)
        if provider is not None and is_available(provider):
            return provider
        state = "unknown" if provider is None else "not available"
        self.complain(
            name, f"The storage rule {rule.value.name!r} of {rule.plugin_id} chose {name!r}, which is {state}"
        )
        return None

    def complain(self, name: str, sentence: str) -> None:
        """Say in the log that files go to the home for want of this provider: once, until it works again."""
        if name not in self.complained:
            self.complained.add(name)
            _log.warning("%s; files go to %r until it takes them again.", sentence, FALLBACK)

    def works(self, name: str) -> None:
        """The provider took a file."""
        self.complained.discard(name)

    def _find(self, name: str) -> StorageProvider | None:
        return next((owned.value for owned in self.providers() if owned.value.name == name), None)


def discard(provider: StorageProvider, stored: StoredFile) -> None:
    """Remove bytes whose row is gone. Those that stay are logged: nothing refers to them any more."""
    try:
        provider.delete(stored.key)
    except (Exception, SystemExit):  # noqa: BLE001 - a plugin's provider may raise anything
        _log.exception("The bytes of the removed asset %s stay at %r.", stored.asset_id, provider.name)


def is_providers(error: StorageUnavailable) -> bool:
    """Whether `error` speaks of a provider that is not there or does not answer, and not of the database."""
    return isinstance(error.details, dict) and "storage_provider" in error.details


def _no_answer(name: str, reason: str) -> StorageUnavailable:
    return StorageUnavailable(
        f"The storage provider {name!r} does not answer: {reason}", retry_after=30, details={"storage_provider": name}
    )


def is_available(provider: StorageProvider) -> bool:
    """Whether a provider would take a file now, as far as it says."""
    if provider.name == FALLBACK:
        return True  # nothing else is left: its own error says what is wrong
    try:
        return provider.available() is True
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin's provider may raise anything
        _log.warning("The storage provider %r does not say whether it is available: %r", provider.name, error)
        return False
