"""The stand-ins have every method of what they stand for, with the same parameters; and there is one for everything."""

from __future__ import annotations

import inspect
import sqlite3
import typing
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_sdk import PluginContext, context, protocols, testing
from faceforge_sdk.context import JobContext
from faceforge_sdk.own_tables import OwnStatements
from faceforge_sdk.testing import files, house

if TYPE_CHECKING:
    from collections.abc import Iterator

STANDS_FOR: dict[type, type] = {
    testing.FakeContributed: protocols.Contributed,
    testing.FakeJobContext: JobContext,
    testing.FakeReceived: protocols.Received,
    testing.FakeUpload: protocols.Upload,
    files.BytesReader: protocols.ByteReader,
    files.FakeSmallFiles: protocols.SmallFiles,
    house.FakeTexts: protocols.Texts,
}
"""What a context's services hand out; the services themselves are found by the context."""

HANDED_IN = {protocols.BatchProvider, protocols.ListingProvider, protocols.StorageProvider}
"""What plugins make themselves."""


def services() -> Iterator[tuple[type, type]]:
    """The stand-in and the protocol of each service of a context."""
    ctx = testing.fake_context()
    for field in fields(PluginContext):
        protocol = getattr(protocols, str(field.type), None)
        if protocol is not None:
            yield type(getattr(ctx, field.name)), protocol


PAIRS = [
    *services(),
    *STANDS_FOR.items(),
    (testing.FakeSystem, protocols.Whereabouts),
    *((OwnStatements, protocol) for protocol in (protocols.TableReader, protocols.TableWriter)),  # the real thing
    (sqlite3.Row, protocols.TableRow),
]


def members_of(protocol: type) -> dict[str, Any]:
    """What a protocol asks for, by name."""
    return {
        name: member
        for one in reversed(protocol.__mro__)
        if getattr(one, "_is_protocol", False) and one is not typing.Protocol
        for name, member in vars(one).items()
        if (inspect.isfunction(member) or isinstance(member, property)) and not _is_machinery(name)
    }


def _is_machinery(name: str) -> bool:
    return name.startswith("_") and name not in {"__enter__", "__exit__"}


def parameters_of(function: Any) -> list[tuple[str, Any, Any]]:
    """How a method may be called."""
    return [(one.name, one.kind, one.default) for one in inspect.signature(function).parameters.values()]


def require_same_members(fake: type, protocol: type) -> None:
    """Fails naming the member that misses or is called differently."""
    for name, member in members_of(protocol).items():
        if isinstance(member, property):
            assert name in {*dir(fake), *inspect.get_annotations(fake), *_set_when_made(fake)}, (fake, name)
            continue
        own = getattr(fake, name, None)
        assert own is not None, f"{fake.__name__} has no {name}()"
        if name in {"__enter__", "__exit__"} or not inspect.isfunction(own):  # a file's own, in C
            continue
        assert parameters_of(own) == parameters_of(member), f"{fake.__name__}.{name}"
        assert inspect.isasyncgenfunction(own) is ("Async" in str(inspect.signature(member).return_annotation))


def _set_when_made(fake: type) -> set[str]:
    """The attributes that the constructor sets."""
    code = getattr(fake.__init__, "__code__", None)  # type: ignore[misc]  # of the class itself, no instance
    return set(code.co_names) if code is not None else set()


@pytest.mark.parametrize(("fake", "protocol"), PAIRS, ids=lambda value: value.__name__)
def test_a_stand_in_has_every_member_and_takes_the_same_parameters(fake: type, protocol: type) -> None:
    require_same_members(fake, protocol)


def test_everything_that_core_hands_to_a_plugin_has_a_stand_in() -> None:
    known = [getattr(protocols, name) for name in protocols.__all__] + [*vars(context).values()]
    handed_out = {value for value in known if getattr(value, "_is_protocol", False) and value is not typing.Protocol}
    assert handed_out - HANDED_IN - {protocol for _, protocol in PAIRS} == set()


def test_the_check_notices_a_method_that_changed() -> None:
    class Short(testing.FakeTrash):
        def purge(self, kind: Any) -> None:  # type: ignore[override]  # that is the point
            del kind

    with pytest.raises(AssertionError, match=r"Short\.purge"):
        require_same_members(Short, protocols.Trash)
    with pytest.raises(AssertionError, match="FakeTrash has no create"):
        require_same_members(testing.FakeTrash, protocols.Entities)
