"""The examples run, and print what they are there to show."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"

SHOWS = {
    "lifecycle.py": [
        "Workflow 'job-1' can't take event 'complete' in 'paused'; it takes resume, fail, timeout, "
        "cancel, custom there.",
        "failed {'task': 'summarise the minutes', 'attempts': 1, 'error': 'the model was "
        "overloaded'}",
        "running {'task': 'summarise the minutes', 'attempts': 2}",
        "9 rollback     ('completed',) -> ('running',)",
    ],
    "custom_workflow.py": [
        "620 words",
        "on_hold",
        "edited+unchecked",
        "published Publication.Context(title='On actors', words=620, sources=['the archive'])",
    ],
    "handlers.py": [
        "PermissionError: take a break first",
        "durable: step 3, complete",
        "durable: step 6, complete",
        "'Log.on_transition'",
    ],
    "agents.py": [
        "the agents died of SIGKILL",
        "On actors, with examples ['submit', 'send_back', 'submit', 'accept']",
        "On statecharts, with examples ['submit', 'send_back', 'submit', 'accept']",
    ],
    "many_workflows.py": ["1000 parcels delivered"],
    "flaky_service.py": [
        "attempt 1\nattempt 2\nattempt 3\npaid 120 [120]",
        "2 approve ('paying.pay',) None",
        "3 done_invoke_paying () paying.pay",
    ],
    "persistence_and_recovery.py": [
        "the worker died of SIGKILL",
        "balance 300\nagain 300\nbalance 300\nproblems []",
    ],
}


@pytest.mark.parametrize("name", SHOWS)
def test_an_example_shows_what_it_is_about(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLES / name], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    for line in SHOWS[name]:
        assert line in done.stdout


def test_the_web_service_keeps_jobs_across_its_own_restarts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("starlette")
    pytest.importorskip("httpx")
    from starlette.testclient import TestClient

    monkeypatch.setenv("JOBS_DB", str(tmp_path / "jobs.db"))
    spec = spec_from_file_location("web_service_example", EXAMPLES / "web_service.py")
    assert spec is not None and spec.loader is not None
    service = module_from_spec(spec)
    spec.loader.exec_module(service)

    with TestClient(service.app) as client:
        assert client.put("/jobs/7", json={"who": "Ada"}).status_code == 201
        assert client.put("/jobs/7", json={}).status_code == 409
        for _ in range(2):
            sent = client.post("/jobs/7/start", json={}, headers={"Idempotency-Key": "s"})
            assert sent.json() == {"id": "7", "state": "running"}
        refused = client.post("/jobs/7/retry", json={})
        assert refused.status_code == 409 and "'retry'" in refused.json()["error"]
        assert client.get("/jobs/8").status_code == 404
    with TestClient(service.app) as client:
        assert client.get("/jobs/7").json()["state"] == "running"
        assert client.post("/jobs/7/complete", json={}).json()["state"] == "completed"


def test_every_example_is_tested_here_or_where_its_subject_is() -> None:
    elsewhere = {"web_service.py", "permits.py", "demo.py"}
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(SHOWS) | elsewhere
