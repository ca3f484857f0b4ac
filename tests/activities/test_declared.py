"""Declaring activities: what is taken, what is refused, and what a function stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from repertory.actors import (
    RepertoryError,
    RetryPolicy,
    State,
    Workflow,
    activity,
    as_activity,
    current_activity,
)
from repertory.actors.activities import declared
from repertory.actors.activities.declared import activity_of, find_activity
from repertory.actors.errors import BadDefinition, UnknownActivity


@activity(retry=RetryPolicy(attempts=3), timeout=timedelta(minutes=1), kind="mail", limit=2)
def send_mail(to: str) -> str:
    """Send one."""
    return f"mail to {to}, {current_activity().key}"


def at_the_top() -> None: ...


async def fetch(url: str) -> str:
    return url


def test_the_function_stays_what_it_is() -> None:
    assert send_mail.__doc__ == "Send one."
    with as_activity(key="k-1"):
        assert send_mail("ada") == "mail to ada, k-1"


def test_it_is_found_by_its_name_and_by_itself() -> None:
    found = find_activity("send_mail")
    assert found is activity_of(send_mail) is activity_of("send_mail")
    assert (found.terms.timeout, found.kind, found.limit, found.on) == (60.0, "mail", 2, "thread")


def test_async_functions_run_on_the_loop_by_default() -> None:
    activity(name="fetch-a-page")(fetch)
    assert find_activity("fetch-a-page").on == "loop"


def test_defined_anew_it_is_the_newer_one() -> None:
    def declare(result: int) -> Any:
        @activity(name="reloaded")
        def reloaded() -> int:
            return result

        return reloaded

    declare(1)
    newer = declare(2)
    assert find_activity("reloaded").function is newer


def test_one_within_a_function_never_displaces_the_one_at_the_top() -> None:
    top = activity_of(send_mail)

    @activity(name="send_mail")
    def local(to: str) -> str:
        return to

    assert find_activity("send_mail") is activity_of(send_mail) is top
    with pytest.raises(BadDefinition, match=r"local is stored as 'send_mail'.*send_mail runs; "):
        activity_of(local)


def test_one_at_the_top_comes_before_one_within_a_function_that_was_there_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for known in (declared._known, declared._local):
        monkeypatch.delitem(known, "overtaken", raising=False)

    @activity(name="overtaken")
    def local() -> None: ...

    assert find_activity("overtaken").function is activity_of(local).function is local
    activity(name="overtaken")(at_the_top)
    assert find_activity("overtaken").function is at_the_top
    with pytest.raises(BadDefinition, match="give it another name"):
        activity_of(local)


def test_two_functions_with_one_name_are_refused() -> None:
    with pytest.raises(BadDefinition, match="both stored as 'send_mail'"):
        activity(name="send_mail")(test_the_function_stays_what_it_is)


def test_activities_of_one_kind_have_one_limit() -> None:
    def other() -> None: ...

    with pytest.raises(BadDefinition, match="one kind, 'mail', but differ"):
        activity(kind="mail", limit=3)(other)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"timeout": 0}, "timeout must be more than 0"),
        ({"timeout": "30"}, "timeout must be more than 0 seconds, not '30'"),
        ({"heartbeat_timeout": -1}, "heartbeat_timeout"),
        ({"retry": 5}, r"retry must be a RetryPolicy, such as RetryPolicy\(attempts=5\), not 5"),
        ({"limit": 0}, "limit must be 1 or more"),
        ({"rate": "often"}, "is no rate"),
        ({"on": "loop"}, "does not fit"),
        ({"on": "moon"}, "is nowhere"),
        ({"on": "process"}, "at its top"),
    ],
)
def test_what_can_not_be_is_refused_where_it_is_declared(
    options: dict[str, Any], says: str
) -> None:
    def local() -> None: ...

    with pytest.raises(BadDefinition, match=f"local: .*{says}"):
        activity(**options)(local)


def test_a_name_in_the_place_of_the_function_is_refused() -> None:
    with pytest.raises(BadDefinition, match="a name is given as name='charge'"):
        activity("charge")  # type: ignore[call-overload]


def test_a_function_that_is_not_declared_can_not_be_started() -> None:
    with pytest.raises(UnknownActivity, match="is no activity; put `@activity`"):
        activity_of(print)
    with pytest.raises(UnknownActivity, match="import the module"):
        find_activity("nowhere")


def test_outside_an_activity_there_is_no_current_one() -> None:
    with pytest.raises(RepertoryError, match="as_activity"):
        current_activity()


def test_heartbeats_in_a_test_of_the_function_alone_do_nothing() -> None:
    with as_activity(progress={"page": 3}) as current:
        assert current_activity().progress == {"page": 3}
        current_activity().heartbeat({"page": 4})
        assert not current_activity().cancelled
        current.cancel()
        assert current_activity().cancelled
        with pytest.raises(RepertoryError, match="can't be kept as JSON"):
            current_activity().heartbeat(object())


class Asking(Workflow):
    workflow_name = "asking-activities"
    here = State(initial=True)
    there = State()
    go = here.to(there)
    back = there.to(here)

    class Context:
        name: str = "x"

    def on_go(self, what: str) -> None:
        match what:
            case "undeclared":
                self.start_activity(print)
            case "arguments":
                self.start_activity(send_mail, "ada", "bob")
            case "json":
                self.start_activity(send_mail, object())
            case "event":
                self.start_activity(send_mail, "ada", done="nowhere")
            case "time":
                self.start_activity(send_mail, "ada", timeout=-1)
            case "retry":
                self.start_activity(send_mail, "ada", retry=3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("undeclared", "print is no activity"),
        ("arguments", "'send_mail' can't be called like this: too many positional"),
        ("json", r"arguments of activity 'send_mail' can't be kept as JSON: args\[0\]"),
        ("event", "Asking has no event 'nowhere'"),
        ("time", "timeout must be more than 0"),
        ("retry", r"retry must be a RetryPolicy, such as RetryPolicy\(attempts=3\)"),
    ],
)
def test_what_is_wrong_with_a_start_is_said_in_the_step(what: str, says: str) -> None:
    chart = Asking()  # without a system
    with pytest.raises(Exception, match=says):
        chart.go(what=what)


def method_and_class() -> Any:
    class Job:
        def run(self, context: Any) -> None: ...

    return Job


@pytest.mark.parametrize("wrong", ["load", method_and_class()])
def test_a_state_invokes_functions_only(wrong: Any) -> None:
    with pytest.raises(BadDefinition, match=r"state 'here' (invokes|uses as an invocation)"):

        class Wrong(Workflow):
            here = State(initial=True, invoke=wrong)
            there = State(final=True)
            go = here.to(there)


def test_a_state_does_not_invoke_methods() -> None:
    with pytest.raises(BadDefinition, match=r"invokes the method on_invoke_here\(\)"):

        class WrongByName(Workflow):
            here = State(initial=True)
            there = State(final=True)
            go = here.to(there)

            def on_invoke_here(self) -> None: ...

    with pytest.raises(BadDefinition, match=r"invokes the method work\(\)"):

        class WrongByDecorator(Workflow):
            here = State(initial=True)
            there = State(final=True)
            go = here.to(there)

            @here.invoke
            def work(self) -> None: ...
