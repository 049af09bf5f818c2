"""Entities, files, links, the trash and restarts, in any order, beside a model of plain dicts.

Few and short stories in a usual run; ``HYPOTHESIS_PROFILE=long pytest tests/kernel/test_whole_model.py`` tells many.
What must always hold is judged by tests/faults/check_home.py, the checker of all fault tests.
"""

from __future__ import annotations

import hashlib
import os
import runpy
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, precondition, rule

from faceforge_core.testing import running_core

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = st.sampled_from(["Ada", "Grace", "ada", "Hopper 🚀", "100%", "a_b"])
TAGS = st.lists(st.sampled_from(["a_b", "axb", "AXB", "x%"]), max_size=3, unique=True)
CONTENTS = st.sampled_from([b"one", b"two", b"three" * 1000])
CHECKER = Path(__file__).parents[1] / "faults" / "check_home.py"
judge: Callable[..., dict[str, Any]] = runpy.run_path(str(CHECKER))["judge"]
STEPS_A_RESTART = 8
"""A start takes as long as a hundred requests."""

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"


class Library(RuleBasedStateMachine):
    """A Core behind its API, and what it should hold."""

    entities = Bundle("entities")
    assets = Bundle("assets")
    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="faceforge-model-"))
        self.closing = ExitStack()
        self.people: dict[str, dict[str, Any]] = {}
        self.trashed_people: set[str] = set()
        self.files: dict[str, bytes] = {}
        self.trashed_files: set[str] = set()
        self.links: set[tuple[str, str]] = set()
        self.statuses: dict[str, set[str]] = {}
        self.steps = 0

    @initialize()
    def begin(self) -> None:
        self.core = self.closing.enter_context(running_core(self.folder / "home"))
        for plugin_id in ("faceforge.ingest", "faceforge.thumbnails", "faceforge.housekeeping"):
            self.core.kernel.plugins.disable(plugin_id)

    def teardown(self) -> None:
        try:
            if hasattr(self, "core"):
                self.close_and_judge()
        finally:
            self.closing.close()
            shutil.rmtree(self.folder)

    def ask(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        answer = self.core.client.request(method, path, **options)
        assert answer.status_code == status, (method, path, answer.status_code, answer.text)
        return answer.json()["data"]

    # --- Entities

    @rule(target=entities, name=NAMES, tags=TAGS)
    def create(self, name: str, tags: list[str]) -> str:
        made = self.ask("POST", "/v1/entities", json={"display_name": name, "tags": tags})
        self.people[made["entity_id"]] = {"display_name": name, "tags": tags}
        return str(made["entity_id"])

    @rule(entity=entities, name=NAMES, tags=TAGS)
    def patch(self, entity: str, name: str, tags: list[str]) -> None:
        lives = entity in self.people and entity not in self.trashed_people
        change = {"display_name": name, "tags": tags}
        self.ask("PATCH", f"/v1/entities/{entity}", 200 if lives else 404, json=change)
        if lives:
            self.people[entity] = change

    @rule(entity=entities)
    def delete(self, entity: str) -> None:
        lives = entity in self.people and entity not in self.trashed_people
        self.ask("DELETE", f"/v1/entities/{entity}", 200 if lives else 404)
        if lives:
            self.trashed_people.add(entity)

    @rule(entity=entities)
    def restore(self, entity: str) -> None:
        if entity in self.trashed_people:
            self.ask("POST", f"/v1/entities/{entity}/restore")
            self.trashed_people.discard(entity)

    @rule(entity=consumes(entities))
    def purge(self, entity: str) -> None:
        trashed = entity in self.trashed_people
        self.ask("DELETE", f"/v1/trash/entities/{entity}", 200 if trashed else 404)
        if trashed:
            self.trashed_people.discard(entity)
            del self.people[entity]
            self.links = {(one, file) for one, file in self.links if one != entity}

    # --- Files

    @rule(target=assets, content=CONTENTS)
    def upload(self, content: bytes) -> str:
        stored = self.ask("POST", "/v1/assets/upload", files={"file": ("a.bin", content)})
        assert stored["asset_id"] == hashlib.sha256(content).hexdigest()
        self.files[stored["asset_id"]] = content
        self.trashed_files.discard(stored["asset_id"])
        return str(stored["asset_id"])

    @rule(asset=assets)
    def delete_file(self, asset: str) -> None:
        lives = asset in self.files and asset not in self.trashed_files
        self.ask("DELETE", f"/v1/assets/{asset}", 200 if lives else 404)
        if lives:
            self.trashed_files.add(asset)

    @rule(asset=assets)
    def purge_file(self, asset: str) -> None:
        trashed = asset in self.trashed_files
        self.ask("DELETE", f"/v1/trash/assets/{asset}", 200 if trashed else 404)
        if trashed:
            self.trashed_files.discard(asset)
            del self.files[asset]
            self.links = {(one, file) for one, file in self.links if file != asset}

    @rule(entity=entities, asset=assets)
    def link(self, entity: str, asset: str) -> None:
        both = self.lives(entity) and self.has(asset)
        self.ask("POST", f"/v1/entities/{entity}/assets/{asset}", 200 if both else 404)
        if both:
            self.links.add((entity, asset))

    @rule(entity=entities, asset=assets)
    def unlink(self, entity: str, asset: str) -> None:
        if self.lives(entity) and self.has(asset):
            self.ask("DELETE", f"/v1/entities/{entity}/assets/{asset}")
            self.links.discard((entity, asset))

    def lives(self, entity: str) -> bool:
        return entity in self.people and entity not in self.trashed_people

    def has(self, asset: str) -> bool:
        return asset in self.files and asset not in self.trashed_files

    # --- Jobs, and the end of the process

    @rule(target=jobs)
    def queue(self) -> str:
        job = self.ask("POST", "/v1/jobs", json={"job_type": "jobs.prune", "input": {"logs_older_than_days": 3650}})
        self.statuses[job["job_id"]] = set()
        return str(job["job_id"])

    @rule(job=jobs)
    def cancel(self, job: str) -> None:
        self.ask("POST", f"/v1/jobs/{job}/cancel")

    @precondition(lambda self: self.steps >= STEPS_A_RESTART)
    @rule()
    def restart(self) -> None:
        self.steps = 0
        self.close_and_judge()
        self.closing = ExitStack()
        self.core = self.closing.enter_context(running_core(self.folder / "home"))

    def close_and_judge(self) -> None:
        """While nobody has the home open the checker of all fault tests looks at the whole of it."""
        self.closing.close()
        report = judge(self.folder / "home", *filter(self.has, self.files))
        assert (report["assets"], report["findings"], report["orphans"]) == (len(self.files), [], [])

    # --- What always holds

    @invariant()
    def lists_and_totals_are_the_models(self) -> None:
        if not hasattr(self, "core"):
            return
        self.steps += 1
        living = {one: facts for one, facts in self.people.items() if self.lives(one)}
        listed = self.ask("GET", "/v1/entities", params={"limit": 200})
        assert listed["total"] == len(living)
        assert {one["entity_id"]: one["display_name"] for one in listed["items"]} == {
            one: facts["display_name"] for one, facts in living.items()
        }
        for tag in ("a_b", "AXB"):
            found = self.ask("GET", "/v1/entities", params={"tag": tag, "limit": 200})
            assert {one["entity_id"] for one in found["items"]} == {
                one for one, facts in living.items() if tag in facts["tags"]
            }
        found = self.ask("GET", "/v1/entities", params={"q": "ada", "limit": 200})
        assert {one["entity_id"] for one in found["items"]} == {
            one for one, facts in living.items() if "ada" in facts["display_name"].lower()
        }
        assets = self.ask("GET", "/v1/assets", params={"limit": 200})
        assert {one["asset_id"] for one in assets["items"]} == {one for one in self.files if self.has(one)}
        trash = self.ask("GET", "/v1/trash")
        assert (trash["entities"], trash["assets"]) == (len(self.trashed_people), len(self.trashed_files))

    @invariant()
    def links_are_the_models(self) -> None:
        for entity in self.people:
            if self.lives(entity):
                linked = self.ask("GET", f"/v1/entities/{entity}/assets")
                assert {one["asset_id"] for one in linked["items"]} == {
                    asset for one, asset in self.links if one == entity and self.has(asset)
                }

    @invariant()
    def jobs_end_once(self) -> None:
        for job_id, seen in self.statuses.items():
            status = self.ask("GET", f"/v1/jobs/{job_id}")["status"]
            assert not seen - {status, "queued", "running"}, (seen, status)
            seen.add(status)

    @invariant()
    def bytes_on_the_disk_are_those_of_the_rows(self) -> None:
        if not hasattr(self, "core"):
            return
        home = self.folder / "home"
        stored = {path.name for path in (home / "assets" / "files").rglob("*") if path.is_file()}
        assert stored == set(self.files)
        assert list((home / "tmp").glob("*.part")) == []


TestLibrary = Library.TestCase
TestLibrary.settings = settings(
    max_examples=200 if LONG else 2,
    stateful_step_count=50 if LONG else 15,
    deadline=None,
    database=None,
    derandomize=not LONG,
    phases=list(Phase) if LONG else [Phase.generate],
    suppress_health_check=list(HealthCheck),
)
