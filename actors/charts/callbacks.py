"""One callback, compiled: for each shape of event data a call that passes what it names."""

from __future__ import annotations

import inspect
import keyword
from collections.abc import Callable
from functools import lru_cache, partial
from operator import attrgetter
from types import MethodType
from typing import Any, cast

from statemachine import spec_parser
from statemachine.callbacks import CallbackWrapper
from statemachine.signature import SignatureAdapter

from .moment import CONFIGURATIONS, INJECTED, PREPARED, Form, Moment, Shape

_MOST_SHAPES = 64
_WHERE_INJECTED = (
    {name: f"moment.{name}" for name in INJECTED}
    | {name: f"moment.told.{name}" for name in CONFIGURATIONS}
    | {"machine": "chart", "model": "chart.model", "event": "moment.trigger.event"}
)


class Call(dict[Shape, Form]):
    """A callback; `call[moment.shape](chart, moment)` calls it.

    Each form is worked out when a shape is first seen, by handing the stock library's own
    binder the *places* of the values instead of the values: what it would pass is then known
    for all events of that shape.
    """

    __slots__ = ("coroutine", "label", "portable", "unless")

    def __init__(self, label: str, *, coroutine: bool = False, portable: bool = True) -> None:
        super().__init__()
        self.label = label
        self.coroutine = coroutine
        self.unless = False
        self.portable = portable
        """Whether any instance of the class may use it, not only the one it was made from."""

    def __repr__(self) -> str:
        return f"<Call {self.label}>"

    def __missing__(self, shape: Shape) -> Form:
        form = self.form(shape)
        if len(self) >= _MOST_SHAPES:
            self.clear()
        self[shape] = form
        return form

    def form(self, shape: Shape) -> Form:
        """How to call it when the event data has this shape."""
        raise NotImplementedError

    def names(self) -> frozenset[str] | None:
        """The names it asks for, or None when it may look at anything."""
        return None

    def left_to_stock(self) -> str | None:
        """Why the stock library makes this call, or None when it is compiled."""
        return None


def forget_signatures() -> None:
    """Have the stock library look at each callback anew.

    It keeps signatures by qualified name: of two classes of one name, in two modules, the second
    would be called as the first is written, and its coroutines not be awaited.
    """
    cast(Any, SignatureAdapter.from_callable).clear_cache()


class SignatureCall(Call):
    """A function or method, given just the parameters that it names."""

    __slots__ = ("function", "method", "signature")

    def __init__(self, callback: Callable[..., Any], owner: object) -> None:
        self.signature: SignatureAdapter = SignatureAdapter.from_callable(callback)
        self.method = isinstance(callback, MethodType) and callback.__self__ is owner
        self.function: Callable[..., Any] = (
            callback.__func__
            if isinstance(callback, MethodType) and callback.__self__ is owner
            else callback
        )
        super().__init__(
            str(getattr(self.function, "__name__", None) or repr(self.function)),
            coroutine=self.signature.is_coroutine,
            portable=self.method or _same_for_all(callback, type(owner)),
        )

    def names(self) -> frozenset[str] | None:
        kinds = {parameter.kind for parameter in self.signature.parameters.values()}
        if inspect.Parameter.VAR_KEYWORD in kinds or inspect.Parameter.POSITIONAL_ONLY in kinds:
            return None
        return frozenset(self.signature.parameters)

    def form(self, shape: Shape) -> Form:
        text = self.text(shape)
        return self._generic if text is None else _compiled(text)(self.function)

    def left_to_stock(self) -> str | None:
        if any(p.kind is p.POSITIONAL_ONLY for p in self.signature.parameters.values()):
            return "its positional-only parameters are bound anew for each call"
        return None

    def text(self, shape: Shape) -> str | None:
        """The call as Python source, or None for one that only the stock binder can make."""
        parameters = self.signature.parameters.values()
        if any(parameter.kind is parameter.POSITIONAL_ONLY for parameter in parameters):
            return None  # the stock binder treats the first call and later ones differently
        positional, places = _places(shape)
        bound = self.signature.bind_expected(*positional, **places)
        parts = ["chart"] if self.method else []
        parts += bound.args
        awkward = []
        for name, place in bound.kwargs.items():
            if name.isidentifier() and not keyword.iskeyword(name):
                parts.append(f"{name}={place}")
            else:
                awkward.append(f"{name!r}: {place}")
        if awkward:
            parts.append(f"**{{{', '.join(awkward)}}}")
        return f"callback({', '.join(parts)})"

    def _generic(self, chart: Any, moment: Moment) -> Any:
        bound = self.signature.bind_expected(*moment.trigger.args, **moment.everything())
        if self.method:
            return self.function(chart, *bound.args, **bound.kwargs)
        return self.function(*bound.args, **bound.kwargs)


class AttributeCall(Call):
    """An attribute or property, read when it is asked for."""

    __slots__ = ("_form",)

    def __init__(self, getter: attrgetter[Any], target: object, owner: object) -> None:
        super().__init__(repr(getter)[len("operator.attrgetter(") : -1].strip("'"))
        if target is owner:
            self._form: Form = lambda chart, moment: getter(chart)
        else:
            self.portable = False
            self._form = lambda chart, moment: getter(target)

    def form(self, shape: Shape) -> Form:
        return self._form

    def names(self) -> frozenset[str]:
        return frozenset()


class EventCall(Call):
    """An event named as an action: it is sent, with the data of the event being run."""

    __slots__ = ("_event", "_mine")

    def __init__(self, event: Any, owner: object) -> None:
        super().__init__(str(event))
        self._event = event
        self._mine = event._sm is owner
        self.portable = self._mine

    def form(self, shape: Shape) -> Form:
        return self._send

    def left_to_stock(self) -> str:
        return "an event sent as an action goes through the stock queue"

    def _send(self, chart: Any, moment: Moment) -> Any:
        every = moment.everything()
        every.pop("machine", None)
        event = getattr(chart, self.label, self._event) if self._mine else self._event
        return event(*moment.trigger.args, **every)


class ExpressionCall(Call):
    """A boolean expression over callbacks, such as `"paid and not shipped"`."""

    __slots__ = ("_evaluate", "leaves")

    def __init__(self, expression: Callable[..., Any], owner: object, label: str) -> None:
        self.leaves: list[Call] = []
        self._evaluate = self._rebuild(expression, owner)
        super().__init__(
            label,
            coroutine=False,  # as in stock: what an expression returns is awaited, if it can be
            portable=all(leaf.portable for leaf in self.leaves),
        )

    def form(self, shape: Shape) -> Form:
        evaluate = self._evaluate
        return lambda chart, moment: evaluate(moment, machine=chart)

    def names(self) -> frozenset[str] | None:
        asked = [leaf.names() for leaf in self.leaves]
        return None if None in asked else frozenset().union(*[a for a in asked if a is not None])

    def _rebuild(self, function: Any, owner: object) -> Callable[..., Any]:
        """The same tree of operators, over compiled leaves."""
        rebuild = partial(self._rebuild, owner=owner)
        parts = inspect.getclosurevars(function).nonlocals
        match function.__code__.co_qualname.partition(".")[0]:
            case "custom_not":
                return spec_parser.custom_not(rebuild(parts["predicate"]))
            case "custom_and":
                return spec_parser.custom_and(rebuild(parts["left"]), rebuild(parts["right"]))
            case "custom_or":
                return spec_parser.custom_or(rebuild(parts["left"]), rebuild(parts["right"]))
            case "build_custom_operator":
                compare = spec_parser.build_custom_operator(parts["operator"])
                return _callable(compare(rebuild(parts["left"]), rebuild(parts["right"])))
            case "build_constant" | "build_in_call" | "allways_true":
                return _callable(function)
        leaf = compile_function(function, owner)
        self.leaves.append(leaf)

        def ask(moment: Moment, machine: Any) -> Any:
            return leaf[moment.shape](machine, moment)

        ask.__name__ = leaf.label
        return ask


class OpaqueCall(Call):
    """A callable of a kind not known here: given everything, as the stock library does."""

    __slots__ = ("_callback",)

    def __init__(self, callback: Callable[..., Any]) -> None:
        super().__init__(
            getattr(callback, "__name__", repr(callback)),
            coroutine=getattr(callback, "is_coroutine", False),
            portable=False,
        )
        self._callback = callback

    def left_to_stock(self) -> str:
        return "a callable of a kind that is not known here is given everything"

    def form(self, shape: Shape) -> Form:
        return lambda chart, moment: self._callback(*moment.trigger.args, **moment.everything())


def compile_callback(wrapper: CallbackWrapper, owner: object) -> Call:
    """Compile one callback that the stock library has resolved for `owner`, a chart."""
    if wrapper.meta.may_contain_boolean_expression and _is_expression(wrapper._callback):
        call: Call = ExpressionCall(wrapper._callback, owner, str(wrapper.meta.func))
        call.coroutine = wrapper._iscoro
    else:
        call = compile_function(wrapper._callback, owner)
    call.unless = wrapper.expected_value is False
    return call


def compile_function(callback: Any, owner: object) -> Call:
    """Compile a callable as `statemachine.dispatcher` makes it, from what it closes over."""
    code = getattr(callback, "__code__", None)
    kind = code.co_qualname.partition(".")[0] if code is not None else ""
    parts = inspect.getclosurevars(callback).nonlocals if code is not None else {}
    if kind == "callable_method":
        return SignatureCall(parts["a_callable"], owner)
    if kind == "attr_method":
        return AttributeCall(parts["getter"], parts["obj"], owner)
    if kind == "event_method":
        return EventCall(parts["func"], owner)
    return OpaqueCall(callback)


def _is_expression(callback: Any) -> bool:
    kind = callback.__code__.co_qualname.partition(".")[0]
    return kind not in ("callable_method", "attr_method", "event_method")


def _same_for_all(callback: Callable[..., Any], cls: type) -> bool:
    """Whether each instance of `cls` would resolve to this very callable."""
    bound_to = getattr(callback, "__self__", None)
    return inspect.isfunction(callback) or (bound_to is not None and bound_to is cls)


def _callable(function: Any) -> Callable[..., Any]:
    built: Callable[..., Any] = function
    return built


def _places(shape: Shape) -> tuple[list[str], dict[str, str]]:
    """Where, at a moment of this shape, each argument is found."""
    if shape[0] is PREPARED:
        count, names = shape[1], shape[2:]
        places = {name: f"moment.data[{name!r}]" for name in names}
    else:
        count, names = shape[0], shape[1:]
        told = CONFIGURATIONS if names and names[-1] is CONFIGURATIONS else ()
        places = {name: f"moment.data[{name!r}]" for name in names if name is not CONFIGURATIONS}
        places |= {name: _WHERE_INJECTED[name] for name in (*INJECTED, *told)}
    return [f"moment.trigger.args[{index}]" for index in range(count)], places


@lru_cache(maxsize=4096)
def _compiled(text: str) -> Callable[[Callable[..., Any]], Form]:
    maker: Callable[[Callable[..., Any]], Form] = eval(
        f"lambda callback: lambda chart, moment: {text}", {}
    )
    return maker
