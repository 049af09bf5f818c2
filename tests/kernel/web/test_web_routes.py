"""The app of one generation, and what is refused before it is built."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import APIRouter, Request, WebSocket
from pydantic import BaseModel, InstanceOf
from pydantic.errors import PydanticInvalidForJsonSchema
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Host, Match, Mount
from starlette.routing import Route as PlainRoute
from starlette.testclient import TestClient

from faceforge_core.owned import Owned
from faceforge_core.web.live import LiveRoutes
from faceforge_core.web.routes import BodyPaths, RouteRefused, build_app, try_router, upload_paths
from faceforge_sdk import Envelope, Router, ok

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

HOST = "http://127.0.0.1"


def answering(text: str, path: str = "/x", **options: Any) -> Router:
    router = APIRouter()

    @router.get(path)
    def answer() -> str:
        return text

    return Router(router, **options)


def client_of(*owned: Owned[Router]) -> TestClient:
    return TestClient(LiveRoutes(build_app(owned, {})), base_url=HOST)


def test_p08_a_plugin_is_kept_under_its_own_id(door) -> None:
    theirs = [Owned("eve", answering("v1", "/v1/entities")), Owned("eve", answering("ui", "/login", area="ui"))]
    client = client_of(*theirs)
    assert client.get("/v1/plugins/eve/v1/entities").json() == "v1"
    assert client.get("/ui/plugins/eve/login").json() == "ui"
    for path in ("/v1/entities", "/ui/login", "/login"):
        assert client.get(path).status_code == 404


def test_p08_a_builtin_answers_first_whatever_the_order() -> None:
    switch = Owned("faceforge.plugins_api", answering("switch", "/v1/plugins/{plugin_id}/enable"))
    thief = Owned("eve", answering("thief", "/enable"))
    assert client_of(thief, switch).get("/v1/plugins/eve/enable").json() == "switch"


def test_p08_a_plugin_stands_behind_the_credential_wherever_it_is(door) -> None:
    door.live.app = build_app(
        [Owned("eve", answering("x", "/healthz")), Owned("eve", answering("x", "/login", area="ui"))], {}
    )
    for path in ("/v1/plugins/eve/healthz", "/ui/plugins/eve/login"):
        assert door.ask("GET", path).status == 401


@pytest.mark.parametrize(
    "options",
    [{"area": "/"}, {"area": "V1"}, {"prefix": "x"}, {"prefix": "/x/"}, {"prefix": "/../../v1"}, {"prefix": "/{a}"}],
)
def test_p08_a_prefix_that_leads_elsewhere_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(RouteRefused):
        try_router(Owned("eve", answering("x", **options)))


async def plain(_: Request) -> PlainTextResponse:
    return PlainTextResponse("here")


class Anywhere(BaseRoute):
    """A route of one's own making, which would match whatever it likes."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return Match.FULL, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("everywhere")(scope, receive, send)


def test_p08_a_route_for_a_host_is_refused() -> None:
    router = APIRouter()
    router.routes.append(Host("127.0.0.1", app=PlainRoute("/", plain)))
    with pytest.raises(RouteRefused, match="Host"):
        try_router(Owned("eve", Router(router)))


def test_p08_a_route_that_matches_everything_is_served_nowhere() -> None:
    router = APIRouter()
    router.routes.append(Anywhere())
    client = client_of(Owned("eve", Router(router)))
    for path in ("/v1/entities", "/v1/plugins/eve", "/v1/plugins/eve/x", "/"):
        assert client.get(path).status_code == 404


def test_p08_mounts_sockets_and_plain_routes_stay_under_the_prefix() -> None:
    inner = APIRouter()
    inner.routes.append(Mount("/mount", routes=[PlainRoute("/page", plain)]))
    inner.add_route("/plain", plain)

    @inner.websocket("/talk")
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    router = APIRouter()
    router.include_router(inner, prefix="/inner")
    owned = Owned("eve", Router(router, prefix="/outer"))
    try_router(owned)
    client = client_of(owned)
    for path in ("/mount/page", "/plain"):
        assert client.get(f"/v1/plugins/eve/outer/inner{path}").text == "here"
        assert client.get(path).status_code == 404
        assert client.get(f"/inner{path}").status_code == 404
    with client.websocket_connect("/v1/plugins/eve/outer/inner/talk"):
        pass


def test_a_model_that_cannot_be_described_is_its_own_plugins_error() -> None:
    class Odd(BaseModel):
        router: InstanceOf[APIRouter]

    router = APIRouter()
    router.add_api_route("/x", lambda: None, methods=["POST"], response_model=Odd)
    with pytest.raises(PydanticInvalidForJsonSchema):
        try_router(Owned("eve", Router(router)))


def test_a_trial_leaves_no_trace_in_the_router() -> None:
    owned = Owned("eve", answering("x"))
    before = list(owned.value.router.routes)
    try_router(owned)
    try_router(owned)
    assert owned.value.router.routes == before
    assert build_app([owned], {}).openapi() == build_app([owned], {}).openapi()


def test_routes_are_swapped_whole_and_openapi_with_them() -> None:
    one, two = Owned("faceforge.one", answering("1", "/v1/one")), Owned("faceforge.two", answering("2", "/v1/two"))
    live = LiveRoutes(build_app([one], {}))
    client = TestClient(live, base_url=HOST)
    assert client.get("/v1/two").status_code == 404
    live.app = build_app([one, two], {})
    assert client.get("/v1/two").json() == "2"
    assert set(client.get("/openapi.json").json()["paths"]) == {"/v1/one", "/v1/two"}
    live.app = build_app([one], {})
    assert client.get("/v1/two").status_code == 404
    assert live.app.openapi() == build_app([one], {}).openapi()


def test_the_description_says_who_may_call_and_what_an_error_looks_like() -> None:
    router = APIRouter()

    @router.get("/healthz")
    def health() -> str:
        return ""

    @router.api_route("/v1/both", methods=["GET", "POST"])
    def both(number: int = 1) -> Envelope[int]:
        return ok(number)

    @router.get("/ui/page")
    def page() -> str:
        return ""

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        schema = build_app([Owned("faceforge.x", Router(router))], {}).openapi()
    assert set(schema["paths"]) == {"/healthz", "/v1/both"}
    for operation in schema["paths"]["/v1/both"].values():
        assert [set(one) for one in operation["security"]] == [{"bearer"}, {"token"}, {"session"}]
        assert operation["responses"]["default"] == {"$ref": "#/components/responses/Error"}
        assert operation["responses"]["422"] == {"$ref": "#/components/responses/Error"}
    assert schema["paths"]["/healthz"]["get"]["security"] == []
    assert set(schema["components"]["securitySchemes"]) == {"bearer", "token", "session"}
    error = schema["components"]["responses"]["Error"]["content"]["application/json"]["schema"]["$ref"]
    assert error.rpartition("/")[2] in schema["components"]["schemas"]
    assert "HTTPValidationError" not in str(schema)


def test_a_slash_too_many_is_forgiven_as_v019_did() -> None:
    client = client_of(Owned("faceforge.x", answering("x", "/v1/things")))
    assert client.get("/v1/things/").json() == "x"


def test_upload_paths_carry_the_prefix_and_know_parameters() -> None:
    ours = Owned("faceforge.x", Router(APIRouter(), uploads=("/v1/upload",)))
    theirs = Owned("eve", Router(APIRouter(), prefix="/p", uploads=("/{item}/file",)))
    found = upload_paths([ours, theirs])
    for path in ("/v1/upload", "/v1/plugins/eve/p/7/file"):
        assert path in found
    for path in ("/v1/upload/", "/v1/uploads", "/7/file", "/v1/plugins/eve/p/7/8/file", "/v1/plugins/eve/v1/upload"):
        assert path not in found
    assert "/" not in BodyPaths(())
    with pytest.raises(RouteRefused, match="uploads or bulk"):
        try_router(Owned("eve", Router(APIRouter(), uploads=("file",))))
