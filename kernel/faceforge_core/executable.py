"""Where Core as a single file with a Python of its own begins (``scripts/core.py build``); nothing else imports this.

Such a program is two processes: a launcher, which unpacks it into a temporary folder, and the one that does the work.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
import threading
import time
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from faceforge_core.keystrokes import Once

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.abc import InspectLoader
    from importlib.machinery import ModuleSpec

OWN_MODULES: Final = ("faceforge_core", "faceforge_sdk")
LOOK_SECONDS: Final = 0.5
STOP_SECONDS: Final = 20.0
_MARK: Final = "FACEFORGE_UNPACKED"
_LIBRARIES: Final = "LD_LIBRARY_PATH"
_SYNCHRONIZE: Final = 0x00100000
_FOR_EVER: Final = 0xFFFFFFFF


def main() -> int:
    """The command, or ``-m MODULE`` as Python has it, which is how our processes start others of ours."""
    unpacked = Path(str(getattr(sys, "_MEIPASS")))  # noqa: B009  # PyInstaller sets it, no type knows it
    launcher = os.getppid()
    inside = os.environ.get(_MARK) == str(unpacked)
    if inside:
        find_libraries(unpacked)
    leave_libraries()
    multiprocessing.freeze_support()
    if sys.argv[1:2] == ["-m"]:
        return run_module(unpacked, *sys.argv[2:])
    from faceforge_core.__main__ import main as run

    if inside:
        return run()
    os.environ[_MARK] = str(unpacked)
    signal.signal(signal.SIGINT, Once(signal.default_int_handler))
    threading.Thread(target=end_with, args=(launcher,), name="launcher", daemon=True).start()
    try:
        return run()
    finally:
        if os.getppid() != launcher:  # who was to tidy up is no more
            shutil.rmtree(unpacked, ignore_errors=True)


# --- Libraries --------------------------------------------------------------------------------------------------------


def find_libraries(unpacked: Path) -> None:
    """Begin anew where Linux does not look into our folder for libraries: a process reads that once, at its start."""
    known = os.environ.get(_LIBRARIES, "").split(os.pathsep)
    if sys.platform == "linux" and str(unpacked) not in known:
        _keep(f"{_LIBRARIES}_ORIG", os.environ.get(_LIBRARIES))
        os.environ[_LIBRARIES] = os.pathsep.join([str(unpacked), *filter(None, known)])
        os.execv(sys.executable, [sys.executable, *sys.argv[1:]])  # noqa: S606  # itself again


def leave_libraries() -> None:
    """Programs that we start are to load the system's libraries: put back what the launcher changed for us."""
    if sys.platform == "linux":
        _keep(_LIBRARIES, os.environ.pop(f"{_LIBRARIES}_ORIG", None))


def _keep(name: str, value: str | None) -> None:
    os.environ.pop(name, None)
    if value is not None:
        os.environ[name] = value


# --- Modules ----------------------------------------------------------------------------------------------------------


def run_module(unpacked: Path, name: str = "", *arguments: str) -> int:
    """Run a module of ours as ``python -m`` does; the packages around it are imported only if it needs them."""
    spec = _found(unpacked, name)
    if spec is not None and spec.submodule_search_locations is not None:
        spec = _found(unpacked, f"{name}.__main__")
    if spec is None or spec.loader is None:
        sys.stderr.write(f"-m runs modules of Core itself, and {name or 'nothing'} is none.\n")
        return 2
    code = cast("InspectLoader", spec.loader).get_code(spec.name)
    module = sys.modules["__main__"]
    module.__dict__.update(__file__=spec.origin, __package__=spec.parent, __spec__=spec, __loader__=spec.loader)
    sys.argv = [str(spec.origin), *arguments]
    exec(code, module.__dict__)  # type: ignore[arg-type] # noqa: S102  # our own code, as Python runs it
    return 0


def _found(unpacked: Path, name: str) -> ModuleSpec | None:
    above = name.rpartition(".")[0]
    if not above:
        return PathFinder.find_spec(name, [str(unpacked)]) if name in OWN_MODULES else None
    package = _found(unpacked, above)
    if package is None or package.submodule_search_locations is None:
        return None
    return PathFinder.find_spec(name, package.submodule_search_locations)


# --- The launcher -----------------------------------------------------------------------------------------------------


def end_with(launcher: int, patience: float = STOP_SECONDS) -> None:
    """Wait until the launcher ends, which happens before us only when it was killed; then stop as if told to."""
    try:
        waiter_of(sys.platform)(launcher)
    except OSError:
        return  # it can't be watched: better to run on than to end for that
    stop()
    time.sleep(patience)
    os._exit(1)  # it hangs


def waiter_of(platform: str) -> Callable[[int], None]:
    """What waits for the end of a process that started this one."""
    return _wait_for_handle if platform == "win32" else _wait_for_other_parent


def _wait_for_other_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)


def _wait_for_handle(parent: int) -> None:
    """On Windows a process keeps the number of its parent for ever."""
    import ctypes

    kernel = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore] # Windows' alone
    kernel.OpenProcess.restype = ctypes.c_void_p
    kernel.WaitForSingleObject.argtypes = (ctypes.c_void_p, ctypes.c_uint32)
    handle = kernel.OpenProcess(_SYNCHRONIZE, False, parent)  # not to be inherited
    if not handle:
        raise OSError("the launcher can't be waited for")
    kernel.WaitForSingleObject(handle, _FOR_EVER)


def stop() -> None:
    """Stop this process as its own launcher would."""
    if sys.platform == "win32":
        signal.raise_signal(signal.SIGTERM)  # os.kill would end it at once there
    else:
        os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
