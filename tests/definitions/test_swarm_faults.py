"""What a Swarm.toml is refused for, each fault with its place and name, all in one go."""

from __future__ import annotations

import pytest
from repertory.actors import load_definitions

from .samples import HEAD, TWO_STATES, at, faults, load, only_fault

GOOD = HEAD + TWO_STATES


def test_the_example_that_the_others_break_is_sound() -> None:
    assert list(load(GOOD)) == ["document_example"]


CHANGES = [
    # what is changed, into what, what the fault points at, the name, parts of the message
    ('version = "1.0"\n', "", "[metadata]", "version", ["'metadata' has no 'version'"]),
    ('description = "An example"\n', "", "[metadata]", "description", ["no 'description'"]),
    ('name = "Example"', 'name = " "', "name =", "name", ["'name' of 'metadata' is empty"]),
    ('version = "1.0"', 'version = "one"', '"one"', "version", ["begin it with a number"]),
    ('[agents.coder]\nmodel = "m"', "[agents.coder]", "[agents.coder]", "model", ["'coder'"]),
    ('model = "m"', "model = 3", "3", "model", ["must be text"]),
    ('type = "http"', 'type = "ftp"', '"ftp"', "api", ["'ftp'", '"http", "webhook", "database"']),
    ('endpoint = "https://api.example"\n', "", "[resources.api]", "endpoint", ["no 'endpoint'"]),
    ('type = "http"', 'type = "http"\nport = 3', "port", "port", ["Unknown key 'port'"]),
    ('type = "http"', 'type = "http"\nauth_required = true', "[resources", "secret_key", []),
    ('name = "document_example"\n', "", "[[workflows]]", "name", ["has no 'name'"]),
    ('initial_state = "A"', 'initial_state = "a"', '"a"', "a", ["did you mean 'A'?"]),
    ('initial_state = "A"\n', "", "[workflows.metadata]", "initial_state", []),
    ("[workflows.metadata]", "[workflows.metadata]\nmax_retires = 1", "max_retires", "max_retires",
     ["did you mean 'max_retries'?"]),
    ("[workflows.metadata]", "[workflows.metadata]\nmax_retries = -1", "-1", "max_retries", []),
    ("[workflows.metadata]", "[workflows.metadata]\nretry_backoff_seconds = 1", "retry_b", None,
     ["no 'max_retries'"]),
    ('description = "a"\n', "", "[workflows.states.A]", "description", ["State 'A'"]),
    ('description = "a"', 'description = ""', "description = \"\"", "description", ["is empty"]),
    ('target = "B" }', 'target = "B" }, { event = "on", target = "C" }', '"C"', "C",
     ["'C', a target of state 'A', is not a state", "there are A, B."]),
    ('event = "go", ', "", "{ target", "event", ["Handler 1 of state 'A' has no 'event'"]),
    ('{ event = "go", target = "B" }', '{ event = "go", target = "B", guard = "x" }', "guard =",
     "guard", ["did you mean 'guards'?"]),
    ('target = "B" }', 'target = "B", guards = ["ok"] }', '"ok"', "ok", ["is not a guard"]),
    ('event = "go"', 'event = "go on"', '"go on"', "go on", ["can't be the name of an event"]),
    ('event = "go"', 'event = "send"', '"send"', "send", ["Every workflow has something called"]),
    ('event = "go"', 'event = "B"', '"B"', "B", ["is a state and an event"]),
    ('event = "go"', 'event = "done_state_A"', '"done_state_A"', "done_state_A", ["chart's own"]),
    ('event = "go"', 'event = "done.state.A"', '"done.state.A"', None, ["no states in it"]),
    ('description = "a"', 'description = "a"\nagents = ["codr"]', '"codr"', "codr",
     ["is not an agent", "did you mean 'coder'?"]),
    ('description = "a"', 'description = "a"\nrequired_resources = ["apy"]', '"apy"', "apy",
     ["did you mean 'api'?"]),
    ('description = "a"', 'description = "a"\nparent = "P"', '"P"', "P", ["the parent of state"]),
    ('description = "a"', 'description = "a"\nparent = "A"', '"A"', "A", ["its own parent"]),
    ('description = "a"', 'description = "a"\ntimeout_seconds = 3', "timeout_seconds", "A",
     ["no 'timeout_target'"]),
    ('description = "a"', 'description = "a"\ntimeout_target = "B"', "timeout_target", "A",
     ["no 'timeout_seconds'"]),
    ('description = "a"', 'description = "a"\ntimeout_seconds = 3\ntimeout_target = "Z"', '"Z"',
     "Z", ["the timeout_target of state 'A'"]),
    ('description = "a"', 'description = "a"\ntimeout_seconds = 0\ntimeout_target = "B"', "0",
     "timeout_seconds", ["whole number from 1"]),
    ('description = "a"', 'description = "a"\nentry_action = ["x"]', "entry_action", None,
     ["did you mean 'entry_actions'?"]),
    ('description = "a"', 'description = "a"\nentry_actions = ["x y"]', '"x y"', "x y", ["action"]),
    ('description = "a"', 'description = "a"\nentry_actions = "x"', '"x"', None, ["a list"]),
    ('description = "a"', 'description = "a"\nterminal = "no"', '"no"', None, ["true or false"]),
    ("terminal = true", "terminal = false", "[workflows.states.B]", "B", ["dead end"]),
    ("[workflows.states.B]", "[workflows.states.C]\ndescription = 'c'\nterminal = true\n\n"
     "[workflows.states.B]", "[workflows.states.C]", "C", ["can't be reached"]),
    ("terminal = true", 'terminal = true\nhandlers = [{ event = "x", target = "A" }]', '"x"', "B",
     ["is terminal and has handlers (x)"]),
    ('target = "B" }', 'target = "B" }, { event = "go", target = "A" }', '"go"', "A",
     ["is never taken"]),
    ("[[workflows]]", "[workflows]", "[workflows]", "workflows", ["write [[workflows]]"]),
    ('handlers = [{ event = "go", target = "B" }]', 'handlers = { event = "go", target = "B" }',
     "handlers", "handlers", ["write [[workflows.states.A.handlers]]"]),
    ("[workflows.metadata]", "[workflows.metadata]\ncompletion_timeout_seconds = 10000000000",
     "10000000000", "completion_timeout_seconds", ["whole number up to 3,155,760,000"]),
    ('description = "a"',
     'description = "a"\nagents = ["coder", "tester", "coder"]\nparallel_execution = true',
     '"coder"]', "coder", ["'coder' is named twice in state 'A'"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "mark", "name", "parts"), CHANGES)
def test_a_fault_is_told_with_its_place_and_name(
    old: str, new: str, mark: str, name: str | None, parts: list[str]
) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    fault = only_fault(text)
    where = [at(text, mark, number) for number in range(text.count(mark))]
    assert (fault.line, fault.column) in where, str(fault)
    assert name is None or fault.name == name
    assert fault.file == "<text>"
    assert str(fault) == f"<text>:{fault.line}:{fault.column}: {fault.what}"
    for part in parts:
        assert part in fault.what
    assert fault.what.endswith((".", "?"))


@pytest.mark.parametrize(
    ("text", "name", "place", "said"),
    [
        ('[a]\nx = "1"\n  x = "2"\n', "x", (3, 3), "x is there already; remove one of the two"),
        ("[a]\n[b]\n[a]\nx = 1\n", "a", (3, 2), "a is there already"),
        ("[a]\n[[b]]\n[b]\n", "b", (3, 2), "b is there already"),
        ('[a]\nx = "abc\ny = 1\n', "x", (2, 9), "has no closing quote on its line"),
        ("workflow = order\n", "workflow", (1, 12), "texts need quotes around them"),
        ("[a]\nx 3\n", "x", (2, 3), "Expected '=' after a key"),
        ('"x y" = [1\n', "", (2, 1), "Unclosed array"),
    ],
)
def test_what_is_no_toml_is_told_with_the_key_at_fault(
    text: str, name: str, place: tuple[int, int], said: str
) -> None:
    fault = only_fault(text)
    assert (fault.name, (fault.line, fault.column)) == (name, place)
    assert said in fault.what


def test_what_is_no_table_is_told_once_and_not_missed_in_as_well() -> None:
    text = GOOD.replace('[{ event = "go", target = "B" }]', '["go", 3]').replace(
        '[workflows.metadata]\ninitial_state = "A"', 'metadata = ["x"]'
    )
    found = [(fault.name, fault.what) for fault in faults(text)]
    assert [what for name, what in found if name == "handlers"] == [
        "A handler must be a table."
    ] * 2
    assert [what for name, what in found if name == "metadata"] == [
        "'metadata' of workflow 'document_example' must be a table."
    ]
    assert not any("has no" in what for _, what in found)


def test_a_misspelt_list_of_workflows_is_not_taken_for_the_short_form() -> None:
    found = faults(
        GOOD.replace("[[workflows]]", "[[workflow]]").replace("[workflows.", "[workflow.")
    )
    assert [fault.name for fault in found] == ["workflows", "workflow"]
    assert "did you mean 'workflows'?" in found[1].what


def test_a_state_that_is_called_like_one_made_for_agents_is_told_so() -> None:
    text = GOOD.replace(
        'description = "a"',
        'description = "a"\nagents = ["coder", "tester"]\nparallel_execution = true',
    ).replace('"B"', '"A_joined"')
    fault = only_fault(text.replace("states.B]", "states.A_joined]"))
    assert fault.name == "A_joined"
    assert "the name of one that 'parallel_execution' makes of state 'A'" in fault.what


def test_parents_in_a_ring_are_told_with_the_ring() -> None:
    text = GOOD.replace('description = "a"', 'description = "a"\nparent = "B"').replace(
        'description = "b"', 'description = "b"\nparent = "A"'
    )
    whats = " ".join(fault.what for fault in faults(text))
    assert "'A' in 'B' in 'A'" in whats


def test_all_faults_are_told_in_one_go_in_the_order_of_their_lines() -> None:
    text = (
        HEAD.replace('model = "m"', 'modle = "m"', 1)
        + """
[workflows.guards]
bad = "context.x >"

[workflows.states.A]
description = ""
agents = ["nobody"]
handlers = [{ event = "go", target = "Nowhere", guards = ["none"] }]

[workflows.states.B]
description = "b"
"""
    )
    found = faults(text)
    names = [fault.name for fault in found]
    assert names == ["model", "modle", "bad", "description", "nobody", "Nowhere", "none", "B"]
    assert [(f.line, f.column) for f in found] == sorted((f.line, f.column) for f in found)


def test_what_is_no_toml_is_told_with_its_place() -> None:
    fault = only_fault("[metadata]\nversion = \n")
    assert (fault.line, fault.what[:15]) == (2, "This is no TOML")


def test_bytes_that_are_no_text_are_told_with_their_place() -> None:
    fault = only_fault(b"a = 1\nb = 'x\xff'")
    assert (fault.line, fault.column) == (2, 7)
    assert "UTF-8" in fault.what


def test_a_file_that_is_not_there_is_a_fault() -> None:
    with pytest.raises(Exception, match=r"nowhere\.toml:1:1: The document can't be read"):
        load_definitions("nowhere.toml")


def test_what_is_no_workflow_at_all_says_how_one_begins() -> None:
    assert "begin it with" in only_fault("a = 1\nb = 2\n").what


def test_loops_over_events_are_fine() -> None:
    text = GOOD.replace('target = "B" }', 'target = "B" }, { event = "again", target = "A" }')
    assert list(load(text)) == ["document_example"]


def test_names_in_quotes_and_dotted_keys_have_their_places() -> None:
    text = GOOD + '\n[workflows.states."odd name"]\ndescription = "o"\nterminal = true\n'
    found = faults(text)
    assert {fault.line for fault in found} == {at(text, '[workflows.states."odd')[0]}
    dotted = GOOD.replace(
        '[agents.tester]\nmodel = "m"', '[agents]\ntester.model = "m"\ntester.mood = 1'
    )
    fault = only_fault(dotted)
    assert (fault.line, fault.column) == (at(dotted, "tester.mood")[0], 8)


def test_two_workflows_of_one_name_are_a_fault() -> None:
    more = GOOD[GOOD.index("[[workflows]]") :]
    assert "Two workflows are called 'document_example'" in only_fault(GOOD + more).what


def test_a_state_that_ends_its_parent_for_good_is_a_dead_end() -> None:
    text = GOOD + '\n[workflows.states.P]\ndescription = "p"\n'
    text = text.replace('description = "b"', 'description = "b"\nparent = "P"')
    assert "ends 'P', and nothing leads out" in only_fault(text).what


def test_several_agents_and_children_of_ones_own_do_not_go_together() -> None:
    text = GOOD.replace(
        'description = "a"',
        'description = "a"\nagents = ["coder", "tester"]\nparallel_execution = true',
    ).replace('description = "b"', 'description = "b"\nparent = "A"')
    assert any("is a parent" in fault.what for fault in faults(text))
