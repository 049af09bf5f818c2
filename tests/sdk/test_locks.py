"""Locks by key: one holder each, and nothing kept of those that nobody needs."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from faceforge_sdk.locks import KeyLocks


def test_only_one_at_a_time_holds_a_key_and_others_are_not_held_up() -> None:
    locks, inside, most = KeyLocks(), [0], [0]

    def work(number: int) -> None:
        with locks.holding("same"):
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            with locks.holding(f"own {number}"):
                inside[0] -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(400)))
    assert most == [1]


def test_who_waits_gets_the_key_when_it_is_free_again() -> None:
    locks, order = KeyLocks(), []
    with ThreadPoolExecutor(1) as pool:
        with locks.holding("key"):
            started = threading.Event()

            def wait() -> None:
                started.set()
                with locks.holding("key"):
                    order.append("second")

            waiting = pool.submit(wait)
            started.wait()
            order.append("first")
        waiting.result(60)
    assert order == ["first", "second"]


def test_a_key_is_free_again_after_an_error_and_nothing_is_kept() -> None:
    locks = KeyLocks()
    with pytest.raises(LookupError), locks.holding("key"):
        raise LookupError
    with locks.holding("key"):
        pass
    assert locks._held == {}


def test_several_keys_are_held_at_once_whatever_order_they_are_named_in() -> None:
    locks, inside, most = KeyLocks(), [0], [0]

    def work(number: int) -> None:
        keys = ["a", "b", "c", "b"]
        with locks.holding_all(keys if number % 2 else reversed(keys)):
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            inside[0] -= 1
        with locks.holding("b"):
            pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(400), timeout=60))
    assert (most, locks._held) == ([1], {})


def test_who_holds_one_of_several_keys_keeps_the_others_waiting_and_nobody_else() -> None:
    locks, done = KeyLocks(), threading.Event()

    def hold_several() -> None:
        with locks.holding_all(["a", "b"]):
            done.set()

    with ThreadPoolExecutor(1) as pool:
        with locks.holding("b"):
            waiting = pool.submit(hold_several)
            with locks.holding("c"):
                assert not done.wait(0.05)
        waiting.result(60)
    assert locks._held == {}
