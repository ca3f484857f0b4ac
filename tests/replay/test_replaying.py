"""The replay as such: each row takes effect once, in order, whatever the case says to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repertory.actors import ActorSystem, Event, Lifecycle, Retention, State, Workflow
from repertory.actors.cli.errors import CommandFailed
from repertory.actors.cli.eventlog import LogEvent
from repertory.actors.cli.replay import (
    Activities,
    Replay,
    ReplayFailed,
    Report,
    Sent,
    at_end_key,
    is_row_key,
    row_data,
    row_key,
)
from repertory.actors.results import HistoryEntry

KEEP = Retention(count=None, days=None)


class Claim(Workflow):
    """A claim that can be reopened; `note` stays where it is, `trip` fails."""

    workflow_name = "Claim in test_replaying"

    opened = State(initial=True)
    checked = State()
    closed = State(final=True)
    check = Event(opened.to(checked), name="Check: the claim!")
    reopen = Event(checked.to(opened), name="Reopen")
    note = Event(opened.to(opened) | checked.to(checked), name="Note")
    trip = Event(opened.to(checked, on="stumble"), name="Trip")
    close = Event(checked.to(closed), name="Close")

    class Context:
        notes: tuple[str, ...] = ()

    def on_note(self, text: str | None = None, class_: str | None = None) -> None:
        self.context.notes = (*self.context.notes, f"{text}/{class_}")

    def stumble(self) -> None:
        raise ValueError("tripped")


def row(number: int, case: str, activity: str, **data: Any) -> LogEvent:
    when = datetime(2024, 1, 1, tzinfo=UTC).replace(microsecond=number)
    return LogEvent(row=number, case=case, activity=activity, timestamp=when, data=data)


def story(history: list[HistoryEntry]) -> list[tuple[Any, ...]]:
    """What a history says apart from times and store-wide numbers."""
    return [(e.kind, e.event, e.data, e.key, e.target, e.context, e.error) for e in history]


@pytest.fixture
def system() -> Iterator[ActorSystem]:
    with ActorSystem(retention=KEEP) as system:
        yield system


# --- activities and rows ---


@pytest.mark.parametrize(
    ("activity", "event"),
    [
        ("check", "check"),
        ("Check: the claim!", "check"),
        ("CHECK the_claim", "check"),
        ("check - the   claim", "check"),
        ("Close", "close"),
        ("Wave", None),
        ("", None),
        ("__initial__", None),
    ],
)
def test_an_activity_is_an_event_by_id_by_name_or_by_slug(activity: str, event: str | None) -> None:
    assert Activities(Claim).event(activity) == event


def test_an_activity_that_could_be_several_events_is_an_error() -> None:
    class Twice(Workflow):
        a = State(initial=True)
        b = State(final=True)
        one = Event(a.to(b), name="Go on")
        two = Event(a.to(b), name="go on")

    assert Activities(Twice).event("Go on") == "one"
    with pytest.raises(CommandFailed, match="one, two"):
        Activities(Twice).event("GO ON")


def test_names_that_python_or_the_chart_keeps_get_an_underscore() -> None:
    event = row(1, "c", "Note", **{"class": 1, "event": 2, "timestamp": 3, "org:who": 4})
    assert row_data(event) == {
        "class_": 1,
        "event_": 2,
        "timestamp_": 3,
        "org:who": 4,
        "timestamp": "2024-01-01T00:00:00.000001+00:00",
    }


@settings(deadline=None)
@given(names=st.lists(st.sampled_from(["a", "a_", "if", "if_", "if__", "state"]), unique=True))
def test_no_column_is_lost_to_another_ones_new_name(names: list[str]) -> None:
    data = row_data(row(1, "c", "Note", **{name: name for name in names}))
    del data["timestamp"]
    assert list(data.values()) == names


def test_a_key_tells_rows_apart_by_number_and_by_content() -> None:
    rows = [
        row(1, "c", "Note", text="a"),
        row(1, "c", "Note", text="b"),
        row(1, "c", "Notes", text="a"),
        row(1, "d", "Note", text="a"),
        LogEvent(1, "c", "Note", None, {"text": "a"}),
        row(2, "c", "Note", text="a"),
    ]
    keys = [row_key(one) for one in rows]
    assert len(set(keys)) == len(rows)
    assert row_key(row(1, "c", "Note", text="a")) == keys[0]
    assert all(map(is_row_key, keys))
    assert not any(map(is_row_key, [None, "pay-7", at_end_key("close"), keys[0] + "0"]))


# --- replaying ---


def test_rows_become_steps_of_their_cases_with_their_data(system: ActorSystem) -> None:
    rows = [row(1, "c1", "Note", text="a", **{"class": "x"}), row(2, "c2", "Check: the claim!")]
    sent = Replay(system, Claim).run(rows)
    assert (sent.rows, sent.sent, sent.earlier, sent.cases) == (2, 2, 0, {"c1", "c2"})
    assert system.get("c1").context.notes == ("a/x",)
    assert [entry.key for entry in system.get("c2").history()] == [None, row_key(rows[1])]


def test_what_a_case_cannot_take_is_kept_and_ends_nothing(system: ActorSystem) -> None:
    activities = ["Close", "Wave", "Trip", "done.state.x", "check", "Close", "Note"]
    rows = [row(n, "c1", activity) for n, activity in enumerate(activities, 1)]
    report = Report.read(system, Claim, Replay(system, Claim).run(rows))
    history = system.get("c1").history()
    assert [(e.kind, e.event) for e in history[1:]] == [
        ("refused", "close"),
        ("refused", "Wave"),
        ("failed", "trip"),
        ("refused", "done.state.x"),
        ("step", "check"),
        ("step", "close"),
        ("refused", "note"),
    ]
    assert [e.key for e in history[1:]] == [row_key(one) for one in rows]
    assert {(d.activity, d.kind, d.rows) for d in report.deviations} == {
        ("Close", "refused", 1),
        ("Wave", "unknown", 1),
        ("Trip", "failed", 1),
        ("done.state.x", "unknown", 1),
        ("Note", "refused", 1),
    }
    assert (report.kept, report.missing) == (7, 0)


def test_an_order_that_is_far_longer_than_the_window_is_kept(system: ActorSystem) -> None:
    rows = [row(n, f"c{n % 3}", "Note", text=str(n)) for n in range(1, 5001)]
    told: list[int] = []
    sent = Replay(system, Claim).run(rows, told=told.append)
    for case in range(3):
        notes = system.get(f"c{case}").context.notes
        assert notes == tuple(f"{one.row}/None" for one in rows if one.case == f"c{case}")
    assert told == sorted(told)
    assert told[-1] == sent.sent == 5000


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["c1", "c2", "c3"]),
        st.sampled_from(["check", "Reopen", "Note", "Trip", "Close", "Wave"]),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=40, deadline=None)
@given(steps=ROWS, data=st.data())
def test_stopped_anywhere_and_run_again_it_ends_as_if_it_had_run_once(
    steps: list[tuple[str, str]], data: st.DataObject
) -> None:
    rows = [row(n, case, activity) for n, (case, activity) in enumerate(steps, 1)]
    stops = data.draw(st.lists(st.integers(0, len(rows)), max_size=3))
    ends: list[Any] = []
    for cuts in (stops, []):
        with ActorSystem(retention=KEEP) as system:
            for cut in cuts:
                Replay(system, Claim).run(rows[:cut])
            sent = Replay(system, Claim, at_end="close").run(rows)
            assert sent.sent + sent.earlier == len(rows)
            assert sent.earlier == max(cuts, default=0)
            again = Replay(system, Claim, at_end="close").run(rows)
            assert (again.sent, again.earlier) == (0, len(rows))
            ends.append({r.id: story(system.get(r.id).history()) for r in system.list()})
            report = Report.read(system, Claim, again)
            assert (report.kept, report.missing) == (len(rows), 0)
    assert ends[0] == ends[1]


def test_after_the_last_row_open_cases_get_the_event_for_the_end_once(
    system: ActorSystem,
) -> None:
    rows = [row(1, "c1", "check"), row(2, "c2", "Note"), row(3, "c3", "check")]
    rows.append(row(4, "c3", "Close"))
    system.start(Claim, id="not-in-the-log").ask("check")
    for _ in range(2):
        Replay(system, Claim, at_end="Close").run(rows)
    keys = {id: [e.key for e in system.get(id).history()][-1] for id in ("c1", "c2", "c3")}
    assert keys == {"c1": at_end_key("close"), "c2": row_key(rows[1]), "c3": row_key(rows[3])}
    assert system.get("not-in-the-log").state == "checked"


def test_rows_of_another_log_are_counted_and_left_alone(system: ActorSystem) -> None:
    Replay(system, Claim).run([row(1, "c1", "Note", text="old")])
    sent = Replay(system, Claim).run([row(1, "c1", "Note", text="new")])
    assert (sent.sent, sent.earlier, sent.foreign) == (1, 0, 1)
    assert system.get("c1").context.notes == ("old/None", "new/None")
    assert Report.read(system, Claim, sent).missing == 0


def test_a_missing_row_shows_in_the_report(system: ActorSystem) -> None:
    sent = Replay(system, Claim).run([row(1, "c1", "Note")])
    sent.rows += 1
    assert Report.read(system, Claim, sent).missing == 1


def test_a_run_reports_the_time_of_its_own_steps_only(system: ActorSystem) -> None:
    rows = [row(n, "c1", "Note") for n in range(1, 50)]
    first = Report.read(system, Claim, Replay(system, Claim).run(rows))
    assert first.chart > 0
    second = Report.read(system, Claim, Replay(system, Claim).run(rows))
    assert second.chart == 0


def test_a_stop_sends_what_was_read_and_then_interrupts(system: ActorSystem) -> None:
    rows = [row(n, "c1", "Note") for n in range(1, 9)]
    seen = iter([False] * 5 + [True] * 9)
    with pytest.raises(KeyboardInterrupt):
        Replay(system, Claim).run(rows, stopped=lambda: next(seen))
    assert len(system.get("c1").history()) == 1 + 5


def test_a_broken_row_loses_none_of_those_before_it(system: ActorSystem) -> None:
    def rows() -> Iterator[LogEvent]:
        yield row(1, "c1", "Note")
        yield row(2, "c2", "Note")
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        Replay(system, Claim).run(rows())
    assert [len(system.get(case).history()) for case in ("c1", "c2")] == [2, 2]


# --- what a replay refuses ---


def test_a_case_that_is_another_kind_of_workflow_is_refused(system: ActorSystem) -> None:
    system.start(Lifecycle, id="c2")
    with pytest.raises(ReplayFailed, match="'c2' that is a Lifecycle"):
        Replay(system, Claim).run([row(1, "c1", "Note"), row(2, "c2", "Note")])
    assert len(system.get("c1").history()) == 2


def test_a_case_that_lost_rows_to_retention_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "claims.db"
    rows = [row(n, "c1", "Note") for n in range(1, 30)]
    with ActorSystem(path, retention=KEEP) as system:
        Replay(system, Claim).run(rows)
        system._services.store.trim(Retention(count=5, days=None), 0)
        with pytest.raises(ReplayFailed, match="Retention has removed"):
            Replay(system, Claim).run(rows)
        assert len(system.get("c1").history()) == 5


class Unlucky(Workflow):
    """A workflow that can't begin when its id says so."""

    workflow_name = "Unlucky in test_replaying"

    a = State(initial=True, enter="begin")
    b = State(final=True)
    go = a.to(b)

    def begin(self) -> None:
        if self.workflow_id == "c2":
            raise ValueError("not today")


def test_cases_that_cannot_begin_are_reported_with_their_rows(system: ActorSystem) -> None:
    rows = [row(1, "c1", "go"), row(2, "c2", "go"), row(3, "c2", "go"), row(4, "c3", "go")]
    sent = Replay(system, Unlucky).run(rows)
    report = Report.read(system, Unlucky, sent)
    assert (report.lost, report.kept, report.missing) == (2, 2, 0)
    assert "not today" in report.why_lost
    assert {end.state: end.cases for end in report.ends} == {"b": 2}


def test_an_unknown_event_for_the_end_is_refused_before_anything_is_sent(
    system: ActorSystem,
) -> None:
    with pytest.raises(CommandFailed, match="mean 'close'"):
        Replay(system, Claim, at_end="clse")
    assert system.list() == []


def test_an_empty_log_does_nothing(system: ActorSystem) -> None:
    sent = Replay(system, Claim, at_end="close").run([])
    assert (sent.rows, sent.cases) == (0, set())
    report = Report.read(system, Claim, Sent())
    assert report.events_per_second == 0.0
