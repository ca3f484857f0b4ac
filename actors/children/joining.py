"""Which children a workflow waits for no longer, and whether enough of a group have ended."""

from __future__ import annotations

from ...persistence.codec import encode_json
from ...persistence.records import Message, MessageKind
from ..agenda import Agenda, Sent
from .birth import group_of, read_birth

CANCEL = "__cancel__"
"""The event that ends a workflow which others wait for no longer."""


def let_go(agenda: Agenda, child: Message | Sent, *, cancel: bool) -> None:
    """Wait for a child no longer.

    Arguments:
        agenda: what its parent has still to come.
        child: it.
        cancel: whether to end it as well.
    """
    agenda.take_back(child)
    if cancel and isinstance(child, Message):  # what has not left yet was never born
        agenda.add(Sent(read_birth(child.data).id, CANCEL, None))


def let_all_go(agenda: Agenda, since: int | None = None) -> None:
    """Wait for no child any longer, and cancel those that are not to go on by themselves.

    Arguments:
        agenda: what their parent has still to come.
        since: only for those that steps after this one have started.
    """
    for child in [*agenda.of(MessageKind.CHILD)]:
        if since is None or (isinstance(child, Message) and child.sequence > since):
            let_go(agenda, child, cancel=not read_birth(child.data).abandoned)


def join(agenda: Agenda, workflow_id: str) -> None:
    """Tell the parent if the child that has reported was the one that a group still needed.

    Arguments:
        agenda: what the parent has still to come; the report is what its step takes.
        workflow_id: the parent's id.
    """
    came = agenda.came
    if came is None or came.kind is not MessageKind.CHILD or came.options is None:
        return
    birth = read_birth(came.options)
    if birth.group is None:
        return
    group = (came.sequence, birth.group)
    if birth.size - agenda.left_of(group) != birth.join:
        return
    for one in [*agenda.of(MessageKind.CHILD)]:
        if isinstance(one, Message) and group_of(one) == group:
            let_go(agenda, one, cancel=not birth.abandoned)
    if birth.joined is not None:
        data = encode_json({"group": birth.group, "ended": birth.join})
        agenda.add(Sent(workflow_id, birth.joined, data))
