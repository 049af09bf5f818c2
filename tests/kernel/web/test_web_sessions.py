"""Browser sign-ins: limited, revocable, bound to the token."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from faceforge_core.auth import InstallToken, session_digest
from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import sessions as table
from faceforge_core.web.sessions import LIFETIME_SECONDS, SessionStore
from faceforge_sdk.errors import TooManyRequests, Unauthorized

if TYPE_CHECKING:
    from faceforge_core.db.engine import Database

TOKEN = "a-token-that-nobody-guesses"
ROWS = prepare(select(table))


@dataclass
class SignIns:
    database: Database
    token: str = TOKEN
    now: float = 1_700_000_000.0
    limit: int = 10
    store: SessionStore = field(init=False)

    def __post_init__(self) -> None:
        self.store = self.another()

    def another(self) -> SessionStore:
        """What a Core that was started again has."""
        token = InstallToken(lambda: self.token)
        clock = {"clock": lambda: self.now, "monotonic": lambda: self.now}
        return SessionStore(self.database, token, lambda: self.limit, self.rotate, **clock)

    def rotate(self) -> str:
        self.token = "another-token-that-nobody-guesses"  # of this test alone
        return self.token

    def fail(self, times: int) -> None:
        for _ in range(times):
            with pytest.raises(Unauthorized):
                self.store.sign_in("wrong")

    def rows(self) -> list[tuple[object, ...]]:
        with self.database.read() as reader:
            return [tuple(row) for row in reader.all(ROWS)]


@pytest.fixture
def sign_ins(database: Database) -> SignIns:
    return SignIns(database)


def test_a_session_is_good_at_once_and_after_a_restart(sign_ins: SignIns) -> None:
    session = sign_ins.store.sign_in(f" {TOKEN}\n")
    assert sign_ins.store.valid(session)
    assert sign_ins.another().valid(session)
    assert not sign_ins.store.valid(session[:-1])
    assert not sign_ins.store.valid("")


def test_b21_neither_the_session_nor_the_token_can_be_read_from_the_database(sign_ins: SignIns) -> None:
    session = sign_ins.store.sign_in(TOKEN)
    assert session != TOKEN
    assert [row[0] for row in sign_ins.rows()] == [session_digest(session)]
    assert TOKEN not in str(sign_ins.rows())


def test_a10_after_ten_failures_in_a_minute_even_the_right_token_waits(sign_ins: SignIns) -> None:
    sign_ins.fail(10)
    sign_ins.now += 20
    with pytest.raises(TooManyRequests) as refused:
        sign_ins.store.sign_in(TOKEN)
    assert 40 <= refused.value.retry_after <= 41
    sign_ins.now += refused.value.retry_after
    assert sign_ins.store.valid(sign_ins.store.sign_in(TOKEN))


def test_a10_good_sign_ins_do_not_count(sign_ins: SignIns) -> None:
    sign_ins.fail(9)
    for _ in range(20):
        sign_ins.store.sign_in(TOKEN)
    sign_ins.fail(1)
    with pytest.raises(TooManyRequests):
        sign_ins.store.sign_in(TOKEN)


def test_a10_a_refused_attempt_does_not_prolong_the_wait(sign_ins: SignIns) -> None:
    sign_ins.fail(10)
    for _ in range(5):
        sign_ins.now += 10
        with pytest.raises(TooManyRequests):
            sign_ins.store.sign_in("wrong")
    sign_ins.now += 11
    sign_ins.store.sign_in(TOKEN)


def test_a15_a_session_that_was_signed_out_is_worth_nothing(sign_ins: SignIns) -> None:
    kept, revoked = sign_ins.store.sign_in(TOKEN), sign_ins.store.sign_in(TOKEN)
    assert sign_ins.store.valid(revoked)
    sign_ins.store.sign_out(revoked)
    assert not sign_ins.store.valid(revoked)
    assert not sign_ins.another().valid(revoked)
    assert sign_ins.store.valid(kept)
    sign_ins.store.sign_out("unknown")


def test_a16_a_new_token_ends_every_session_also_those_in_memory(sign_ins: SignIns) -> None:
    session = sign_ins.store.sign_in(TOKEN)
    assert sign_ins.store.valid(session)
    sign_ins.token = "a-second-token-entirely"
    assert not sign_ins.store.valid(session)
    assert not sign_ins.another().valid(session)
    with pytest.raises(Unauthorized):
        sign_ins.store.sign_in(TOKEN)


def test_a_session_lives_thirty_days_and_its_row_goes_with_a_later_sign_in(sign_ins: SignIns) -> None:
    session = sign_ins.store.sign_in(TOKEN)
    sign_ins.now += LIFETIME_SECONDS - 1
    assert sign_ins.store.valid(session)
    sign_ins.now += 2
    assert not sign_ins.store.valid(session)
    assert len(sign_ins.rows()) == 1
    sign_ins.store.sign_in(TOKEN)
    assert len(sign_ins.rows()) == 1


@pytest.mark.parametrize(("jump", "still_good"), [(-3600.0, True), (-365 * 86400.0, True), (365 * 86400.0, False)])
def test_a_clock_that_jumps_ends_sessions_early_at_most(sign_ins: SignIns, jump: float, still_good: bool) -> None:
    session = sign_ins.store.sign_in(TOKEN)
    sign_ins.now += jump
    assert sign_ins.store.valid(session) is still_good
    assert sign_ins.store.valid(sign_ins.store.sign_in(TOKEN)), "whoever signs in now is signed in"


def test_b13_asking_whether_a_session_is_good_writes_nothing(sign_ins: SignIns) -> None:
    session = sign_ins.store.sign_in(TOKEN)
    generation = sign_ins.database.generation
    for _ in range(3):
        sign_ins.another().valid(session)
        sign_ins.store.valid("nonsense")
    assert sign_ins.database.generation == generation


def test_sign_ins_are_listed_and_ended_one_by_one_or_all_but_one(sign_ins: SignIns) -> None:
    first = sign_ins.store.sign_in(TOKEN)
    sign_ins.now += 60
    second, third = sign_ins.store.sign_in(TOKEN), sign_ins.store.sign_in(TOKEN)
    listed = sign_ins.store.list()
    keys = [sign_ins.store.key_of(session) for session in (first, second, third)]
    assert {one.key for one in listed} == set(keys)
    assert listed[-1].key == keys[0]  # the latest first
    assert not {first, second, third} & {one.key for one in listed}  # what is listed opens nothing
    assert not sign_ins.store.valid(keys[0])
    assert all(map(sign_ins.store.valid, (first, second, third)))
    assert sign_ins.store.revoke(keys[1])
    assert not sign_ins.store.revoke(keys[1])
    assert not sign_ins.store.valid(second)
    assert sign_ins.store.revoke_others(third) == 1
    assert [sign_ins.store.valid(session) for session in (first, third)] == [False, True]


def test_a_sign_in_that_ran_out_or_whose_token_is_gone_is_not_listed(sign_ins: SignIns) -> None:
    session = sign_ins.store.sign_in(TOKEN)
    sign_ins.now += LIFETIME_SECONDS
    assert sign_ins.store.list() == []
    sign_ins.now -= LIFETIME_SECONDS
    assert len(sign_ins.store.list()) == 1
    fresh = sign_ins.store.rotate_token()
    assert sign_ins.store.list() == []
    assert not sign_ins.store.valid(session)
    assert sign_ins.store.token() == fresh
    assert sign_ins.store.valid(sign_ins.store.sign_in(fresh))
