"""The client of the SDK against a Core that is really served: every resource, lists over several pages, homes."""

from __future__ import annotations

import hashlib
import json
import socket
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.home import resolve_root
from faceforge_sdk.client import CoreUnreachable, FaceForge
from faceforge_sdk.client.homes import home_folder
from faceforge_sdk.errors import (
    Conflict,
    FaceForgeError,
    InvalidInput,
    NotFound,
    PreconditionFailed,
    RangeNotSatisfiable,
    Unauthorized,
)
from faceforge_sdk.models import Entity, EntityDraft, EntityFilter, EntityQuery, UpsertItem

if TYPE_CHECKING:
    from faceforge_core.testing import RunningCore

PICTURE = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def ada(remote: FaceForge) -> Entity:
    return remote.entities.create(display_name="Ada", tags=["client"])


# --- Entities -------------------------------------------------------------------------------------------------------


def test_an_entity_is_made_from_a_model_or_from_its_fields(remote: FaceForge) -> None:
    named = remote.entities.create(display_name="Ada", fields={"born": 1815})
    drawn = remote.entities.create(EntityDraft(display_name="Ada", fields={"born": 1815}))
    assert (named.display_name, named.fields, named.revision) == ("Ada", {"born": 1815}, 1)
    assert drawn.model_dump(exclude={"entity_id", "created_at", "updated_at"}) == named.model_dump(
        exclude={"entity_id", "created_at", "updated_at"}
    )
    assert remote.entities.get(named.entity_id) == named


def test_a_patch_changes_what_it_names_alone(remote: FaceForge, ada: Entity) -> None:
    changed = remote.entities.update(ada.entity_id, display_name="Ada Lovelace", expected_revision=1)
    assert (changed.display_name, changed.tags, changed.revision) == ("Ada Lovelace", ["client"], 2)
    with pytest.raises(PreconditionFailed):
        remote.entities.update(ada.entity_id, display_name="A.", expected_revision=1)


def test_a_deleted_entity_lies_in_the_trash_until_it_is_restored_or_purged(remote: FaceForge, ada: Entity) -> None:
    remote.entities.delete(ada.entity_id)
    assert ada.entity_id in {one.entity_id for one in remote.entities.trash().items}
    assert remote.trash.summary().entities >= 1
    assert remote.entities.restore(ada.entity_id).display_name == "Ada"
    remote.entities.delete(ada.entity_id)
    remote.trash.purge("entities", ada.entity_id)
    with pytest.raises(NotFound):
        remote.entities.restore(ada.entity_id)


def test_a_list_goes_on_over_pages_while_entities_come_and_go(remote: FaceForge) -> None:
    made = [remote.entities.create(display_name=f"Page {number:03}", tags=["paged"]) for number in range(25)]
    page = remote.entities.list(tag="paged", limit=10)
    assert (len(page.items), page.total, page.next_cursor is not None) == (10, 25, True)
    assert [one.entity_id for one in remote.entities.list(EntityQuery(tag=["paged"], limit=10)).items] == [
        one.entity_id for one in page.items
    ]
    seen = []
    for entity in remote.entities.all(tag="paged", limit=7, sort_by="display_name", sort_order="asc"):
        seen.append(entity.display_name)
        if len(seen) == 7:
            remote.entities.delete(made[0].entity_id)
            remote.entities.create(display_name="Page 000a", tags=["paged"])
    assert seen == [one.display_name for one in made]


def test_large_pages_are_asked_for_where_nobody_says_how_large(remote: FaceForge) -> None:
    items = [UpsertItem(display_name=f"Many {n}", external_ids={"many": str(n)}, tags=["many"]) for n in range(450)]
    assert remote.entities.upsert(items).created == 450
    assert len({one.entity_id for one in remote.entities.all(tag="many")}) == 450


def test_conditions_on_fields_are_said_by_name(remote: FaceForge) -> None:
    for age in (20, 30, 40):
        remote.entities.create(display_name=f"Aged {age}", fields={"client_age": age})
    found = remote.entities.all(**{"field.client_age.gte": 30, "field.client_age.lt": 40})
    assert [one.display_name for one in found] == ["Aged 30"]
    known = remote.entities.list(**{"field.client_age.exists": True})
    assert known.total == 3


def test_a_name_that_a_model_does_not_have_is_a_mistake_of_the_caller(remote: FaceForge, ada: Entity) -> None:
    with pytest.raises(TypeError, match="EntityPatch has no 'name'; it has display_name"):
        remote.entities.update(ada.entity_id, name="A.")
    with pytest.raises(TypeError, match="EntityQuery has no 'tags'"):
        remote.entities.list(tags="client")
    with pytest.raises(TypeError, match="not both"):
        remote.entities.create(EntityDraft(display_name="A."), display_name="A.")
    with pytest.raises(InvalidInput, match="limit: "):
        remote.entities.list(limit=1000)


def test_many_entities_are_upserted_retagged_and_trashed(remote: FaceForge) -> None:
    items = [UpsertItem(display_name=name, external_ids={"bulk": name}) for name in ("Grace", "Hedy")]
    outcome = remote.entities.upsert(items)
    assert (outcome.created, outcome.failed) == (2, 0)
    ids = [str(one.entity_id) for one in outcome.items]
    assert remote.entities.upsert(items).unchanged == 2
    assert remote.entities.retag(ids=ids, add=["pioneer"]).changed == 2
    wanted = EntityFilter(tag=["pioneer"])
    assert remote.entities.delete_many(filter=wanted, dry_run=True).matched == 2
    with pytest.raises(Conflict):
        remote.entities.delete_many(filter=wanted, expected=3)
    assert remote.entities.delete_many(filter=wanted, expected=2).changed == 2
    assert remote.entities.list(tag="pioneer").total == 0


# --- What belongs to them -------------------------------------------------------------------------------------------


def test_an_asset_is_described_linked_listed_and_trashed(remote: FaceForge, ada: Entity) -> None:
    asset = remote.assets.upload(PICTURE + b"ada", filename="ada.png", kind="portrait")
    assert (asset.kind, asset.mime_type) == ("portrait", "image/png")
    assert remote.assets.get(asset.asset_id).asset_id == asset.asset_id
    assert remote.assets.update(asset.asset_id, filename="Ada.png").filename == "Ada.png"
    assert asset.asset_id in {one.asset_id for one in remote.assets.all(kind="portrait", limit=1)}
    assert remote.assets.list(kind="portrait", mime_type="image/*").total == 1

    remote.assets.link(ada.entity_id, asset.asset_id, role="cover")
    assert [one.role for one in remote.assets.of_entity(ada.entity_id).items] == ["cover"]
    assert [one.asset_id for one in remote.assets.all_of_entity(ada.entity_id, q="Ada")] == [asset.asset_id]
    assert remote.entities.set_cover(ada.entity_id, asset.asset_id).cover_asset_id == asset.asset_id
    assert remote.entities.set_cover(ada.entity_id, None, expected_revision=2).cover_asset_id is None
    assert [remote.assets.unlink(ada.entity_id, asset.asset_id) for _ in range(2)] == [True, False]

    remote.assets.delete(asset.asset_id)
    assert asset.asset_id in {one.asset_id for one in remote.assets.trash(limit=10).items}
    assert remote.assets.restore(asset.asset_id).filename == "Ada.png"


def test_a_thumbnail_is_a_picture_or_not_there_yet(served: RunningCore, remote: FaceForge) -> None:
    photo = Path(__file__).parents[1] / "fixtures" / "grace_hopper.jpg"
    asset = remote.assets.upload(photo)
    picture = served.wait_for(lambda: remote.assets.thumbnail(asset.asset_id, 512))
    assert picture[8:12] == b"WEBP"
    with pytest.raises(NotFound):
        remote.assets.thumbnail(remote.assets.upload(b"text", filename="a.txt").asset_id)


def test_fields_are_defined_and_descriptors_follow_them(remote: FaceForge, ada: Entity) -> None:
    definition = remote.field_defs.create(field_key="client_born", field_type="date")
    assert remote.field_defs.get(definition.field_def_id) == definition
    assert definition in remote.field_defs.list("descriptor")
    assert "date" in {one.name for one in remote.field_defs.types()}
    with pytest.raises(Conflict):
        remote.field_defs.create(field_key="client_born", field_type="int")

    born = remote.descriptors.create(ada.entity_id, field_key="client_born", value="1815-12-10")
    assert remote.descriptors.of_entity(ada.entity_id) == [born]
    with pytest.raises(InvalidInput) as refused:
        remote.descriptors.update(born.descriptor_id, "soon")
    assert isinstance(refused.value.details, dict)
    assert refused.value.details["field_key"] == "client_born"
    assert remote.descriptors.update(born.descriptor_id, "1815-12-11").value == "1815-12-11"
    assert remote.field_defs.update(definition.field_def_id, field_type="int", dry_run=True).misfits.count == 1
    assert remote.field_defs.update(definition.field_def_id, label="Born").label == "Born"

    remote.descriptors.delete(born.descriptor_id)
    assert remote.descriptors.trash().items[0].descriptor_id == born.descriptor_id
    assert remote.descriptors.restore(born.descriptor_id).value == "1815-12-11"
    assert remote.descriptors.get(born.descriptor_id).value == "1815-12-11"
    remote.field_defs.delete(definition.field_def_id)
    assert remote.field_defs.trash().items[0].field_def_id == definition.field_def_id
    assert remote.field_defs.restore(definition.field_def_id).label == "Born"


def test_entities_are_related_and_looked_around(remote: FaceForge, ada: Entity) -> None:
    charles = remote.entities.create(display_name="Charles")
    ends = {"src_entity_id": ada.entity_id, "dst_entity_id": charles.entity_id}
    mentored = [remote.relationships.create(relationship_type="mentor", **ends) for _ in range(3)]
    assert remote.relationships.get(mentored[0].relationship_id) == mentored[0]
    assert remote.relationships.list(entity_id=ada.entity_id, direction="in").total == 0
    assert len([*remote.relationships.all(entity_id=charles.entity_id, limit=2)]) == 3
    assert remote.relationships.update(mentored[0].relationship_id, fields={"since": 1833}).fields == {"since": 1833}
    assert remote.relationships.types(query="men")[0] == "mentor"
    assert {one.display_name for one in remote.relationships.graph(ada.entity_id, depth=2).nodes} == {"Ada", "Charles"}
    remote.relationships.delete(mentored[0].relationship_id)
    assert remote.relationships.trash().items[0].relationship_id == mentored[0].relationship_id
    assert remote.relationships.restore(mentored[0].relationship_id).fields == {"since": 1833}


# --- The house ------------------------------------------------------------------------------------------------------


def test_plugins_are_listed_switched_and_configured(remote: FaceForge) -> None:
    plugin = remote.plugins.get("faceforge.thumbnails")
    assert plugin.state == "active"
    assert plugin in remote.plugins.list().items
    assert remote.plugins.disable(plugin.plugin_id).state == "disabled"
    assert remote.plugins.enable(plugin.plugin_id).state == "active"
    routing = remote.plugins.config("faceforge.storage_routing")
    assert remote.plugins.configure("faceforge.storage_routing", routing.config) == routing
    with pytest.raises(Conflict):
        remote.plugins.disable("faceforge.system_api")
    with pytest.raises(NotFound):
        remote.plugins.get("nobody")


def test_a_plugin_is_installed_from_an_archive_and_removed(remote: FaceForge, tmp_path: Path) -> None:
    pytest.importorskip("faceforge_builtins.plugins_api.receiving")
    archive = tmp_path / "demo.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("demo/plugin.json", json.dumps({"id": "demo.zipped", "name": "Zipped", "version": "1.0"}))
    installed = remote.plugins.install(archive)
    assert installed.sha256 == hashlib.sha256(archive.read_bytes()).hexdigest()
    assert (installed.plugin.plugin_id, installed.plugin.enabled) == ("demo.zipped", False)
    assert remote.plugins.enable("demo.zipped").state == "active"
    remote.plugins.remove("demo.zipped")
    assert not remote.plugins.get("demo.zipped").discovered
    with pytest.raises(InvalidInput):
        remote.plugins.install(b"no archive", "demo.zip")


def test_core_describes_itself(served: RunningCore, remote: FaceForge) -> None:
    remote.system.ping()
    assert remote.system.answers()
    assert Path(remote.system.info().faceforge_home) == served.home
    assert {one.status for one in remote.system.health()} <= {"ok", "warning", "error", "off"}


def test_storage_is_counted_verified_and_moved(remote: FaceForge) -> None:
    remote.assets.upload(b"counted")
    assert next(one for one in remote.storage.usage().providers if one.name == "fs").assets >= 1
    verified = remote.jobs.wait(remote.storage.verify(deep=True).job_id, timeout=60)
    assert verified.result is not None
    assert verified.result["counts"] == {}
    assert remote.storage.plan_migration(to="fs").assets == 0
    assert remote.jobs.wait(remote.storage.migrate(to="fs").job_id, timeout=60).status == "succeeded"
    with pytest.raises(InvalidInput):
        remote.storage.migrate(to="the moon")


def test_old_things_are_purged_by_a_job(remote: FaceForge, ada: Entity) -> None:
    remote.entities.delete(ada.entity_id)
    job = remote.trash.purge_older(kinds=["entities"], older_than_days=0)
    assert remote.jobs.wait(job.job_id, timeout=60).status == "succeeded"
    assert remote.trash.summary().entities == 0


def test_a_folder_is_looked_at_imported_summed_up_and_undone(remote: FaceForge, tmp_path: Path) -> None:
    folder = tmp_path / "People" / "Grace Hopper"
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("a moth")
    (folder / "notes.tmp").write_text("a draft")
    listing = remote.imports.folders(tmp_path / "People")
    assert [one.name for one in listing.folders] == ["Grace Hopper"]

    rules: Any = [{"match": ".txt", "kind": "note"}]
    job = remote.imports.start(folder.parent, exclude=["*.tmp"], kind_rules=rules, entity_per_folder=True)
    assert remote.jobs.wait(job.job_id, timeout=60).status == "succeeded"
    summary = remote.imports.summary(job.job_id)
    assert (summary.assets.created, summary.entities.created, summary.links.created) == (1, 1, 1)
    assert remote.assets.list(kind="note").total == 1
    assert remote.jobs.wait(remote.imports.undo(job.job_id).job_id, timeout=60).status == "succeeded"
    assert remote.imports.summary(job.job_id).assets.live == 0
    with pytest.raises(TypeError, match="An import has no 'excluding'"):
        remote.imports.start(folder, excluding=["*"])  # type: ignore[call-arg]  # that is the point


# --- Getting there --------------------------------------------------------------------------------------------------


def test_every_error_tells_the_request_the_status_and_the_code(remote: FaceForge, served: RunningCore) -> None:
    with pytest.raises(NotFound) as missed:
        remote.entities.get("no body?")
    answer = missed.value.answer
    assert answer is not None
    assert answer.request == f"GET {served.address}/v1/entities/no%20body%3F"
    assert (answer.status, answer.code) == (404, "not_found")
    assert str(missed.value) == "There is no entity 'no body?'."
    assert "404 not_found" in missed.value.__notes__[0]
    assert FaceForgeError("made here").answer is None
    assert not isinstance(missed.value, RangeNotSatisfiable)


def test_a_wrong_token_is_unauthorized(served: RunningCore) -> None:
    for token in ("", "wrong"):
        with FaceForge(served.address, token) as ff:
            assert ff.system.answers()
            with pytest.raises(Unauthorized):
                ff.system.ping()


def test_where_nobody_listens_one_sentence_names_the_address_and_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with FaceForge(address, "token") as ff:
        assert not ff.system.answers()
        with pytest.raises(CoreUnreachable) as failed:
            ff.entities.list()
    assert str(failed.value) == (
        f"No FaceForge Core answers at {address}: start it with `faceforge serve`, or give the address that it printed."
    )


def test_the_core_of_a_home_is_found_with_its_token(served: RunningCore, monkeypatch: pytest.MonkeyPatch) -> None:
    assert served.address
    with FaceForge.of_home(served.home) as ff:
        ff.system.ping()
        assert ff.base_url == served.address
    monkeypatch.setenv("FACEFORGE_HOME", str(served.home))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with FaceForge.of_home() as ff:
        ff.system.ping()


def test_a_home_without_a_core_gets_its_token_sent_nowhere(tmp_path: Path) -> None:
    with pytest.raises(CoreUnreachable, match="is no FaceForge home"):
        FaceForge.of_home(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "core.json").write_text(json.dumps({"auth": {"install_token": "secret"}}))
    (tmp_path / "core.lock").touch()  # as a Core that was killed left it, and somebody else has the port by now
    (tmp_path / "core.lock.json").write_text(json.dumps({"pid": 1, "port": 80}))
    with pytest.raises(
        CoreUnreachable, match=r"No FaceForge Core runs on the home .*: start it with `faceforge serve`\."
    ):
        FaceForge.of_home(tmp_path)


def test_a_core_that_does_not_serve_yet_is_said_to_be_starting(faceforge: RunningCore) -> None:
    with pytest.raises(CoreUnreachable, match="does not serve yet"):
        FaceForge.of_home(faceforge.home)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"FACEFORGE_HOME": "relative/home"},
        {"FACEFORGE_HOME": "~/faces"},
        {"FACEFORGE_HOME": "  "},
        {"XDG_DATA_HOME": "/data"},
        {"XDG_DATA_HOME": "relative"},
    ],
)
def test_the_usual_home_is_the_one_that_core_takes(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FACEFORGE_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert home_folder() == resolve_root(environ, Path.home())


def test_a_token_is_in_no_representation(served: RunningCore) -> None:
    from faceforge_sdk.client.homes import running_at

    assert served.address
    assert served.token not in repr(running_at(served.home))
