"""Secrets reach the actions that ask for them, and nothing that is shown, logged or stored."""

from __future__ import annotations

import logging
from pathlib import Path
from traceback import format_exception
from typing import Any

import pytest
from repertory.actors import ActorSystem, RetryPolicy, activity, current_activity, load_definitions
from repertory.actors.charts.diagram import diagram
from repertory.actors.definitions import SecretMissing, stub_module
from repertory.actors.errors import HandlerFailed, SerializationFailed

from .samples import only_fault

HOOK = "https://hooks.example/T0P5ECRET"
KEY = 'ghp_"quoted"\\0123'
ENVIRONMENT = {"HOOK": HOOK, "KEY": KEY, "MODEL": "opus"}
TEXT = """\
workflow = "notifying"

[agents.writer]
model = "${MODEL}"

[resources.chat]
type = "webhook"
endpoint = "${HOOK}/room"

[resources.code]
type = "http"
endpoint = "https://api.example"
auth_required = true
secret_key = "KEY"

[states.a]
resources = ["code"]
on.post = { do = "post" }
on.done = "b"

[states.b]
final = true
"""


def notifying(post: Any, **changes: str) -> Any:
    environment = {**ENVIRONMENT, **changes}
    return load_definitions(TEXT, actions={"post": post}, environment=environment)["notifying"]


def test_an_action_gets_the_values() -> None:
    got: list[Any] = []

    def post(workflow: Any) -> None:
        resources = workflow.definitions.resources
        got.append((resources["chat"]["endpoint"], resources["code"].secret))
        got.append(workflow.definitions.model_of("writer"))

    with ActorSystem() as system:
        system.start(notifying(post)).ask("post")
    assert got == [(f"{HOOK}/room", KEY), "opus"]


def test_every_text_of_agents_and_resources_may_have_variables() -> None:
    text = TEXT.replace(
        "[resources.chat]",
        'tags = ["prose", "${MODEL}-only"]\n\n[resources.more]\ntype = "custom"\n'
        'nested = { hooks = ["${HOOK}"] }\n\n[resources.chat]\ndescription = "${MODEL} talks"',
    )
    loaded = load_definitions(text, actions={"post": len}, environment=ENVIRONMENT)
    assert loaded.tags_of("writer") == ("prose", "opus-only")
    assert loaded.resources["more"]["nested"] == {"hooks": [HOOK]}
    assert loaded.resources["chat"]["description"] == "opus talks"
    assert "opus" not in repr(loaded.agents)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('model = "${MODEL}"', 'model = "m"\ntags = ["prose",\n  "${MISSING}"]'),
        ('type = "webhook"', 'type = "webhook"\ndescription = "${MISSING}"'),
        ("[states.a]", '[resources.x]\ntype = "custom"\na = [["${MISSING}"]]\n\n[states.a]'),
    ],
)
def test_a_variable_that_is_not_set_is_a_fault_wherever_it_stands(old: str, new: str) -> None:
    text = TEXT.replace(old, new)
    fault = only_fault(text, environment=ENVIRONMENT)
    assert fault.name == "MISSING"
    assert "${MISSING}, which is not set in the environment" in fault.what
    line, start = next((n, one) for n, one in enumerate(text.split("\n"), 1) if "MISSING" in one)
    assert (fault.line, fault.column) == (line, start.index('"${') + 1)


def test_the_key_of_a_resource_is_the_name_of_a_variable_and_takes_no_value() -> None:
    fault = only_fault(TEXT.replace('"KEY"', '"${KEY}"'), environment=ENVIRONMENT)
    assert "'secret_key' of resource 'code' is the name of a variable" in fault.what


def test_what_is_shown_has_the_names_of_variables_only() -> None:
    workflow = notifying(lambda w: None)
    definitions = workflow.definitions
    shown = [
        repr(definitions), repr(definitions.document), repr(definitions.resources),
        repr(definitions.agents), repr(workflow.definition), repr(workflow.definition_facts),
        *(diagram(workflow, format) for format in ("svg", "dot", "mermaid")),
        stub_module(definitions),
    ]  # fmt: skip
    for text in shown:
        assert HOOK not in text
        assert "0123" not in text
    assert "${HOOK}/room" in repr(definitions.resources["chat"])


def test_an_error_that_has_a_secret_in_it_is_told_with_its_name_instead(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def post(workflow: Any) -> None:
        raise ConnectionError(f"can't reach {workflow.definitions.resources['chat']['endpoint']}")

    caplog.set_level(logging.DEBUG)
    store = tmp_path / "notifying.db"
    with ActorSystem(store) as system:
        ref = system.start(notifying(post), id="n")
        with pytest.raises(HandlerFailed) as caught:
            ref.ask("post")
        ref.tell("post")
        system.settle()
        error: BaseException | None = caught.value
        while error is not None:
            assert HOOK not in str(error)
            error = error.__cause__ or error.__context__
    assert "ConnectionError: can't reach ${HOOK}/room" in str(caught.value)
    assert HOOK not in caplog.text
    assert not any(HOOK.encode() in path.read_bytes() for path in tmp_path.iterdir())


class Silent(Exception):
    """Says nothing itself, and may come from, or with, one that does."""


def from_another(secret: str) -> None:
    try:
        raise ConnectionError(secret)
    except ConnectionError as error:
        raise Silent("no") from error


def with_a_note(secret: str) -> None:
    error = Silent("no")
    error.add_note(f"at {secret}")
    raise error


def in_a_group(secret: str) -> None:
    raise ExceptionGroup("several", [Silent("no"), ValueError(secret)])


def quoted(secret: str) -> None:
    raise KeyError(secret)


def as_bytes(secret: str) -> None:
    raise Silent(secret.encode())


def to_end_the_process(secret: str) -> None:
    raise SystemExit(secret)


@pytest.mark.parametrize(
    "how", [from_another, with_a_note, in_a_group, quoted, as_bytes, to_end_the_process]
)
def test_nothing_that_a_traceback_shows_of_an_error_has_a_secret_in_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, how: Any
) -> None:
    def post(workflow: Any) -> None:
        how(workflow.definitions.resources["code"].secret)

    caplog.set_level(logging.DEBUG)
    with ActorSystem(tmp_path / "errors.db") as system:
        ref = system.start(notifying(post))
        with pytest.raises(HandlerFailed) as caught:
            ref.ask("post")
        assert "0123" not in "".join(format_exception(caught.value))
    assert "0123" not in caplog.text
    assert not any(b"0123" in path.read_bytes() for path in tmp_path.iterdir())


def name_a_timer_so(workflow: Any, secret: str) -> None:
    workflow.timers.start(secret, event="done", after=9)


def keep_in_context(workflow: Any, secret: str) -> None:
    workflow.context["address"] = f"<{secret}>"


def answer_with_it(workflow: Any, secret: str) -> str:
    return secret


def send_it(workflow: Any, secret: str) -> None:
    workflow.tell("other", "event", value=secret)


def set_a_timer_with_it(workflow: Any, secret: str) -> None:
    workflow.timers.start("later", event="done", data={"value": secret}, after=60)


@pytest.mark.parametrize(
    "leak", [keep_in_context, answer_with_it, send_it, set_a_timer_with_it, name_a_timer_so]
)
@pytest.mark.parametrize("name", ["HOOK", "KEY"])
def test_a_step_that_would_store_a_secret_is_undone(tmp_path: Path, leak: Any, name: str) -> None:
    def post(workflow: Any) -> Any:
        return leak(workflow, ENVIRONMENT[name])

    store = tmp_path / "notifying.db"
    with ActorSystem(store) as system:
        ref = system.start(notifying(post))
        with pytest.raises((HandlerFailed, SerializationFailed)) as caught:
            ref.ask("post")
        assert f"${{{name}}}" in str(caught.value)
        assert ENVIRONMENT[name] not in str(caught.value)
        assert "JSON" not in str(caught.value)
        assert ref.context == {}
        ref.ask("done")
    for path in tmp_path.iterdir():
        assert HOOK.encode() not in path.read_bytes()
        assert b"0123" not in path.read_bytes()


def test_a_variable_that_is_not_set_is_a_fault_with_its_place() -> None:
    fault = only_fault(TEXT, environment={"MODEL": "opus"})
    assert (fault.name, fault.line, fault.column) == ("HOOK", 8, 12)
    assert "${HOOK}, which is not set" in fault.what


@pytest.mark.parametrize("written", ["${}", "${HOOK", "${HO OK}", "${1}"])
def test_a_variable_that_is_written_wrongly_is_a_fault(written: str) -> None:
    fault = only_fault(TEXT.replace("${HOOK}", written), environment=ENVIRONMENT)
    assert "write it as '${NAME}'" in fault.what


def test_a_key_that_states_need_must_be_there_when_a_workflow_starts() -> None:
    environment = {"HOOK": HOOK, "MODEL": "opus"}
    definitions = load_definitions(TEXT, actions={"post": print}, environment=environment)
    with ActorSystem() as system, pytest.raises(SecretMissing) as caught:
        system.start(definitions["notifying"])
    assert caught.value.variables == ("KEY",)
    assert caught.value.resources == ("code",)
    with pytest.raises(SecretMissing, match="KEY"):
        _ = definitions.resources["code"].secret


@activity(name="secrets_calling", retry=RetryPolicy(attempts=1))
def calling(how: str) -> Any:
    """Return, raise or tell what it must not."""
    if how == "raise":
        raise ConnectionError(f"{HOOK} said no to {KEY}")
    if how == "beat":
        current_activity().heartbeat({"at": KEY})
        raise ConnectionError("no")
    return {"url": f"<{HOOK}>", "keys": [KEY]}


CALLING = TEXT.replace(
    'on.post = { do = "post" }',
    """on.post = { do = "post" }
on.post_done = { do = "note" }
on.post_failed = { do = "note" }""",
)


@pytest.mark.parametrize("how", ["return", "raise", "beat"])
def test_what_an_activity_returns_or_raises_is_stored_with_names_of_variables(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[Any] = []

    def note(workflow: Any, event_data: Any = None, **data: Any) -> None:
        told.append(data.get("result") or data.get("error"))

    workflow = load_definitions(
        CALLING, actions={"post": calling, "note": note}, environment=ENVIRONMENT
    )["notifying"]
    with ActorSystem(tmp_path / "calling.db") as system:
        system.start(workflow).ask("post", how=how)
        system.settle()
    (said,) = told
    if how == "return":
        assert said == {"url": "<${HOOK}>", "keys": ["${KEY}"]}
    elif how == "raise":
        assert said["message"] == "${HOOK} said no to ${KEY}"
    assert HOOK not in caplog.text
    for path in tmp_path.iterdir():
        assert HOOK.encode() not in path.read_bytes()
        assert b"0123" not in path.read_bytes()


@pytest.mark.parametrize("name", ["HOOK", "KEY"])
def test_an_event_that_brings_a_secret_is_refused_before_it_is_stored(
    tmp_path: Path, name: str
) -> None:
    workflow = notifying(lambda workflow: None)
    with ActorSystem(tmp_path / "refusing.db") as system:
        ref = system.start(workflow)
        with pytest.raises(SerializationFailed) as caught:
            ref.ask("post", note=f"it is {ENVIRONMENT[name]}")
        assert f"${{{name}}}" in str(caught.value)
        ref.tell("post", note=ENVIRONMENT[name])
        system.settle()
        assert [entry.event for entry in ref.history()] == ["__created__"]
        ref.ask("post", note="nothing")
    for path in tmp_path.iterdir():
        assert HOOK.encode() not in path.read_bytes()
        assert b"0123" not in path.read_bytes()
