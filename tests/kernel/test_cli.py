"""The ``faceforge`` command: what it prints, where it looks, and how it refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core import __version__, cli

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]

TOKEN = "a-token-of-some-length"


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Any]:
    """A user folder of its own, and a third place to call the command from."""
    (tmp_path / "user").mkdir()
    (tmp_path / "elsewhere").mkdir()
    user = str(tmp_path / "user")
    return {"cwd": tmp_path / "elsewhere", "HOME": user, "USERPROFILE": user, "FACEFORGE_PORT": "0"}


@pytest.fixture
def run(run_here: Callable[..., Any], places: dict[str, Any]) -> Run:
    """Runs the command in this process."""
    return partial(run_here, cli.run, **places)


@pytest.fixture
def start(places: dict[str, Any]) -> Run:
    """Runs the command as a process of its own."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("FACEFORGE_", "XDG_"))}

    def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        given = {**places, **environment}
        return subprocess.run(
            [sys.executable, "-m", "faceforge_core", *arguments],
            cwd=given.pop("cwd"),
            env={**own, **given},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return command


@pytest.fixture
def make_home() -> Callable[[Path], Path]:
    """A home with nothing but a token."""

    def make(home: Path) -> Path:
        (home / "config").mkdir(parents=True)
        (home / "config" / "core.json").write_text(json.dumps({"auth": {"install_token": TOKEN}, "extra": [1]}))
        return home

    return make


def content_of(home: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((home / "config" / "core.json").read_text())
    return found


def test_version_prints_the_version(start: Run) -> None:
    done = start("version")
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, __version__, "")


def test_help_names_every_command(start: Run, run: Run) -> None:
    done = start("--help")
    assert done.returncode == 0
    assert all(name in done.stdout for name in ("serve", "token", "trash", "version"))
    assert "rotate" in run("token", "--help").stdout


@pytest.mark.parametrize(
    "wrong",
    [["nonsense"], ["token", "nonsense"], ["serve", "--nonsense"], ["token", "show", "x"], ["trash", "restore", "x"]],
)
def test_an_unknown_command_or_option_is_one_sentence_and_exit_2(run: Run, wrong: list[str]) -> None:
    done = run(*wrong)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "Value error" not in done.stderr
    assert wrong[-1] in done.stderr


def test_what_opens_the_home_works_as_a_program_of_its_own_too(start: Run, make_home, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    for command in (["storage", "usage"], ["doctor"], ["backups"]):
        done = start(*command, "--home", str(home))
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout


def test_token_show_prints_the_token_alone(run: Run, make_home, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    done = run("token", "show", "--home", str(home))
    assert (done.returncode, done.stdout) == (0, f"{TOKEN}\n")
    assert content_of(home)["extra"] == [1]


def test_token_show_makes_a_token_where_there_is_none(run: Run, make_home, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    (home / "config" / "core.json").write_text('{"auth": {"install_token": "  "}}')
    made = run("token", "show", "--home", str(home)).stdout.strip()
    assert len(made) >= 32
    assert run("token", "show", "--home", str(home)).stdout.strip() == made


def test_token_rotate_replaces_the_token_and_shows_neither(run: Run, make_home, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    done = run("token", "rotate", "--home", str(home))
    new = content_of(home)["auth"]["install_token"]
    assert done.returncode == 0
    assert new != TOKEN
    assert len(str(new)) >= 32
    assert TOKEN not in done.stdout + done.stderr
    assert str(new) not in done.stdout + done.stderr
    assert content_of(home)["extra"] == [1]


@pytest.mark.parametrize("command", ["show", "rotate"])
def test_a_folder_that_is_no_home_is_refused_and_stays_as_it_is(run: Run, tmp_path: Path, command: str) -> None:
    for home in (tmp_path / "missing", tmp_path / "elsewhere"):
        done = run("token", command, "--home", str(home))
        assert done.returncode == 2
        assert str(home) in done.stderr
        assert done.stdout == ""
    assert not (tmp_path / "missing").exists()
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows tells of a folder there that it is in use")
@pytest.mark.parametrize("command", [["doctor"], ["fsck"], ["trash", "list"], ["backups"], ["import", "."]])
def test_a_home_whose_lock_can_not_be_had_is_a_sentence_and_exit_2(
    run: Run, make_home, tmp_path: Path, command: list[str]
) -> None:
    """As on a disk that can only be read, or in a home of somebody else."""
    home = make_home(tmp_path / "home")
    (home / "core.lock").mkdir()
    done = run(*command, "--home", str(home))
    assert done.returncode == 2
    assert done.stderr.startswith(f"{home / 'core.lock'} cannot be made or locked (")
    assert len(done.stderr.splitlines()) == 1


def test_a_relative_faceforge_home_lies_in_the_users_folder(run: Run, make_home, tmp_path: Path) -> None:
    make_home(tmp_path / "user" / "my" / "home")
    assert run("token", "show", FACEFORGE_HOME="my/home").stdout.strip() == TOKEN
    assert run("token", "show", FACEFORGE_HOME="~/my/home").stdout.strip() == TOKEN
    assert run("token", "show", FACEFORGE_HOME=str(tmp_path / "user" / "my" / "home")).stdout.strip() == TOKEN


def test_an_argument_is_meant_from_where_one_is(run: Run, make_home, tmp_path: Path) -> None:
    """`--home` is typed by a person in a folder; the variable is set by a launcher that is in any."""
    make_home(tmp_path / "elsewhere" / "here")
    assert run("token", "show", "--home", "here", FACEFORGE_HOME=str(tmp_path / "other")).stdout.strip() == TOKEN


def test_without_either_the_home_is_the_usual_place(run: Run, tmp_path: Path) -> None:
    done = run("token", "show")
    assert done.returncode == 2
    assert str(tmp_path / "user") in done.stderr or os.name == "nt"


@pytest.mark.parametrize("command", [["token", "rotate"], ["serve"], []])
def test_a_broken_core_json_is_named_with_its_line_and_kept(start: Run, make_home, tmp_path: Path, command) -> None:
    home = make_home(tmp_path / "home")
    broken = '{\n "auth": {"install_token": "do-not-tell"},\n oops\n}'
    (home / "config" / "core.json").write_text(broken)
    done = start(*command, FACEFORGE_HOME=str(home))
    assert done.returncode == 2
    assert "core.json" in done.stderr
    assert "line 3" in done.stderr
    assert "do-not-tell" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert (home / "config" / "core.json").read_text() == broken


def test_serve_refuses_a_home_that_is_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("serve", "--home", str(tmp_path / "file"))
    assert done.returncode == 2
    assert str(tmp_path / "file") in done.stderr
    assert "Traceback" not in done.stderr


def test_serve_refuses_a_port_that_is_none(run: Run, tmp_path: Path) -> None:
    for port in ("x", "-1", "70000"):
        done = run("serve", "--home", str(tmp_path / "home"), FACEFORGE_PORT=port)
        assert done.returncode == 2
        assert "FACEFORGE_PORT" in done.stderr
        assert "Traceback" not in done.stderr


def test_serve_refuses_an_address_that_is_not_this_computers(run: Run, tmp_path: Path) -> None:
    done = run("serve", "--home", str(tmp_path / "home"), FACEFORGE_BIND="192.0.2.1")
    assert done.returncode == 2
    assert "192.0.2.1" in done.stderr
