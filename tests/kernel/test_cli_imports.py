"""``faceforge import``, as a person uses it: on a home at rest, and on one that a Core has open."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

import pytest

from faceforge_core import cli
from faceforge_core.kernel import Kernel
from faceforge_core.testing import running_core
from faceforge_sdk.models import AssetQuery, EntityQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Run = Callable[..., "Done"]


class Done(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="Windows has neither of these")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home at rest."""
    Kernel(tmp_path / "home", environ={}).__enter__().close()
    return tmp_path / "home"


@pytest.fixture(params=["at rest", "open"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A home in either state."""
    if request.param == "at rest":
        yield request.getfixturevalue("home")
        return
    with running_core(tmp_path / "home") as core:
        assert core.address
        yield core.home


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two people's files."""
    for name in ("Ada/a.jpg", "Ada/b.txt", "Ben/c.jpg"):
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / name).write_text(f"content of {name}")
    return tmp_path / "photos"


def command(home: Path, *arguments: object) -> list[str]:
    return [sys.executable, "-m", "faceforge_core", *map(str, arguments), "--home", str(home)]


def environment() -> dict[str, str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FACEFORGE_")}
    return {**environ, "http_proxy": "http://127.0.0.1:9", "PYTHONIOENCODING": "utf-8"}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs ``faceforge …`` on a home: exit code, what was printed, and what was said beside it."""
    for name in [name for name in os.environ if name.startswith("FACEFORGE_")]:
        monkeypatch.delenv(name)

    def call(home: Path, *arguments: object) -> Done:
        capsys.readouterr()
        code = cli.run([*map(str, arguments), "--home", str(home)])
        printed = capsys.readouterr()
        return Done(code, printed.out, printed.err)

    return call


def held(home: Path) -> tuple[set[str], dict[str, list[str]]]:
    """The files of a home that is at rest again, and its entities with their tags."""
    with Kernel(home, environ={}) as kernel:
        assets = kernel.services.assets.list(AssetQuery(limit=200)).items
        entities = kernel.services.entities.list(EntityQuery(limit=200)).items
    return {one.filename for one in assets}, {one.display_name: one.tags for one in entities}


def import_id(output: str) -> str:
    (found,) = re.findall(r"undo-import ([0-9a-f]{64})", output)
    return str(found)


def test_a_folder_is_imported_and_taken_out_again(place: Path, folder: Path, run: Run) -> None:
    done = run(place, "import", folder, "--entity-per-folder", "--tag", "family", "--role", "portrait")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("3 files imported (")
    assert "3 links to entities made, and 2 entities." in done.stdout

    again = run(place, "import", folder)
    assert again.returncode == 0
    assert again.stdout.splitlines()[1] == "3 files known already, 3 of them unchanged."
    assert "undo-import" not in again.stdout

    undone = run(place, "undo-import", import_id(done.stdout))
    assert (undone.returncode, undone.stdout) == (0, "Undone: 3 links, 3 assets, 2 entities.\n")


def test_options_reach_the_import(home: Path, folder: Path, run: Run) -> None:
    dry = run(home, "import", folder, "--dry-run", "--exclude", "*.txt", "--kind-rule", "image/*=photo")
    assert (dry.returncode, dry.stdout.splitlines()[0]) == (0, "2 files would be imported (40 B).")
    assert ".jpg" in dry.stdout
    assert run(home, "import", folder, "--no-recursive").stdout.startswith("0 files imported (0 B)")
    assert run(home, "import", folder, "--include", "Ada/", "--include", "*.txt").stdout.startswith("2 files imported")


def test_a_relative_path_is_the_commands_and_not_cores(
    place: Path, folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    assert run(place, "import", "photos/Ben").stdout.startswith("1 file imported")


def test_an_empty_path_is_not_the_folder_that_one_is_in(
    home: Path, folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `faceforge import "$PICTURES"` says it where there is no such variable."""
    monkeypatch.chdir(folder)
    for nothing in ("", " "):
        refused = run(home, "import", nothing)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "It is empty; name a folder, or . for this one." in refused.stderr
    assert run(home, "import", ".").stdout.startswith("3 files imported")


@POSIX_ONLY
def test_problems_are_told_as_they_come_and_end_with_1(home: Path, folder: Path, run: Run) -> None:
    (folder / "empty.txt").touch()
    (folder / "sub.txt").symlink_to(folder / "Ada")
    warned = run(home, "import", folder)
    assert (warned.returncode, warned.stderr) == (0, f"Skipped empty file: {folder / 'empty.txt'}\n")
    assert "Problems: 1 warning." in warned.stdout
    assert "Passed over: 1 link." in warned.stdout
    missing = run(home, "import", folder / "nothing")
    assert (missing.returncode, missing.stderr) == (1, f"There is no folder {folder / 'nothing'}.\n")
    own = run(home, "import", home)
    assert own.returncode == 1
    assert "FaceForge itself" in own.stderr
    odd = run(home, "import", folder, "--kind-rule", "jpg")
    assert odd.returncode == 2
    assert "no rule" in odd.stderr
    assert run(home, "undo-import", "none").returncode == 1


@POSIX_ONLY
def test_a_name_with_control_characters_does_nothing_to_the_terminal(home: Path, folder: Path, run: Run) -> None:
    (folder / "\x1b[2J\nempty.\x1b[31m").touch()
    (folder / "full.\x1b[31m").write_text("full")
    tried = run(home, "import", folder, "--dry-run")
    assert "\x1b" not in tried.stderr + tried.stdout
    assert tried.stderr == f"Skipped empty file: {folder}/�[2J�empty.�[31m\n"
    assert "  .�[31m " in tried.stdout


@POSIX_ONLY
def test_what_can_not_be_read_ends_with_1(home: Path, folder: Path, run: Run) -> None:
    core_json = home / "config" / "core.json"
    core_json.write_text(core_json.read_text().rstrip().rstrip("}") + ', "limits": {"upload_bytes": 20}}')
    (folder / "large.bin").write_bytes(bytes(21))
    done = run(home, "import", folder)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Import failed: {folder / 'large.bin'}: ")
    assert held(home)[0] == {"a.jpg", "b.txt", "c.jpg"}


@POSIX_ONLY
def test_a_terminal_shows_a_bar_and_ctrl_c_stops_the_import(place: Path, tmp_path: Path) -> None:
    import pty

    folder = tmp_path / "many"
    folder.mkdir()
    with (folder / "large").open("wb") as file:
        file.truncate(6_000_000_000)  # a sparse one: to read it takes many seconds
    terminal, side = pty.openpty()
    with subprocess.Popen(
        command(place, "import", folder),
        env=environment() | {"TERM": "xterm", "COLUMNS": "120"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=side,
        text=True,
    ) as process:
        os.close(side)
        shown = shown_until(terminal, "of 6.0 GB")
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        shown += shown_until(terminal, None)
        output, _ = process.communicate(timeout=60)
    os.close(terminal)
    assert process.returncode == 130
    assert time.monotonic() - began < 60
    assert "files/s" in shown
    assert "Stopping." in shown
    assert output.startswith("0 files imported")


def shown_until(terminal: int, text: str | None) -> str:
    """What a terminal shows until there is `text`, or until its program ends."""
    shown, deadline = "", time.monotonic() + 60
    while text is None or text not in shown:
        assert time.monotonic() < deadline, shown
        try:
            shown += os.read(terminal, 65536).decode("utf-8", "replace")
        except OSError:  # Linux says so that nobody has it open any more
            break
    return shown
