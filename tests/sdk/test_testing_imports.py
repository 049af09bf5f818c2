"""The stand-ins for bulk intake and for what imports remember."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest

from faceforge_sdk.errors import InvalidInput, NotFound
from faceforge_sdk.models import AssetQuery, EntityDraft, LinkedAssetQuery
from faceforge_sdk.protocols import Arrival, FileOrigin
from faceforge_sdk.testing import FakeReceived, fake_context

ORIGIN = FileOrigin(b"/pictures/a.png", 3, 12345, 7)
LINKS = LinkedAssetQuery()


@pytest.fixture
def ctx() -> Any:
    return fake_context()


def arrival(ctx: Any, content: bytes, **said: Any) -> Arrival:
    received = ctx.storage.receive(io.BytesIO(content + b"more"), len(content), lambda _: None)
    return Arrival(received, "a.png", **said)


def test_received_files_become_assets_or_their_own_errors(ctx: Any) -> None:
    heard: list[int] = []
    received = ctx.storage.receive(io.BytesIO(b"picture and more"), 7, heard.append)
    assert (received.byte_size, heard) == (7, [7])

    kept, empty, again = ctx.storage.keep(
        [Arrival(received, "a.png", "photo", "image/png"), arrival(ctx, b""), arrival(ctx, b"picture")]
    )

    asset = ctx.assets.get(kept.asset_id)
    assert (asset.filename, asset.kind, asset.mime_type) == ("a.png", "photo", "image/png")
    assert (kept.known, kept.error, again.known) == (False, None, True)
    assert isinstance(empty.error, InvalidInput)
    assert ctx.storage.open(asset).read(100) == b"picture"
    received.discard()
    assert received.discarded


def test_only_what_was_received_can_be_kept(ctx: Any) -> None:
    with pytest.raises(TypeError):
        ctx.storage.keep([Arrival("no file", "a.png")])
    assert isinstance(arrival(ctx, b"x").received, FakeReceived)


def test_an_asset_can_be_had_as_a_file_that_goes_afterwards(ctx: Any) -> None:
    asset = ctx.assets.add(b"picture", filename="a b;.JPG")
    with ctx.storage.as_file(asset) as path:
        assert (path.name, path.read_bytes()) == (f"{asset.content_hash}.JPG", b"picture")
    assert not path.exists()
    with ctx.storage.as_file(ctx.assets.add(b"text", filename="a.b c")) as path:
        assert path.suffix == ""


def test_a_file_is_known_again_while_nothing_of_it_changed_and_its_asset_lives(ctx: Any) -> None:
    [kept] = ctx.storage.keep([arrival(ctx, b"abc", origin=ORIGIN)])

    others = [replace(ORIGIN, mtime_ns=1), replace(ORIGIN, path=b"/other"), replace(ORIGIN, sidecar="{}")]
    assert ctx.imports.unchanged([ORIGIN, *others]) == [kept.asset_id, None, None, None]
    ctx.assets.delete(kept.asset_id)
    assert ctx.imports.unchanged([ORIGIN]) == [None]


def test_an_import_is_summed_up_and_taken_back_and_nothing_else_is(ctx: Any) -> None:
    old = ctx.assets.add(b"old")
    anna = ctx.entities.create(EntityDraft(display_name="Anna"))
    ctx.assets.link(anna.entity_id, old.asset_id, "portrait")
    berta = ctx.imports.entity("import", "Berta", "/pictures/Berta", [])
    new, _ = ctx.storage.keep(
        [
            arrival(ctx, b"new", import_id="import", links=((anna.entity_id, None), ("nobody", None))),
            arrival(ctx, b"old", import_id="import", links=((anna.entity_id, "other"),)),
        ]
    )
    assert ctx.imports.link("import", [(berta, new.asset_id, None), (berta, new.asset_id, None)]) == 1

    assert ctx.imports.summary("import").model_dump() == {
        "job_id": "import",
        "assets": {"created": 1, "live": 1},
        "entities": {"created": 1, "live": 1},
        "links": {"created": 2, "live": 2},
    }
    done = ctx.imports.undo("import", lambda _percent, _step: None, lambda: None)

    assert done == {"links": 2, "assets": 1, "entities": 1}
    assert ctx.imports.undo("import", lambda _percent, _step: None, lambda: None) == dict.fromkeys(done, 0)
    assert ctx.imports.summary("import").assets.live == 0
    assert ctx.assets.list(AssetQuery()).items == [old]
    [linked] = ctx.assets.of_entity(anna.entity_id, LINKS).items
    assert linked.role == "portrait"
    with pytest.raises(NotFound):
        ctx.imports.summary("no import")


def test_a_folders_entity_is_found_by_key_or_by_its_only_name_or_made(ctx: Any) -> None:
    anna = ctx.entities.create(EntityDraft(display_name="Anna", aliases=["Annie"], tags=["friend"]))

    assert ctx.imports.entity("import", "ANNIE", "key", ["cosplay"]) == anna.entity_id
    assert ctx.entities.get(anna.entity_id).tags == ["friend", "cosplay"]
    ctx.entities.create(EntityDraft(display_name="anna"))
    made = ctx.imports.entity("import", "Anna", "key", [])
    assert ctx.imports.entity("other", "Another name", "key", []) == made
    assert ctx.imports.summary("import").entities.created == 1
    with pytest.raises(InvalidInput):
        ctx.imports.entity("import", " ", "key", [])
