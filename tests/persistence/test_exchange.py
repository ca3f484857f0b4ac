"""Export and import: equal to the byte, and nothing damaged gets in."""

from __future__ import annotations

import json

import pytest
from repertory.persistence.errors import BadDocument, StoreDamaged, WorkflowExists, WorkflowNotFound
from repertory.persistence.exchange import export_workflow, import_workflow
from repertory.persistence.memory import MemoryStore
from repertory.persistence.records import Kind, Retention
from repertory.persistence.recovery import position, recover
from repertory.persistence.sqlite import SqliteStore
from repertory.persistence.verification import verify


@pytest.fixture
def order(store, author):
    order = author()
    order.write(3, data={"amount": 30.0, "note": 'Grüße \x00 "/'}, big=2**70, nothing=None)
    order.write(1, key="pay-7", history={"h": ("basket",)}, kind=Kind.ROLLBACK)
    order.write(1, data=None).write(1, data=[])
    return order.write(3)


@pytest.mark.parametrize("other", ["memory", "sqlite"])
def test_a_document_imported_elsewhere_exports_to_the_same_bytes(store, order, other, tmp_path):
    document = export_workflow(store, "order-7")
    target = MemoryStore() if other == "memory" else SqliteStore(tmp_path / "other.db")
    target.allocate()
    record = import_workflow(target, document)
    assert record.number != order.record.number
    assert export_workflow(target, "order-7") == document
    assert list(verify(target)) == []
    there, here = target.load("order-7"), store.load("order-7")
    assert recover(there) == recover(here)
    assert target.find_key(record.number, "pay-7").sequence == 4
    order.record, order.store = record, target
    order.write(2)
    assert list(verify(target)) == []
    target.close()


def test_a_trimmed_workflow_can_be_exported_and_imported(store, order):
    store.trim(Retention(count=4, days=None), 0)
    document = export_workflow(store, "order-7")
    target = MemoryStore()
    record = import_workflow(target, document)
    assert record.first_sequence == 6
    assert export_workflow(target, "order-7") == document
    assert position(target, record, 5) == position(store, store.find("order-7"), 5)


def test_a_document_is_readable_json_that_tells_null_from_nothing(store, author):
    order = author().write(1)
    order.write(1, data={"a": None})
    read = json.loads(export_workflow(store, "order-7"))
    assert read["workflow"]["id"] == "order-7"
    assert "data" not in read["entries"][0]
    assert read["entries"][1]["data"] == {"a": None}
    assert read["checkpoints"][0]["context"] == {"total": 0}


def test_exporting_what_is_not_there_is_refused(store):
    with pytest.raises(WorkflowNotFound, match="no workflow 'order-8' to export"):
        export_workflow(store, "order-8")


def test_importing_an_id_that_is_taken_is_refused_and_changes_nothing(store, order):
    document = export_workflow(store, "order-7")
    with pytest.raises(WorkflowExists):
        import_workflow(store, document)
    assert export_workflow(store, "order-7") == document
    assert store.remove("order-7")
    import_workflow(store, document)
    assert export_workflow(store, "order-7") == document


def test_json_in_the_store_that_is_not_compact_is_not_exported_otherwise(sqlite, author_in):
    author_in(sqlite).write(3, data={"a": 1})
    with sqlite._writing().transaction() as connection:
        connection.execute("UPDATE state_transitions SET data = '{ }' WHERE sequence = 2")
    with pytest.raises(StoreDamaged, match="The data at step 2 of workflow 'order-7'"):
        export_workflow(sqlite, "order-7")


def changed(document, change):
    read = json.loads(document)
    change(read)
    return json.dumps(read, ensure_ascii=False).encode()


def drop_second(read):
    del read["entries"][2]


def change_amount(read):
    read["entries"][2]["data"]["amount"] = 31.0


def change_context(read):
    read["checkpoints"][1]["context"]["total"] = 99


def rename(read):
    read["workflow"]["id"] = "order-8"


def newer(read):
    read["version"] = 2


def other_format(read):
    read["format"] = "something else"


def unknown_field(read):
    read["entries"][0]["colour"] = "red"


def wrong_type(read):
    read["entries"][1]["sequence"] = "two"


def no_checksum(read):
    del read["entries"][1]["checksum"]


def bad_checksum(read):
    read["entries"][1]["checksum"] = "xyz"


def too_large(read):
    read["entries"][1]["duration"] = 2**80


def bad_kind(read):
    read["entries"][1]["kind"] = "odd"


def twice(read):
    read["checkpoints"].insert(1, read["checkpoints"][0])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (drop_second, "at step 3: Entry 3 is missing"),
        (change_amount, "at step 3: The checksum does not fit"),
        (change_context, "at step 4: The checkpoint's context differs in 'total'"),
        (rename, "at step 1: The checksum does not fit"),
        (newer, "has version 2, and this installation reads version 1"),
        (other_format, "is a 'something else', not a 'repertory workflow'"),
        (unknown_field, "unknown field `colour`.*entries"),
        (wrong_type, r"Expected `int`, got `str` - at `\$.entries\[1\].sequence`"),
        (no_checksum, "missing required field `checksum`"),
        (bad_checksum, "non-hexadecimal"),
        (too_large, "duration"),
        (bad_kind, "Invalid enum value 'odd'"),
        (twice, "not in order"),
    ],
)
def test_a_damaged_document_is_refused_with_what_and_where(store, order, change, says):
    document = export_workflow(store, "order-7")
    target = MemoryStore()
    with pytest.raises(BadDocument, match=says):
        import_workflow(target, changed(document, change))
    assert target.list() == []


def test_a_document_that_is_not_utf_8_anywhere_is_refused(store, author):
    author().write(1, data={"note": "QQ"})
    document = export_workflow(store, "order-7")
    assert b"QQ" in document
    with pytest.raises(BadDocument, match="not an exported workflow: 'utf-8' codec can't decode"):
        import_workflow(MemoryStore(), document.replace(b"QQ", b"\xff\xfe"))


@pytest.mark.parametrize("document", [b"", b"{", b"[]", b"\xff", b"null", b"[" * 5000])
def test_what_is_no_document_is_refused(document):
    with pytest.raises(BadDocument, match="not an exported workflow"):
        import_workflow(MemoryStore(), document)


def test_an_indented_document_is_as_good(store, order):
    document = export_workflow(store, "order-7")
    target = MemoryStore()
    import_workflow(target, document.replace(b"\n", b"\n   "))
    assert export_workflow(target, "order-7") == document
