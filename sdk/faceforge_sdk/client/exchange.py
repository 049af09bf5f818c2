"""Questions to Core and its answers: one way for all resources."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import httpx2
from pydantic import BaseModel, TypeAdapter, ValidationError

from faceforge_sdk.models import Envelope

from .refusals import CoreUnreachable, error_of, retry_after

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

T = TypeVar("T")

SAFE = frozenset({"GET", "HEAD"})
BREAKS = 3
"""So many times in a row a connection may break before a read is given up."""

SLOW = 600.0
"""Seconds for what reads or changes a lot before it answers."""


class Exchange:
    """Speaks to one Core, through `http`."""

    def __init__(self, http: httpx2.Client, token: str, patience: float) -> None:
        self.http = http
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._patience = patience

    @property
    def address(self) -> str:
        """Where Core is."""
        return str(self.http.base_url).rstrip("/")

    def ask(
        self,
        method: str,
        path: str,
        kind: type[T],
        *,
        query: Mapping[str, Any] | BaseModel | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> T:
        """The ``data`` of the answer, as `kind`. Raises what Core refused with, or `CoreUnreachable`."""
        request = self.request(method, path, query=query, body=body, headers=headers, timeout=timeout)
        return self.data_of(self.send(lambda: request), kind)

    def data_of(self, response: httpx2.Response, kind: type[T]) -> T:
        """The ``data`` in an answer that is read. Raises as `ask`."""
        if not response.is_success:
            raise error_of(response)
        try:
            answer = TypeAdapter(Envelope[kind]).validate_json(response.content)  # type: ignore[valid-type]  # at run time it is a class
        except ValidationError as exc:
            raise CoreUnreachable(
                f"What answers at {self.address} is no FaceForge Core, or a newer one than this SDK understands: "
                f"{response.request.method} {response.request.url} gave something unexpected."
            ) from exc
        return answer.data

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | BaseModel | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        content: Iterator[bytes] | None = None,
        timeout: float | None = None,
    ) -> httpx2.Request:
        """A request with the token; `body` is JSON or a model, `content` is sent as it comes."""
        return self.http.build_request(
            method,
            path,
            params=parameters(query),
            json=_json(body) if body is not None else None,
            content=content,
            headers={**self._headers, **(headers or {})},
            timeout=httpx2.USE_CLIENT_DEFAULT if timeout is None else timeout,
        )

    def send(self, make: Callable[[], httpx2.Request], *, stream: bool = False) -> httpx2.Response:
        """The answer to what `make` makes, called anew for each try; whoever asked for a stream closes it.

        Raises `CoreUnreachable`.
        """
        waited, breaks = 0.0, 0
        while True:
            request = make()
            try:
                response = self.http.send(request, stream=stream)
            except httpx2.TransportError as error:
                breaks += 1
                if breaks >= BREAKS or request.method not in SAFE or isinstance(error, httpx2.ConnectError):
                    raise self.unreachable(error) from error
                time.sleep(0.1 * breaks)
                continue
            pause = retry_after(response)
            if pause is None or waited + pause > self._patience:
                return response
            response.close()
            time.sleep(pause)
            waited += max(pause, 0.05)

    @contextmanager
    def stream(self, make: Callable[[], httpx2.Request]) -> Iterator[httpx2.Response]:
        """A successful answer whose body is still to come. Raises as `ask`; httpx2's errors are its reader's."""
        response = self.send(make, stream=True)
        try:
            if not response.is_success:
                response.read()
                raise error_of(response)
            yield response
        finally:
            response.close()

    def unreachable(self, error: Exception) -> CoreUnreachable:
        """What a failed connection means to a person."""
        if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
            return CoreUnreachable(
                f"No FaceForge Core answers at {self.address}: start it with `faceforge serve`, "
                "or give the address that it printed."
            )
        said = str(error) or type(error).__name__
        return CoreUnreachable(f"The connection to the FaceForge Core at {self.address} broke ({said}); try again.")


def at(*steps: str) -> str:
    """A path of these steps, each escaped."""
    return "".join(f"/{quote(step, safe='')}" for step in steps)


def parameters(query: Mapping[str, Any] | BaseModel | None) -> list[tuple[str, str | int | float | bool | None]]:
    """A query as Core reads it: what was not said is left out, and lists are repeated."""
    said = _json(query) if isinstance(query, BaseModel) else query or {}
    return [
        (name, str(value).lower() if isinstance(value, bool) else str(value))
        for name, values in said.items()
        for value in (values if isinstance(values, list | tuple) else [values])
        if value is not None
    ]


def _json(value: Any) -> Any:
    """What a model says, and no more: in a patch, what is left out stays as it is."""
    return value.model_dump(mode="json", exclude_unset=True) if isinstance(value, BaseModel) else value
