"""A09: what is secret is compared by compare_digest, never by == or !=, whose time tells how much was right."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET_NAME = re.compile(r"token|secret|password|session_id", re.IGNORECASE)


def names_in(node: ast.expr) -> Iterator[str]:
    """The names an operand is made of. A call, a subscript or an f-string of a secret is as secret as the secret."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr
        elif isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value.isidentifier():
            yield part.value  # config["install_token"]


def is_harmless(node: ast.expr) -> bool:
    """A literal text or number on its own, or a length or a type: comparing with it tells no secret's content."""
    call_of = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None
    return isinstance(node, ast.Constant) or call_of in {"len", "type"}


def unsafe_comparisons(source: str) -> list[int]:
    """Lines that compare something named like a secret with something that is no constant."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Compare)
        and any(isinstance(operator, ast.Eq | ast.NotEq) for operator in node.ops)
        and not any(is_harmless(operand) for operand in (node.left, *node.comparators))
        and any(SECRET_NAME.search(name) for operand in (node.left, *node.comparators) for name in names_in(operand))
    ]


def test_a09_no_secret_is_compared_by_equality(shipped_python: list[Path]) -> None:
    assert [
        f"{path}:{line}" for path in shipped_python for line in unsafe_comparisons(path.read_text(encoding="utf-8"))
    ] == []


@pytest.mark.parametrize(
    "line",
    [
        "token == given",
        "self._install_token != given",
        "given == config['install_token']",
        "given == secret_key.encode()",
        "a < b == row.session_id",
        "password[:8] == given[:8]",
        "request.headers['x'] == f'Bearer {token}'",
    ],
)
def test_a09_the_rule_sees_what_it_is_for(line: str) -> None:
    assert unsafe_comparisons(line) == [1]


@pytest.mark.parametrize(
    "line", ["len(token) == other", "compare_digest(token, given)", "token is None", "name == other", "token == ''"]
)
def test_a09_the_rule_lets_the_rest_be(line: str) -> None:
    assert unsafe_comparisons(line) == []
