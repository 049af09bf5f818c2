from __future__ import annotations

import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from faceforge_core.home import Home, HomeMarker, check_markers, read_marker, resolve_root, write_marker
from faceforge_core.refusals import StartRefused

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from typing import NoReturn

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes and mounts")

PREPARE = """
import sys
from pathlib import Path
from faceforge_core.home import Home
from faceforge_core.refusals import StartRefused
home = Home.at(Path(sys.argv[1]))
try:
    home.prepare()
except StartRefused as refused:
    print(refused, file=sys.stderr)
    sys.exit(refused.exit_code)
print(home.staging_dir)
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(
    ("wish", "expected"),
    [("data/ff", "user/data/ff"), ("~/ff", "user/ff"), ("~", "user"), ("../ff", "user/../ff")],
)
def test_a_relative_home_is_taken_from_the_users_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wish: str, expected: str
) -> None:
    monkeypatch.chdir("/")
    assert resolve_root({"FACEFORGE_HOME": wish}, tmp_path / "user") == tmp_path / expected


def test_an_absolute_home_is_taken_as_it_is(tmp_path: Path) -> None:
    assert resolve_root({"FACEFORGE_HOME": str(tmp_path / "ff")}, Path("/nowhere")) == tmp_path / "ff"


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="the rule of Linux")
def test_without_a_wish_the_home_is_the_users_data_folder(tmp_path: Path) -> None:
    default = tmp_path / ".local" / "share" / "faceforge"
    assert resolve_root({}, tmp_path) == default
    assert resolve_root({"FACEFORGE_HOME": "  "}, tmp_path) == default
    assert resolve_root({"XDG_DATA_HOME": "relative"}, tmp_path) == default
    assert resolve_root({"XDG_DATA_HOME": "/data"}, tmp_path) == Path("/data/faceforge")


def test_a_commands_argument_wins_and_is_meant_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    environ = {"FACEFORGE_HOME": "elsewhere"}
    assert resolve_root(environ, Path("/nowhere"), Path("my/home")) == tmp_path / "my" / "home"
    assert resolve_root(environ, Path("/nowhere"), tmp_path / "ff") == tmp_path / "ff"
    with pytest.raises(StartRefused, match="whole drive"):
        resolve_root({}, tmp_path, Path(tmp_path.anchor))


@pytest.mark.parametrize("wish", [Path("/").absolute().anchor, "~no-such-user-here/ff"])
def test_a_home_that_is_a_drive_or_nobodys_is_refused(tmp_path: Path, wish: str) -> None:
    with pytest.raises(StartRefused, match="FACEFORGE_HOME"):
        resolve_root({"FACEFORGE_HOME": wish}, tmp_path)


def test_a_home_has_the_folders_of_the_contract(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    home.prepare()
    assert {path.name for path in tmp_path.iterdir()} == {
        "db", "s3", "assets", "logs", "tmp", "config", "tools", "plugins", "plugin_data",
    }  # fmt: skip
    assert home.database == tmp_path / "db" / "core.sqlite3"
    assert home.core_json == tmp_path / "config" / "core.json"
    assert home.staging_dir == home.tmp_dir


def test_four_folders_can_lie_elsewhere_and_no_others(tmp_path: Path) -> None:
    elsewhere = tmp_path / "big disk"
    home = Home.at(
        tmp_path / "ff",
        {"db_dir": "data/db", "s3_dir": str(elsewhere), "logs_dir": None, "plugins_dir": " ",
         "tmp_dir": "/x", "config_dir": "/x", "assets_dir": "/x"},
    )  # fmt: skip
    home.prepare()

    assert home.db_dir == tmp_path / "ff" / "data" / "db"
    assert home.s3_dir == elsewhere
    assert home.logs_dir == tmp_path / "ff" / "logs"
    assert home.plugins_dir == tmp_path / "ff" / "plugins"
    assert (home.tmp_dir, home.config_dir, home.assets_dir) == tuple(
        tmp_path / "ff" / name for name in ("tmp", "config", "assets")
    )
    assert home.db_dir.is_dir()
    assert home.s3_dir.is_dir()


def test_a_relative_root_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="absolute"):
        Home.at(Path("ff"))


@posix
@pytest.mark.parametrize("umask", ["000", "077", "777"])
def test_a11_folders_are_0700_whatever_the_umask(
    tmp_path: Path, run_python: Callable[..., subprocess.CompletedProcess[str]], umask: str
) -> None:
    root = tmp_path / "new" / "ff"
    done = run_python(f"import os; os.umask(0o{umask})\n" + PREPARE, root)

    assert done.returncode == 0, done.stderr
    folders = [root.parent, root, *root.iterdir()]
    assert len(folders) == 11
    assert {mode(folder) for folder in folders} == {0o700}


@posix
def test_a12_an_existing_home_is_tightened(tmp_path: Path) -> None:
    (tmp_path / "ff" / "assets").mkdir(parents=True)
    (tmp_path / "ff").chmod(0o755)
    (tmp_path / "ff" / "assets").chmod(0o777)

    Home.at(tmp_path / "ff").prepare()

    assert mode(tmp_path / "ff") == 0o700
    assert mode(tmp_path / "ff" / "assets") == 0o700


@posix
def test_a_shared_sticky_folder_is_left_as_it_is_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o1777)
    Home.at(tmp_path / "shared").prepare()
    assert mode(tmp_path / "shared") == 0o1777
    assert str(tmp_path / "shared") in caplog.text


@pytest.mark.parametrize("name", ["", "db", "assets", "logs", "tmp", "config", "tools", "plugins", "s3"])
def test_d07_a_file_in_a_folders_place_is_named(tmp_path: Path, name: str) -> None:
    in_the_way = tmp_path / "ff" / name
    in_the_way.parent.mkdir(exist_ok=True)
    in_the_way.touch()

    with pytest.raises(StartRefused, match="no folder stands in its place") as refused:
        Home.at(tmp_path / "ff").prepare()

    assert refused.value.exit_code == 2
    assert str(in_the_way) in str(refused.value)


@posix
@pytest.mark.parametrize("prepared", [True, False])
def test_d07_a_read_only_home_is_refused_naming_it(
    tmp_path: Path,
    require_tool: Callable[[str], str],
    cannot_run: Callable[[str], NoReturn],
    run_python: Callable[..., subprocess.CompletedProcess[str]],
    *,
    prepared: bool,
) -> None:
    root = tmp_path / "ff"
    Home.at(root).prepare() if prepared else root.mkdir(mode=0o700)
    mounting = f"mount --bind '{root}' '{root}' && mount -o remount,ro,bind '{root}' || exit 99; exec \"$@\""
    done = run_python(PREPARE, root, under=(require_tool("unshare"), "-rm", "sh", "-c", mounting, "sh"))
    if done.returncode in {1, 99}:
        cannot_run(f"no read-only mount can be made here: {done.stderr.strip()}")

    assert done.returncode == 2
    assert str(root) in done.stderr
    assert "only be read" in done.stderr


@posix
@pytest.mark.parametrize("mount", ["-t tmpfs none", "--bind '{root}/s3'"])
def test_assets_on_a_mount_of_their_own_are_staged_inside_it(
    tmp_path: Path,
    require_tool: Callable[[str], str],
    cannot_run: Callable[[str], NoReturn],
    run_python: Callable[..., subprocess.CompletedProcess[str]],
    mount: str,
) -> None:
    """The bind mount has the same device number on both sides, and yet nothing can be renamed across."""
    root = tmp_path / "ff"
    Home.at(root).prepare()
    mounting = f"mount {mount.format(root=root)} '{root}/assets' || exit 99; exec \"$@\""
    done = run_python(PREPARE, root, under=(require_tool("unshare"), "-rm", "sh", "-c", mounting, "sh"))
    if done.returncode in {1, 99}:
        cannot_run(f"nothing can be mounted here: {done.stderr.strip()}")

    assert done.stdout.strip() == str(root / "assets" / ".staging"), done.stderr


def marked_home(root: Path, uuid: str = "u-1") -> Home:
    home = Home.at(root)
    home.prepare()
    for folder in (home.root, home.assets_dir):
        write_marker(folder, HomeMarker(uuid))
    return home


def test_d08_a_marked_home_with_its_files_is_opened(tmp_path: Path) -> None:
    home = marked_home(tmp_path / "ff")
    check_markers(home, "u-1", has_assets=True)
    assert read_marker(home.root) == HomeMarker("u-1", schema=1)


@pytest.mark.parametrize("folder", ["root", "assets_dir"])
def test_d08_a_lost_marker_is_refused_as_an_unmounted_disk(tmp_path: Path, folder: str) -> None:
    home = marked_home(tmp_path / "ff")
    (getattr(home, folder) / ".ff-home").unlink()

    with pytest.raises(StartRefused, match="probably not mounted") as refused:
        check_markers(home, "u-1", has_assets=True)

    assert refused.value.exit_code == 2
    assert str(getattr(home, folder)) in str(refused.value)


@pytest.mark.parametrize("folder", ["root", "assets_dir"])
def test_d08_another_homes_marker_is_refused(tmp_path: Path, folder: str) -> None:
    home = marked_home(tmp_path / "ff")
    write_marker(getattr(home, folder), HomeMarker("u-2"))
    with pytest.raises(StartRefused, match="another home"):
        check_markers(home, "u-1", has_assets=True)


def test_d08_a_home_without_uuid_or_without_assets_needs_no_marker(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "ff")
    home.prepare()
    check_markers(home, None, has_assets=True)
    check_markers(home, "u-1", has_assets=False)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"uuid": 5, "schema": 1}', '{"uuid": "u-1"}'])
def test_a_damaged_marker_is_named_and_not_taken_for_a_missing_one(tmp_path: Path, content: str) -> None:
    (tmp_path / ".ff-home").write_text(content)
    with pytest.raises(StartRefused, match=r"\.ff-home"):
        read_marker(tmp_path)


def test_a_marker_never_makes_a_folder_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_marker(tmp_path / "gone", HomeMarker("u-1"))
    assert not (tmp_path / "gone").exists()
