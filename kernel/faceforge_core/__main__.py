"""``python -m faceforge_core``: without arguments it serves, as v0.1.9 did; else it is the ``faceforge`` command."""

from __future__ import annotations

import gc
import logging
import os
import sys
import threading
import time

_PATIENCE = 0.5
_RARELY = 500_000


def main() -> int:
    """The entry point of both. Returns the exit code, unless a thread that never ends would hold the process."""
    _load_without_detours()
    if sys.argv[1:]:
        from faceforge_core.cli import run

        code = run(sys.argv[1:])
    else:
        from faceforge_core.app import serve_usual_home

        code = serve_usual_home()
    _leave_stuck_threads(code)
    return code


def _load_without_detours() -> None:
    """A tenth of the time that a start takes: what is loaded stays, and nothing of it is garbage to look for.

    Nor does a plugin of pydantic's, which it would look for in every installed package, belong into Core's models.
    """
    gc.set_threshold(_RARELY)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def _leave_stuck_threads(code: int) -> None:
    """Everything is closed by now, but Python waits for a request's thread, which a plugin's code may hold for ever."""
    deadline = time.monotonic() + _PATIENCE
    waited_for = [one for one in threading.enumerate() if one is not threading.main_thread() and not one.daemon]
    for thread in waited_for:
        thread.join(max(0.0, deadline - time.monotonic()))
    if any(thread.is_alive() for thread in waited_for):
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
