"""The overview as the server makes it, and the welcome to an empty library."""

from __future__ import annotations

import html
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_builtins.ui_overview.charts import months_chart, share
from faceforge_builtins.ui_overview.holdings import Holdings
from faceforge_sdk.models import (
    AssetStatistics,
    EntityStatistics,
    FamilyCount,
    MonthCount,
    ProviderUsage,
    StorageUsage,
    TrashSummary,
)
from faceforge_sdk.testing.house import FakeTexts

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

    from faceforge_core.testing import RunningCore

PAGE = "/ui/overview"
HTML = {"Accept": "text/html"}


@pytest.fixture
def create(client: TestClient) -> Callable[[str], str]:
    def make(name: str) -> str:
        answer = client.post("/v1/entities", json={"display_name": name})
        return str(answer.raise_for_status().json()["data"]["entity_id"])

    return make


def upload(client: TestClient, name: str, content: bytes, media_type: str) -> str:
    answer = client.post("/v1/assets/upload", files={"file": (name, content, media_type)})
    return str(answer.raise_for_status().json()["data"]["asset_id"])


def numbers(page: str) -> dict[str, str]:
    found = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page)
    return {label: re.sub("<[^>]+>", "", value) for label, value in found}


def holdings(**values: Any) -> Holdings:
    families = [FamilyCount(family=name, assets=count) for name, count in values.get("families", {}).items()]
    providers = [
        ProviderUsage(name=name, active=True, available=True, assets=assets, total_bytes=size)
        for name, (assets, size) in values.get("providers", {}).items()
    ]
    trash = dict.fromkeys(("entities", "assets", "descriptors", "field_defs", "relationships"), 0)
    return Holdings(
        EntityStatistics(total=values.get("entities", 0), months=[]),
        AssetStatistics(total=sum(one.assets for one in families), families=families, months=[]),
        StorageUsage(providers=providers, displaced=0),
        TrashSummary(**{**trash, "entities": values.get("trashed", 0), "keep_days": None}),
    )


def test_an_empty_library_is_welcomed_with_three_ways_to_begin(client: TestClient) -> None:
    page = client.get(PAGE, headers=HTML).text
    assert "<h1>Welcome to FaceForge</h1>" in page
    assert re.search(r'<form [^>]*method="post" action="/ui/entities">', page)
    assert "Import a folder" in page
    assert 'type="file"' in page


def test_the_welcome_leads_to_the_first_entity_without_scripts(client: TestClient) -> None:
    answer = client.post("/ui/entities", data={"display_name": "Ada Lovelace"})
    assert answer.status_code == 303
    assert "Ada Lovelace" in client.get(answer.headers["location"], headers=HTML).text
    assert "<h1>Overview</h1>" in client.get(PAGE, headers=HTML).text


def test_a_library_whose_things_all_lie_in_the_trash_is_not_new(client: TestClient, create: Any) -> None:
    client.delete(f"/v1/entities/{create('Ada')}")
    page = client.get(PAGE, headers=HTML).text
    assert numbers(page) == {"Entities": "0", "Files": "0", "Size": "0 bytes", "In the trash": "1"}


def test_the_overview_counts_and_shows_what_is_new(client: TestClient, create: Callable[[str], str]) -> None:
    name = '<b>Ada</b> & "friends"'
    entity_id = create(name)
    upload(client, "notes.txt", b"x" * 2500, "text/plain")
    page = client.get(PAGE, headers=HTML).text
    assert numbers(page) == {"Entities": "1", "Files": "1", "Size": "2.5 kB", "In the trash": "0"}
    assert html.escape(name, quote=False).replace('"', "&#34;") in page
    assert f'href="/ui/entities/{entity_id}"' in page
    assert 'title="notes.txt">notes.txt</span>' in page
    assert "1 entity was added in the last twelve months." in page
    assert re.search(r'<th scope="row" dir="auto">Documents</th>\s*<td class="bars-amount">1</td>', page)


def test_what_is_new_is_eight_of_each_the_latest_first(client: TestClient, create: Callable[[str], str]) -> None:
    for number in range(10):
        create(f"Entity {number}")
    page = client.get(PAGE, headers=HTML).text
    found = re.findall(r'class="newest-name"[^>]*>([^<]+)<', page)
    assert found == [f"Entity {number}" for number in range(9, 1, -1)]


def test_an_entity_shows_its_cover_and_a_file_its_picture(client: TestClient, create: Callable[[str], str]) -> None:
    entity_id = create("Ada")
    asset_id = upload(client, "ada.png", b"\x89PNG\r\n\x1a\n", "image/png")
    client.post(f"/v1/entities/{entity_id}/assets/{asset_id}", json={}).raise_for_status()
    page = client.get(PAGE, headers=HTML).text
    assert page.count(f'src="/v1/assets/{asset_id}/thumbnail?size=256"') == 2


def test_a_job_that_failed_of_late_needs_attention(client: TestClient, faceforge: RunningCore, create: Any) -> None:
    create("Ada")
    assert "A job failed:" not in client.get(PAGE, headers=HTML).text
    job = faceforge.run_job("assets.bulk-import", {"path": "/nowhere/at/all"})
    page = client.get(PAGE, headers=HTML).text
    assert job.status == "failed"
    assert "A job failed:" in page
    assert f'href="/ui/jobs/{job.job_id}"' in page


def test_a_plugin_that_does_not_work_needs_attention(
    client: TestClient, faceforge: RunningCore, create: Callable[[str], str]
) -> None:
    create("Ada")
    folder = faceforge.kernel.home.plugins_dir / "broken"
    folder.mkdir(parents=True)
    manifest = '{"id": "demo.broken", "name": "Broken one", "api_version": 1, "entrypoints": {"python": "plugin"}}'
    (folder / "plugin.json").write_text(manifest)
    (folder / "plugin.py").write_text("raise RuntimeError")
    faceforge.kernel.plugins.enable("demo.broken")
    assert "The plugin “Broken one” does not work." in client.get(PAGE, headers=HTML).text


def test_the_overview_speaks_german(client: TestClient, create: Callable[[str], str]) -> None:
    assert "<h1>Willkommen bei FaceForge</h1>" in client.get(PAGE, headers={**HTML, "Accept-Language": "de"}).text
    create("Ada")
    page = client.get(PAGE, headers={**HTML, "Accept-Language": "de"}).text
    assert numbers(page) == {"Entitäten": "1", "Dateien": "0", "Größe": "0 Bytes", "Im Papierkorb": "0"}


# --- Charts ---------------------------------------------------------------------------------------------------------


def test_families_that_people_call_alike_are_one_bar() -> None:
    bars = holdings(families={"image": 60, "text": 30, "application": 15, "": 3, "chemical": 2}).families(FakeTexts())
    assert [(bar.label, bar.value) for bar in bars] == [("Pictures", 60), ("Documents", 45), ("Other files", 5)]
    assert [bar.percent for bar in bars] == [100.0, 75.0, 8.33]


def test_places_without_files_are_left_out_and_the_fullest_comes_first() -> None:
    found = holdings(providers={"fs": (3, 100), "s3": (1, 400), "nas": (0, 0)})
    assert [(bar.label, bar.value, bar.percent) for bar in found.places(FakeTexts())] == [
        ("S3 server", 400, 100.0),
        ("Local folder", 100, 25.0),
    ]
    assert found.total_bytes == 500


@pytest.mark.parametrize(("value", "largest", "percent"), [(0, 0, 0), (0, 9, 0), (9, 9, 100), (1, 1_000_000, 1.5)])
def test_what_is_not_nothing_can_be_seen(value: int, largest: int, percent: float) -> None:
    assert share(value, largest) == percent


def test_columns_stand_side_by_side_and_grow_from_the_ground() -> None:
    chart = months_chart([MonthCount(month=f"2026-{number:02}", created=number % 3) for number in range(1, 13)])
    assert chart.total == 12
    assert all(column.y + column.height == pytest.approx(100) for column in chart.columns)
    ends = [(column.x, column.x + column.width) for column in chart.columns]
    assert all(end < following for (_, end), (following, _) in pairwise(ends))
    assert ends[-1][1] <= 100
