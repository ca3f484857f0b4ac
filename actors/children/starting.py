"""What an action can do with children: start some, and cancel some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from msgspec.structs import replace

from ...persistence.codec import encode_json
from ...persistence.records import MessageKind
from ..agenda import Agenda, Sent
from ..names import Name, text
from .birth import Birth, read_birth
from .joining import let_go

if TYPE_CHECKING:
    from ..workflow import Workflow


class StartsChildren:
    """The part of a workflow that is about its children."""

    if TYPE_CHECKING:
        workflow_id: str
        _agenda: Agenda

        @classmethod
        def event_name(cls, event: Name) -> str | None: ...

    def start_child(
        self,
        workflow: type[Workflow],
        *,
        context: Any = None,
        id: str | None = None,
        name: str | None = None,
        done: Name | None = None,
        failed: Name | None = None,
        abandoned: bool = False,
    ) -> str:
        """Have another workflow begin, once the step is durable, from within an action.

        It exists exactly once, and its end comes as an event, exactly once. It has failed when
        it could not begin, was cancelled, or has ended in a state called `failed` or `cancelled`
        (see `Workflow.failures`).

        Arguments:
            workflow: its class.
            context: the fields of its context as a mapping, or a ready one.
            id: its id; by default this one's id and its name, as in "order-7/payment".
            name: what this workflow calls it; by default the class's name, with a number if
                there was one of that name before.
            done: the event that brings its result: `child` (its id), `name`, `ended_in` (its last
                states) and `result`: the field `result` of its context, or else all of that.
                Without one it is only kept in the history.
            failed: the event that brings its failure: with `child`, `name`, `ended_in`, `result`,
                and `error` (`{"type": …, "message": …}`). Without one, `done` has those too.
            abandoned: whether it goes on when this workflow ends; else it is cancelled then.

        Returns:
            its id.

        Raises:
            TypeError: `workflow` is no class of workflows.
            CodecError: the context does not fit its class.
            ValueError: this class has no such event, or a child that has not ended has the name.

        Example:
            >>> def on_pay(self) -> None:                              # doctest: +SKIP
            ...     self.start_child(Payment, context={"total": 30}, done="paid")
        """
        _check_class(workflow)
        if name is None:
            name = workflow.workflow_name
            if id is None:
                name = self._agenda.unused_child(self.workflow_id, name)
            else:
                name = self._agenda.unused(MessageKind.CHILD, name)
        elif self._agenda.has(MessageKind.CHILD, name):
            raise ValueError(
                f"Workflow {self.workflow_id!r} has a child {name!r} that has not ended; give this "
                f"one another name."
            )
        birth = Birth(
            id=f"{self.workflow_id}/{text(name, 'The name of a child')}"
            if id is None
            else text(id, "A workflow's id"),
            type=workflow.workflow_name,
            context=_plain(workflow, context),
            failed=None if failed is None else self._known_event(failed),
            abandoned=abandoned,
        )
        self._bear(name, birth, "" if done is None else self._known_event(done))
        return birth.id

    def start_children(
        self,
        workflow: type[Workflow],
        contexts: Sequence[Any] | Mapping[str, Any],
        *,
        group: str | None = None,
        done: Name | None = None,
        failed: Name | None = None,
        join: Literal["all", "any"] | int = "all",
        joined: Name | None = None,
        abandoned: bool = False,
    ) -> list[str]:
        """Have several workflows of a class begin, and hear when enough of them have ended.

        Arguments:
            workflow: their class.
            contexts: the context of each one; of a mapping, by its name in the group.
            group: what this workflow calls them; by default the class's name. A child's name is the
                group's, a dot, and its own name or number from 1.
            done: the event for the end of each one; see `start_child`.
            failed: the event for the failure of each one.
            join: how many must have ended, in whichever way: "all", "any" (one), or a number. The
                others are cancelled then, or left alone if they are `abandoned`.
            joined: the event for that, with `group` and `ended` (how many have). All of none have
                ended at once.
            abandoned: whether they go on when this workflow ends, or waits for no more of them.

        Returns:
            their ids.

        Raises:
            CodecError: a context does not fit their class.
            TypeError: `workflow` is no class of workflows.
            ValueError: `join` can't be, as "any" of none, this class has no such event, or a child
                that has not ended has the name of one of these.
        """
        _check_class(workflow)
        named = (
            {str(key): value for key, value in contexts.items()}
            if isinstance(contexts, Mapping)
            else {str(number): value for number, value in enumerate(contexts, 1)}
        )
        size = len(named)
        if not size and join == "all":
            return self._none_to_wait_for(workflow, group, joined)
        need = {"all": size, "any": 1}.get(join, join) if isinstance(join, str) else join
        if not isinstance(need, int) or not 1 <= need <= size:
            raise ValueError(
                f"join is {join!r} for {size} children; it is 'all', 'any' or a number of them."
            )
        group = workflow.workflow_name if group is None else text(group, "The name of a group")
        common = Birth(
            id="",
            type=workflow.workflow_name,
            failed=None if failed is None else self._known_event(failed),
            group=group,
            size=size,
            join=need,
            joined=None if joined is None else self._known_event(joined),
            abandoned=abandoned,
        )
        event = "" if done is None else self._known_event(done)
        ids = []
        for own, context in named.items():
            name = f"{group}.{own}"
            if self._agenda.has(MessageKind.CHILD, name):
                raise ValueError(
                    f"Workflow {self.workflow_id!r} has a child {name!r} that has not ended; give "
                    f"this group another name."
                )
            birth = replace(
                common, id=f"{self.workflow_id}/{name}", context=_plain(workflow, context)
            )
            self._bear(name, birth, event)
            ids.append(birth.id)
        return ids

    def _none_to_wait_for(
        self, workflow: type[Workflow], group: str | None, joined: Name | None
    ) -> list[str]:
        """Tell at once that all of none have ended, as a message to this very workflow."""
        if joined is not None:
            group = workflow.workflow_name if group is None else text(group, "The name of a group")
            data = encode_json({"group": group, "ended": 0})
            self._agenda.add(Sent(self.workflow_id, self._known_event(joined), data))
        return []

    def cancel_child(self, name: str) -> bool:
        """Cancel a child, or a group of them, from within an action; it takes effect with the step.

        A child takes its event `cancel` if it has one that its state allows; or else it is ended
        where it stands. This workflow hears no more of it.

        Arguments:
            name: what this workflow calls it, or its group.

        Returns:
            whether there was one that had not ended.
        """
        found = [
            one
            for one in self._agenda.of(MessageKind.CHILD)
            if one.name == name or read_birth(one.data).group == name
        ]
        for one in found:
            let_go(self._agenda, one, cancel=True)
        return bool(found)

    def _bear(self, name: str, birth: Birth, done: str) -> None:
        self._agenda.add(
            Sent(self.workflow_id, done, birth.encode(), kind=MessageKind.CHILD, name=name)
        )

    def _known_event(self, event: Name) -> str:
        found = self.event_name(event)
        if found is None:
            raise ValueError(f"{type(self).__name__} has no event {event!r} to tell of a child.")
        return found


def _check_class(workflow: object) -> None:
    # By what every such class has: the classes themselves import this module.
    if not (isinstance(workflow, type) and issubclass(workflow, StartsChildren)):
        raise TypeError(
            f"{workflow!r} is no class of workflows to start a child of; give the class itself."
        )


def _plain(workflow: type[Workflow], context: Any) -> Any:
    return workflow.codec.plain(workflow.make_context(context))
