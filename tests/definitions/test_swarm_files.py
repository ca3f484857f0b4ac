"""The six files as they are: five run, and the sixth says what to change."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from repertory.actors import ActorSystem, load_definitions
from repertory.actors.definitions.work import MOST_WORK
from repertory.actors.errors import FaultyDocument, HandlerFailed, InvalidTransition, UnboundActions
from repertory.actors.results import Definitions

from .samples import ENVIRONMENT, RUNNING, SWARM, Anything, amount_of, needs_swarm

pytestmark = needs_swarm


def swarm(name: str, **options: Any) -> Definitions:
    options.setdefault("actions", Anything())
    return load_definitions(SWARM / name, environment=ENVIRONMENT, **options)


@pytest.mark.parametrize("name", sorted(RUNNING))
def test_a_file_loads_and_its_workflow_starts_where_it_says(name: str) -> None:
    definitions = swarm(name)
    (workflow,) = definitions.values()
    with ActorSystem() as system:
        assert system.start(workflow).state == workflow.definition.initial


def test_all_six_files_are_looked_at() -> None:
    assert {path.name for path in SWARM.glob("*.toml")} == {
        *RUNNING,
        "hierarchical_development.toml",
    }


def test_a_code_review_goes_back_to_its_author_and_is_merged_in_the_end() -> None:
    done: list[str] = []

    def noting(name: str) -> Any:
        return lambda workflow: done.append(name)

    review = swarm("code_review.toml")["code_review"]
    names = review.definition.actions()
    review = swarm("code_review.toml", actions={n: noting(n) for n in names})["code_review"]
    context = {
        "analysis_results": {"status": "passed"},
        "review_count": 2,
        "approved_count": 2,
        "test_results": {"all_passed": True},
        "merge_conflicts": False,
    }
    with ActorSystem() as system:
        ref = system.start(review, context=context)
        assert done == ["log_submission", "assign_reviewers"]
        for event in ("analyze", "analysis_pass", "review_rejected", "changes_pushed"):
            ref.ask(event)
        assert ref.state == "Submitted"
        for event in ("analyze", "analysis_pass", "review_approved", "merge_complete"):
            ref.ask(event)
        assert ref.state == "Merged"
        assert ref.snapshot().finished
    assert done[-3:] == ["create_deployment", "notify_team", "archive_pr"]


def test_a_guard_of_the_file_refuses_what_it_says() -> None:
    review = swarm("code_review.toml")["code_review"]
    with ActorSystem() as system:
        ref = system.start(review, context={"analysis_results": {"status": "failed"}})
        ref.ask("analyze")
        with pytest.raises(InvalidTransition):
            ref.ask("analysis_pass")
        ref.ask("analysis_fail")
        assert ref.state == "AnalysisFailed"


def test_a_guard_over_a_field_that_is_not_there_says_so_and_changes_nothing() -> None:
    review = swarm("code_review.toml")["code_review"]
    with ActorSystem() as system:
        ref = system.start(review)
        ref.ask("analyze")
        with pytest.raises(HandlerFailed, match="the context has no 'analysis_results'"):
            ref.ask("analysis_pass")
        assert ref.state == "Analyzing"


AGENTS = ("architect", "security", "performance", "maintainability")


@pytest.mark.parametrize("name", ["parallel_processing.toml", "generated_parallel_review.toml"])
def test_several_agents_work_in_a_region_each_and_are_joined_when_all_have_done(name: str) -> None:
    review = swarm(name)["parallel_code_review"]
    context = {"approval_votes": 3, "critical_issues": 0}
    with ActorSystem() as system:
        ref = system.start(review, context=context)
        ref.ask("reviews_complete")
        working = "+".join(f"ReviewsGathered_{agent}_working" for agent in AGENTS)
        assert sorted(ref.state.split("+")) == sorted(working.split("+"))
        for agent in AGENTS:
            with pytest.raises(InvalidTransition):
                ref.ask("consensus_approved")
            ref.ask(f"{agent}_done")
        assert ref.state == "ReviewsGathered_joined"
        assert ref.snapshot().is_in("ReviewsGathered")
        assert not ref.snapshot().finished
        ref.ask("consensus_approved")
        assert ref.state == "Approved"


def test_a_workflow_from_a_file_goes_on_in_the_next_process(tmp_path: Any) -> None:
    store = tmp_path / "approvals.db"
    text = (SWARM / "simple_approval.toml").read_text(encoding="utf-8")
    text = text.replace('name = "simple_approval"', 'name = "approval_for_long"')
    approval = load_definitions(text, actions=Anything())["approval_for_long"]
    with ActorSystem(store) as system:
        system.start(approval, id="a")
    again = load_definitions(text, actions=Anything())["approval_for_long"]
    assert again is not approval
    with ActorSystem(store) as system:
        system.get("a").ask("reject")
        assert system.get("a").state == "Rejected"


def test_without_functions_no_workflow_starts_and_all_of_its_actions_are_named() -> None:
    approval = swarm("simple_approval.toml", actions=())["simple_approval"]
    with ActorSystem() as system, pytest.raises(UnboundActions) as caught:
        system.start(approval)
    assert caught.value.actions == ("log_submission", "process_request", "notify_requester")
    assert all(name in str(caught.value) for name in caught.value.actions)


def test_the_sixth_file_has_one_fault_and_its_author_is_told_what_to_change() -> None:
    path = SWARM / "hierarchical_development.toml"
    with pytest.raises(FaultyDocument) as caught:
        load_definitions(path, environment={})
    (fault,) = caught.value.faults
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[fault.line - 1][fault.column - 1 :].startswith('"unblock"')
    assert fault.name == "Blocked"
    assert str(fault).startswith(f"{path}:{fault.line}:{fault.column}: ")
    for part in ("'Blocked'", "terminal", "unblock", "terminal = true", "handlers"):
        assert part in fault.what


def test_the_sixth_file_runs_once_its_author_has_changed_that() -> None:
    text = (SWARM / "hierarchical_development.toml").read_text(encoding="utf-8")
    blocked = '"log_blocker"]\nterminal = true'
    assert blocked in text
    fixed = text.replace(blocked, '"log_blocker"]\nterminal = false')
    keys = {"DEPLOYMENT_API_KEY": "k" * 20, "MONITORING_API_KEY": "m" * 20}
    definitions = load_definitions(fixed, actions=Anything(), environment=keys)
    work = definitions["development_workflow"]
    with ActorSystem() as system:
        ref = system.start(work, context={"blocking_issues": 0})
        assert ref.snapshot().configuration == ("InProgress", "Planning")
        ref.ask("blocked")
        assert ref.state == "Blocked"
        for event in ("unblock", "plan_approved", "implementation_complete", "tests_passed"):
            ref.ask(event)
        assert ref.snapshot().configuration == ("InProgress", "Deployment")
        ref.ask("deployment_successful")
        assert ref.state == "Complete"


def test_what_a_file_says_of_agents_and_resources_can_be_looked_up() -> None:
    definitions = swarm("code_review.toml")
    assert definitions.agents["architect"].model == "claude-3-opus"
    assert definitions.agents["tester"].tags == ("testing", "verification", "qa")
    assert definitions.resources["github_api"]["endpoint"] == "https://api.github.com"
    workflow = definitions["code_review"].definition
    assert workflow.deadline is not None
    assert (workflow.deadline.seconds, workflow.deadline.target) == (3600, "TimedOut")
    assert workflow.retry is not None
    assert (workflow.retry.limit, workflow.retry.backoff) == (3, 60)
    states = {state.name: state for state in workflow.walk()}
    assert states["ReadyForReview"].timeout is not None
    assert states["ReadyForReview"].timeout.seconds == 86400


def test_a_file_is_valid_without_its_environment_only_where_it_names_no_variable() -> None:
    load_definitions(SWARM / "simple_approval.toml", environment={})
    with pytest.raises(FaultyDocument, match=re.escape("${SLACK_WEBHOOK_URL}")):
        load_definitions(SWARM / "code_review.toml", environment={})


def test_no_guard_of_the_files_is_too_much_work_for_the_data_of_a_review() -> None:
    for path in SWARM.glob("*.toml"):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        tables = [data, *data["workflows"]]
        guards = [guard for table in tables for guard in table.get("guards", {}).values()]
        for guard in guards:
            assert amount_of(guard) <= MOST_WORK / 10, guard
