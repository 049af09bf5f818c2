"""The faults that scripts/mutations.py puts into Core: each still fits the code, and names tests that are there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture(scope="module")
def mutations() -> Iterator[Any]:
    """The script, as a module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(SCRIPTS)
        import mutations as script

        yield script
    for name in ("mutations", "mutations_list"):
        del sys.modules[name]


def test_every_mutation_still_fits_the_code_and_its_tests_are_there(mutations: Any) -> None:
    found = {one.name: mutations.problems_of(one) for one in mutations.MUTATIONS}
    assert len(found) == len(mutations.MUTATIONS), "two have one name"
    assert {name: problems for name, problems in found.items() if problems} == {}


@pytest.fixture
def small_tree(tmp_path: Path) -> Path:
    """A module, a test that looks at one of its two numbers, and nothing of Core."""
    (tmp_path / "sdk").mkdir()
    (tmp_path / "sdk" / "numbers_of_it.py").write_text("SEEN = 1\nUNSEEN = 2\n")
    (tmp_path / "test_it.py").write_text(
        "from numbers_of_it import SEEN\n\n\ndef test_what_is_seen():\n    assert SEEN == 1\n"
    )
    return tmp_path


def test_a_mutation_that_no_test_sees_survives_and_the_file_is_as_it_was(
    mutations: Any, small_tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # they take longer to load than these tests to run

    def mutation(text: str, instead: str, *tests: str) -> Any:
        return mutations.Mutation(
            "x", "sdk/numbers_of_it.py", text, instead, tests or ("test_it.py::test_what_is_seen",)
        )

    before = (small_tree / "sdk" / "numbers_of_it.py").read_text()

    assert mutations.is_caught(small_tree, mutation("SEEN = 1\n", "SEEN = 3\n"), 1)
    assert not mutations.is_caught(small_tree, mutation("UNSEEN = 2", "UNSEEN = 3"), 2)
    assert (small_tree / "sdk" / "numbers_of_it.py").read_text() == before
    with pytest.raises(SystemExit, match="could not be run"):
        mutations.is_caught(small_tree, mutation("SEEN = 1\n", "SEEN =\n"), 3)
    assert mutations.problems_of(mutation("SEEN", "x"), small_tree) == [
        "the text to change is 2 times in sdk/numbers_of_it.py"
    ]
    assert mutations.problems_of(mutation("UNSEEN", "UNSEEN", "test_it.py::test_what"), small_tree) == [
        "it changes nothing",
        "there is no test test_it.py::test_what",
    ]


def test_the_list_needs_no_run() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / "mutations.py"), "--list", "--only", "flushed"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "an upload's bytes are not flushed" in done.stdout.splitlines()
