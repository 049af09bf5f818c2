"""``python -m faceforge_core``: without arguments it serves, as v0.1.9 did; else it is the ``faceforge`` command."""

from __future__ import annotations

import sys


def main() -> int:
    """The entry point of both. Returns the exit code."""
    if sys.argv[1:]:
        from faceforge_core.cli import run

        return run(sys.argv[1:])
    from faceforge_core.app import serve_usual_home

    return serve_usual_home()


if __name__ == "__main__":
    sys.exit(main())
