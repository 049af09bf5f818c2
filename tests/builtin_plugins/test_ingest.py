"""Reading files that came in: soon, together, by whoever can, and without harm to anybody whatever goes wrong."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import statistics
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from faceforge_builtins.ingest import asking
from faceforge_builtins.ingest.events import follow_arrivals
from faceforge_builtins.ingest.job import GROUP_BYTES, ExtractInput, _groups, extract_job
from faceforge_builtins.ingest.report import MAX_LINES, Report
from faceforge_sdk import JobCancelled
from faceforge_sdk.errors import StorageUnavailable
from faceforge_sdk.testing import FakeEvents, FakeJobContext, FakeJobs

if TYPE_CHECKING:
    from collections.abc import Callable


PLUGIN = """
import time
from contextlib import closing
from pathlib import Path
from faceforge_sdk import AssetExtractor, Extracted, hookimpl
from faceforge_sdk.models import AssetFacts

HERE = Path(__file__).parent

def accepts(asset):
    return asset.facts.media_type == "text/plain"

def read(ctx, file):
    text = file.path.read_text()
    with (HERE / "asked").open("a") as log:
        log.write(file.asset.filename + "\\n")
    if "vanish" in text:
        ctx.assets.delete(file.asset.asset_id)
    if "wait" in text:
        (HERE / "waiting").touch()
        while not (HERE / "go").exists():
            time.sleep(0.01)
    if "raise" in text:
        raise LookupError("what a text")
    if "too few" in text:
        return None
    if "no json" in text:
        return Extracted({"at": HERE})
    if "wrong fact" in text:
        return Extracted(facts=AssetFacts.model_construct(width="wide"))
    return Extracted({"text": text}, AssetFacts(page_count=3), (text,), "It is short." if "short" in text else None)

@hookimpl
def register_asset_extractors(ctx):
    def extract(files):
        return [found for file in files if (found := read(ctx, file)) is not None]

    return [AssetExtractor("demo.texts", "Texts", accepts, extract, batch=2)]
"""


class Library:
    """A Core's files, and what is known of them."""

    def __init__(self, core: Any) -> None:
        self.core = core
        self.client = core.client

    def upload(self, content: bytes, name: str = "a.txt", mime_type: str = "", meta: str | None = None) -> str:
        form = {} if meta is None else {"meta": meta}
        answer = self.client.post("/v1/assets/upload", files={"file": (name, content, mime_type)}, data=form)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["data"]["asset_id"])

    def asset(self, asset_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/v1/assets/{asset_id}").json()["data"]
        return found

    def read(self, asset_id: str, seconds: float = 60) -> dict[str, Any]:
        """The asset, once what its bytes are is known."""

        def known() -> dict[str, Any] | None:
            found = self.asset(asset_id)
            return found if found["facts"]["media_type"] else None

        found: dict[str, Any] = self.core.wait_for(known, seconds=seconds)
        return found

    def entries(self, asset_id: str) -> dict[str, Any]:
        return {entry["Source"]: entry["Data"] for entry in self.asset(asset_id)["meta"].get("metadata", [])}

    def extract(self, *asset_ids: str, **more: Any) -> Any:
        """A job about these that is over, with the messages of its log."""
        job = self.core.run_job("assets.extract", {"asset_ids": list(asset_ids) or None, **more})
        warnings = [line for line in self.core.kernel.jobs.log(job.job_id).items if line.level == "warning"]
        return job, [(line.message, line.data) for line in warnings]

    def extract_now(self, *asset_ids: str) -> tuple[Any, list[str]]:
        """The result of reading these right here, with the warnings of the log."""
        job = FakeJobContext(ExtractInput(asset_ids=list(asset_ids)))
        result = extract_job(self.core.kernel.services)(job)
        return result, [message for level, message in job.messages if level == "warning"]

    def jobs(self, job_type: str = "assets.extract") -> list[Any]:
        answer = self.client.get("/v1/jobs", params={"job_type": job_type, "limit": 200})
        found: list[Any] = answer.json()["data"]["items"]
        return found

    def alone(self) -> Library:
        """Nobody reads what comes in."""
        self.core.kernel.plugins.disable("faceforge.ingest")
        return self


@pytest.fixture
def faceforge(start_core: Any, tmp_path: Path) -> Any:
    """A Core that has looked for files from before: the jobs there are come from the test."""
    met = tmp_path / "home" / "plugin_data" / "faceforge.ingest" / "met"
    met.parent.mkdir(parents=True)
    met.touch()
    return start_core()


@pytest.fixture
def library(faceforge: Any) -> Library:
    return Library(faceforge)


@pytest.fixture
def texts(faceforge: Any, tmp_path: Path, install_plugin: Any) -> Path:
    """The folder of a plugin that reads texts, two at once, and does what they say."""
    folder = tmp_path / "texts"
    folder.mkdir()
    manifest = {"id": "demo.texts", "name": "Texts", "api_version": 1, "entrypoints": {"python": "plugin"}}
    (folder / "plugin.json").write_text(json.dumps(manifest))
    (folder / "plugin.py").write_text(PLUGIN)
    install_plugin(folder)
    return Path(faceforge.home) / "plugins" / "demo.texts"


def photo(*, size: tuple[int, int] = (64, 48), orientation: int | None = None, note: bytes = b"") -> bytes:
    """A JPEG of Greenwich, taken with a camera that knows where it is."""
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    exif.get_ifd(0x8769).update({0x9003: "2019:07:04 18:22:10", 0x9291: "25", 0x9011: "+01:00"})
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 28.0, 40.0), 3: "W", 4: (0.0, 0.0, 5.0)})
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, "JPEG", exif=exif)
    return out.getvalue() + note


@pytest.fixture
def with_exiftool(start_core: Any, tmp_path: Path, require_tool: Callable[[str], str]) -> Library:
    """A Core with the real ExifTool in its home."""
    tools = tmp_path / "with-exiftool" / "tools"
    tools.mkdir(parents=True)
    shutil.copy(require_tool("exiftool"), tools / "exiftool")
    return Library(start_core(tmp_path / "with-exiftool"))


# --- What is read


def test_x01_what_a_photo_says_is_known_soon(with_exiftool: Library) -> None:
    asset_id = with_exiftool.upload(photo(orientation=6), "greenwich.jpg", "image/jpeg")
    facts = with_exiftool.read(asset_id)["facts"]
    assert (facts["media_type"], facts["taken_at"], facts["taken_offset"]) == (
        "image/jpeg",
        "2019-07-04T18:22:10.250",
        "+01:00",
    )
    assert (facts["width"], facts["height"], facts["orientation"]) == (48, 64, 6)
    assert facts["latitude"] == pytest.approx(51.4778, abs=0.001)
    assert facts["longitude"] == pytest.approx(-0.0014, abs=0.001)
    [entry] = with_exiftool.asset(asset_id)["meta"]["metadata"]
    assert (entry["Source"], entry["Type"], entry["Name"]) == ("ExifTool", "JsonMetadata", None)
    assert any(key.endswith("DateTimeOriginal") for key in entry["Data"])


def test_without_exiftool_a_picture_has_its_size_and_its_date(library: Library) -> None:
    facts = library.read(library.upload(photo(orientation=8), "a.jpg", "image/jpeg"))["facts"]
    assert (facts["width"], facts["height"], facts["orientation"]) == (48, 64, 8)
    assert (facts["taken_at"], facts["taken_offset"]) == ("2019-07-04T18:22:10.250", "+01:00")


def test_what_a_file_is_called_is_not_what_it_is(library: Library) -> None:
    asset = library.read(library.upload(b"<!doctype html><p>Hello", "holiday.jpg", "image/jpeg"))
    assert (asset["mime_type"], asset["facts"]["media_type"]) == ("image/jpeg", "text/html")
    assert asset["facts"]["width"] is None
    assert library.read(library.upload(photo(), "notes.txt", "text/plain"))["facts"]["media_type"] == "image/jpeg"


def test_a_file_that_nobody_knows_stays_without_a_type(library: Library) -> None:
    noise = library.upload(bytes(range(256)), "holiday.jpg", "image/jpeg")
    job, warnings = library.extract(noise)
    assert (job.status, warnings) == ("succeeded", [])
    assert library.asset(noise)["facts"]["media_type"] is None


def test_a_picture_that_is_cut_off_is_a_warning_and_is_known_as_what_it_is(library: Library) -> None:
    asset_id = library.upload(photo()[:40], "cut.jpg", "image/jpeg")
    job, [(message, data)] = library.extract(asset_id)
    assert (job.status, job.result) == ("succeeded", {"files": 1, "read": 1, "problems": 1})
    assert "can't be read" in message
    assert data == {"asset_id": asset_id, "extractor": "pillow"}
    assert library.asset(asset_id)["facts"]["media_type"] == "image/jpeg"


def test_what_an_extractor_finds_is_an_entry_facts_and_words(library: Library, texts: Path) -> None:
    asset_id = library.upload(b"a short zebra")
    facts = library.read(asset_id)["facts"]
    assert (facts["media_type"], facts["page_count"]) == ("text/plain", 3)
    assert library.entries(asset_id) == {"Texts": {"text": "a short zebra"}}
    found = library.client.get("/v1/assets", params={"q": "zebra"}).json()["data"]["items"]
    assert [one["asset_id"] for one in found] == [asset_id]
    _, warnings = library.extract(asset_id)
    assert warnings == [("It is short.", {"asset_id": asset_id, "extractor": "demo.texts"})]


def test_an_import_is_read_as_a_whole(library: Library, texts: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for number in range(6):
        (folder / f"{number}.txt").write_text(f"text {number}")
        (folder / f"{number}.jpg").write_bytes(photo(note=bytes([number])))
    assert library.core.run_job("assets.bulk-import", {"path": str(folder)}).status == "succeeded"
    found = [one["asset_id"] for one in library.client.get("/v1/assets").json()["data"]["items"]]
    assert len(found) == 12
    read = [library.read(asset_id)["facts"] for asset_id in found]
    assert sorted(one["media_type"] for one in read) == ["image/jpeg"] * 6 + ["text/plain"] * 6
    assert [one["width"] for one in read if one["media_type"] == "image/jpeg"] == [64] * 6


# --- When


def test_what_comes_together_is_one_job_and_told_twice_it_is_queued_once() -> None:
    jobs, told = FakeJobs(), FakeEvents()
    arrivals = [told.tell("asset.stored", "a"), told.tell("asset.restored", "b"), told.tell("asset.stored", "a")]
    others = [told.tell("asset.updated", "c"), told.tell("asset.deleted", "d"), told.tell("asset.linked", "e")]
    follow = follow_arrivals(jobs)
    follow([*arrivals, *others])
    follow([*arrivals, *others])
    follow(others)
    follow(arrivals[:1])
    assert [job.input for job in jobs.queued] == [
        {"asset_ids": ["a", "b"], "only_missing": True},
        {"asset_ids": ["a"], "only_missing": True},
    ]


def test_a_home_from_before_is_read_once(start_core: Any, tmp_path: Path) -> None:
    home = tmp_path / "old"
    old = Library(start_core(home)).alone()
    asset_id = old.upload(photo(), "a.jpg", "image/jpeg")
    old.core.kernel.close()
    with closing(sqlite3.connect(home / "db" / "core.sqlite3")) as database, database:  # it never heard of this plugin
        database.execute("DELETE FROM plugin_registry WHERE plugin_id = 'faceforge.ingest'")
        database.execute("DELETE FROM event_cursors")
    shutil.rmtree(home / "plugin_data" / "faceforge.ingest", ignore_errors=True)
    new = Library(start_core(home))
    assert new.read(asset_id)["facts"]["width"] == 64
    [job] = new.jobs()
    assert job["input"] == {"asset_ids": None, "only_missing": True}
    new.core.kernel.close()
    newer = Library(start_core(home))
    newer.core.wait_for((home / "plugin_data" / "faceforge.ingest" / "met").exists)
    assert len(newer.jobs()) == 1


def test_a_new_home_has_nothing_to_read_first(start_core: Any) -> None:
    library = Library(start_core())
    # From the very start: what comes in within a moment of it is not read twice.
    assert (library.core.home / "plugin_data" / "faceforge.ingest" / "met").exists()
    assert library.jobs() == []


def test_what_nobody_would_read_anew_is_passed_over(library: Library) -> None:
    ids = [library.upload(f"text {number}".encode(), f"{number}.txt") for number in range(3)]
    for asset_id in ids:
        library.read(asset_id)
    job, _ = library.extract(only_missing=True)
    assert job.result == {"files": 3, "read": 0, "problems": 0}


def test_who_has_read_a_file_is_not_asked_again_about_what_is_missing(library: Library, texts: Path) -> None:
    first = library.upload(b"first", "first.txt")
    library.core.wait_for(lambda: library.entries(first))
    library.core.kernel.plugins.disable("demo.texts")
    second = library.upload(b"second", "second.txt")
    library.read(second)
    assert library.entries(second) == {}
    library.core.kernel.plugins.enable("demo.texts")

    job, _ = library.extract(only_missing=True)

    assert job.result == {"files": 2, "read": 1, "problems": 0}
    assert library.entries(second) == {"Texts": {"text": "second"}}
    assert (texts / "asked").read_text().split() == ["first.txt", "second.txt"]
    library.extract()
    assert (texts / "asked").read_text().split() == ["first.txt", "second.txt", "first.txt", "second.txt"]


def test_the_whole_library_is_read_page_by_page(library: Library) -> None:
    ids = [library.upload(f"text {number}".encode(), f"{number}.txt") for number in range(230)]
    library.client.delete(f"/v1/assets/{ids[0]}")
    job, warnings = library.extract()
    assert (job.status, job.result, warnings) == ("succeeded", {"files": 229, "read": 229, "problems": 0}, [])
    told = [line.message for line in library.core.kernel.jobs.log(job.job_id).items]
    assert [line for line in told if "of" in line] == ["Read 200 of 200 files", "Read 29 of 29 files"]
    assert library.client.get("/v1/assets", params={"media_type": "text/plain"}).json()["data"]["total"] == 229


def test_a_job_names_at_most_500_assets(library: Library) -> None:
    asked = {"job_type": "assets.extract", "input": {"asset_ids": ["x"] * 501}}
    assert library.client.post("/v1/jobs", json=asked).status_code == 422


def test_files_that_have_to_be_fetched_are_read_in_groups_that_fit(library: Library) -> None:
    [asset] = [library.core.kernel.services.assets.get(library.upload(b"text"))]
    large = asset.model_copy(update={"byte_size": GROUP_BYTES // 2})
    assert [len(group) for group in _groups([large] * 5)] == [2, 2, 1]
    assert [len(group) for group in _groups([large.model_copy(update={"byte_size": 10 * GROUP_BYTES})] * 2)] == [1, 1]
    assert [len(group) for group in _groups([asset] * 300)] == [128, 128, 44]


def test_a_job_that_is_to_stop_stops(library: Library) -> None:
    library.alone().upload(b"text")
    with pytest.raises(JobCancelled):
        extract_job(library.core.kernel.services)(FakeJobContext(ExtractInput(), cancelled=True))


# --- What goes wrong


@pytest.mark.parametrize("bad", ["raise", "too few", "no json", "wrong fact"])
def test_an_extractor_that_fails_costs_its_batch_and_nothing_else(library: Library, texts: Path, bad: str) -> None:
    library.alone()
    ids = [library.upload(text.encode()) for text in ("one", bad, "three", "four")]
    picture = library.upload(photo(), "a.jpg", "image/jpeg")
    result, [message] = library.extract_now(*ids, picture)
    assert result == {"files": 5, "read": 5, "problems": 2}
    assert "the plugin demo.texts failed; 2 files" in message
    assert [bool(library.entries(asset_id)) for asset_id in ids] == [False, False, True, True]
    assert {library.asset(asset_id)["facts"]["media_type"] for asset_id in ids} == {"text/plain"}
    assert library.asset(picture)["facts"]["width"] == 64


def test_an_extractor_that_hangs_is_left_behind(library: Library, texts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left_behind = Report.extractor_failed

    def tell(report: Report, *words: Any) -> None:
        monkeypatch.setattr(asking, "CALL_SECONDS", 60.0)  # who comes next has all the time there is
        left_behind(report, *words)

    monkeypatch.setattr(Report, "extractor_failed", tell)
    monkeypatch.setattr(asking, "CALL_SECONDS", 0.2)
    monkeypatch.setattr(asking, "FILE_SECONDS", 0.0)
    library.alone()
    ids = [library.upload(text) for text in (b"wait", b"two", b"three")]
    result, [message] = library.extract_now(*ids)
    (texts / "go").touch()
    assert result["read"] == 3
    assert "the plugin demo.texts failed" in message
    assert library.entries(ids[2]) == {"Texts": {"text": "three"}}


def test_an_extractor_of_a_disabled_plugin_is_not_asked(library: Library, texts: Path) -> None:
    library.core.kernel.plugins.disable("demo.texts")
    library.read(library.upload(b"text"))
    assert not (texts / "asked").exists()


def test_x09_what_is_deleted_before_or_while_it_is_read_harms_nothing(library: Library, texts: Path) -> None:
    library.alone()
    before, meanwhile, purged, other = (library.upload(text) for text in (b"x", b"vanish", b"y", b"other"))
    library.client.delete(f"/v1/assets/{before}")
    library.client.delete(f"/v1/assets/{purged}")
    assert library.client.delete(f"/v1/trash/assets/{purged}").status_code == 200
    result, warnings = library.extract_now(before, meanwhile, purged, "no id at all", other)
    assert (result["files"], warnings) == (2, [])
    assert library.entries(other) == {"Texts": {"text": "other"}}
    library.client.post(f"/v1/assets/{meanwhile}/restore")
    assert library.asset(meanwhile)["facts"]["media_type"] == "text/plain"


def test_x09_a_sidecar_that_comes_while_a_file_is_read_stays(library: Library, texts: Path) -> None:
    asset_id = library.upload(b"wait")
    library.core.wait_for((texts / "waiting").exists)
    library.upload(b"wait", meta='{"by": "hand"}')
    (texts / "go").touch()
    library.read(asset_id)
    assert library.entries(asset_id) == {"UserSidecar": {"by": "hand"}, "Texts": {"text": "wait"}}


def test_a_file_whose_bytes_are_gone_is_a_warning_and_the_others_are_read(library: Library) -> None:
    library.alone()
    lost, there = library.upload(b"lost"), library.upload(b"there")
    (library.core.home / "assets" / library.asset(lost)["storage_key"]).unlink()
    assert library.extract_now(lost, there) == ({"files": 2, "read": 1, "problems": 1}, ["The file can't be read"])
    assert library.asset(there)["facts"]["media_type"] == "text/plain"


def test_a_storage_that_does_not_answer_fails_the_job_when_the_rest_is_read(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.alone()
    away, there = library.upload(b"away"), library.upload(b"there")
    services = library.core.kernel.services
    really = services.storage.open

    def broken(asset: Any) -> Any:
        if asset.asset_id == away:
            raise StorageUnavailable("The attic does not answer.")
        return really(asset)

    monkeypatch.setattr(services.storage, "open", broken)
    with pytest.raises(StorageUnavailable, match="1 files"):
        extract_job(services)(FakeJobContext(ExtractInput(asset_ids=[away, there])))
    assert library.asset(there)["facts"]["media_type"] == "text/plain"


def test_a_great_many_problems_are_counted_and_not_all_told() -> None:
    job = FakeJobContext(ExtractInput())
    report = Report(job)
    for number in range(3 * MAX_LINES):
        report.unreadable(str(number), "It is gone.")
    assert report.result["problems"] == 3 * MAX_LINES
    assert len(job.messages) == MAX_LINES + 1


# --- Many


def exiftools(home: Path) -> int:
    """How many processes run this home's ExifTool."""
    needle = os.fsencode(home / "tools" / "exiftool")
    count = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        count += needle in words and b"python" not in words[0]  # not who sees that it ends with us
    return count


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="counts processes by /proc")
def test_x06_a_hundred_uploads_start_two_exiftools_at_most_and_wait_for_none(
    with_exiftool: Library, start_core: Any, tmp_path: Path
) -> None:
    def upload_all(library: Library, watch: Callable[[], int]) -> tuple[list[str], float, int]:
        ids, seconds, most = [], [], 0
        for number in range(100):
            began = time.monotonic()
            ids.append(library.upload(photo(note=number.to_bytes(2, "big")), f"{number}.jpg", "image/jpeg"))
            seconds.append(time.monotonic() - began)
            most = max(most, watch())
        return ids, statistics.median(seconds), most

    without = Library(start_core(tmp_path / "without")).alone()
    _, usual, _ = upload_all(without, lambda: 0)
    home = with_exiftool.core.home
    ids, median, most = upload_all(with_exiftool, lambda: exiftools(home))
    for asset_id in ids:
        with_exiftool.core.wait_for(lambda asset_id=asset_id: with_exiftool.entries(asset_id))
        most = max(most, exiftools(home))
    assert 1 <= most <= 2
    assert median < 10 * usual + 0.2
    began = time.monotonic()
    with_exiftool.core.kernel.close()
    assert time.monotonic() - began < 60
    assert exiftools(home) == 0
