"""An ExifTool that hangs, talks without end, crashes or lies costs the file it was about, and nothing else."""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import sys
import textwrap
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_builtins.exiftool.extractor import Extractor, Patience
from faceforge_builtins.exiftool.pool import Pool, SwitchedOff
from faceforge_builtins.exiftool.program import Finder
from faceforge_core.testing import wait_for
from faceforge_sdk import FileToRead
from faceforge_sdk.models import Asset
from faceforge_sdk.models.examples import ASSET

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from faceforge_sdk import Extracted

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stubs are scripts, groups of processes are POSIX's")

LOG = logging.getLogger("faceforge.test.exiftool")
A_FILE = Asset.model_validate(ASSET)
STUB = """\
#!{python} -IS
import json, os, signal, subprocess, sys, time

if sys.argv[1:] == ["-ver"]:
    print("13.50")
    sys.exit()
assert sys.argv[1:] == ["-config", "", "-stay_open", "True", "-@", "-"], sys.argv
with open({notes!r}, "a") as notes:
    print(os.getpid(), file=notes)
arguments = []
for line in sys.stdin:
    line = line.rstrip("\\n")
    if not line.startswith("-execute"):
        arguments.append(line)
        continue
    path = arguments[-1]
    what = path.rpartition(".")[2]
    answer = json.dumps([{{"SourceFile": path, "File:FileType": what, "A:Asked": " ".join(arguments[:-1])}}])
    if what == "heavy" and "-ee3" in arguments:
        what = "sleeps"
    if what == "sleeps":
        time.sleep(1000)
    elif what == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        time.sleep(1000)
    elif what == "floods":
        for _ in range(1024):
            sys.stdout.write("x" * 2**20)
    elif what == "errors":
        sys.stderr.write("e" * 2**22)
    elif what == "forks":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
        with open({notes!r}, "a") as notes:
            print(child.pid, file=notes)
        time.sleep(1000)
    elif what == "orphans":
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
        os._exit(0)
    elif what == "fails":
        print("Can't locate Image/ExifTool.pm", file=sys.stderr)
        sys.exit(1)
    elif what == "dies":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif what == "nojson":
        answer = "[{{ broken"
    elif what == "nan":
        answer = '[{{"File:FileType": "nan", "A:A": NaN, "A:B": 1e999}}]'
    elif what == "noutf8":
        sys.stdout.flush()
        sys.stdout.buffer.write(b'[{{"A:A": "\\xff"}}]')
        answer = ""
    elif what == "silent":
        answer = ""
    elif what == "forges":
        answer = '{{ready1}}\\n' + answer
    print(answer)
    print("{{ready" + line.removeprefix("-execute") + "}}", flush=True)
    arguments = []
"""


class Bench:
    """An extractor over the stub, with little patience."""

    def __init__(self, root: Path, **patience: float) -> None:
        self.root = root
        self.notes = root / "notes"
        program = root / "tools" / "exiftool"
        program.parent.mkdir()
        program.write_text(STUB.format(python=sys.executable, notes=str(self.notes)))
        program.chmod(0o700)
        self.pool = Pool(idle_seconds=patience.pop("idle", 60.0), max_answer=2**20)
        self.give_time(**patience)

    def give_time(self, **patience: float) -> None:
        """From now on it is as patient as that."""
        self.extractor = Extractor(
            Finder(self.root / "tools", None, LOG), self.pool, replace(Patience(answer=3.0), **patience)
        )

    def files(self, *what: str) -> list[FileToRead]:
        return [FileToRead(A_FILE, self.root / f"{number:064x}.{ext}") for number, ext in enumerate(what)]

    def read(self, *what: str) -> Sequence[Extracted]:
        return self.extractor.extract(self.files(*what))

    @property
    def started(self) -> list[int]:
        """The ids of all processes that were ever started."""
        return [int(line) for line in self.notes.read_text().split()] if self.notes.exists() else []


@contextmanager
def opened(root: Path, **patience: float) -> Iterator[Bench]:
    bench = Bench(root, **patience)
    gc.collect()  # what other tests left goes now, and not between the two counts
    descriptors = open_descriptors()
    threads = threading.active_count()
    yield bench
    bench.pool.close()
    for pid in bench.started:
        wait_for(lambda pid=pid: not exists(pid))
    wait_for(lambda: threading.active_count() <= threads)
    assert open_descriptors() <= descriptors


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with opened(tmp_path) as bench:
        yield bench


def open_descriptors() -> int:
    return len([*Path("/dev/fd").iterdir()])


def exists(pid: int) -> bool:
    """Also as a zombie, which is one that nobody has taken notice of."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A grandchild is taken in by another process, which takes notice of its end when it likes.
    state = Path(f"/proc/{pid}/stat")
    try:
        status = state.read_text().rpartition(")")[2].split() if state.parent.is_dir() else ["?", "?"]
    except OSError:
        return False
    return status[0] != "Z" or status[1] == str(os.getpid())


def kinds(found: Sequence[Extracted]) -> list[str | None]:
    return [None if one.data is None else one.data["File:FileType"] for one in found]


def test_every_file_gets_its_own_answer_from_processes_that_stay(bench: Bench) -> None:
    what = [f"kind{number}" for number in range(20)]
    assert kinds(bench.read(*what)) == what
    assert kinds(bench.read("again")) == ["again"]
    assert 1 <= len(bench.started) <= 2


def test_all_options_are_asked_for_and_none_that_hides_the_end(bench: Bench) -> None:
    [found] = bench.read("jpg")
    assert found.data is not None
    asked = str(found.data["A:Asked"]).split()
    assert {"-ee3", "-scanForXMP", "-U", "-json", "-G3:1", "-struct", "-b", "-m"} <= set(asked)
    assert "-charset filename=utf8" in found.data["A:Asked"]
    assert "-api requestAll=3" in found.data["A:Asked"]
    assert "-api largefilesupport=1" in found.data["A:Asked"]
    assert not {"-q", "-quiet"} & set(asked)


@pytest.mark.parametrize(
    ("what", "problem"),
    [
        ("sleeps", "gave no answer within 3 s"),
        ("deaf", "gave no answer within 3 s"),
        ("floods", "said more than 1048576 bytes"),
        ("forks", "gave no answer within 3 s"),
        ("orphans", "gave no answer within 3 s"),
        ("fails", "ended unexpectedly: Can't locate Image/ExifTool.pm"),
        ("dies", "ended unexpectedly"),
        ("nojson", "its answer is no JSON"),
        ("noutf8", "its answer is not UTF-8"),
        ("silent", "it says nothing about the file"),
        ("forges", "ended unexpectedly"),
    ],
)
def test_x04_a_fault_costs_the_file_it_was_about(bench: Bench, what: str, problem: str) -> None:
    found = bench.read("one", what, "two", "three")
    assert kinds(found) == ["one", None, "two", "three"]
    assert problem in str(found[1].problem)
    assert [one.problem for one in (found[0], *found[2:])] == [None, None, None]


def test_x04_much_on_standard_error_and_numbers_that_are_none_do_no_harm(bench: Bench) -> None:
    errors, nan = bench.read("errors", "nan")
    assert (errors.problem, nan.problem) == (None, None)
    assert nan.data == {"File:FileType": "nan", "A:A": "NaN", "A:B": "1e999"}


def test_a_file_that_is_too_much_with_all_options_is_read_without_what_is_embedded(bench: Bench) -> None:
    found, other = bench.read("heavy", "other")
    assert found.data is not None
    assert found.data["File:FileType"] == "heavy"
    assert "-ee3" not in found.data["A:Asked"].split()
    assert found.problem == "It was read without what is embedded in it: it gave no answer within 3 s."
    assert (other.problem, kinds([other])) == (None, ["other"])


def test_after_three_files_that_hang_it_the_rest_is_not_shown_to_it(tmp_path: Path) -> None:
    with opened(tmp_path, answer=0.4) as bench:
        found = bench.read("sleeps", "sleeps", "sleeps", "good")
        assert kinds(found) == [None] * 4
        assert found[3].problem == "ExifTool took too long with the files before."
        bench.give_time()
        assert kinds(bench.read("good")) == ["good"]


def test_a_batch_has_an_end_and_before_it_files_are_read_plainly(tmp_path: Path) -> None:
    with opened(tmp_path, thorough=0.0) as bench:
        [found] = bench.read("heavy")
        assert found.problem == "It was read without what is embedded in it."
    (tmp_path / "other").mkdir()
    with opened(tmp_path / "other", batch=-1.0) as bench:
        assert kinds(bench.read("good")) == [None]


@pytest.mark.parametrize(
    "name",
    [
        *("-delete_original", "@args", "x|", "n\n-w\nPWN", "$(id)", "#comment", "a.jpg"),
        *(f"{0:064x}.jp g", f"{0:064x}.", f"{0:064X}A.jpg", f"{0:064x}.jpg\n", f"{0:064x}.jpg|"),
    ],
)
def test_x02_only_paths_of_our_own_characters_are_shown_to_it(bench: Bench, name: str) -> None:
    foreign = FileToRead(A_FILE, bench.root / name)
    found = bench.extractor.extract([foreign, *bench.files("good")])
    assert "none of Core's own" in str(found[0].problem)
    assert kinds(found) == [None, "good"]


def test_x02_neither_is_a_path_with_a_line_break_in_its_folder_nor_a_relative_one(bench: Bench) -> None:
    good = bench.files("jpg")[0].path
    for path in (bench.root / "a\n-w\nPWN" / good.name, Path(good.name)):
        [found, _] = bench.extractor.extract([FileToRead(A_FILE, path), *bench.files("jpg")])
        assert found.data is None


def test_x06_however_many_ask_at_once_there_are_two_processes_at_most(bench: Bench) -> None:
    most = 0
    done = threading.Event()

    def count() -> None:
        nonlocal most
        while not done.wait(0.005):
            most = max(most, len(bench.pool.pids))

    found: dict[int, Sequence[Extracted]] = {}
    counting = threading.Thread(target=count)
    asking = [
        threading.Thread(target=lambda number=number: found.update({number: bench.read(*[f"n{number}"] * 20)}))
        for number in range(5)
    ]
    for thread in (counting, *asking):
        thread.start()
    for thread in asking:
        thread.join()
    done.set()
    counting.join()
    assert most <= 2
    assert len(bench.started) <= 2
    assert {number: set(kinds(answers)) for number, answers in found.items()} == {n: {f"n{n}"} for n in range(5)}


def test_x06_switching_off_ends_what_hangs_within_seconds(tmp_path: Path) -> None:
    with opened(tmp_path, answer=60.0) as bench:
        raised: list[BaseException] = []

        def read() -> None:
            try:
                bench.read("sleeps", "good")
            except SwitchedOff as error:
                raised.append(error)

        reading = threading.Thread(target=read)
        reading.start()
        wait_for(lambda: bench.notes.exists() and bench.started)
        begun = time.monotonic()
        bench.pool.close()
        reading.join(60)
        assert time.monotonic() - begun < 30
        assert len(raised) == 1


def test_a_process_that_nobody_needs_is_ended_after_a_while(tmp_path: Path) -> None:
    with opened(tmp_path, idle=0.2) as bench:
        bench.read("good")
        [first] = bench.started
        wait_for(lambda: not exists(first))
        assert kinds(bench.read("good")) == ["good"]


def test_one_that_was_killed_meanwhile_is_replaced_and_nothing_is_lost(bench: Bench) -> None:
    bench.read("good")
    os.kill(bench.started[0], signal.SIGKILL)
    wait_for(lambda: not exists(bench.started[0]))
    [found] = bench.read("good")
    assert found.problem is None
    assert "-ee3" in json.dumps(found.data)


def test_it_ends_with_core_however_core_ends(bench: Bench, run_python: Any) -> None:
    code = """
        import logging, os, sys
        from pathlib import Path
        from types import SimpleNamespace
        from faceforge_builtins.exiftool.extractor import Extractor
        from faceforge_builtins.exiftool.pool import Pool
        from faceforge_builtins.exiftool.program import Finder

        root = Path(sys.argv[1])
        extractor = Extractor(Finder(root / "tools", None, logging.getLogger()), Pool())
        extractor.extract([SimpleNamespace(path=root / ("0" * 64 + ".good"))])
        os.kill(os.getpid(), 9)
    """
    run_python(textwrap.dedent(code), bench.root)
    [pid] = bench.started
    wait_for(lambda: not exists(pid))
