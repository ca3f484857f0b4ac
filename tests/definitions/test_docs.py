"""The documents that the documentation shows are sound."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from repertory.actors.definitions import read_definitions
from repertory.actors.definitions.source import Source
from repertory.actors.definitions.work import MOST_WORK

from .samples import amount_of

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in PAGES
    for number, block in enumerate(FENCE.findall(page.read_text(encoding="utf-8")))
    if "states" in block
]


@pytest.mark.parametrize("block", BLOCKS)
def test_a_document_that_is_shown_loads(block: str) -> None:
    # Without making classes of it: others have the names too.
    environment = {"CHAT_WEBHOOK_URL": "https://chat.example"}
    document, drafts = read_definitions(Source(block, environment=environment))
    assert len(document.workflows) == len(drafts) == 1
    for guard in document.workflows[0].guards.values():
        assert amount_of(guard) <= MOST_WORK / 10, guard


def test_no_guard_that_is_shown_is_too_much_work() -> None:
    page = (ROOT / "docs" / "documents.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```\n(context\.review.*?)^```$", page, re.MULTILINE | re.DOTALL)
    for guard in shown.splitlines():
        assert amount_of(guard) <= MOST_WORK / 10, guard


def test_both_forms_are_shown() -> None:
    assert len(BLOCKS) >= 2
