"""The Core that has a home open, asked by its API."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import closing, contextmanager
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any

from faceforge_core.lock import holder
from faceforge_core.refusals import LOCKED, StartRefused
from faceforge_sdk.errors import FaceForgeError

from .homes import config_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from faceforge_core.home import Home
    from faceforge_core.kernel import Kernel

_SECONDS_TO_CONNECT = 60.0
_SECONDS_TO_ANSWER = 600.0
"""As the SDK's client: a plugin alone may take two minutes to start."""
_EVERYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104  # compared, not bound


class RunningCore:
    """Speaks to a Core on this computer with the install token of its home."""

    def __init__(self, host: str, port: int, token: str) -> None:
        self._address = host, port
        self._headers = {"Authorization": f"Bearer {token}"}

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The data of the answer. Raises `FaceForgeError` for a refusal, `StartRefused` where none comes."""
        return self._answer(method, path, None if body is None else json.dumps(body).encode(), "application/json")

    def send_file(self, path: str, file: BinaryIO, filename: str) -> Any:
        """Post a file as the field ``file`` of a form. The answer is that of `ask`."""
        boundary = secrets.token_hex(16)
        name = filename.translate({ord(letter): "_" for letter in '"\\\r\n'})
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        body = head + file.read() + f"\r\n--{boundary}--\r\n".encode()
        return self._answer("POST", path, body, f"multipart/form-data; boundary={boundary}")

    def fetch(self, path: str) -> bytes:
        """What an address gives that is a file. Raises as `ask`."""
        status, content = self._request("GET", path)
        if status != HTTPStatus.OK:
            self._data_of(content)
        return content

    def _answer(self, method: str, path: str, body: bytes | None, content_type: str) -> Any:
        return self._data_of(self._request(method, path, body, content_type)[1])

    def _request(
        self, method: str, path: str, body: bytes | None = None, content_type: str = "application/json"
    ) -> tuple[int, bytes]:
        connection = HTTPConnection(*self._address, timeout=_SECONDS_TO_CONNECT)
        try:
            connection.connect()
            connection.sock.settimeout(_SECONDS_TO_ANSWER)
            connection.request(method, path, body, {**self._headers, "Content-Type": content_type})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except TimeoutError as exc:
            host, port = self._address
            reason = f"The Core on {host}, port {port} did not answer in time. It may be at it still: see its log."
            raise StartRefused(reason, LOCKED) from exc
        except (OSError, HTTPException) as exc:
            raise self._silent(exc) from exc
        finally:
            connection.close()

    def _data_of(self, content: bytes) -> Any:
        try:
            answer = json.loads(content)
            data, error = answer["data"], answer["error"]
        except (ValueError, KeyError, TypeError) as exc:
            raise self._silent(exc) from exc
        if error is not None:
            raise FaceForgeError(error["message"])
        return data

    def _silent(self, exc: Exception) -> StartRefused:
        host, port = self._address
        return StartRefused(
            f"The home is in use by a Core that does not answer on {host}, port {port} ({exc}).", LOCKED
        )


def running_core(home: Home) -> RunningCore | None:
    """The Core that serves this home now; None where nobody has it open, or somebody who does not serve yet."""
    running = holder(home.lock_file)
    if running is None or running.port is None:
        return None
    config = config_of(home).current
    host = (os.environ.get("FACEFORGE_BIND", "").strip() or config.network.bind_host).strip("[]")
    address = "127.0.0.1" if host in _EVERYWHERE else host
    return RunningCore(address, running.port, config.auth.install_token or "")


@contextmanager
def running_or_opened(home: Home, *, run_jobs: bool = True) -> Iterator[RunningCore | Kernel]:
    """The Core that serves this home now, else the home opened here. Raises `StartRefused` for one that is starting.

    Without `run_jobs` what is queued here waits for the next Core.
    """
    running = running_core(home)
    if running is not None:
        yield running
        return
    from faceforge_core.kernel import Kernel

    kernel = Kernel(home.root)
    with closing(kernel):
        kernel.start(run_jobs=run_jobs)
        yield kernel
