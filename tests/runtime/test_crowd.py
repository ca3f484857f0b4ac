"""A crowd: very many children of one actor, of which nothing is kept but that they are there."""

from __future__ import annotations

from typing import Any

import pytest
from repertory.actors.runtime import (
    ActorStopped,
    Directive,
    PooledActor,
    Runtime,
    Scope,
    Strategy,
)
from repertory.actors.runtime.crowd import Crowd

from .actors import Caller


class Member(Caller):
    """Fails when it is told to, and knows what it was made with."""

    stop_on_failure = False

    def __init__(self, name: str) -> None:
        super().__init__()
        self.given = name
        self.failures = 0

    def origin(self) -> tuple[str]:
        return (self.given,)


class Boss(PooledActor):
    """Supervises a crowd."""

    supervision = Strategy(max_restarts=2, within=1000.0, directives={KeyError: Directive.ESCALATE})

    def __init__(self) -> None:
        super().__init__()
        self.crowd = Crowd(self.actor_inbox, self.supervision, Member.origin)


def crowd_in(runtime: Runtime) -> Crowd:
    crowd = runtime.start(Boss).actor_inbox.children
    assert isinstance(crowd, Crowd)
    return crowd


def fail(_: Any) -> None:
    raise ValueError("as asked")


def escalate(_: Any) -> None:
    raise KeyError("as asked")


def test_a_member_that_fails_is_made_again_behind_its_ref(runtime: Runtime) -> None:
    member = crowd_in(runtime).start(Member, "ada")
    member.ask(lambda self: setattr(self, "failures", 7))
    with pytest.raises(ValueError, match="as asked"):
        member.ask(fail)
    assert member.ask(lambda self: (self.given, self.failures)) == ("ada", 0)


@pytest.mark.parametrize("how", [fail, escalate])
def test_a_member_that_fails_too_often_ends_alone(runtime: Runtime, how: Any) -> None:
    crowd = crowd_in(runtime)
    one, other = crowd.start(Member, "one"), crowd.start(Member, "other")
    for _ in range(3 if how is fail else 1):
        with pytest.raises((ValueError, KeyError)):
            one.ask(how)
    assert one.actor_stopped.wait(20)
    with pytest.raises(ValueError, match="as asked"):
        other.ask(fail)
    assert other.ask(lambda self: self.given) == "other"
    assert crowd.refs == [other]
    assert list(crowd._restarts_of) == [other.actor_inbox]
    assert crowd.parent.ref.is_alive()
    assert crowd.parent.restarts == 0


def test_a_member_that_is_stopped_stays_away(runtime: Runtime) -> None:
    crowd = crowd_in(runtime)
    member = crowd.start(Member, "ada")
    assert member.stop()
    assert crowd.refs == []
    assert not member.is_alive()


def test_a_crowd_takes_no_siblings_along(runtime: Runtime) -> None:
    mailbox = runtime.start(Boss).actor_inbox
    with pytest.raises(ValueError, match="one for one, not one_for_all"):
        Crowd(mailbox, Strategy(Scope.ONE_FOR_ALL), Member.origin)


def the_youngest_member_stops_first_and_nobody_outlives_the_parent() -> None:
    runtime = Runtime("crowd", workers=2)
    try:
        crowd = crowd_in(runtime)
        parent = crowd.parent.ref
        members = [crowd.start(Member, str(number)) for number in range(20)]
        ended: list[Any] = []
        runtime.events.subscribe(lambda event: ended.append(event.ref), ActorStopped)
        parent.stop()
        assert parent.actor_stopped.wait(20)
        assert ended == [*reversed(members), parent]
    finally:
        assert runtime.shutdown(timeout=20)
    assert runtime.registry == {}


def test_the_youngest_stops_first() -> None:
    the_youngest_member_stops_first_and_nobody_outlives_the_parent()


def oldest_first(self: Crowd) -> list[Any]:
    return list(reversed(find(self)))


find = Crowd._mailboxes


@pytest.mark.parametrize("broken", [oldest_first, lambda self: []], ids=["oldest first", "nobody"])
def test_a_variant_that_breaks_it_is_caught(broken: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Crowd, "_mailboxes", broken)
    with pytest.raises(AssertionError):
        the_youngest_member_stops_first_and_nobody_outlives_the_parent()
