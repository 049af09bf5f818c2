"""A plugin started once, as Core would, on a home of its own and in a process of its own.

``python -m faceforge_core.cli.plugin_checks.trial FOLDER HOME RESULT`` is that process: it installs and enables the
plugin in a fresh home and writes what became of it.
"""

from __future__ import annotations

import faulthandler
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from faceforge_core.plugins.activation import KINDS

from .findings import error, told_place, warning
from .modules import lines_of_hooks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import FrameType

    from faceforge_sdk.manifest import Manifest

    from .findings import Finding

TRIAL_SECONDS: Final = 60.0
SLOW_SECONDS: Final = 1.0
_MANIFEST: Final = "plugin.json"
_LOOKED: Final = "Timeout ("  # what faulthandler writes above each look
_SECONDS_TO_END: Final = 5.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a plugin.

    `place`: where it lay; `seconds`: to start; `imports`: the packages it loaded, in `import_seconds`.
    """

    state: str = "error"
    summary: str = ""
    traceback: str = ""
    place: str = ""
    unconfigured: bool = False
    seconds: float = 0.0
    import_seconds: float = 0.0
    imports: Sequence[str] = ()
    contributions: Mapping[str, int] = field(default_factory=dict)
    threads: Sequence[tuple[str, int]] = ()
    """Where in its files threads go on after it was switched off."""


def try_out(folder: Path, seconds: float = TRIAL_SECONDS) -> Outcome:
    """Start the plugin once and stop it again; its code runs, for at most so long."""
    with tempfile.TemporaryDirectory(prefix="faceforge-trial-") as name:
        room = Path(name)
        result = room / "result.json"
        command = [sys.executable, "-m", __name__, str(folder.absolute()), str(room / "home"), str(result)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            summary = f"It did not start within {seconds:g} s: hooks return at once, work comes later."
            place = next((room / "home" / "plugins").glob("*"), room)
            return Outcome(summary=summary, traceback=_last_stacks(result), place=str(place))
        try:
            return Outcome(**json.loads(result.read_bytes()))
        except (OSError, ValueError, TypeError):
            last = done.stderr.strip().rpartition("\n")[2]
            return Outcome(summary=f"It ended the process that started it, with {done.returncode}. {last}".strip())


def _last_stacks(result: Path) -> str:
    """Where the process's threads were when it was last looked at, the innermost call of each last."""
    try:
        stacks = result.with_suffix(".stacks").read_text("utf-8", "replace").rpartition(_LOOKED)[2]
    except OSError:
        return ""
    return "\n".join(reversed(stacks.splitlines()))


def findings_of(outcome: Outcome, folder: Path, manifest: Manifest) -> Iterator[Finding]:
    """What the trial found, and where."""
    entry = _entry_file(folder, manifest)
    if outcome.unconfigured:
        yield warning(_MANIFEST, 1, f"It was not started: {outcome.summary} Users have to configure it first.")
    elif outcome.state != "active":
        place = _culprit(outcome, folder) or told_place(outcome.summary, folder)
        path, line = place or _hook_of(outcome.summary, folder, entry) or (entry, 1)
        yield error(path, line, outcome.summary)
    for path, line in outcome.threads:
        yield warning(path, line, "A thread goes on here after the plugin is switched off: end it in lifespan.")
    if outcome.state == "active" and outcome.seconds > SLOW_SECONDS:
        message = f"It takes {outcome.seconds:.1f} s to start"
        if outcome.import_seconds > outcome.seconds / 2 and outcome.imports:
            message += f", {outcome.import_seconds:.1f} s of them to import {', '.join(outcome.imports)}: import inside"
            message += " the functions that need it"
        yield warning(entry, 1, f"{message}.")


def _entry_file(folder: Path, manifest: Manifest) -> str:
    module = (manifest.code or "").partition(":")[0].replace(".", "/")
    found = (name for name in (f"{module}.py", f"{module}/__init__.py") if module and (folder / name).is_file())
    return next(found, _MANIFEST)


def _culprit(outcome: Outcome, folder: Path) -> tuple[str, int] | None:
    """The last line of the plugin's own in the traceback."""
    frames = re.findall(r'File "(.+?)", line (\d+)', outcome.traceback)
    own = [
        (Path(name), int(line)) for name, line in frames if outcome.place and Path(name).is_relative_to(outcome.place)
    ]
    if not own:
        return None
    path, line = own[-1]
    relative = path.relative_to(outcome.place).as_posix()
    return (relative, line) if (folder / relative).is_file() else None


def _hook_of(summary: str, folder: Path, entry: str) -> tuple[str, int] | None:
    """The hook whose values are refused: named in the sentence, or known by the kind of value."""
    if not entry.endswith(".py"):
        return None
    lines = lines_of_hooks((folder / entry).read_bytes())
    words = set(re.findall(r"\w+", summary))
    named = [hook for hook, kind in KINDS.items() if hook in words or f"the {kind.__name__} " in summary]
    return next(((entry, lines[hook]) for hook in named if hook in lines), None)


# --- The process ------------------------------------------------------------------------------------------------------


def main(folder: Path, home: Path, result: Path) -> None:
    """Start and stop it, and write down what became of it."""
    from faceforge_core.kernel import Kernel

    with result.with_suffix(".stacks").open("w") as stacks:
        faulthandler.dump_traceback_later(1.0, repeat=True, file=stacks)
        kernel = Kernel(home, environ={})
        try:
            kernel.start(run_jobs=False)
            found = _started(kernel, folder)
        finally:
            kernel.close()
            faulthandler.cancel_dump_traceback_later()
    if "place" in found:
        found["threads"] = _left_behind(Path(found["place"]))
    result.write_text(json.dumps(found), encoding="utf-8")
    if found.get("threads"):
        os._exit(0)  # Python would wait for them


def _left_behind(place: Path) -> list[tuple[str, int]]:
    """Where threads are that still run code of the plugin; those that are about to end may do so."""
    until = time.monotonic() + _SECONDS_TO_END
    while (found := _in_plugin(place)) and time.monotonic() < until:
        time.sleep(0.05)
    return sorted(found)


def _in_plugin(place: Path) -> set[tuple[str, int]]:
    found = set()
    for thread, top in sys._current_frames().items():  # noqa: SLF001  # documented, in spite of its name
        frame: FrameType | None = top if thread != threading.get_ident() else None
        while frame is not None and not Path(frame.f_code.co_filename).is_relative_to(place):
            frame = frame.f_back
        if frame is not None:
            found.add((Path(frame.f_code.co_filename).relative_to(place).as_posix(), frame.f_lineno))
    return found


def _started(kernel: Any, folder: Path) -> dict[str, Any]:
    from faceforge_sdk.errors import FaceForgeError

    try:
        plugin_id = kernel.plugins.install(folder, folder.name).plugin.plugin_id
    except FaceForgeError as exc:
        return {"summary": str(exc)}
    try:
        kernel.plugins.configure(plugin_id, {})
    except FaceForgeError as exc:
        return {"summary": str(exc), "unconfigured": True}
    before, began = set(sys.modules), time.perf_counter()
    row = kernel.plugins.enable(plugin_id)
    seconds = time.perf_counter() - began
    loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
    kernel.plugins.disable(plugin_id)
    began = time.perf_counter()
    kernel.plugins.enable(plugin_id)  # what it imports is there by now
    again = time.perf_counter() - began
    return {
        "state": row.state,
        "summary": row.error.summary if row.error else "",
        "traceback": (row.error.traceback or "") if row.error else "",
        "place": str(kernel.home.plugins_dir / plugin_id),
        "seconds": seconds,
        "import_seconds": max(0.0, seconds - again),
        "imports": sorted(name for name in loaded if not name.startswith("_"))[:5],
        "contributions": row.contributions,
    }


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
