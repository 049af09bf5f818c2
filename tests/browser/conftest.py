"""A real browser on a real Core, and pages that tell whatever went wrong on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from re import Pattern
    from typing import NoReturn

    import httpx
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, Route

OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--force-color-profile=srgb"]
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} refused ${event.blockedURI} ${event.sample}`));
"""
HANDS_OFF_UNTIL_SCRIPTS_RAN = """
if (document.readyState === "loading") {
  const root = () => document.documentElement;
  const observer = new MutationObserver(() => keepOff());
  const keepOff = () => {
    if (!root()) return;
    observer.disconnect();
    root().style.pointerEvents = "none";
  };
  observer.observe(document, { childList: true });
  keepOff();
  document.addEventListener("DOMContentLoaded", () => {
    root().style.removeProperty("pointer-events");
    if (!root().getAttribute("style")) root().removeAttribute("style");
  });
}
"""
"""A click waits for a page's scripts, as whoever sees the page does: what it does without them has tests of its own.

Keys don't wait: behind what shows that a new page is there, `page.wait_for_load_state()` does.
"""

PATIENT_NOTICES = """
const { setTimeout } = window;
window.setTimeout = (work, ms, ...more) => setTimeout.call(window, work, ms === 12_000 ? 120_000 : ms, ...more);
"""
"""A notice with its Undo stays ten times as long: a busy machine may be that slow to come to it."""

PATIENCE_MS = 60_000


@dataclass
class Watch:
    """What went wrong on a page: errors of console and scripts, refused content, failed requests.

    `expected` are the statuses that this test provokes on purpose; ``0`` stands for requests that never arrive.
    """

    problems: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)

    def over(self, context: BrowserContext) -> None:
        """Watch all pages of a context."""
        context.add_init_script(REPORT_VIOLATIONS)
        context.add_init_script(HANDS_OFF_UNTIL_SCRIPTS_RAN)
        context.add_init_script(f"{{{PATIENT_NOTICES}}}")
        context.on("console", self._console)
        context.on("weberror", lambda error: self.problems.append(f"script: {error.error}"))
        context.on("response", self._response)
        context.on("requestfailed", self._request_failed)

    def _console(self, message: ConsoleMessage) -> None:
        # What the network reports is judged where its status is known.
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            self.problems.append(f"console: {message.text}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.problems.append(f"{response.status}: {response.request.method} {response.url}")

    def _request_failed(self, request: Request) -> None:
        # A page that is left, or a newer search, takes its own requests back.
        if request.failure != "net::ERR_ABORTED" and 0 not in self.expected:
            self.problems.append(f"failed: {request.method} {request.url} ({request.failure})")


@pytest.fixture(scope="module")
def core(core_process: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One Core for the tests of a file."""
    process = core_process(tmp_path_factory.mktemp("browser") / "home", {}, ())
    yield process.wait_until_healthy()
    process.close()


@pytest.fixture
def api(core: Any) -> httpx.Client:
    """The API, as a program uses it."""
    client: httpx.Client = core.client()
    return client


@pytest.fixture(scope="module")
def browser(chromium: str | None) -> Iterator[Browser | None]:
    """The system's Chromium, or None. Stopped with the file: while it runs, this thread has an event loop."""
    if chromium is None:
        yield None
        return
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=OPTIONS)
        yield found
        found.close()


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def open_page(
    browser: Browser | None, core: Any, watch: Watch, cannot_run: Callable[[str], NoReturn]
) -> Iterator[Callable[..., Page]]:
    """Opens a page of a fresh browser: ``open_page("/ui/entities", width=320, signed_in=True, **context)``.

    The test fails in the end if anything went wrong on any of its pages.
    """
    if browser is None:
        cannot_run("chromium is not installed")
    contexts: list[BrowserContext] = []

    def open_one(
        path: str = "/ui/entities", *, width: int = 1280, height: int = 860, signed_in: bool = True, **options: Any
    ) -> Page:
        context = browser.new_context(
            base_url=core.url, viewport={"width": width, "height": height}, locale="en-GB", **options
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        if signed_in:
            context.request.post("/ui/login", form={"token": core.token})
        watch.over(context)
        page = context.new_page()
        page.goto(path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert watch.problems == []


@pytest.fixture
def create(api: httpx.Client) -> Callable[..., str]:
    """Creates an entity and returns its id: ``create("Ada", tags=["mathematician"])``."""

    def make(name: str, **values: Any) -> str:
        answer = api.post("/v1/entities", json={"display_name": name, **values})
        return str(answer.raise_for_status().json()["data"]["entity_id"])

    return make


class Held:
    """Requests of a page that wait, as on a slow connection, until each is let go."""

    def __init__(self, page: Page, address: str | Pattern[str], method: str) -> None:
        self._page = page
        self._waiting: list[Route] = []
        self._method = method
        self._over = False
        self.count = 0
        page.route(address, self._take)

    def _take(self, route: Route) -> None:
        if self._over or route.request.method != self._method:
            route.fallback()
            return
        self._waiting.append(route)
        self.count += 1

    def next(self) -> Route:
        """The request that has waited longest, once there is one."""
        self._page.wait_for_timeout(0)
        while not self._waiting:
            self._page.wait_for_timeout(10)  # in which the page is listened to
        return self._waiting.pop(0)

    def end(self) -> None:
        """Hold no further requests; those that wait go on waiting."""
        self._over = True

    def answered(self) -> Callable[[], None]:
        """Core answers that request now; what is returned lets the page have the answer."""
        route = self.next()
        answer = route.fetch()
        return lambda: route.fulfill(response=answer)


@pytest.fixture
def hold() -> Callable[..., Held]:
    """Holds requests: ``hold(page, re.compile(r"\\?q=ada$"))``, ``hold(page, "**/order", "POST")``."""

    def make(page: Page, address: str | Pattern[str], method: str = "GET") -> Held:
        return Held(page, address, method)

    return make


HOLD_REMOVAL = """() => {
    const real = window.fetch;
    const made = Promise.withResolvers();
    window.made = made.promise;
    window.fetch = async (...asked) => {
        const answer = await real(...asked);
        if (!String(asked[0]).endsWith("/unlink")) return answer; // The page asks for more by itself.
        window.fetch = real;
        made.resolve();
        await new Promise((resolve) => (window.letGo = resolve));
        return answer;
    };
}"""


class LateRemoval:
    """The next removal of a file from an entity is done at once, and its answer comes when it is let go.

    `Held` holds requests; that of a form is redirected, and only its script knows when the page behind that has come.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        page.evaluate(HOLD_REMOVAL)

    def await_made(self) -> None:
        """Until the answer is there."""
        self._page.evaluate("() => made")

    def let_go(self) -> None:
        """Let the page have it."""
        self._page.evaluate("() => letGo()")


@pytest.fixture
def late_removal() -> type[LateRemoval]:
    """``removal = late_removal(page)``, before its button is pressed."""
    return LateRemoval


@pytest.fixture
def drop_files() -> Callable[..., None]:
    """Drops files on a page as a hand does: ``drop_files(page, ("photo.png", "image/png", content), …)``."""

    def drop(page: Page, *files: tuple[str, str, bytes]) -> None:
        page.wait_for_load_state()  # its scripts listen
        carried = page.evaluate_handle(
            """(files) => {
                const transfer = new DataTransfer();
                for (const [name, type, bytes] of files)
                    transfer.items.add(new File([new Uint8Array(bytes)], name, { type }));
                return transfer;
            }""",
            [[name, media_type, list(content)] for name, media_type, content in files],
        )
        for event in ("dragenter", "dragover", "drop"):
            page.dispatch_event("main", event, {"dataTransfer": carried})

    return drop
