"""scripts/core.py on a project of its own: a real virtual environment, a real pip, and no network."""

import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[dependency-groups]
build = []
dev = [{ include-group = "build" }]
"""

BACKEND = '''
"""A build backend that needs nothing: an editable wheel is a path file with some metadata."""
import zipfile
from pathlib import Path

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = "house-1-py3-none-any.whl"
    with zipfile.ZipFile(Path(wheel_directory) / name, "w") as wheel:
        wheel.writestr("house.pth", str(Path(__file__).parent / "kernel"))
        wheel.writestr("house-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: house\\nVersion: 1\\n")
        wheel.writestr(
            "house-1.dist-info/WHEEL",
            "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        )
        wheel.writestr("house-1.dist-info/RECORD", "")
    return name

build_wheel = build_editable
'''

SERVER = """
import signal, sys
try:
    print("serving", sys.argv[1:], flush=True)
    if "--wait" in sys.argv:
        sys.stdin.read()
except KeyboardInterrupt:
    print("stopped cleanly", flush=True)
    sys.exit(7)
"""

PYTEST = "import sys; print('pytest got', sys.argv[1:])"

needs_signals = pytest.mark.skipif(
    sys.platform == "win32", reason="one process can't be sent Ctrl-C there without its whole console"
)

Core = Callable[..., subprocess.CompletedProcess[str]]


def environment() -> dict[str, str]:
    """No network for pip, and none of the variables of the test run's own environment."""
    foreign = ("PYTHONPATH", "VIRTUAL_ENV", "PIP_REQUIRE_VIRTUALENV")
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    return {**kept, "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}


@pytest.fixture(scope="module")
def installed_house(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project like ours in small, with its environment made by the script's first run."""
    house = tmp_path_factory.mktemp("a house with spaces")
    (house / "scripts").mkdir()
    shutil.copy(repository / "scripts" / "core.py", house / "scripts")
    (house / "kernel" / "faceforge_core").mkdir(parents=True)
    (house / "kernel" / "faceforge_core" / "__init__.py").touch()
    (house / "kernel" / "faceforge_core" / "__main__.py").write_text(SERVER, encoding="utf-8")
    (house / "kernel" / "pytest.py").write_text(PYTEST, encoding="utf-8")
    (house / "backend.py").write_text(BACKEND, encoding="utf-8")
    (house / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    run_core(house, "check", "--only", "tests")
    return house


def run_core(house: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(house / "scripts" / "core.py"), *arguments],
        cwd=house.parent,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture
def core(installed_house: Path) -> Iterator[Core]:
    """The script, run from another folder; pyproject.toml is put back afterwards."""
    yield lambda *arguments: run_core(installed_house, *arguments)
    (installed_house / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")


@pytest.fixture(scope="module")
def script(repository: Path) -> dict[str, Any]:
    return runpy.run_path(str(repository / "scripts" / "core.py"))


def test_dev_hands_its_arguments_to_the_server(core: Core) -> None:
    answer = core("dev", "--port", "9000")
    assert answer.returncode == 0, answer.stdout
    assert "serving ['serve', '--port', '9000']" in answer.stdout


def test_nothing_is_installed_again_while_the_project_stays_as_it_is(core: Core) -> None:
    core("dev")
    assert "Installing" not in core("dev").stdout


def test_a_changed_project_file_is_installed_again(core: Core, installed_house: Path) -> None:
    core("dev")
    (installed_house / "pyproject.toml").write_text(PYPROJECT + "\n# changed\n", encoding="utf-8")
    assert "Installing" in core("dev").stdout
    assert "Installing" not in core("dev").stdout


def test_an_environment_whose_python_is_gone_is_made_anew(core: Core, installed_house: Path) -> None:
    folder = "Scripts" if sys.platform == "win32" else "bin"
    for interpreter in (installed_house / ".venv" / folder).glob("python*"):
        interpreter.unlink()
    answer = core("dev")
    assert answer.returncode == 0, answer.stdout
    assert "Making the virtual environment" in answer.stdout
    assert "serving" in answer.stdout


def test_a_failed_installation_is_tried_again_the_next_time(core: Core, installed_house: Path) -> None:
    broken = PYPROJECT.replace("build = []", 'build = ["no-such-distribution"]')
    (installed_house / "pyproject.toml").write_text(broken, encoding="utf-8")
    for _ in range(2):
        answer = core("build")
        assert answer.returncode != 0
        assert "Installing failed" in answer.stdout
        assert "Traceback" not in answer.stdout


def test_check_runs_every_step_also_after_one_that_failed(core: Core) -> None:
    answer = core("check", "-k", "some name")
    summary = answer.stdout.partition("== summary")[2].split("\n")
    assert answer.returncode == 1
    assert [line.split()[:2] for line in summary if line] == [
        ["format", "FAILED"],  # this little project has none of the tools but something called pytest
        ["lint", "FAILED"],
        ["types", "FAILED"],
        ["layers", "FAILED"],
        ["tests", "ok"],
    ]
    assert "pytest got ['-k', 'some name']" in answer.stdout


def test_check_succeeds_when_each_wanted_step_does(core: Core) -> None:
    answer = core("check", "--only", "tests")
    assert answer.returncode == 0, answer.stdout
    assert "FAILED" not in answer.stdout


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="with one processor the tests run one after the other")
def test_the_tests_run_side_by_side_in_one_order_and_those_that_measure_time_before_them(core: Core) -> None:
    answer = core("check", "--only", "tests")
    alone, first, *others = re.findall(r"pytest got (.*)", answer.stdout)
    assert alone == "['-m', 'alone']"
    assert first.startswith("['-m', 'not alone', '--share=")
    assert others == [first] * 2


def test_what_one_run_took_no_other_run_takes(repository: Path, tmp_path: Path) -> None:
    asked = [sys.executable, "-m", "pytest", "-q", f"--share={tmp_path}", "tests/sdk/test_locks.py"]
    first, second = (
        subprocess.run(asked, cwd=repository, capture_output=True, text=True, check=False) for _ in range(2)
    )
    assert first.returncode == 0, first.stdout
    assert " passed" in first.stdout
    assert " passed" not in second.stdout


@pytest.mark.parametrize(
    "arguments", [["check", "--only", "lint", "-k", "name"], ["build", "--fast"], ["check", "--only", "x"]]
)
def test_an_argument_that_no_one_takes_is_refused(core: Core, arguments: list[str]) -> None:
    answer = core(*arguments)
    assert answer.returncode != 0
    assert arguments[-1] in answer.stdout
    assert "Traceback" not in answer.stdout


@needs_signals
def test_ctrl_c_reaches_the_server_once_and_its_exit_code_is_handed_on(installed_house: Path) -> None:
    with subprocess.Popen(
        [sys.executable, str(installed_house / "scripts" / "core.py"), "dev", "--wait"],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if "serving" in line:
                break
        os.killpg(running.pid, signal.SIGINT)
        rest = running.stdout.read()
        assert running.wait(timeout=60) == 7
    assert rest == "stopped cleanly\n"


@needs_signals
def test_where_a_process_cannot_become_another_ctrl_c_is_outlived(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(SERVER, encoding="utf-8")
    wait_out = (
        "import runpy, sys; core = runpy.run_path(sys.argv[1]);"
        "sys.exit(core['wait_out']([sys.executable, sys.argv[2], '--wait']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", wait_out, str(repository / "scripts" / "core.py"), str(tmp_path / "server.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as running:
        assert running.stdout is not None
        assert "serving" in running.stdout.readline()
        os.killpg(running.pid, signal.SIGINT)
        rest = running.stdout.read()
        assert running.wait(timeout=60) == 7
    assert rest == "stopped cleanly\n"


def test_a_python_that_is_too_old_is_told_so_in_one_sentence(repository: Path) -> None:
    pretend = (
        "import runpy, sys; sys.version_info = (3, 9, 18); sys.version = '3.9.18 (x)'; runpy.run_path(sys.argv[1])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", pretend, str(repository / "scripts" / "core.py")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert answer.stderr.strip() == (
        f"FaceForge Core needs Python 3.11 or newer; this is Python 3.9.18 ({sys.executable})."
    )


def test_groups_of_requirements_are_unfolded(script: dict[str, Any]) -> None:
    groups = {"a": ["x>=1", {"include-group": "b"}], "b": ["y", {"include-group": "c"}], "c": ["z"]}
    assert script["requirements_of"]("a", groups) == ["x>=1", "y", "z"]


@pytest.mark.parametrize("command", ["dev", "check", "build"])
def test_the_powershell_names_call_the_same_script(repository: Path, command: str) -> None:
    (line,) = (repository / "scripts" / f"{command}-core.ps1").read_text(encoding="utf-8").splitlines()
    assert line.count(f'"$PSScriptRoot/core.py" {command} @args') == 3
    assert line.endswith("exit $LASTEXITCODE")
