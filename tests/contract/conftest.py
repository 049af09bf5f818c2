"""Small builders for the contract: a speaker that checks every envelope, homes of v0.1.9, and looks into a database."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import tarfile
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.testing import RunningCore, running_core, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FIXTURES = Path(__file__).parents[1] / "fixtures"
ENVELOPE = {"ok", "data", "error"}
ID = re.compile(r"[0-9a-f]{64}")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class Api:
    """Speaks to a Core and holds every answer to the envelope. `client` is httpx's, or the test client's."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self._numbers = count(1)

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """The bare response."""
        return self.client.request(method, path, **options)

    def data(self, method: str, path: str, **options: Any) -> Any:
        """The ``data`` of a success, which is always a 200."""
        return self.data_of(self.ask(method, path, **options))

    def data_of(self, response: Any) -> Any:
        """The ``data`` in a response."""
        assert response.status_code == 200, (response.request.url, response.status_code, response.text[:500])
        assert response.headers["content-type"] == "application/json"
        body = response.json()
        assert set(body) == ENVELOPE, body
        assert body["ok"] is True
        assert body["error"] is None
        return body["data"]

    def error(self, method: str, path: str, status: int, code: str, **options: Any) -> dict[str, Any]:
        """The ``error`` of a refusal, whose status and code have to be these."""
        return self.error_of(self.ask(method, path, **options), status, code)

    def error_of(self, response: Any, status: int, code: str) -> dict[str, Any]:
        """The ``error`` in a response."""
        assert response.status_code == status, (response.status_code, response.text[:500])
        assert response.headers["content-type"] == "application/json"
        body = response.json()
        assert set(body) == ENVELOPE, body
        assert body["ok"] is False
        assert body["data"] is None
        error: dict[str, Any] = body["error"]
        assert set(error) == {"code", "message", "details"}
        assert error["code"] == code, error
        assert isinstance(error["message"], str)
        assert error["message"]
        return error

    def entity(self, display_name: str = "Ada Lovelace", **facts: Any) -> dict[str, Any]:
        """A new entity."""
        created: dict[str, Any] = self.data("POST", "/v1/entities", json={"display_name": display_name, **facts})
        return created

    def names(self, **query: Any) -> list[str]:
        """The names in a list of entities, in its order."""
        return [item["display_name"] for item in self.data("GET", "/v1/entities", params=query)["items"]]

    def content(self) -> bytes:
        """Bytes that this Core does not know yet."""
        return f"content {next(self._numbers)} of {id(self)}".encode()

    def one_of_everything(self) -> dict[str, str]:
        """An id for each placeholder in a path; the job, an import, is over, so that following it comes to an end."""
        entity_id = self.entity("x", fields={"n": 1})["entity_id"]
        asset_id = self.upload(meta={"n": 1})["asset_id"]
        self.data("POST", f"/v1/entities/{entity_id}/assets/{asset_id}")
        plugin_id = "faceforge.storage_routing"
        for subject in (f"entities/{entity_id}", f"assets/{asset_id}"):
            self.data("PUT", f"/v1/{subject}/plugin-data/{plugin_id}", json={"data": {"n": 1}})
        field = {"scope": "everything", "field_key": entity_id, "field_type": "json"}
        definition = self.data("POST", "/v1/admin/field-defs", json=field)
        value = {"scope": "everything", "field_key": entity_id, "value": {"n": 1}}
        descriptor = self.data("POST", f"/v1/entities/{entity_id}/descriptors", json=value)
        ends = {"src_entity_id": entity_id, "dst_entity_id": entity_id, "relationship_type": "rival"}
        with TemporaryDirectory() as folder:
            job_id = self.data("POST", "/v1/assets/bulk-import", json={"path": folder})["job_id"]
            wait_for(lambda: self.data("GET", f"/v1/jobs/{job_id}")["finished_at"])
        return {
            "entity_id": entity_id,
            "asset_id": asset_id,
            "plugin_id": plugin_id,
            "field_def_id": definition["field_def_id"],
            "descriptor_id": descriptor["descriptor_id"],
            "relationship_id": self.data("POST", "/v1/relationships", json=ends)["relationship_id"],
            "job_id": job_id,
            "kind": "entities",
            "name": "nothing",
            "thing_id": entity_id,
        }

    def upload(  # the facts of one upload
        self,
        content: bytes | None = None,
        name: str = "a.bin",
        content_type: str = "application/octet-stream",
        meta: Any = None,
        **query: str,
    ) -> dict[str, Any]:
        """A stored file; `meta` is its sidecar's content."""
        files: dict[str, Any] = {"file": (name, self.content() if content is None else content, content_type)}
        if meta is not None:
            files["meta"] = ("_meta.json", json.dumps(meta).encode(), "application/json")
        stored: dict[str, Any] = self.data("POST", "/v1/assets/upload", files=files, params=query)
        return stored

    def raw_upload(self, body: bytes, boundary: str = "b", **headers: str) -> Any:
        """The response to a multipart body, sent as it is."""
        given = {"content-type": f"multipart/form-data; boundary={boundary}", **headers}
        return self.ask("POST", "/v1/assets/upload", content=body, headers=given)


class Imports:
    """Imports into a Core, and what it then has."""

    def __init__(self, core: Any, api: Any) -> None:
        self.core = core
        self.api = api

    def start(self, folder: object, **wanted: Any) -> str:
        """The id of a new job."""
        answer = self.api.data("POST", "/v1/assets/bulk-import", json={"path": str(folder), **wanted})
        assert set(answer) == {"job_id", "job_type", "status", "created_at"}
        assert answer["job_type"] == "assets.bulk-import"
        return str(answer["job_id"])

    def count(self) -> int:
        """How many jobs somebody asked for, whatever became of them."""
        return int(self.api.data("GET", "/v1/jobs", params={"background": "false"})["total"])

    def ended(self, job_id: str) -> Any:
        """The job, once it is over."""
        job = self.core.wait_for(
            lambda: found if (found := self.api.data("GET", f"/v1/jobs/{job_id}"))["finished_at"] else None
        )
        return job | {"log": self.log(job_id)}

    def log(self, job_id: str) -> list[Any]:
        """The first lines of a job's log."""
        lines: list[Any] = self.api.data("GET", f"/v1/jobs/{job_id}/log", params={"limit": 2000})["items"]
        return lines

    def run(self, folder: object, **wanted: Any) -> Any:
        """The job of an import that is over."""
        return self.ended(self.start(folder, **wanted))

    def assets(self, job: Any) -> dict[str, Any]:
        """The assets that a job met, by the name of the file that they came from."""
        found = {}
        for line in job["log"]:
            if line["message"] in {"Imported", "Skipped (already imported)"}:
                found[Path(line["data"]["file"]).name] = self.api.data("GET", f"/v1/assets/{line['data']['asset_id']}")
        return found

    def created(self, job_id: str) -> Any:
        """What an import created."""
        return self.api.data("GET", f"/v1/assets/bulk-import/{job_id}")

    def content(self, asset: Any) -> bytes:
        content: bytes = self.api.ask("GET", f"/v1/assets/{asset['asset_id']}/download").content
        return content


@pytest.fixture(scope="session")
def imports_of() -> type[Imports]:
    """Imports into any Core: ``imports_of(core, api)``."""
    return Imports


@pytest.fixture(scope="module")
def imports(house: RunningCore, api: Api) -> Imports:
    """Imports into `house`."""
    return Imports(house, api)


@pytest.fixture
def fresh_imports(faceforge: RunningCore, fresh: Api) -> Imports:
    """Imports into a Core of this test's own."""
    return Imports(faceforge, fresh)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder to import."""
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


@pytest.fixture
def fill(folder: Path, api: Any) -> Callable[..., None]:
    """Puts files into `folder`, with bytes that no Core knows yet unless they are given."""

    def write(*names: str, **content: Any) -> None:
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(api.content())
        for name, value in content.items():
            (folder / name).write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())

    return write


@pytest.fixture(scope="session")
def api_of() -> Callable[[Any], Api]:
    """Wraps any client: ``api_of(client)``."""
    return Api


@pytest.fixture(scope="module")
def start_shared_core() -> Iterator[Callable[[Path], RunningCore]]:
    """Starts kernels that live as long as a file's tests; `start_core` is for one test."""
    with ExitStack() as closing:

        def start(home: Path) -> RunningCore:
            return closing.enter_context(running_core(home, raise_server_exceptions=False))

        yield start


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, start_shared_core: Callable[[Path], RunningCore]) -> RunningCore:
    """One Core for all tests of a file that mind their own things only."""
    return start_shared_core(tmp_path_factory.mktemp("contract") / "home")


@pytest.fixture(scope="module")
def unread(house: RunningCore) -> None:
    """Nobody reads what comes in: tests say themselves what files are."""
    house.kernel.plugins.disable("faceforge.ingest")


@pytest.fixture(scope="module")
def api(house: RunningCore) -> Api:
    """Speaks to `house`."""
    return Api(house.client)


@pytest.fixture
def fresh(faceforge: RunningCore) -> Api:
    """Speaks to a Core of this test's own."""
    return Api(faceforge.client)


@pytest.fixture(scope="session")
def expected() -> dict[str, Any]:
    """What v0.1.9 answered about `legacy_home`."""
    found: dict[str, Any] = json.loads((FIXTURES / "legacy-home-0.1.9.expected.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="session")
def unpack_legacy_home() -> Callable[[Path], Path]:
    """Puts a home as v0.1.9 left it into a folder: ``unpack_legacy_home(folder)``."""

    def unpack(folder: Path) -> Path:
        with tarfile.open(FIXTURES / "legacy-home-0.1.9.tar.gz") as archive:
            archive.extractall(folder / "unpacked", filter="data")
        return Path(shutil.move(folder / "unpacked" / "home", folder / "legacy"))

    return unpack


@pytest.fixture
def legacy_home(tmp_path: Path, unpack_legacy_home: Callable[[Path], Path]) -> Path:
    """A home as v0.1.9 left it, to do anything with."""
    return unpack_legacy_home(tmp_path)


@pytest.fixture
def rows() -> Callable[..., Any]:
    """Asks a home's database without changing it: ``rows(home, sql, *parameters)``."""

    def ask(home: Path, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        connection = sqlite3.connect(f"{(home / 'db' / 'core.sqlite3').as_uri()}?mode=ro", uri=True)
        try:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql, parameters)]
        finally:
            connection.close()

    return ask


@pytest.fixture
def dump() -> Callable[[Path], dict[str, list[tuple[Any, ...]]]]:
    """Every row of every table of a home's database, by table."""

    def read(home: Path) -> dict[str, list[tuple[Any, ...]]]:
        connection = sqlite3.connect(f"{(home / 'db' / 'core.sqlite3').as_uri()}?mode=ro", uri=True)
        try:
            names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: sorted(connection.execute(f"SELECT * FROM '{name}'"), key=repr) for name in names}
        finally:
            connection.close()

    return read


@pytest.fixture
def blobs() -> Callable[[Path], list[str]]:
    """The files among a home's assets and temporary files, apart from marks and what is lent to a reader just now."""

    def read(home: Path) -> list[str]:
        found = []
        for folder in ("assets", "tmp"):
            for place, folders, names in os.walk(home / folder):
                folders[:] = [name for name in folders if not name.startswith("lent-")]
                found += [Path(place, name) for name in names if name != ".ff-home"]
        return sorted(path.relative_to(home).as_posix() for path in found)

    return read


@pytest.fixture(scope="session")
def is_id() -> Callable[[Any], bool]:
    """Whether something is an id on the wire."""
    return lambda value: isinstance(value, str) and ID.fullmatch(value) is not None


@pytest.fixture(scope="session")
def is_timestamp() -> Callable[[Any], bool]:
    """Whether something is a timestamp on the wire."""
    return lambda value: isinstance(value, str) and TIMESTAMP.fullmatch(value) is not None


WORKSHOP = """
import time

from pydantic import BaseModel

from faceforge_sdk import JobHandler, hookimpl


class Work(BaseModel):
    number: int = 0


@hookimpl
def register_job_handlers(ctx):
    ctx.data_dir.mkdir(parents=True, exist_ok=True)

    def wait(job):
        (ctx.data_dir / f"arrived {job.input.number}").touch()
        while not (ctx.data_dir / f"open {job.input.number}").exists():
            job.check_cancelled()
            time.sleep(0.01)
        return {"number": job.input.number}

    def note(job):
        with (ctx.data_dir / "notes").open("a") as notes:
            notes.write(f"{job.input.number}\\n")
        return {}

    def talk(job):
        for number in range(job.input.number):
            job.check_cancelled()
            job.log("info", f"line {number}", {"number": number})
            job.progress(100 * number / job.input.number, f"{number}")
            time.sleep(0.002)
        return {"lines": job.input.number}

    def fail(job):
        raise ValueError("It broke.")

    return [JobHandler(f"workshop.{run.__name__}", Work, run) for run in (wait, note, talk, fail)]
"""


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plugin. `workshop.wait` waits for a file ``open N``, `note` notes N, `talk` says N lines, `fail` fails."""
    folder = tmp_path_factory.mktemp("plugins") / "workshop"
    folder.mkdir()
    manifest = {"id": "workshop", "name": "Workshop", "api_version": 1, "entrypoints": {"python": "plugin"}}
    (folder / "plugin.json").write_text(json.dumps(manifest))
    (folder / "plugin.py").write_text(WORKSHOP)
    return folder


READER = """
from fastapi import APIRouter

from faceforge_sdk import Envelope, Router, hookimpl, ok
from faceforge_sdk.models import AssetFacts
from faceforge_sdk.protocols import Reading


@hookimpl
def register_routers(ctx):
    router = APIRouter()

    @router.post("/record")
    def record(readings: list[dict]) -> Envelope[list[str]]:
        read = [
            Reading(
                one["asset_id"],
                AssetFacts(**one.get("facts", {})),
                tuple(one.get("entries", ())),
                one.get("words", {}),
            )
            for one in readings
        ]
        return ok(list(ctx.assets.record(read)))

    @router.post("/covers")
    def covers(entity_ids: list[str]) -> Envelope[dict[str, str]]:
        return ok(dict(ctx.assets.covers(entity_ids)))

    return [Router(router)]
"""


@pytest.fixture(scope="module")
def reader(house: RunningCore, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A plugin of `house` that does as readers of files do: the path below which ``record`` and ``covers`` are."""
    folder = tmp_path_factory.mktemp("plugins") / "reader"
    folder.mkdir()
    manifest = {"id": "reader", "name": "Reader", "api_version": 1, "entrypoints": {"python": "plugin"}}
    (folder / "plugin.json").write_text(json.dumps(manifest))
    (folder / "plugin.py").write_text(READER)
    house.install_plugin(folder)
    return "/v1/plugins/reader"


@pytest.fixture
def record(api: Api, reader: str) -> Callable[..., list[str]]:
    """Keeps what was read out of one asset: ``record(asset_id, width=3, words={...}, entries=[...])``."""

    def keep(asset_id: str, *, words: Any = None, entries: Any = (), **facts: Any) -> list[str]:
        reading = {"asset_id": asset_id, "facts": facts, "entries": entries, "words": words or {}}
        kept: list[str] = api.data("POST", f"{reader}/record", json=[reading])
        return kept

    return keep
