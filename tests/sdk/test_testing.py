"""The stand-ins for plugin authors keep the promises of what they stand for."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from faceforge_sdk import EntityPanel, JobHandler, NavItem
from faceforge_sdk.errors import (
    Conflict,
    ContributionFailed,
    InvalidInput,
    JobCancelled,
    NotFound,
    PreconditionFailed,
    Unauthorized,
)
from faceforge_sdk.models import (
    AssetPatch,
    AssetQuery,
    EntityDraft,
    EntityPatch,
    EntityQuery,
    LinkedAssetQuery,
    TrashQuery,
)
from faceforge_sdk.testing import FAKE_TOKEN, FakeJobContext, FakeJobs, FakePlugins, fake_context


@pytest.fixture
def ctx() -> Any:
    return fake_context(config={"greeting": "Hi"})


def test_a_context_has_what_was_given(ctx: Any) -> None:
    assert (ctx.plugin_id, ctx.config) == ("test.plugin", {"greeting": "Hi"})
    assert not ctx.data_dir.exists()
    assert ctx.system.info().api_version == 1


def test_two_contexts_share_nothing(ctx: Any) -> None:
    ctx.entities.create(EntityDraft(display_name="Anna"))
    assert fake_context().entities.list(EntityQuery()).total == 0


def test_entities_are_created_found_changed_trashed_and_restored(ctx: Any) -> None:
    anna = ctx.entities.create(EntityDraft(display_name="Anna", tags=["friend"]))
    berta = ctx.entities.create(EntityDraft(display_name="Berta", tags=["friend", "work"]))
    assert ctx.entities.list(EntityQuery()).items == [berta, anna]
    assert ctx.entities.list(EntityQuery(q="ANN")).items == [anna]
    assert ctx.entities.list(EntityQuery(tag="work")).items == [berta]
    assert [(one.tag, one.count) for one in ctx.entities.tags()] == [("friend", 2), ("work", 1)]
    changed = ctx.entities.update(anna.entity_id, EntityPatch(display_name="Anne"), expected_revision=1)
    assert (changed.display_name, changed.tags, changed.revision) == ("Anne", ["friend"], 2)
    with pytest.raises(PreconditionFailed):
        ctx.entities.update(anna.entity_id, EntityPatch(display_name="Ann"), expected_revision=1)
    ctx.entities.delete(anna.entity_id)
    with pytest.raises(NotFound):
        ctx.entities.get(anna.entity_id)
    assert ctx.entities.trash(TrashQuery()).total == 1
    assert ctx.entities.restore(anna.entity_id) == changed
    with pytest.raises(NotFound):
        ctx.entities.restore(anna.entity_id)


def test_an_upload_becomes_an_asset_that_can_be_read_and_linked(ctx: Any) -> None:
    anna = ctx.entities.create(EntityDraft(display_name="Anna"))
    with ctx.storage.begin_upload() as upload:
        upload.write(b"pic")
        upload.write(b"ture")
        asset = upload.commit(filename="a.png", content_type="image/png")
    assert ctx.storage.open(asset).read(100) == b"picture"
    assert ctx.storage.open(asset, 1, 3).read(100) == b"ic"
    ctx.assets.link(anna.entity_id, asset.asset_id, "portrait")
    [linked] = ctx.assets.of_entity(anna.entity_id, LinkedAssetQuery(mime_type="image/*")).items
    assert linked.role == "portrait"
    assert ctx.assets.covers([anna.entity_id]) == {anna.entity_id: asset.asset_id}
    assert ctx.assets.unlink(anna.entity_id, asset.asset_id)
    assert not ctx.assets.unlink(anna.entity_id, asset.asset_id)
    with pytest.raises(NotFound):
        ctx.assets.link("nobody", asset.asset_id, None)
    with ctx.storage.begin_upload() as upload, pytest.raises(InvalidInput):
        upload.commit(filename="empty.png", content_type=None)


def test_known_bytes_give_the_same_asset_even_from_the_trash(ctx: Any) -> None:
    asset = ctx.assets.add(b"bytes", filename="a.bin")
    ctx.assets.delete(asset.asset_id)
    assert ctx.assets.trash(TrashQuery()).total == 1
    assert ctx.assets.add(b"bytes").asset_id == asset.asset_id
    assert ctx.assets.list(AssetQuery()).total == 1
    assert ctx.assets.list(AssetQuery(mime_type="image/*")).total == 0
    assert ctx.assets.update(asset.asset_id, AssetPatch(kind="voice")).kind == "voice"


def test_jobs_are_remembered_once_per_key() -> None:
    jobs = FakeJobs()
    first = jobs.enqueue("demo.count", {"n": 1}, dedupe_key="one")
    assert jobs.enqueue("demo.count", {"n": 2}, dedupe_key="one") == first
    assert jobs.get(first.job_id).input == {"n": 1}
    assert len(jobs.queued) == 1
    with pytest.raises(NotFound):
        jobs.get("none")


class Count(BaseModel):
    upto: int


def test_a_handler_runs_against_a_job_context() -> None:
    def run(job: Any) -> dict[str, int]:
        job.check_cancelled()
        job.progress(50)
        job.progress(20)
        job.log("info", "counted")
        return {"last": job.input.upto}

    handler = JobHandler("demo.count", Count, run)
    job = FakeJobContext(Count(upto=3))
    assert handler.run(job) == {"last": 3}
    assert (job.percent, job.messages) == (50, [("info", "counted")])
    job.cancelled = True
    with pytest.raises(JobCancelled):
        handler.run(job)


def test_plugins_are_switched_configured_and_contribute() -> None:
    plugins = FakePlugins()
    plugins.add("a.one")
    plugins.add("faceforge.core", essential=True, source="builtin", state="active", enabled=True)
    assert plugins.enable("a.one").state == "active"
    assert plugins.disable("a.one").state == "disabled"
    assert plugins.configure("a.one", {"x": 1}).config == plugins.config("a.one").config == {"x": 1}
    with pytest.raises(Conflict):
        plugins.disable("faceforge.core")
    with pytest.raises(NotFound):
        plugins.get("nobody")
    plugins.contribute("a.one", NavItem("b", "B", "/ui/b", order=2))
    plugins.contribute("a.one", NavItem("a", "A", "/ui/a", order=1))
    plugins.contribute("a.one", EntityPanel("p", "P", "p.html", lambda _: {}))
    assert [one.value.id for one in plugins.contributed(NavItem)] == ["a", "b"]
    [panel] = plugins.contributed(EntityPanel)
    assert panel.call(lambda: panel.value.load("x")) == {}
    with pytest.raises(ContributionFailed):
        panel.call(lambda: 1 / 0)


def test_sessions_open_with_the_fake_token(ctx: Any) -> None:
    session_id = ctx.sessions.sign_in(FAKE_TOKEN)
    assert ctx.sessions.valid == {session_id}
    ctx.sessions.sign_out(session_id)
    assert ctx.sessions.valid == set()
    with pytest.raises(Unauthorized):
        ctx.sessions.sign_in("guess")


def test_pages_remember_what_they_were_to_show(ctx: Any) -> None:
    answer = ctx.pages.render(object(), "hello.html", status_code=201, name="Anna")
    assert answer.status_code == 201
    assert ctx.pages.rendered == [("hello.html", {"name": "Anna"})]


def test_importing_them_loads_no_web_framework_and_no_pytest(run_python: Any) -> None:
    code = (
        "import sys, faceforge_sdk.testing\n"
        "print(sorted({'fastapi', 'starlette', 'pytest', 'sqlalchemy', 'faceforge_core'} & set(sys.modules)))"
    )
    assert run_python(code).stdout.strip() == "[]"
