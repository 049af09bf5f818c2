from __future__ import annotations

import pytest

from faceforge_core.auth import InstallToken, is_weak, new_session_id, new_token, session_digest

TOKEN = "correct-horse-battery-staple"


@pytest.mark.parametrize(
    "candidate",
    [
        TOKEN[:-1] + "x",
        TOKEN[:-1],
        TOKEN + " ",
        TOKEN + TOKEN,
        "",
        " ",
        TOKEN.upper(),
        "t" * 1_000_000,
    ],
)
def test_a04_everything_but_the_exact_token_is_refused(candidate: str) -> None:
    assert not InstallToken(lambda: TOKEN).accepts(candidate.encode())


def test_the_exact_token_is_accepted() -> None:
    assert InstallToken(lambda: TOKEN).accepts(TOKEN.encode())


@pytest.mark.parametrize("candidate", [b"\xe9", b"\xff\xfe", b"\x00", "tökén".encode("latin-1")])
def test_a05_bytes_that_are_no_ascii_are_refused_and_raise_nothing(candidate: bytes) -> None:
    assert not InstallToken(lambda: TOKEN).accepts(candidate)
    assert not InstallToken(lambda: "tökén").accepts(candidate)


@pytest.mark.parametrize("token", [None, "", "   "])
def test_without_a_token_nobody_comes_in(token: str | None) -> None:
    for candidate in (b"", b" ", b"   ", b"None"):
        assert not InstallToken(lambda: token).accepts(candidate)


def test_a_rotated_token_counts_at_once_and_changes_the_fingerprint() -> None:
    tokens = [new_token(), new_token()]
    guard = InstallToken(lambda: tokens[0])
    before = guard.fingerprint()
    assert guard.fingerprint() == before

    old = tokens.pop(0)

    assert not guard.accepts(old.encode())
    assert guard.accepts(tokens[0].encode())
    assert guard.fingerprint() != before


def test_fingerprint_and_digest_do_not_give_away_what_they_stand_for() -> None:
    session = new_session_id()
    assert TOKEN not in InstallToken(lambda: TOKEN).fingerprint()
    assert session not in session_digest(session)
    assert session_digest(session) == session_digest(session.encode())
    assert session_digest(session) != InstallToken(lambda: session).fingerprint()


def test_new_tokens_and_sessions_are_long_and_never_the_same() -> None:
    made = {make() for make in (new_token, new_session_id) for _ in range(100)}
    assert len(made) == 200
    assert all(len(value) == 43 and value.isascii() for value in made)


def test_a17_a_token_below_sixteen_characters_is_weak() -> None:
    assert is_weak("x" * 15)
    assert is_weak("x" * 15 + " " * 10)
    assert not is_weak("x" * 16)
