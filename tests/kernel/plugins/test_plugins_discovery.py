"""Which manifests count: discovery trusts nothing, runs nothing, and tells why it leaves something out."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import importlib_metadata
import pytest

from faceforge_core.plugins.compat import RangeNotUnderstood, allows
from faceforge_core.plugins.discovery import BUILTIN_GROUP, PACKAGE_GROUP, Discovery, declared_points

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def plugins_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "plugins"
    folder.mkdir()
    return folder


def write(plugins_dir: Path, name: str, manifest: object = None, *, raw: bytes | None = None) -> Path:
    folder = plugins_dir / name
    folder.mkdir()
    content = json.dumps(manifest).encode() if raw is None else raw
    (folder / "plugin.json").write_bytes(content)
    return folder


def look(plugins_dir: Path) -> tuple[list[str], dict[str, str]]:
    findings = Discovery(plugins_dir, entry_points=[]).look()
    return list(findings.found), {Path(one.path).parts[-2]: one.reason for one in findings.ignored}


def fifo(plugins_dir: Path) -> None:
    (plugins_dir / "bad").mkdir()
    os.mkfifo(plugins_dir / "bad" / "plugin.json")


def link_to_file(plugins_dir: Path) -> None:
    elsewhere = plugins_dir.parent / "elsewhere.json"
    elsewhere.write_text('{"id": "a", "name": "A"}')
    (plugins_dir / "bad").mkdir()
    (plugins_dir / "bad" / "plugin.json").symlink_to(elsewhere)


def link_to_folder(plugins_dir: Path) -> None:
    outside = write(plugins_dir.parent, "outside", {"id": "a", "name": "A"})
    (plugins_dir / "bad").symlink_to(outside)


def open_to_all(plugins_dir: Path) -> None:
    write(plugins_dir, "bad", {"id": "a", "name": "A"}).chmod(0o777)


P01: dict[str, tuple[Callable[[Path], object], str]] = {
    "not JSON": (lambda d: write(d, "bad", raw=b"{not json"), "Not valid JSON: Expecting property name"),
    "BOM": (lambda d: write(d, "bad", raw=b'\xef\xbb\xbf{"id": "a", "name": "A"}'), "BOM"),
    "not UTF-8": (lambda d: write(d, "bad", raw=b'{"id": "\xff"}'), "Not UTF-8"),
    "deep": (lambda d: write(d, "bad", raw=b"[" * 100_000), "nested deeper than 64"),
    "a list": (lambda d: write(d, "bad", []), "not a JSON object"),
    "no name": (lambda d: write(d, "bad", {"id": "a"}), "name: Field required"),
    "no id": (lambda d: write(d, "bad", {"name": "A"}), "id: Field required"),
    "reserved": (lambda d: write(d, "bad", {"id": "faceforge.evil", "name": "A"}), "reserved for built-ins"),
    "fifo": (fifo, "not a regular file"),
    "linked file": (link_to_file, "not a regular file"),
    "linked folder": (link_to_folder, "outside the plugins folder"),
    "open to all": (open_to_all, "Every user of this computer can write"),
}
POSIX_ONLY = {"fifo", "linked file", "linked folder", "open to all"}


@pytest.mark.parametrize("case", P01)
def test_p01_a_manifest_that_cannot_be_used_is_ignored_with_its_reason(plugins_dir: Path, case: str) -> None:
    if os.name != "posix" and case in POSIX_ONLY:
        pytest.skip("needs POSIX")
    P01[case][0](plugins_dir)
    write(plugins_dir, "good", {"id": "good.one", "name": "Good"})
    started = time.monotonic()
    found, ignored = look(plugins_dir)
    assert time.monotonic() - started < 60
    assert found == ["good.one"]
    assert P01[case][1] in ignored["bad"]


def test_p01_a_manifest_of_100_mb_is_not_read(plugins_dir: Path) -> None:
    folder = write(plugins_dir, "bad", {})
    with (folder / "plugin.json").open("r+b") as file:
        file.truncate(100 * 1024 * 1024)
    started = time.monotonic()
    assert "larger than" in look(plugins_dir)[1]["bad"]
    assert time.monotonic() - started < 60


@pytest.mark.parametrize("plugin_id", ["a/b", "a\\b", "a\nb", "a\x7f", "x" * 129, ".", "..", "", " a"])
def test_p02_an_unusable_id_is_ignored(plugins_dir: Path, plugin_id: str) -> None:
    write(plugins_dir, "bad", {"id": plugin_id, "name": "A"})
    found, ignored = look(plugins_dir)
    assert found == []
    assert ignored["bad"].startswith("id: ")


def test_p02_of_two_equal_ids_the_first_folder_wins_and_the_other_names_it(plugins_dir: Path) -> None:
    write(plugins_dir, "b-second", {"id": "demo.plugin", "name": "Second"})
    first = write(plugins_dir, "a-first", {"id": "demo.plugin", "name": "First"})
    discovery = Discovery(plugins_dir, entry_points=[])
    findings = discovery.look()
    assert findings.found["demo.plugin"].manifest.name == "First"
    assert [one.reason for one in findings.ignored] == [f"id: 'demo.plugin' is already taken by {first}."]


def test_p02_an_odd_id_is_listed_and_never_has_code(plugins_dir: Path) -> None:
    write(
        plugins_dir,
        "odd",
        {"id": "My Plugin Ü", "name": "Odd", "api_version": 1, "entrypoints": {"python": "plugin"}},
    )
    findings = Discovery(plugins_dir, entry_points=[]).look()
    assert findings.found["My Plugin Ü"].entry_point is None


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": "nonsense"}, "no valid JSON Schema"),
        ({"properties": {"a": 5}}, "no valid JSON Schema"),
        ({"pattern": "("}, "pattern"),
        ({"properties": {"a": {"pattern": "(a)\\1"}}}, "pattern"),
        ({"patternProperties": {"(?=a)": {}}}, "pattern"),
        ({"pattern": "a" * 1001}, "longer than 1000"),
        ({"properties": {"a": {"$schema": "http://json-schema.org/draft-07/schema#"}}}, "$schema"),
    ],
)
def test_a_schema_that_is_none_is_ignored(plugins_dir: Path, schema: dict[str, Any], reason: str) -> None:
    write(plugins_dir, "bad", {"id": "a", "name": "A", "config_schema": schema})
    found, ignored = look(plugins_dir)
    assert found == []
    assert reason in ignored["bad"]


def test_unknown_keys_of_a_manifest_are_kept(plugins_dir: Path) -> None:
    write(plugins_dir, "a", {"id": "a", "name": "A", "routes_prefix": "/x", "job_types": ["y"]})
    manifest = Discovery(plugins_dir, entry_points=[]).look().found["a"].manifest
    assert manifest.model_extra == {"routes_prefix": "/x", "job_types": ["y"]}


def test_a_change_on_disk_is_seen_by_the_next_look(plugins_dir: Path) -> None:
    discovery = Discovery(plugins_dir, entry_points=[])
    folder = write(plugins_dir, "a", {"id": "a", "name": "Old"})
    assert discovery.look().found["a"].manifest.name == "Old"
    (folder / "plugin.json").write_text('{"id": "a", "name": "Newer"}')
    assert discovery.look().found["a"].manifest.name == "Newer"
    (folder / "plugin.json").unlink()
    assert discovery.look().found == {}


def test_a_look_at_what_did_not_change_reads_no_file(plugins_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(plugins_dir, "a", {"id": "a", "name": "A"})
    write(plugins_dir, "b", raw=b"{")
    discovery = Discovery(plugins_dir, entry_points=[])
    before = discovery.look()
    monkeypatch.setattr("faceforge_sdk.manifest.Manifest.read", lambda *_args, **_more: pytest.fail("read again"))
    assert discovery.look() == before


def test_files_and_folders_without_manifest_are_no_plugins(plugins_dir: Path) -> None:
    (plugins_dir / "loose.json").write_text("{}")
    (plugins_dir / "empty").mkdir()
    assert look(plugins_dir) == ([], {})


def test_a_plugins_folder_that_is_missing_is_empty(tmp_path: Path) -> None:
    assert look(tmp_path / "nowhere") == ([], {})


def test_a_package_that_is_gone_is_ignored(plugins_dir: Path) -> None:
    points = [importlib_metadata.EntryPoint("gone", "not_installed_anywhere.sub", PACKAGE_GROUP)]
    findings = Discovery(plugins_dir, entry_points=points).look()
    assert [(one.path, one.reason) for one in findings.ignored] == [
        ("not_installed_anywhere.sub", "The package can't be found.")
    ]


def declaring(folder: Path, name: str, text: str, *, version: str = "1.0", metadata: bool = True) -> None:
    """An installed package that declares entry points."""
    about = folder / f"{name}-{version}.dist-info"
    about.mkdir(parents=True)
    if metadata:
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (about / "entry_points.txt").write_text(text)


def test_of_installed_packages_those_count_that_are_found_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for_core = f"[other]\na = b\n[{PACKAGE_GROUP}]\n"
    declaring(tmp_path / "first", "grown", f"{for_core}x = grown_new\n", version="2.0")
    declaring(tmp_path / "first", "moved", "[other]\na = b\n", version="2.0")
    declaring(tmp_path / "first", "lost", f"{for_core}x = half_removed\n", metadata=False)
    declaring(tmp_path / "later", "grown", f"{for_core}x = grown_old\n")
    declaring(tmp_path / "later", "moved", f"{for_core}x = moved_old\n")
    declaring(tmp_path / "later", "plain", f"{for_core}x = plain\n")
    for folder in ("later", "first"):
        monkeypatch.syspath_prepend(str(tmp_path / folder))
    found = {point.value for point in declared_points() if point.group == PACKAGE_GROUP}
    assert found >= {"grown_new", "plain", "half_removed"}
    assert not found & {"grown_old", "moved_old"}
    assert found == {point.value for point in importlib_metadata.entry_points(group=PACKAGE_GROUP)}


def test_every_built_in_of_the_distribution_is_found_without_importing_it(plugins_dir: Path, run_python: Any) -> None:
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from faceforge_core.plugins.discovery import Discovery\n"
        "found = Discovery(Path(sys.argv[1])).look().found\n"
        "print(*found)\n"
        "print(*[name for name in sys.modules if name.startswith('faceforge_builtins.')])\n"
    )
    ids, imported = run_python(code, plugins_dir).stdout.split("\n")[:2]
    wanted = {point.value for point in importlib_metadata.entry_points(group=BUILTIN_GROUP)}
    assert {f"faceforge_builtins.{one.removeprefix('faceforge.')}" for one in ids.split()} == wanted
    assert imported == ""


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        (">=0.1 <1", True),
        (">=0.1, <0.2", False),
        ("^0.1.0", False),
        ("^0.2", True),
        ("^1", False),
        ("~0.2.0", True),
        ("~0.1", False),
        ("0.2.x", True),
        ("*", True),
        ("", True),
        ("=0.2.5", True),
        ("0.2.4", False),
        (">0.2", False),
        ("<=0.2", True),
        ("0.1 - 0.2", True),
        ("<0.1 || >=0.2", True),
        (">=0.2.0-beta.1", True),
    ],
)
def test_core_compat_is_a_range_of_versions(wanted: str, fits: bool) -> None:
    assert allows(wanted, "0.2.5") is fits


@pytest.mark.parametrize("text", ["latest", ">=", "0.2 || soon", "1.2.3.4"])
def test_core_compat_that_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(RangeNotUnderstood):
        allows(text, "0.2.5")
