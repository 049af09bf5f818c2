"""The pages of tools and of the check over HTTP: what is found, whether everything is whole, backups, and about."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from faceforge_core.testing import RunningCore

PATH = "/ui/settings/check"
ALL = ["", "fields", "storage", "tools", "access", "trash", "check"]


def show(client: TestClient, path: str = PATH, language: str = "en") -> str:
    answer = client.get(path, headers={"Accept": "text/html", "Accept-Language": language})
    assert answer.status_code == 200, answer.text
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())


def post(client: TestClient, path: str, **form: Any) -> str:
    answer = client.post(path, data=form)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def checked(core: RunningCore, place: str) -> None:
    job_id = place.rpartition("/")[2]
    core.wait_for(lambda: core.kernel.jobs.get(job_id).ended)


@pytest.mark.parametrize("page", ALL)
def test_every_page_leads_to_all_others_and_says_which_it_is(client: TestClient, page: str) -> None:
    path = f"/ui/settings/{page}".rstrip("/")
    html = client.get(path, headers={"Accept": "text/html"}).text
    for other in ALL:
        assert f'href="{f"/ui/settings/{other}".rstrip("/")}"' in html
    assert re.search(rf'<a href="{path}" aria-current="page">', html)
    assert re.search(r'href="/ui/settings" aria-current="page"', html)  # in the side bar


def test_theme_and_language_are_chosen_on_the_first_page(client: TestClient) -> None:
    answer = client.post("/ui/preferences", data={"next": "/ui/settings", "theme": "dark"})
    assert answer.headers["location"] == "/ui/settings"
    html = client.get("/ui/settings", headers={"Accept": "text/html"}).text
    assert 'data-theme="dark"' in html
    assert re.search(r'name="theme" value="dark" aria-current="true"', html)


def test_tools_are_found_or_missing_with_what_to_do(client: TestClient) -> None:
    page = show(client, "/ui/settings/tools")
    assert "ExifTool Look at this No metadata is read from files" in page
    assert "run faceforge tools use exiftool" in page
    assert "SeaweedFS Switched off" in page
    assert page.index("SeaweedFS") < page.index("FaceForge itself") < page.index("Home folder In order")


def test_a_check_that_finds_nothing_says_so(faceforge: RunningCore, client: TestClient) -> None:
    client.post("/v1/assets/upload", files={"file": ("a.txt", b"a", "text/plain")}).raise_for_status()
    assert "Nobody has looked yet." in show(client)
    checked(faceforge, post(client, PATH, deep="1"))
    assert "1 file was looked at. 1 was read in full. Everything is as it should be." in show(client)


def test_a_check_names_what_is_wrong(faceforge: RunningCore, client: TestClient) -> None:
    client.post("/v1/assets/upload", files={"file": ("a.txt", b"a", "text/plain")}).raise_for_status()
    [stored] = [path for path in (faceforge.home / "assets" / "files").rglob("*") if path.is_file()]
    stored.chmod(0o600)
    stored.unlink()
    checked(faceforge, post(client, PATH, deep=""))
    page = show(client)
    assert "1 file was looked at. 1 file is missing." in page
    assert "Everything is as it should be." not in page


def test_backups_go_where_the_form_says_and_are_listed(
    faceforge: RunningCore, client: TestClient, tmp_path: Path
) -> None:
    assert "Back up now" not in show(client)
    form = {"folder": str(tmp_path / "backups"), "every_days": "7", "keep": "3"}
    post(client, f"{PATH}/backups", **form)
    config = faceforge.kernel.plugins.config("faceforge.backup").config
    assert config == {"folder": str(tmp_path / "backups"), "every_days": 7, "keep": 3}
    checked(faceforge, post(client, f"{PATH}/backup"))
    page = show(client)
    assert "0 files" in page
    assert "There is none yet." not in page


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"folder": "backups"}, "Write the folder in full"),
        ({"every_days": "often"}, "Write a number of days"),
        ({"every_days": "0"}, "Write a number of days"),
        ({"keep": ""}, "Write a number, such as 10"),
    ],
)
def test_what_can_not_be_is_told_at_the_field_and_kept_as_typed(
    client: TestClient, typed: dict[str, str], problem: str
) -> None:
    answer = client.post(f"{PATH}/backups", data={"folder": "/x/y", "every_days": "", "keep": "5", **typed})
    assert answer.status_code == 422
    assert problem in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert all(f'value="{value}"' in answer.text for value in typed.values())


def test_a_disk_that_is_not_connected_is_told_of(faceforge: RunningCore, client: TestClient, tmp_path: Path) -> None:
    faceforge.kernel.plugins.configure("faceforge.backup", {"folder": str(tmp_path / "unplugged" / "backups")})
    assert "Is its disk connected?" in show(client)


def test_about_says_what_this_core_is_and_where(faceforge: RunningCore, client: TestClient) -> None:
    page = show(client)
    info = faceforge.kernel.services.system.info()
    for fact in (f"FaceForge Core {info.version}", info.faceforge_home, info.paths.logs_dir, "Apache License 2.0"):
        assert fact in page


def test_nothing_breaks_without_the_plugins_that_do_the_work(faceforge: RunningCore, client: TestClient) -> None:
    checked(faceforge, post(client, PATH))
    for plugin in ("storage_api", "backup", "ui_jobs", "exiftool", "seaweedfs", "jobs_api"):
        faceforge.kernel.plugins.disable(f"faceforge.{plugin}")
    page = show(client)
    assert "Everything is as it should be." in page
    for gone in ("Check now", "Back up now", "Show the details"):
        assert gone not in page
    assert "FaceForge itself" in show(client, "/ui/settings/tools")


def test_the_pages_speak_german(client: TestClient) -> None:
    assert "Einstellungen" in show(client, "/ui/settings", "de")
    assert "Ist alles unversehrt?" in show(client, PATH, "de")
    tools = show(client, "/ui/settings/tools", "de")
    assert "Aus Dateien werden keine Metadaten gelesen" in tools
    assert "Das Zugangstoken ist lang genug." in tools
