"""Where `core.py build` puts what it makes, and what it says when that place is in use; without building anything."""

import re
import runpy
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

OLD = ("build-20250101-120000", "dist-20250101-120000", "dist-20250102")
OTHERS = ("build-notes", "dist-2025.txt", "docs")


@pytest.fixture
def building(load_script: Callable[[str], ModuleType]) -> ModuleType:
    return load_script("building")


@pytest.fixture
def root(tmp_path: Path, building: ModuleType) -> Path:
    """A repository after builds of which two had found their folders in use."""
    for name in (*OLD, "build-notes", "docs", "build", "dist"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    (tmp_path / "dist-2025.txt").touch()
    for name in (building.PROGRAM, "faceforge_core-0.1.0.tar.gz", "faceforge_core-0.1.0-py3-none-any.whl"):
        (tmp_path / "dist" / name).touch()
    return tmp_path


@pytest.fixture
def in_use(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Makes a folder, or the files in it, refuse to go, as Windows does with what a program or terminal has open."""

    def lock(folder: Path) -> None:
        def refusing(real: Callable[..., Any]) -> Callable[..., Any]:
            def change(path: Path, *arguments: Any, **options: Any) -> Any:
                if folder in (path, path.parent):
                    raise PermissionError(13, "The process cannot access the file", str(path))
                return real(path, *arguments, **options)

            return change

        monkeypatch.setattr(Path, "rename", refusing(Path.rename))
        monkeypatch.setattr(Path, "unlink", refusing(Path.unlink))

    return lock


def names(root: Path) -> set[str]:
    return {path.name for path in root.iterdir()}


def test_both_folders_are_new_and_those_of_locked_builds_are_gone(building: ModuleType, root: Path) -> None:
    assert building.make_room(root, building.Wishes()) == (root / "build", root / "dist")
    assert names(root) == {"build", "dist", *OTHERS}
    assert names(root / "build") == names(root / "dist") == set()


def test_folders_of_locked_builds_stay_when_history_is_wanted(building: ModuleType, root: Path) -> None:
    building.make_room(root, building.Wishes(keep_history=True))
    assert names(root) == {"build", "dist", *OLD, *OTHERS}


def test_one_that_is_still_in_use_does_not_stop_the_others_from_going(
    building: ModuleType, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = shutil.rmtree

    def remove(path: Path, **options: Any) -> None:
        if path.name != OLD[0]:
            real(path, **options)

    monkeypatch.setattr(shutil, "rmtree", remove)
    building.make_room(root, building.Wishes())
    assert names(root) == {"build", "dist", OLD[0], *OTHERS}


@pytest.mark.parametrize("name", ["build", "dist"])
def test_a_folder_in_use_stops_the_build_with_its_name_and_what_to_do(
    building: ModuleType, root: Path, in_use: Callable[[Path], None], name: str
) -> None:
    in_use(root / name)
    with pytest.raises(building.InUse) as refusal:
        building.make_room(root, building.Wishes())
    said = str(refusal.value)
    assert str(root / name) in said
    assert "Close terminals" in said
    assert "--allow-timestamp-fallback" in said
    assert (root / name / "file").exists()
    assert names(root) == {"build", "dist", *OTHERS}


def test_with_the_fallback_it_builds_beside_the_folder_in_use(
    building: ModuleType, root: Path, in_use: Callable[[Path], None]
) -> None:
    in_use(root / "dist")
    places = building.make_room(root, building.Wishes(fall_back=True))
    assert places.work == root / "build"
    assert re.fullmatch(r"dist-\d{8}-\d{6}", places.results.name)
    assert names(places.results) == set()
    assert (root / "dist" / "file").exists()
    building.prune(root)
    assert not places.results.exists()


@pytest.mark.parametrize(("only", "gone"), [("executable", 1), ("wheel", 2)])
def test_a_part_replaces_only_what_it_makes(building: ModuleType, root: Path, only: str, gone: int) -> None:
    before = names(root / "dist")
    building.make_room(root, building.Wishes([only]))
    assert before - names(root / "dist") == {path for path in before if path != "file" and _is_of(building, path, only)}
    assert len(before - names(root / "dist")) == gone


def _is_of(building: ModuleType, name: str, kind: str) -> bool:
    return any(Path(name).match(pattern) for pattern in building.RESULTS[kind])


def test_a_program_that_runs_is_named_when_it_alone_was_to_be_replaced(
    building: ModuleType, root: Path, in_use: Callable[[Path], None]
) -> None:
    in_use(root / "dist")
    with pytest.raises(building.InUse, match=re.escape(str(root / "dist" / building.PROGRAM))):
        building.make_room(root, building.Wishes(["executable"]))


def test_one_that_fails_does_not_keep_the_other_from_being_made(building: ModuleType, root: Path) -> None:
    asked: list[str] = []

    def run(name: str, command: list[str]) -> bool:
        asked.append(name)
        assert str(root / "dist") in command
        return name != "wheel"

    assert building.build(root, "python", building.Wishes(), run) is False
    assert asked == ["wheel", "executable"]


@pytest.mark.parametrize(
    ("words", "keeps", "falls_back"),
    [
        ([], False, False),
        (["--keep-build-history"], True, False),
        (["-KeepBuildHistory"], True, False),
        (["-allowtimestampfallback", "-KEEPBUILDHISTORY"], True, True),
        (["--allow-timestamp-fallback"], False, True),
    ],
)
def test_the_words_of_powershell_are_understood_as_well(
    repository: Path, words: list[str], keeps: bool, falls_back: bool
) -> None:
    core = runpy.run_path(str(repository / "scripts" / "core.py"))
    options = core["_parser"]().parse_args(core["_in_our_spelling"](["build", *words]))
    assert (options.keep_build_history, options.allow_timestamp_fallback) == (keeps, falls_back)
