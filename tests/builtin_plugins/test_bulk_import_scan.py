"""Finding files: in order, in little memory, with their sidecars, and only those that patterns want."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from faceforge_builtins.bulk_import import scan as scanning
from faceforge_builtins.bulk_import.request import BulkImport
from faceforge_builtins.bulk_import.selection import Selection
from faceforge_builtins.bulk_import.sidecars import Sidecars, is_sidecar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Heard:
    """What a scan told of beside the files."""

    def __init__(self) -> None:
        self.passed: list[tuple[str, str]] = []
        self.errors: list[str] = []

    def passed_over(self, path: str, why: str) -> None:
        self.passed.append((Path(path).name, why))

    def failed(self, path: str, error: OSError) -> None:
        self.errors.append(Path(path).name)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def find(tmp_path: Path, heard: Heard) -> Callable[..., list[scanning.FoundFile]]:
    """Scans the test's folder with these options."""

    def look(**options: Any) -> list[scanning.FoundFile]:
        wanted = BulkImport(path=str(tmp_path), **options)
        found = scanning.scan(wanted.folder, Selection(wanted), heard, lambda: None, recursive=wanted.recursive)
        return list(found)

    return look


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., None]:
    """Makes files."""

    def write(*names: str) -> None:
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(name)

    return write


def names(tmp_path: Path, found: list[scanning.FoundFile]) -> list[str]:
    return [Path(file.path).relative_to(tmp_path).as_posix() for file in found]


def test_files_come_folder_by_folder_in_the_order_of_their_names(find: Any, make: Any, tmp_path: Path) -> None:
    make("b", "A", "sub/z", "sub/deep/x", "Sister/y", "a")
    assert names(tmp_path, find()) == ["A", "a", "b", "Sister/y", "sub/z", "sub/deep/x"]


def test_a_file_is_described_as_its_folder_describes_it(find: Any, make: Any, tmp_path: Path) -> None:
    make("sub/a.txt", "sub/a.txt_meta.json")
    (file,) = find()
    facts = (tmp_path / "sub" / "a.txt").stat()
    assert (file.path, file.name, file.folder) == (str(tmp_path / "sub" / "a.txt"), "a.txt", str(tmp_path / "sub"))
    assert (file.byte_size, file.mtime_ns) == (facts.st_size, facts.st_mtime_ns)
    before = file.sidecar.look
    (tmp_path / "sub" / "a.txt_meta.json").write_text("longer than before")
    assert find()[0].sidecar.look != before


def test_a_folder_that_comes_in_pieces_keeps_its_sidecars(
    find: Any, make: Any, tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "PIECE", 3)
    make(*(f"{number}.txt" for number in range(10)), *(f"{number}.txt_meta.json" for number in range(0, 12, 2)))
    found = find()
    assert sorted(names(tmp_path, found)) == [f"{number}.txt" for number in range(10)]
    assert {file.name for file in found if file.sidecar} == {f"{number}.txt" for number in range(0, 10, 2)}
    assert all(file.sidecar is None or Path(file.sidecar.path).name.startswith(file.name) for file in found)
    assert heard.passed == [("10.txt_meta.json", "unused_sidecar")]


class SimulatedEntry:
    """As `os.DirEntry`, of a file or folder that is nowhere."""

    __slots__ = ("_folder", "name", "path")

    def __init__(self, parent: str, name: str, folder: bool) -> None:
        self.name, self.path, self._folder = name, f"{parent}/{name}", folder

    def is_symlink(self) -> bool:
        return False

    def is_dir(self, *, follow_symlinks: bool) -> bool:
        return self._folder

    def is_file(self, *, follow_symlinks: bool) -> bool:
        return not self._folder

    def stat(self, *, follow_symlinks: bool) -> os.stat_result:
        return os.stat_result((stat.S_IFREG, 7, 0, 1, 0, 0, 1000, 0, 0, 0))


class SimulatedFolder:
    def __init__(self, entries: Iterator[SimulatedEntry]) -> None:
        self._entries = entries

    def __enter__(self) -> Iterator[SimulatedEntry]:
        return self._entries

    def __exit__(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(("folders", "files"), [(0, 1_000_000), (1_000, 1_000)], ids=["one folder", "many folders"])
def test_memory_stays_flat_over_a_million_files(
    monkeypatch: pytest.MonkeyPatch, heard: Heard, folders: int, files: int
) -> None:
    root = str(Path("/simulated").absolute())

    def scandir(path: str) -> SimulatedFolder:
        if path == root and folders:
            return SimulatedFolder(SimulatedEntry(path, f"{number:04}", True) for number in range(folders))
        return SimulatedFolder(SimulatedEntry(path, f"{number:07}.jpg", False) for number in range(files))

    monkeypatch.setattr(scanning.os, "scandir", scandir)
    wanted = BulkImport(path="/simulated")
    found = scanning.scan(wanted.folder, Selection(wanted), heard, lambda: None, recursive=True)
    seen, blocks = 0, []
    for _ in found:
        seen += 1
        if seen % 10_000 == 0:
            blocks.append(sys.getallocatedblocks())
    assert seen == 1_000_000
    assert max(blocks) - blocks[0] < 100_000, "a list of a million files has three million blocks and more"


# --- Sidecars


@pytest.mark.parametrize(
    ("all_names", "sidecar_of", "left_over"),
    [
        (["a.png", "a.png_meta.json"], {"a.png": "a.png_meta.json"}, []),
        (["a.png", "A_META.JSON"], {"a.png": "A_META.JSON"}, []),
        (["a.png", "a_meta.json", "A_meta.json"], {"a.png": "a_meta.json"}, ["A_meta.json"]),
        (["A.png", "a_meta.json", "A_meta.json"], {"A.png": "A_meta.json"}, ["a_meta.json"]),
        (["a.tar.gz", "a_meta.json"], {"a.tar.gz": None}, ["a_meta.json"]),
        (["a.tar.gz", "a.tar_meta.json"], {"a.tar.gz": "a.tar_meta.json"}, []),
        (["a", "a_meta.json"], {"a": "a_meta.json"}, []),
        (["_meta.json"], {}, ["_meta.json"]),
        (
            ["a.png", "meta.json", "a_directorymeta.json"],
            {"a.png": None, "meta.json": None, "a_directorymeta.json": None},
            [],
        ),
    ],
)
def test_names_are_paired(all_names: list[str], sidecar_of: dict[str, str | None], left_over: list[str]) -> None:
    sidecars = Sidecars(filter(is_sidecar, all_names))
    assert {name: sidecars.of(name) for name in all_names if not is_sidecar(name)} == sidecar_of
    assert sidecars.left_over() == left_over


# --- Patterns


FILES = ("a.jpg", "a.tmp", "B.JPG", "sub/c.jpg", "sub/deep/d.jpg", "sub/deep/e.txt", "2019/f.jpg", "2019/x/2019.jpg")


@pytest.mark.parametrize(
    ("options", "taken"),
    [
        ({}, FILES),
        ({"include": ["*.jpg"]}, [name for name in FILES if name.lower().endswith(".jpg")]),
        ({"include": ["a.*"]}, ["a.jpg", "a.tmp"]),
        ({"include": ["/*.jpg"]}, ["a.jpg", "B.JPG"]),
        ({"include": ["sub/*"]}, ["sub/c.jpg", "sub/deep/d.jpg", "sub/deep/e.txt"]),
        ({"include": ["sub/*.jpg"]}, ["sub/c.jpg"]),
        ({"include": ["sub/**/*.jpg"]}, ["sub/c.jpg", "sub/deep/d.jpg"]),
        ({"include": ["**/d?jpg"]}, ["sub/deep/d.jpg"]),
        ({"include": ["2019/"]}, ["2019/f.jpg", "2019/x/2019.jpg"]),
        ({"include": ["2019"]}, ["2019/f.jpg", "2019/x/2019.jpg"]),
        ({"include": ["[a-c].jpg"]}, ["a.jpg", "B.JPG", "sub/c.jpg"]),
        ({"include": ["[!a-c].jpg"]}, ["sub/deep/d.jpg", "2019/f.jpg"]),
        ({"exclude": ["deep"]}, [name for name in FILES if "deep" not in name]),
        ({"exclude": ["sub/**"]}, [name for name in FILES if not name.startswith("sub/")]),
        ({"include": ["*.jpg"], "exclude": ["2019/", "B*"]}, ["a.jpg", "sub/c.jpg", "sub/deep/d.jpg"]),
        ({"recursive": False, "exclude": ["*.tmp"]}, ["a.jpg", "B.JPG"]),
        ({"include": ["no such"]}, []),
    ],
)
def test_patterns_choose_files(find: Any, make: Any, tmp_path: Path, options: Any, taken: list[str]) -> None:
    make(*FILES)
    assert sorted(names(tmp_path, find(**options))) == sorted(taken)


def test_an_excluded_folder_is_not_looked_into(
    find: Any, make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make("a", "node_modules/b", "sub/node_modules/c")
    really, looked_into = os.scandir, []

    def scandir(path: str) -> Any:
        looked_into.append(Path(path).name)
        return really(path)

    monkeypatch.setattr(scanning.os, "scandir", scandir)
    assert names(tmp_path, find(exclude=["node_modules/"])) == ["a"]
    assert looked_into == [tmp_path.name, "sub"]


def test_an_excluded_file_leaves_no_sidecar_over_and_an_excluded_sidecar_is_none(
    find: Any, make: Any, heard: Heard
) -> None:
    make("a.tmp", "a.tmp_meta.json", "b.txt", "b.txt_meta.json")
    (file,) = find(exclude=["*.tmp"])
    assert (file.name, file.sidecar is not None, heard.passed) == ("b.txt", True, [])
    assert [file.sidecar for file in find(exclude=["*_meta.json"])] == [None, None]


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such names")
def test_names_that_are_no_text_and_names_with_special_characters_are_matched(
    find: Any, make: Any, tmp_path: Path
) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")).write_text("x")
    make("a+b(1).txt", "new\nline.txt", "é.txt")
    assert len(find(include=["*.txt"])) == 4
    assert [file.name for file in find(include=["a+b(1).txt"])] == ["a+b(1).txt"]
    assert [file.name for file in find(include=["É.*"])] == ["é.txt"]


@pytest.mark.parametrize("glob", ["", "/", "a//b", "../a", "a/../b", "./a", "a\\b", "x" * 201, "[z-a]"])
def test_a_pattern_that_can_fit_nothing_is_refused(glob: str) -> None:
    for option in ("include", "exclude"):
        with pytest.raises(ValidationError):
            BulkImport.model_validate({"path": "/tmp", option: [glob]})


def test_a_pattern_made_to_hang_does_not(find: Any, make: Any) -> None:
    make("a" * 200)
    assert find(include=["*a" * 60 + "b"]) == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.CR2", "raw"),
        ("a.jpg", "photo"),
        ("a.png", "photo"),
        ("a.tar.gz", "archive"),
        ("a.txt", "file"),
        ("a", "file"),
    ],
)
def test_the_first_rule_that_fits_says_the_kind(name: str, kind: str) -> None:
    rules = [(".cr2", "raw"), ("image/*", "photo"), ("application/gzip", "archive"), (".jpg", "never")]
    wanted = BulkImport(path="/x", kind_rules=[{"match": match, "kind": kind} for match, kind in rules])
    assert Selection(wanted).kind_of(name) == kind


@pytest.mark.parametrize("match", ["", "jpg", "*.jpg", ".", "image", "image/", "image/*/x", "./x"])
def test_a_rule_names_an_ending_or_a_media_type(match: str) -> None:
    with pytest.raises(ValidationError):
        BulkImport.model_validate({"path": "/x", "kind_rules": [{"match": match, "kind": "x"}]})
