"""The example `packaged`: built as a wheel, installed beside a real Core, found, enabled and used."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_sdk.models import EntityDraft
from faceforge_sdk.testing import fake_context

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = Path(__file__).parents[2] / "examples" / "packaged"
BUILD = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the built wheel was installed, as `pip install --target` does; no network is needed."""
    work = tmp_path_factory.mktemp("packaged")
    project = shutil.copytree(EXAMPLE, work / "project", ignore=shutil.ignore_patterns("__pycache__"))
    run = subprocess.run(
        [sys.executable, "-c", BUILD, str(work)], cwd=project, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    with zipfile.ZipFile(work / run.stdout.splitlines()[-1]) as wheel:
        wheel.extractall(work / "site")
    return work / "site"


@pytest.fixture
def calendar(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The plugin's module alone, as its author's own tests import it."""
    monkeypatch.syspath_prepend(str(EXAMPLE))
    yield importlib.import_module("faceforge_birthdays.calendar")
    for name in [name for name in sys.modules if name.partition(".")[0] == "faceforge_birthdays"]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("born", "today", "on"),
    [
        ("1815-12-10", "2026-11-25", "2026-12-10"),
        ("1815-11-25", "2026-11-25", "2026-11-25"),
        ("1815-11-24", "2026-11-25", "2027-11-24"),
        ("2000-02-29", "2026-01-01", "2026-02-28"),
        ("2000-02-29", "2028-01-01", "2028-02-29"),
    ],
)
def test_the_next_birthday_of_anybody(calendar: Any, born: str, today: str, on: str) -> None:
    found = calendar.next_after(date.fromisoformat(born), date.fromisoformat(today))
    assert found == date.fromisoformat(on)


def test_what_is_no_day_is_passed_over(calendar: Any) -> None:
    entities = fake_context().entities
    for name, fields in (("Ada", {"birthday": "1815-12-10"}), ("Bob", {"birthday": "soon"}), ("Eve", {"birthday": 5})):
        entities.create(EntityDraft(display_name=name, fields=fields))
    found = calendar.upcoming(entities, "birthday", date(2026, 12, 1), 30)
    assert [(one.display_name, one.on, one.age) for one in found] == [("Ada", date(2026, 12, 10), 211)]


def test_the_wheel_carries_manifest_and_entry_point(site: Path) -> None:
    assert (site / "faceforge_birthdays" / "plugin.json").is_file()
    [about] = site.glob("*.dist-info")
    assert "[faceforge.plugins]\nbirthdays = faceforge_birthdays" in (about / "entry_points.txt").read_text()


def test_an_installed_package_is_found_enabled_and_used(site: Path, start_process: Any, tmp_path: Path) -> None:
    path = os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH", ""))))
    core = start_process(tmp_path / "home", cold=True, PYTHONPATH=path)
    client = core.client()

    def row() -> dict[str, Any]:
        items = client.get("/v1/plugins").json()["data"]["items"]
        return next(one for one in items if one["plugin_id"] == "example.birthdays")

    assert (row()["source"], row()["state"], row()["version"]) == ("package", "disabled", "1.0.0")
    assert client.post("/v1/plugins/example.birthdays/enable").json()["data"]["state"] == "active"

    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    for name, born in (("Ada", f"1816{tomorrow.isoformat()[4:]}"), ("Bob", "unknown")):
        client.post("/v1/entities", json={"display_name": name, "fields": {"birthday": born}})
    found = client.get("/v1/plugins/example.birthdays/next", params={"days": 3}).json()["data"]
    assert [(one["display_name"], one["age"]) for one in found] == [("Ada", tomorrow.year - 1816)]
    assert client.get("/v1/plugins/example.birthdays/next", params={"days": 1000}).status_code == 422
    assert core.stop() == 0

    client = start_process(tmp_path / "home").client()  # uninstalled meanwhile: known, and nothing breaks
    gone = row()
    assert (gone["discovered"], gone["enabled"], gone["state"]) == (False, True, "disabled")
