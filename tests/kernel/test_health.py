"""The health of Core: each check alone, for a limited time, and harming nobody."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.db import identity, seen_days
from faceforge_core.health.checks import clock
from faceforge_core.health.service import HealthService
from faceforge_core.owned import Owned
from faceforge_core.plugins.contributed import FAILURES_UNTIL_ERROR, Isolation
from faceforge_core.testing import wait_for
from faceforge_sdk import HealthCheck, HealthReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from faceforge_core.db.engine import Database


@pytest.fixture
def hang() -> Iterator[Callable[[], HealthReport]]:
    """A check that has no end while the test lasts."""
    over = threading.Event()

    def check() -> HealthReport:
        over.wait(120)
        return GOOD

    yield check
    over.set()


GOOD = HealthReport("ok", "All is well.", facts={"number": "1"})


def refuse() -> HealthReport:
    raise RuntimeError("broken")


def service(
    *contributed: Owned[HealthCheck], own: tuple[HealthCheck, ...] = (), deep: tuple[HealthCheck, ...] = ()
) -> tuple[HealthService, list[str]]:
    """The service, and which plugins were given up."""
    given_up: list[str] = []
    isolations: dict[str, Isolation] = {}

    def isolation(plugin_id: str) -> Isolation:
        return isolations.setdefault(plugin_id, Isolation(plugin_id, lambda _: given_up.append(plugin_id)))

    return HealthService(own, deep, lambda: contributed, isolation, seconds=1.0), given_up


def test_a_check_that_hangs_or_raises_is_an_error_and_the_others_are_told(hang: Callable[[], HealthReport]) -> None:
    asked, _ = service(
        Owned("demo.hangs", HealthCheck("hangs", hang)),
        Owned("faceforge.hangs", HealthCheck("hangs-too", hang)),
        Owned("demo.raises", HealthCheck("raises", refuse)),
        Owned("demo.lies", HealthCheck("lies", lambda: "fine")),
        Owned("demo.odd", HealthCheck("odd", lambda: HealthReport("fine", "?"))),
        Owned("demo.unfilled", HealthCheck("unfilled", lambda: HealthReport("ok", "%(what)s", values={"who": "I"}))),
        Owned("demo.good", HealthCheck("good", lambda: GOOD)),
        own=(HealthCheck("own", refuse), HealthCheck("fine", lambda: GOOD)),
    )

    def all_that_answer() -> dict[str, Any] | None:
        found = {one.name: one for one in asked.findings()}
        good = [one for one in (found["good"], found["fine"]) if "no answer within" not in one.summary]
        return found if len(good) == 2 else None

    found = wait_for(all_that_answer)  # a busy machine may be late with any of them
    assert [name for name, one in found.items() if one.status == "error"] == [
        *("own", "hangs", "hangs-too", "raises", "lies", "odd", "unfilled"),
    ]
    assert "no answer within 1 s" in found["hangs"].summary
    assert "RuntimeError: broken" in found["own"].summary
    assert "returned str" in found["lies"].summary
    assert found["good"].model_dump() == {
        "name": "good",
        "plugin_id": "demo.good",
        "status": "ok",
        "summary": "All is well.",
        "advice": None,
        "facts": {"number": "1"},
    }
    assert found["fine"].plugin_id is None


def test_a_built_in_is_never_switched_off_for_its_check(hang: Callable[[], HealthReport]) -> None:
    asked, given_up = service(
        Owned("faceforge.storage_fs", HealthCheck("slow", hang)), Owned("demo.raises", HealthCheck("raises", refuse))
    )
    for _ in range(FAILURES_UNTIL_ERROR):
        asked.findings()
    assert given_up == ["demo.raises"]


class German:
    """Words for one sentence."""

    def gettext(self, message: str) -> str:
        return {"%(count)s files": "%(count)s Dateien", "Count them.": "Zählen."}.get(message, message)


def test_sentences_are_those_of_the_reader_with_their_values_filled_in() -> None:
    report = HealthReport("ok", "%(count)s files", "Count them.", values={"count": "3"})
    asked, _ = service(
        own=(HealthCheck("files", lambda: report), HealthCheck("plain", lambda: HealthReport("ok", "100 % full"))),
        deep=(HealthCheck("broken", refuse),),
    )
    german: Any = German()
    assert [(one.summary, one.advice) for one in asked.findings(texts=german)] == [
        ("3 Dateien", "Zählen."),
        ("100 % full", None),
    ]
    assert [one.summary for one in asked.findings(deep=True)] == [
        *("3 files", "100 % full", "The check itself failed: RuntimeError: broken"),
    ]


def test_deep_checks_are_asked_only_on_demand() -> None:
    asked, _ = service(deep=(HealthCheck("all", lambda: GOOD),))
    assert asked.findings() == []
    assert [one.name for one in asked.findings(deep=True)] == ["all"]


def findings(client: Any, **query: Any) -> dict[str, Any]:
    answer = client.get("/v1/system/health", params=query)
    assert answer.status_code == 200, answer.text
    return {item["name"]: item for item in answer.json()["data"]["items"]}


def test_a_fresh_core_tells_of_itself_its_home_and_its_built_ins(faceforge: Any) -> None:
    found = findings(faceforge.client)
    assert {name: found[name]["status"] for name in found if name not in {"sqlite", "storage-fs"}} == {
        "core": "ok",
        "home": "ok",
        "database": "ok",
        "token": "ok",
        "plugins": "ok",
        "trash": "ok",
        "clock": "ok",
        "exiftool": "warning",
        "storage-s3": "off",
        "seaweedfs": "off",
        "backup": "off",
    }
    assert found["core"]["facts"]["core"] in found["core"]["summary"]
    assert "tools use exiftool" in found["exiftool"]["advice"]
    assert int(found["storage-fs"]["facts"]["free_bytes"]) > 0
    assert faceforge.token not in str(found)
    assert findings(faceforge.client, deep=True)["database-pages"]["status"] == "ok"


def test_nobody_without_the_token_is_told(faceforge: Any) -> None:
    del faceforge.client.headers["Authorization"]
    assert faceforge.client.get("/v1/system/health").status_code == 401


def test_servers_that_do_not_answer_are_told_with_what_to_do_and_without_keys(start_core: Any, tmp_path: Any) -> None:
    s3 = {"enabled": True, "endpoint_url": "http://127.0.0.1:9", "access_key": "rosebud1", "secret_key": "rosebud2"}
    (tmp_path / "home" / "config").mkdir(parents=True)
    (tmp_path / "home" / "config" / "core.json").write_text(json.dumps({"storage": {"s3": s3}}))
    found = findings(start_core(tmp_path / "home").client)["storage-s3"]
    assert found["status"] == "warning"
    assert "can't be used" in found["summary"]
    assert "New files go to the home" in found["advice"]
    assert "rosebud" not in str(found)


def test_a_seaweedfs_without_its_program_is_told_with_what_to_do(start_core: Any, tmp_path: Any) -> None:
    (tmp_path / "home" / "config").mkdir(parents=True)
    (tmp_path / "home" / "config" / "core.json").write_text('{"seaweed": {"enabled": true}}')
    core = start_core(tmp_path / "home")
    found = core.wait_for(
        lambda: one if "no program" in (one := findings(core.client)["seaweedfs"])["summary"] else None
    )
    assert found["status"] == "warning"
    assert "faceforge tools use weed" in found["advice"]


def test_a_token_that_can_be_guessed_is_told_and_not_shown(start_core: Any, tmp_path: Any) -> None:
    (tmp_path / "home" / "config").mkdir(parents=True)
    (tmp_path / "home" / "config" / "core.json").write_text('{"auth": {"install_token": "rosebud1"}}')
    found = findings(start_core(tmp_path / "home").client)
    assert found["token"]["status"] == "warning"
    assert "token rotate" in found["token"]["advice"]
    assert "rosebud1" not in str(found)


def test_a_folder_of_files_that_is_gone_is_an_error_with_advice(faceforge: Any) -> None:
    marker = faceforge.kernel.home.assets_dir / ".ff-home"
    marker.rename(marker.with_name("elsewhere"))
    found = findings(faceforge.client)["storage-fs"]
    assert found["status"] == "error"
    assert "right disk" in found["advice"]
    marker.with_name("elsewhere").rename(marker)


def test_a_plugin_that_does_not_work_and_what_lies_in_the_trash_are_told(faceforge: Any) -> None:
    folder = faceforge.kernel.home.plugins_dir / "broken"
    folder.mkdir(parents=True)
    manifest = '{"id": "demo.broken", "name": "Broken", "api_version": 1, "entrypoints": {"python": "plugin"}}'
    (folder / "plugin.json").write_text(manifest)
    (folder / "plugin.py").write_text("raise RuntimeError('no luck')")
    faceforge.client.post("/v1/plugins/demo.broken/enable")
    entity = faceforge.client.post("/v1/entities", json={"display_name": "Anna"}).json()["data"]["entity_id"]
    faceforge.client.delete(f"/v1/entities/{entity}")

    found = findings(faceforge.client)

    assert found["plugins"]["status"] == "warning"
    assert "no luck" in found["plugins"]["summary"]
    assert found["trash"]["summary"] == "Things in the trash: 1, each kept for 30 days."


def test_a_clock_that_leapt_is_told_and_no_alarm_after_a_holiday(database: Database) -> None:
    assert clock(database).status == "ok"
    today = datetime.now(UTC)
    seen_days.note(database, today - timedelta(days=20))
    assert clock(database).status == "ok"
    assert clock(database).values["days"] == "7"
    database.write(lambda tx: identity.set_seen_days(tx, "2020-02-29"))
    found = clock(database)
    assert found.status == "warning"
    assert (found.values["left"], found.values["arrived"]) == ("2020-02-29", str(today.date()))
    assert "right date" in (found.advice or "")
