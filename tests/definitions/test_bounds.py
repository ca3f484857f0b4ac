"""Documents as large as may be, made to cost more than their length: each ends soon.

Each of them once took minutes, or all memory.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from repertory.actors import load_definitions
from repertory.actors.definitions.source import LARGEST, MOST_FAULTS
from repertory.actors.errors import FaultyDocument

from .samples import ENVIRONMENT

SWARM = '[metadata]\nversion = "1"\nname = "a"\ndescription = "d"\n[guards]\n'


def lines(number: int, line: Callable[[int], str]) -> str:
    return "".join(line(n) for n in range(number))


def short(states: str) -> str:
    return f'workflow = "bounded"\n{states}[states.end]\nfinal = true\n'


def many_names(state: str, target: str) -> str:
    """States with forty ways each."""
    return short(
        lines(
            900,
            lambda n: (
                f"[states.{state}{n}]\n" + lines(20, lambda m: f'on.e{m} = "{target}{n + m}"\n')
            ),
        )
    )


SHARED = SWARM + lines(12_000, lambda n: f'g{n} = "event.x > {n}"\n')
TOO_MUCH = {
    "states": short(lines(20_000, lambda n: f'[states.s{n}]\nin = "s{n // 2}x"\n')),
    "transitions": short("[states.a]\n" + lines(50_000, lambda n: f'on.e{n} = "end"\n')),
    "guards": short(
        "[states.a]\non.e = ["
        + lines(25_000, lambda n: f'{{ to = "end", if = "event.x>{n}" }},')
        + '"end"]\n'
    ),
    "workflows": SHARED + '[[workflows]]\nname="a"\n' * 20_000,
    "guards of workflows": SHARED + '[[workflows]]\nname="a"\n' * 400,
    "what a machine does everywhere": '{"id": "m", "initial": "s0", "on": {'
    + ",".join(f'"e{n}": "s1"' for n in range(40_000))
    + '}, "states": {'
    + ",".join(f'"s{n}": {{}}' for n in range(1_900))
    + "}}",
}
FAULTY = {
    "targets": '{"id": "m", "initial": "s0", "states": {"s0": {"on": {'
    + ",".join(f'"e{n}": "zz{n}"' for n in range(40_000))
    + "}}}}",
    "elements": '<scxml xmlns="http://www.w3.org/2005/07/scxml"><state id="b">'
    + '<transition event="e" target="zz"/>' * 20_000
    + "</state></scxml>",
    "variables": short(
        '[resources.a]\ntype = "custom"\n' + lines(40_000, lambda n: f'k{n} = "${{V{n}}}"\n')
    ),
    "names": many_names("statename", "statenaem"),
    "keys": "states:\n  a:\n    transitions:\n"
    + lines(25_000, lambda n: f"      - {{event: e{n}, zzzz: a}}\n"),
}


def refused(text: str) -> list[str]:
    assert len(text) <= LARGEST
    with pytest.raises(FaultyDocument) as caught:
        load_definitions(text.encode(), environment=ENVIRONMENT)
    return [fault.what for fault in caught.value.faults]


@pytest.mark.parametrize("what", TOO_MUCH)
def test_a_document_with_more_than_any_workflow_has_is_refused(what: str) -> None:
    assert any("more than" in said for said in refused(TOO_MUCH[what]))


@pytest.mark.parametrize("what", FAULTY)
def test_of_very_many_faults_the_first_are_told(what: str) -> None:
    said = refused(FAULTY[what])
    assert len(said) == MOST_FAULTS + 1
    assert any(f"more than {MOST_FAULTS} faults" in one for one in said)


def test_a_parallel_state_of_very_many_regions_loads() -> None:
    text = 'workflow = "regions_bounded"\n[states.p]\nparallel = true\n'
    text += lines(1_200, lambda n: f'[states.s{n}]\nin = "p"\non.e = "s{n}"\n')
    assert load_definitions(text)


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 400 + ")" * 400,
        "!" * 900 + "true",
        "[" * 900,
        "event.x.matches('" + "(a*)*" * 150 + "b')",
        "event.x" + ".y" * 450,
        " || ".join(["event.a"] * 90),
    ],
    ids=lambda text: str(text)[:8],
)
def test_a_hostile_expression_is_compiled_or_refused(expression: str) -> None:
    text = short(f"[states.a]\non.e = {{ to = 'end', if = '''{expression}''' }}\n")
    try:
        assert load_definitions(text)
    except FaultyDocument as error:
        assert error.faults
