"""What a plugin can see of the services is the same for the stand-ins and for the real ones: each test runs on both.

Jobs of the real Core stay queued here, as those of the stand-in do.
"""

from __future__ import annotations

from contextlib import closing
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.kernel import Kernel
from faceforge_sdk.errors import Conflict, InvalidInput, NotFound, PreconditionFailed
from faceforge_sdk.models import (
    AssetFacts,
    AssetPatch,
    AssetQuery,
    DescriptorDraft,
    DescriptorPatch,
    EntityDraft,
    EntityFilter,
    EntityPatch,
    EntityQuery,
    FieldDefDraft,
    FieldDefPatch,
    GraphQuery,
    JobQuery,
    LinkedAssetQuery,
    RelationshipDraft,
    RelationshipPatch,
    RelationshipQuery,
    RelationTypeQuery,
    TrashQuery,
    UpsertItem,
)
from faceforge_sdk.protocols import Arrival, Reading, Sidecar
from faceforge_sdk.testing import fake_context

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import Asset, Entity

PICTURE = b"\x89PNG\r\n\x1a\n"
NOBODY = "0" * 64


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PluginContext]:
    kernel = Kernel(tmp_path_factory.mktemp("promises") / "home", environ={})
    kernel.start(run_jobs=False)
    yield kernel.services
    kernel.close()


@pytest.fixture(params=["real", "fake"])
def ctx(request: pytest.FixtureRequest) -> PluginContext:
    """The services of a plugin. What a test makes carries a mark of its own: the real ones serve all tests."""
    found: PluginContext = request.getfixturevalue("real") if request.param == "real" else fake_context()
    return found


@pytest.fixture
def mark() -> str:
    """A word that nobody else uses."""
    return f"m{token_hex(6)}"


@pytest.fixture
def ada(ctx: PluginContext, mark: str) -> Entity:
    return ctx.entities.create(EntityDraft(display_name=f"Ada {mark}", tags=[mark]))


def stored(ctx: PluginContext, content: bytes, filename: str = "a.bin", mime_type: str | None = None) -> Asset:
    with ctx.storage.begin_upload() as upload:
        upload.write(content)
        return upload.commit(filename=filename, content_type=mime_type)


# --- Entities -------------------------------------------------------------------------------------------------------


def test_an_entity_is_what_was_said(ctx: PluginContext, mark: str) -> None:
    draft = EntityDraft(
        display_name="Grace", aliases=["Amazing Grace"], tags=[mark], fields={"n": 1}, external_ids={"p": mark}
    )
    made = ctx.entities.create(draft)
    assert made.model_dump(include=set(EntityDraft.model_fields)) == draft.model_dump()
    assert (made.revision, made.cover_asset_id, made.created_at) == (1, None, made.updated_at)
    assert ctx.entities.get(made.entity_id) == made


def test_a_change_counts_and_an_expected_revision_is_held_to(ctx: PluginContext, ada: Entity) -> None:
    changed = ctx.entities.update(ada.entity_id, EntityPatch(display_name="A."), expected_revision=1)
    assert (changed.display_name, changed.tags, changed.revision) == ("A.", ada.tags, 2)
    with pytest.raises(PreconditionFailed):
        ctx.entities.update(ada.entity_id, EntityPatch(display_name="B."), expected_revision=1)
    with pytest.raises(NotFound):
        ctx.entities.update(NOBODY, EntityPatch(display_name="B."))


def test_lists_are_filtered_paged_and_counted(ctx: PluginContext, mark: str) -> None:
    for number in range(5):
        tags = [mark, f"{mark}-odd" if number % 2 else f"{mark}-even"]
        ctx.entities.create(EntityDraft(display_name=f"Entity {number} {mark}", tags=tags, fields={"n": number}))
    names = [one.display_name for one in ctx.entities.list(EntityQuery(tag=[mark])).items]
    assert sorted(names) == [f"Entity {number} {mark}" for number in range(5)]
    page = ctx.entities.list(EntityQuery(tag=[mark], limit=2, offset=1))
    assert (len(page.items), page.total, page.limit, page.offset) == (2, 5, 2, 1)
    assert ctx.entities.count(EntityFilter(tag=[mark], not_tag=[f"{mark}-odd"])) == 3
    assert ctx.entities.count(EntityFilter(any_tag=[f"{mark}-odd", f"{mark}-even"])) == 5
    assert ctx.entities.count(EntityFilter(q=f"entity 3 {mark}")) == 1
    assert ctx.entities.count(EntityFilter.model_validate({"tag": mark, "field.n": "3"})) == 1


def test_deleted_entities_are_gone_and_come_back(ctx: PluginContext, ada: Entity) -> None:
    ctx.entities.delete(ada.entity_id)
    for wish in (ctx.entities.get, ctx.entities.delete):
        with pytest.raises(NotFound):
            wish(ada.entity_id)
    assert ctx.entities.trash(TrashQuery()).items[0].entity_id == ada.entity_id
    assert ctx.entities.restore(ada.entity_id).display_name == ada.display_name
    with pytest.raises(NotFound):
        ctx.entities.restore(ada.entity_id)


def test_upserting_makes_changes_restores_and_leaves_alone(ctx: PluginContext, mark: str) -> None:
    def upsert(**facts: Any) -> tuple[str, str | None]:
        [result] = ctx.entities.upsert([UpsertItem(external_ids={"system": mark}, **facts)])
        return result.status, result.entity_id

    status, entity_id = upsert(display_name="Ada")
    assert status == "created"
    assert upsert(display_name="Ada") == ("unchanged", entity_id)
    assert upsert(tags=[mark]) == ("updated", entity_id)
    ctx.entities.delete(str(entity_id))
    assert upsert(display_name="Ada") == ("restored", entity_id)
    assert ctx.entities.get(str(entity_id)).tags == [mark]


def test_an_upsert_of_somebody_new_without_a_name_fails_alone(ctx: PluginContext, mark: str) -> None:
    results = ctx.entities.upsert(
        [UpsertItem(external_ids={"a": mark}), UpsertItem(external_ids={"b": mark}, display_name="B.")]
    )
    assert [one.status for one in results] == ["failed", "created"]
    assert results[0].error is not None
    assert results[0].error.code == "validation_error"


def test_many_are_retagged_and_deleted_and_unknown_ones_passed_over(ctx: PluginContext, mark: str) -> None:
    ids = [ctx.entities.create(EntityDraft(display_name="x", tags=[mark])).entity_id for _ in range(3)]
    assert ctx.entities.retag([*ids, NOBODY], ["new"], [mark]) == 3
    assert ctx.entities.retag(ids, ["new"], []) == 0
    assert ctx.entities.get(ids[0]).tags == ["new"]
    assert ctx.entities.delete_many([*ids[:2], NOBODY]) == 2


# --- Assets ---------------------------------------------------------------------------------------------------------


def test_bytes_that_were_uploaded_are_there_to_read(ctx: PluginContext, mark: str) -> None:
    asset = stored(ctx, mark.encode(), "notes.txt", "text/plain")
    assert (asset.filename, asset.mime_type, asset.byte_size, asset.kind) == ("notes.txt", "text/plain", 13, "file")
    assert ctx.assets.get(asset.asset_id) == asset
    with closing(ctx.storage.open(asset)) as whole, closing(ctx.storage.open(asset, 1, 4)) as part:
        assert (whole.read(100), part.read(100)) == (mark.encode(), mark[1:4].encode())
        assert (whole.read(100), part.read(100)) == (b"", b"")
    with ctx.storage.as_file(asset) as path:
        assert (path.suffix, path.read_bytes()) == (".txt", mark.encode())


def test_known_bytes_are_known(ctx: PluginContext, mark: str) -> None:
    asset = stored(ctx, mark.encode(), "first.bin")
    with ctx.storage.begin_upload() as upload:
        upload.write(mark.encode())
        again = upload.commit(filename="second.bin", content_type=None, sidecar=Sidecar("_meta.json", b'{"n": 1}'))
        assert upload.known
    assert (again.asset_id, again.filename) == (asset.asset_id, "first.bin")
    assert [one["Data"] for one in again.meta["metadata"]] == [{"n": 1}]
    ctx.assets.delete(asset.asset_id)
    assert stored(ctx, mark.encode()).asset_id == asset.asset_id
    assert ctx.assets.get(asset.asset_id).asset_id == asset.asset_id


def test_what_is_no_file_is_refused(ctx: PluginContext) -> None:
    with ctx.storage.begin_upload() as upload, pytest.raises(InvalidInput):
        upload.commit(filename="empty.bin", content_type=None)
    with ctx.storage.begin_upload() as upload:
        upload.write(b"bytes")
        with pytest.raises(InvalidInput):
            upload.commit(filename="a.bin", content_type=None, sidecar=Sidecar("_meta.json", b"{no json"))


def test_assets_are_described_listed_trashed_and_restored(ctx: PluginContext, mark: str) -> None:
    asset = stored(ctx, PICTURE + mark.encode(), f"{mark}.png", "image/png")
    changed = ctx.assets.update(asset.asset_id, AssetPatch(kind=mark, filename=f"new {mark}.png"))
    assert (changed.kind, changed.filename) == (mark, f"new {mark}.png")
    assert [one.asset_id for one in ctx.assets.list(AssetQuery(kind=mark)).items] == [asset.asset_id]
    assert [one.asset_id for one in ctx.assets.list(AssetQuery(q=f"NEW {mark}")).items] == [asset.asset_id]
    assert ctx.assets.list(AssetQuery(kind=mark, mime_type="video/*")).total == 0
    ctx.assets.delete(asset.asset_id)
    with pytest.raises(NotFound):
        ctx.assets.get(asset.asset_id)
    assert ctx.assets.trash(TrashQuery()).items[0].asset_id == asset.asset_id
    assert ctx.assets.restore(asset.asset_id).filename == f"new {mark}.png"


def test_links_have_a_role_and_the_latest_comes_first(ctx: PluginContext, ada: Entity, mark: str) -> None:
    first, second = (stored(ctx, PICTURE + f"{n}{mark}".encode(), f"{n}.png", "image/png") for n in (1, 2))
    ctx.assets.link(ada.entity_id, first.asset_id, None)
    ctx.assets.link(ada.entity_id, second.asset_id, "portrait")
    linked = ctx.assets.of_entity(ada.entity_id, LinkedAssetQuery()).items
    assert {one.asset_id: one.role for one in linked} == {first.asset_id: None, second.asset_id: "portrait"}
    assert ctx.assets.counts([ada.entity_id]) == {ada.entity_id: 2}
    assert [ctx.assets.unlink(ada.entity_id, first.asset_id) for _ in range(2)] == [True, False]
    for entity_id, asset_id in ((NOBODY, first.asset_id), (ada.entity_id, NOBODY)):
        with pytest.raises(NotFound):
            ctx.assets.link(entity_id, asset_id, None)


def test_a_cover_is_a_linked_picture(ctx: PluginContext, ada: Entity, mark: str) -> None:
    picture = stored(ctx, PICTURE + mark.encode(), "a.png", "image/png")
    with pytest.raises(InvalidInput):
        ctx.entities.set_cover(ada.entity_id, picture.asset_id)
    ctx.assets.link(ada.entity_id, picture.asset_id, None)
    assert ctx.assets.covers([ada.entity_id, NOBODY]) == {ada.entity_id: picture.asset_id}
    assert ctx.entities.set_cover(ada.entity_id, picture.asset_id).cover_asset_id == picture.asset_id
    with pytest.raises(PreconditionFailed):
        ctx.entities.set_cover(ada.entity_id, None, expected_revision=1)
    assert ctx.entities.set_cover(ada.entity_id, None).cover_asset_id is None


def test_what_was_read_of_a_file_is_kept_and_found(ctx: PluginContext, mark: str) -> None:
    asset = stored(ctx, mark.encode())
    entry = {"Source": "Reader", "Type": "JsonMetadata", "Name": None, "NameHashes": None, "Data": {"n": 1}}
    readings = [
        Reading(asset.asset_id, AssetFacts(media_type="text/plain", width=3), (entry,), {"Reader": [f"zebra{mark}"]}),
        Reading(NOBODY, AssetFacts(width=1)),
    ]
    assert ctx.assets.record(readings) == [asset.asset_id]
    ctx.assets.record([Reading(asset.asset_id, AssetFacts(width=5), ({**entry, "Data": {"n": 2}},))])
    found = ctx.assets.get(asset.asset_id)
    assert (found.facts.media_type, found.facts.width) == ("text/plain", 5)
    assert [one["Data"] for one in found.meta["metadata"]] == [{"n": 2}]
    assert [one.asset_id for one in ctx.assets.list(AssetQuery(q=f"zebra{mark}")).items] == [asset.asset_id]


def test_received_files_are_kept_together_or_discarded(
    ctx: PluginContext, ada: Entity, mark: str, tmp_path: Path
) -> None:
    received = []
    for number in range(2):
        (tmp_path / f"{number}.txt").write_bytes(f"{number} {mark}".encode())
        with (tmp_path / f"{number}.txt").open("rb", buffering=0) as file:
            received.append(ctx.storage.receive(file, 15, lambda _size: None))
    received[1].discard()
    kept = ctx.storage.keep([Arrival(received[0], "kept.txt", kind=mark, links=((ada.entity_id, "note"),))])
    assert [(one.known, one.error) for one in kept] == [(False, None)]
    assert kept[0].asset_id == received[0].content_hash
    [linked] = ctx.assets.of_entity(ada.entity_id, LinkedAssetQuery()).items
    assert (linked.filename, linked.kind, linked.role) == ("kept.txt", mark, "note")


# --- Fields, descriptors, relationships -----------------------------------------------------------------------------


def test_a_key_is_defined_once(ctx: PluginContext, mark: str) -> None:
    definition = ctx.field_defs.create(FieldDefDraft(field_key=mark, field_type="string", label="A label"))
    assert ctx.field_defs.get(definition.field_def_id) == definition
    assert definition in ctx.field_defs.list("descriptor")
    with pytest.raises(Conflict):
        ctx.field_defs.create(FieldDefDraft(field_key=mark, field_type="int"))
    changed = ctx.field_defs.update(definition.field_def_id, FieldDefPatch(help="Help", clear=["label"]))
    assert (changed.label, changed.help, changed.misfits.count) == (None, "Help", 0)
    ctx.field_defs.delete(definition.field_def_id)
    other = ctx.field_defs.create(FieldDefDraft(field_key=mark, field_type="string"))
    with pytest.raises(Conflict):
        ctx.field_defs.restore(definition.field_def_id)
    ctx.field_defs.delete(other.field_def_id)
    assert ctx.field_defs.restore(definition.field_def_id).help == "Help"


def test_an_entity_has_one_value_under_a_defined_key(ctx: PluginContext, ada: Entity, mark: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        ctx.descriptors.create(ada.entity_id, DescriptorDraft(field_key=mark, value="x"))
    assert refused.value.details == {"scope": "descriptor", "field_key": mark}
    ctx.field_defs.create(FieldDefDraft(field_key=mark, field_type="string", default="none yet"))
    made = ctx.descriptors.create(ada.entity_id, DescriptorDraft(field_key=mark))
    assert made.value == "none yet"
    with pytest.raises(Conflict):
        ctx.descriptors.create(ada.entity_id, DescriptorDraft(field_key=mark, value="x"))
    assert ctx.descriptors.update(made.descriptor_id, DescriptorPatch(value="blue")).value == "blue"
    assert [one.value for one in ctx.descriptors.of_entity(ada.entity_id)] == ["blue"]
    ctx.descriptors.delete(made.descriptor_id)
    assert ctx.descriptors.of_entity(ada.entity_id) == []
    assert ctx.descriptors.trash(TrashQuery()).items[0].descriptor_id == made.descriptor_id
    assert ctx.descriptors.restore(made.descriptor_id).value == "blue"
    ctx.entities.delete(ada.entity_id)
    with pytest.raises(NotFound):
        ctx.descriptors.get(made.descriptor_id)


def test_relationships_hide_with_their_ends_and_come_back(ctx: PluginContext, ada: Entity, mark: str) -> None:
    charles = ctx.entities.create(EntityDraft(display_name="Charles"))
    draft = RelationshipDraft(src_entity_id=ada.entity_id, dst_entity_id=charles.entity_id, relationship_type=mark)
    made = ctx.relationships.create(draft)
    assert ctx.relationships.update(made.relationship_id, RelationshipPatch(fields={"n": 1})).fields == {"n": 1}
    for direction, total in (("any", 1), ("out", 1), ("in", 0)):
        query = RelationshipQuery(entity_id=ada.entity_id, direction=direction)
        assert ctx.relationships.list(query).total == total
    assert ctx.relationships.types(RelationTypeQuery(query=mark)) == [mark]
    graph = ctx.relationships.graph(charles.entity_id, GraphQuery())
    assert [(one.entity_id, one.distance) for one in graph.nodes] == [(charles.entity_id, 0), (ada.entity_id, 1)]
    ctx.entities.delete(charles.entity_id)
    with pytest.raises(NotFound):
        ctx.relationships.get(made.relationship_id)
    ctx.entities.restore(charles.entity_id)
    ctx.relationships.delete(made.relationship_id)
    assert ctx.relationships.restore(made.relationship_id).fields == {"n": 1}
    with pytest.raises(NotFound):
        ctx.relationships.create(draft.model_copy(update={"dst_entity_id": NOBODY}))


# --- Jobs and plugins -----------------------------------------------------------------------------------------------


def test_a_job_waits_is_canceled_and_tried_again(ctx: PluginContext, mark: str) -> None:
    job = ctx.jobs.enqueue("storage.verify", {"deep": True}, dedupe_key=mark)
    assert ctx.jobs.enqueue("storage.verify", {}, dedupe_key=mark) == job
    assert (job.status, job.input["deep"], job.ended) == ("queued", True, False)
    assert job in ctx.jobs.list(JobQuery(job_type="storage.verify", status="queued")).items
    assert [line.message for line in ctx.jobs.log(job.job_id).items] == ["Job queued"]
    with pytest.raises(Conflict):
        ctx.jobs.retry(job.job_id)
    cancellation = ctx.jobs.cancel(job.job_id)
    assert (cancellation.cancel_requested, cancellation.job.status) == (True, "canceled")
    assert not ctx.jobs.cancel(job.job_id).cancel_requested
    again = ctx.jobs.retry(job.job_id)
    assert (again.retry_of, again.status) == (job.job_id, "queued")
    assert ctx.jobs.retry(job.job_id) == again
    for ask in (ctx.jobs.get, ctx.jobs.log, ctx.jobs.cancel, ctx.jobs.retry):
        with pytest.raises(NotFound):
            ask(NOBODY)


def test_nobody_s_plugin_is_not_found(ctx: PluginContext) -> None:
    for ask in (ctx.plugins.get, ctx.plugins.enable, ctx.plugins.disable, ctx.plugins.config):
        with pytest.raises(NotFound):
            ask("nobody.at.all")
