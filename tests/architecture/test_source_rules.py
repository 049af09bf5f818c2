"""Rules of the source that no linter of ours knows: silenced checks, syntax, addresses of other hosts."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

OLDEST_SYNTAX = (3, 11)

SILENCES = re.compile(r"#\s*(?P<tool>noqa|type:\s*ignore|pyright|mypy:|ruff:|flake8:|isort:|pylint:)", re.IGNORECASE)
WITH_CODE_AND_REASON = re.compile(
    r"#\s*(noqa:\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*|type:\s*ignore\[[\w-]+(,\s*[\w-]+)*\])"
    r"[\s#:;,(–—-]+(?P<reason>\w+\W+\w+.*)"
)


def silenced_without_reason(source: str) -> list[int]:
    """The lines whose comment silences a check without naming which one, and why."""
    comments = [
        token for token in tokenize.generate_tokens(io.StringIO(source).readline) if token.type == tokenize.COMMENT
    ]
    return [
        token.start[0]
        for token in comments
        if SILENCES.search(token.string) and not WITH_CODE_AND_REASON.search(token.string)
    ]


@pytest.mark.parametrize(
    ("comment", "allowed"),
    [
        ("# noqa", False),
        ("# noqa: S608", False),
        ("# noqa: S608 - the table's name is ours", True),
        ("# noqa: BLE001, S110  # a plugin may raise anything", True),
        ("# type: ignore", False),
        ("# type: ignore[misc]", False),
        ("# type: ignore[misc]  # pluggy's markers are untyped", True),
        ("# ruff: noqa: S608", False),
        ("# noqa: S105  (a sentence)", True),
        ("# why this is so", True),
    ],
)
def test_the_rule_about_silenced_checks_wants_code_and_reason(comment: str, allowed: bool) -> None:
    assert (silenced_without_reason(f"x = 1  {comment}\n") == []) is allowed


def test_a_silenced_check_names_its_code_and_its_reason(own_python: list[Path], repository: Path) -> None:
    found = [
        f"{path.relative_to(repository).as_posix()}:{line}"
        for path in own_python
        for line in silenced_without_reason(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_the_syntax_is_that_of_the_oldest_python_we_promise(
    own_python: list[Path], pyproject: dict[str, Any], sdk_pyproject: dict[str, Any]
) -> None:
    promised = ">=" + ".".join(str(part) for part in OLDEST_SYNTAX)
    assert pyproject["project"]["requires-python"] == sdk_pyproject["project"]["requires-python"] == promised
    for path in own_python:
        ast.parse(path.read_text(encoding="utf-8"), filename=str(path), feature_version=OLDEST_SYNTAX)


def test_every_shipped_file_and_every_example_is_type_checked(
    own_python: list[Path], pyproject: dict[str, Any], repository: Path
) -> None:
    checked = {*pyproject["tool"]["mypy"]["files"], "tests", "benchmarks"}
    assert {path.relative_to(repository).parts[0] for path in own_python} <= checked


# Names that look like addresses and are never connected to.
IDENTIFIERS = ("json-schema.org", "www.w3.org")
THIS_MACHINE = ("127.0.0.1", "localhost", "[::1]", "testserver")
ADDRESS = re.compile(
    r"""(?:\b(?:https?|wss?|ftp):|(?:src|href|action|url|import)\s*[=(]?\s*["']?)//(?P<host>[^/\s"'<>)\\]+)"""
)


def other_hosts(text: str) -> list[str]:
    """The hosts other than this machine that a text points to; a placeholder is no host."""
    hosts = [match["host"] for match in ADDRESS.finditer(text)]
    return [
        host
        for host in hosts
        if not host.startswith(("{", "%", "$", "…", "..."))
        and host not in IDENTIFIERS
        and not any(host == own or host.startswith(f"{own}:") for own in THIS_MACHINE)
    ]


def strings_of(source: str) -> Iterator[str]:
    """A module's strings, without docstrings: a source may be named there, as in comments."""
    tree = ast.parse(source)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ('<script src="https://cdn.example/x.js">', ["cdn.example"]),
        ('<script src="//cdn.example/x.js">', ["cdn.example"]),
        ("@import url(//fonts.example/css)", ["fonts.example"]),
        ("http://127.0.0.1:8787/ui", []),
        ("http://{host}:{port}/", []),
        ('xmlns="http://www.w3.org/2000/svg"', []),
        ("http://localhost.evil.example/", ["localhost.evil.example"]),
        ("a // b", []),
    ],
)
def test_the_rule_about_addresses_sees_other_hosts(text: str, hosts: list[str]) -> None:
    assert other_hosts(text) == hosts


def test_nothing_we_ship_points_to_another_host(shipped: list[Path], repository: Path) -> None:
    found = []
    for path in shipped:
        if path.suffix in {".py", ".pyi"}:
            texts = list(strings_of(path.read_text(encoding="utf-8")))
        elif path.suffix in {".html", ".jinja", ".j2", ".css", ".js", ".json", ".svg", ".txt", ".webmanifest"}:
            texts = [path.read_text(encoding="utf-8")]
        else:
            continue
        found += [f"{path.relative_to(repository).as_posix()}: {host}" for text in texts for host in other_hosts(text)]
    assert found == []
