"""What `faceforge_core.internal.seaweedfs_cli` does: ask the server, or run it by hand."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .health import HealthCheck
from .identity import ensure_keys, read_keys
from .plan import Plan, SeaweedSettings
from .process import WeedProcess, busy_port

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faceforge_sdk import S3Endpoint
    from faceforge_sdk.protocols import Whereabouts

NO_BINARY = 2


def health(config: Mapping[str, Any], system: Whereabouts, configured: S3Endpoint | None) -> tuple[str, bool]:
    """The endpoint and whether it answers: the managed server, or `configured` where Core runs none."""
    settings = SeaweedSettings.model_validate(config)
    plan = Plan.of(settings, system)
    own = read_keys(plan.identity_file)
    if configured is not None and not settings.enabled:
        url, access_key, secret_key = configured.url, configured.access_key, configured.secret_key
    else:
        url = plan.url
        access_key, secret_key = (own.access_key, own.secret_key) if own is not None else ("", "")
    check = HealthCheck(url, access_key, secret_key)
    try:
        return url, check.passes()
    finally:
        check.close()


def run(config: Mapping[str, Any], system: Whereabouts) -> int:
    """Run the server until Ctrl-C or SIGTERM; 2 where there is no program, 1 where it can't run or ends by itself."""
    plan = Plan.of(SeaweedSettings.model_validate(config), system)
    binary = plan.binary()
    if binary is None:
        return _refuse(f"There is no program `weed` in {plan.tools_dir}.", NO_BINARY)
    port = busy_port(plan)
    if port is not None:
        return _refuse(f"Port {port} of {plan.ip} is in use; perhaps Core runs SeaweedFS already.", 1)
    if read_keys(plan.identity_file) is None:
        ensure_keys(plan.identity_file)
        plan.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not plan.data_dir.is_dir():
        return _refuse(f"The folder {plan.data_dir} is gone; is a disk not mounted? Make it to begin anew.", 1)
    stop = threading.Event()
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        with suppress(AttributeError):  # SIGBREAK is Windows' alone
            signal.signal(getattr(signal, name), lambda *_: stop.set())
    sys.stdout.write(f"endpoint={plan.url}\n")
    sys.stdout.flush()
    process = WeedProcess(plan, binary, output=sys.stderr.buffer)
    try:
        while not stop.wait(0.2):
            if process.exit_code() is not None:
                return 1
    finally:
        process.end()
    return 0


def _refuse(sentence: str, code: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return code
