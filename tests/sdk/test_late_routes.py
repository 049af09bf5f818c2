"""Routes that are built late: the same as FastAPI's own, once they are looked at."""

from __future__ import annotations

import copy
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, FastAPI, Query
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.testclient import TestClient

from faceforge_sdk.routing import LateRoute, built_late

built: list[str] = []


class Cat(BaseModel):
    name: str


class Whiskers:
    """What FastAPI can't put into an answer."""


class NotedRoute(APIRoute):
    """Notes in `built` which routes were built."""

    def __init__(self, path: str, endpoint: Any, **options: Any) -> None:
        built.append(path)
        super().__init__(path, endpoint, **options)


def cats(router: APIRouter) -> APIRouter:
    @router.get("/cats/{number}", summary="A cat", responses={404: {"model": Cat}}, tags=["Cats"])
    def cat(number: int, shown: Annotated[bool, Query()] = False) -> Cat:
        """By its number."""
        return Cat(name=f"{number} {shown}")

    @router.post("/cats", status_code=201, name="adopt")
    def adopt_cat(cat: Cat) -> Cat:
        return cat

    return router


def late_cats() -> APIRouter:
    built.clear()
    return cats(built_late(APIRouter(route_class=NotedRoute)))


def one_after_the_other(route: APIRoute) -> str:
    return f"served_{route.name}"


def app_of(router: APIRouter, prefix: str = "") -> FastAPI:
    app = FastAPI()
    app.router.routes.extend(route.below(prefix, one_after_the_other) for route in router.routes)  # type: ignore[attr-defined]  # they are late ones
    return app


def facts(route: Any) -> dict[str, Any]:
    """What FastAPI knows of a route, but for the objects that are made for each."""
    made = {"app", "endpoint", "dependant", "response_field", "response_fields", "body_field"}
    return {name: value for name, value in vars(route).items() if name not in made and not name.startswith("_late_")}


def test_a_route_is_built_when_it_is_first_asked_for_and_no_other_with_it() -> None:
    client = TestClient(app_of(late_cats()))
    assert built == []
    for _ in range(2):
        assert client.get("/cats/3?shown=true").json() == {"name": "3 True"}
        assert built == ["/cats/{number}"]
    assert client.get("/cats/x").status_code == 422
    assert client.delete("/cats").status_code == 405
    assert built == ["/cats/{number}"]


def test_built_late_or_at_once_it_is_the_same_route() -> None:
    for late, usual in zip(late_cats().routes, cats(APIRouter()).routes, strict=True):
        assert isinstance(late, LateRoute)
        assert isinstance(late, APIRoute)
        assert isinstance(late.dependant, Dependant)
        assert facts(late) == facts(usual)
        assert set(vars(usual)) <= set(vars(late))


def test_an_app_serves_it_under_its_prefix_and_by_its_name() -> None:
    app = app_of(late_cats(), "/all")
    usual = FastAPI(generate_unique_id_function=one_after_the_other)
    usual.include_router(cats(APIRouter()), prefix="/all")
    assert app.openapi() == usual.openapi()
    assert TestClient(app).post("/all/cats", json={"name": "Tom"}).json() == {"name": "Tom"}


def test_the_next_app_goes_on_with_what_was_built() -> None:
    router = late_cats()
    for _ in range(2):
        assert TestClient(app_of(router)).get("/cats/1").status_code == 200
    assert built == ["/cats/{number}"]


def test_fastapi_includes_it_as_any_other() -> None:
    app = FastAPI()
    app.include_router(late_cats(), prefix="/all")
    assert TestClient(app).get("/all/cats/1").json() == {"name": "1 False"}


def test_many_threads_build_it_once() -> None:
    (route, _) = late_cats().routes
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: route.dependant, range(32)))  # type: ignore[attr-defined]  # they are late ones
    assert built == ["/cats/{number}"]
    assert all(one is found[0] for one in found)


def test_what_is_wrong_with_its_types_is_said_at_each_look() -> None:
    router = built_late(APIRouter())

    @router.get("/cats")
    def cats() -> Whiskers:
        return Whiskers()

    (route,) = router.routes
    for _ in range(2):
        with pytest.raises(Exception, match="Invalid args for response field"):
            route.app  # type: ignore[attr-defined]  # noqa: B018  # a late one; the look is what raises


def test_python_may_copy_it_and_ask_for_what_no_route_has() -> None:
    (route, _) = late_cats().routes
    assert copy.copy(route) == route
    assert built == []
    assert not hasattr(route, "whiskers")


def test_the_module_loads_no_web_framework() -> None:
    code = "import sys, faceforge_sdk.routing; print({'fastapi', 'starlette'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"
