from __future__ import annotations

import contextvars
import io
import json
import logging
import re
import stat
import sys
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from faceforge_core import log_lines
from faceforge_core.config_model import Logging
from faceforge_core.home import Home
from faceforge_core.logs import LogHandle, configure_logging
from faceforge_core.refusals import StartRefused

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

TOKEN = "install/token+that=nobody-may-see"
KEY = "any"
log = logging.getLogger("faceforge_core.test")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home.at(tmp_path / "ff")
    made.prepare()
    return made


@contextmanager
def logging_to(
    home: Home,
    secrets: Callable[[], Iterable[str]] = lambda: (TOKEN, KEY),
    *,
    max_size_mb: float = 1,
    backup_count: int = 3,
    console: io.StringIO | None = None,
    form: str = "text",
) -> Iterator[LogHandle]:
    config = Logging.model_validate({"max_size_mb": max_size_mb, "backup_count": backup_count, "format": form})
    handle = configure_logging(home, config, secrets, console=console)
    try:
        yield handle
    finally:
        handle.close()


def text_of(home: Home) -> str:
    return (home.logs_dir / "core.log").read_text(encoding="utf-8")


def test_a_record_is_one_line_with_utc_time(home: Home) -> None:
    with logging_to(home):
        log.info("hello %s", "wörld")
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO faceforge_core\.test: hello wörld\n", text_of(home)
    )


def test_a_line_break_in_a_name_forges_no_line(home: Home) -> None:
    with logging_to(home):
        log.info("imported %s", "a\n2026-01-01T00:00:00.000Z ERROR root: forged\r\x1b[2J\u2028\udc80\ttab")
    (line,) = text_of(home).splitlines()
    assert r"a\n2026" in line
    assert r"\r\x1b[2J\u2028\udc80" in line
    assert "\ttab" in line


def test_a13_secrets_are_hidden_in_message_arguments_and_traceback(home: Home) -> None:
    with logging_to(home):
        log.warning("in the message " + TOKEN)  # noqa: G003  # the case itself
        log.warning("as argument %s and %r and %s", TOKEN, {"k": TOKEN}, [TOKEN.encode()])
        log.warning("in an address http://host/?X-Amz-Credential=%s", quote(TOKEN, safe=""))
        try:
            int(f"Bearer {TOKEN}")
        except ValueError:
            log.exception("failed")
        log.warning("stack", stack_info=True)
        logging.getLogger("botocore").warning("key %s", KEY)
    text = text_of(home)
    assert TOKEN not in text
    assert quote(TOKEN, safe="") not in text
    assert "base 10: 'Bearer ***'" in text
    assert "key ***" in text


def test_a_short_secret_is_hidden_as_a_word_and_leaves_other_words_alone(home: Home) -> None:
    with logging_to(home):
        log.info("many keys: %s, %r", KEY, KEY)
    assert text_of(home).endswith("many keys: ***, '***'\n")


def test_a_rotated_token_is_hidden_from_its_first_use_on(home: Home) -> None:
    secrets = ["first-token-of-all"]
    with logging_to(home, lambda: secrets):
        secrets[0] = "second-token-of-all"
        log.info("token %s", "second-token-of-all")
    assert text_of(home).endswith("token ***\n")


def test_without_secrets_nothing_is_replaced(home: Home) -> None:
    with logging_to(home, lambda: ("",)):
        log.info("plain")
    assert text_of(home).endswith("plain\n")


def test_a_record_that_cannot_be_formatted_is_counted_and_harms_nobody(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError(TOKEN)

    # A logger of its own, without the test runner's handlers, which would raise.
    handle = configure_logging(home, Logging(), lambda: (TOKEN,))
    (handler,) = handle._handlers
    try:
        for arguments in ((Broken(),), ("too", "many")):
            handler.emit(logging.LogRecord("x", logging.INFO, "", 0, "%r", arguments, None))
        handler.emit(logging.LogRecord("x", logging.INFO, "", 0, "fine", None, None))
    finally:
        handle.close()
    assert "2 lines could not be written" in text_of(home)
    assert text_of(home).endswith("x: fine\n")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("backup_count", [0, 2])
def test_r06_a_flood_of_lines_never_takes_more_than_configured(home: Home, backup_count: int) -> None:
    limit = 20 * 1024
    with logging_to(home, max_size_mb=limit / 1024**2, backup_count=backup_count):
        for number in range(1500):
            log.info("line %d %s", number, "é" * 50)
    files = sorted(home.logs_dir.iterdir())
    assert [file.name for file in files] == ["core.log", "core.log.1", "core.log.2"][: backup_count + 1]
    assert all(file.stat().st_size <= limit for file in files)
    lines = "".join(file.read_text(encoding="utf-8") for file in reversed(files)).splitlines()
    numbers = [int(line.split()[4]) for line in lines]
    assert numbers == list(range(numbers[0], 1500))  # the newest, in order, none lost


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_a11_the_log_and_its_older_copies_are_private_also_those_of_v019(home: Home) -> None:
    for name in ("core.log", "core.log.1", "core.log.9"):
        (home.logs_dir / name).write_text("old\n")
        (home.logs_dir / name).chmod(0o644)
    with logging_to(home, max_size_mb=0.001):
        for _ in range(40):
            log.info("x" * 100)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in home.logs_dir.iterdir()}
    assert modes == dict.fromkeys(["core.log", "core.log.1", "core.log.2", "core.log.3"], 0o600)


def test_a_file_that_cannot_be_rotated_grows_on(home: Home) -> None:
    (home.logs_dir / "core.log.1").mkdir()  # stands for a copy that a reader holds on Windows
    (home.logs_dir / "core.log.1" / "x").touch()
    (home.logs_dir / "core.log.2").mkdir()
    (home.logs_dir / "core.log.2" / "x").touch()
    handle = configure_logging(home, Logging(max_size_mb=0.001, backup_count=2), tuple)
    try:
        for number in range(100):
            log.info("line %d %s", number, "x" * 100)
    finally:
        handle.close()
    lines = text_of(home).splitlines()
    assert [int(line.split()[4]) for line in lines] == list(range(100))


@pytest.mark.skipif(sys.platform == "win32", reason="RLIMIT_FSIZE")
def test_d05_a_full_disk_fails_nobody_and_the_lost_lines_are_counted(
    home: Home, run_python: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    code = """
import logging, resource, sys
from pathlib import Path
from faceforge_core import log_lines
from faceforge_core.config_model import Logging
from faceforge_core.home import Home
from faceforge_core.logs import configure_logging
handle = configure_logging(Home.at(Path(sys.argv[1])), Logging(), tuple)
log = logging.getLogger("faceforge_core.test")
log.info("before")
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
for _ in range(5):
    log.info("x" * 500)
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
log.info("after")
handle.close()
"""
    done = run_python(code, home.root)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "5 lines could not be written" in text_of(home)
    assert text_of(home).endswith("after\n")


def test_two_kernels_of_one_process_never_log_into_each_others_file(tmp_path: Path) -> None:
    homes = [Home.at(tmp_path / name) for name in ("one", "two")]
    for home in homes:
        home.prepare()
    with logging_to(homes[0]) as one, logging_to(homes[1]) as two:
        with one.own():
            log.info("of one")
            with two.own():
                log.info("of two")

        def work() -> None:
            with two.own():
                log.info("of two's thread")

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        log.info("nobody's")
    with logging_to(homes[0]):
        log.info("of the only one")

    assert [line.split(": ", 1)[1] for line in text_of(homes[0]).splitlines()] == ["of one", "of the only one"]
    assert [line.split(": ", 1)[1] for line in text_of(homes[1]).splitlines()] == ["of two", "of two's thread"]


def test_kernels_of_one_process_may_end_in_any_order(tmp_path: Path) -> None:
    homes = [Home.at(tmp_path / name) for name in ("first", "second", "later")]
    for home in homes:
        home.prepare()
    with ExitStack() as first, ExitStack() as second:
        of_first = first.enter_context(logging_to(homes[0]))
        first.enter_context(of_first.own())
        of_second = second.enter_context(logging_to(homes[1]))
        second.enter_context(of_second.own())
        with of_first.own(), of_second.own():
            log.info("of the second")
        with of_first.own():
            log.info("of the first")
        first.close()
        log.info("the first has ended")
        second.close()
    with logging_to(homes[2]):
        log.info("as if they had never been")

    told = [[line.split(": ", 1)[1] for line in text_of(home).splitlines()] for home in homes]
    assert told == [["of the first"], ["of the second", "the first has ended"], ["as if they had never been"]]


def test_a_thread_that_never_worked_for_a_kernel_may_end_it(home: Home) -> None:
    with logging_to(home) as handle, ExitStack() as entered:
        contextvars.copy_context().run(entered.enter_context, handle.own())
        entered.close()
        log.info("as ever")
    assert text_of(home).endswith(": as ever\n")


def test_the_console_shows_warnings_without_secrets(home: Home) -> None:
    console = io.StringIO()
    with logging_to(home, console=console):
        log.info("quiet")
        log.warning("bound to 0.0.0.0 with %s", TOKEN)
    assert console.getvalue().endswith("WARNING faceforge_core.test: bound to 0.0.0.0 with ***\n")
    assert console.getvalue().count("\n") == 1


def test_closing_twice_is_harmless_and_leaves_no_handler(home: Home) -> None:
    before = list(logging.getLogger().handlers)
    with logging_to(home) as handle:
        handle.close()
    assert logging.getLogger().handlers == before


def test_a_log_that_cannot_be_opened_refuses_the_start(home: Home) -> None:
    (home.logs_dir / "core.log").mkdir()
    with pytest.raises(StartRefused, match=r"core\.log") as refused:
        configure_logging(home, Logging(), tuple)
    assert refused.value.exit_code == 2


# --- For programs


def lines_of_json(home: Home) -> list[dict[str, object]]:
    return [json.loads(line) for line in text_of(home).splitlines()]


def test_as_json_a_record_is_an_object_on_a_line_with_its_traceback(home: Home) -> None:
    with logging_to(home, form="json"):
        try:
            {}["a\nb"]
        except LookupError:
            log.exception("failed at %s", "é\n", extra={"asset": "abc"})
        log.warning("plain")
    first, second = lines_of_json(home)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(first["time"]))
    assert {key: first[key] for key in ("level", "logger", "message", "asset")} == {
        "level": "ERROR",
        "logger": "faceforge_core.test",
        "message": "failed at é\n",
        "asset": "abc",
    }
    assert "KeyError: 'a\\nb'" in str(first["traceback"])
    assert set(second) == {"time", "level", "logger", "message"}


def test_as_json_too_no_secret_is_written(home: Home) -> None:
    secret = 'quoted"and\\slashed-secret'
    with logging_to(home, lambda: (secret, TOKEN), form="json"):
        log.info("the token %s", secret, extra={"header": {"authorization": f"Bearer {TOKEN}"}})
    (line,) = lines_of_json(home)
    assert line["message"] == "the token ***"
    assert TOKEN not in text_of(home)


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_request_s_id_stands_in_its_lines_and_in_those_of_its_threads(home: Home, form: str) -> None:
    with logging_to(home, form=form):
        with log_lines.request("r-17"):
            context = contextvars.copy_context()
            thread = threading.Thread(target=lambda: context.run(log.info, "within"))
            thread.start()
            thread.join()
        log.info("after")
    within, after = text_of(home).splitlines()
    assert "r-17" in within
    assert "r-17" not in after


def test_as_json_the_console_still_speaks_to_people(home: Home) -> None:
    console = io.StringIO()
    with logging_to(home, form="json", console=console):
        log.warning("look here")
    assert console.getvalue().endswith("WARNING faceforge_core.test: look here\n")
