"""A future that costs little until somebody has to wait for it."""

from __future__ import annotations

import asyncio
import logging
import queue
import sys
import threading
from collections.abc import Callable, Generator, Iterable
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pykka

from . import waiting
from .interrupts import is_for_the_caller, put_aside

if TYPE_CHECKING:
    from types import TracebackType

    from .mailbox import Mailbox

    ExcInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]

T = TypeVar("T")

logger = logging.getLogger(__name__)

_UNCLAIMED = object()


class PooledFuture(pykka.Future[T]):
    """The answer to an `ask`: to wait for, to await, or to be told about.

    Differs from Pykka's in that it can be awaited without blocking the event loop, that
    callbacks can be added, and that a thread which waits for an idle actor runs it.

    Example:
        ```py
        future = ref.ask("sum", block=False)
        future.add_done_callback(lambda done: print(done.get()))
        ```
    """

    # Class attributes are the initial values: a future is made for every ask.
    _done = False
    _value: Any = None
    _error: tuple[BaseException, TracebackType | None] | None = None
    _hook: Callable[[float | None], Any] | None = None
    _hook_done = False
    _hook_lock: threading.RLock | None = None
    _sources: tuple[pykka.Future[Any], ...] = ()

    worker: Mailbox | None = None
    """The mailbox whose progress this future waits on; a waiting thread may run it."""

    def __init__(self) -> None:
        # Removing the mark from the list is what makes the first `set` the only one.
        self._callbacks: list[Any] = [_UNCLAIMED]

    def __repr__(self) -> str:
        return "<pykka.Future>"

    @property
    def done(self) -> bool:
        """Whether the answer, a value or an error, is there."""
        if self._hook is None:
            return self._done
        return self._hook_done or (
            bool(self._sources) and all(getattr(f, "done", False) for f in self._sources)
        )

    def set(self, value: T | None = None) -> None:
        """Give the answer.

        Raises:
            queue.Full: the future has one already.
        """
        try:
            self._callbacks.remove(_UNCLAIMED)
        except ValueError:
            raise queue.Full from None
        except BaseException:
            self._callbacks.append(_UNCLAIMED)  # Ctrl-C, right after the call
            raise
        self._value = value
        self._done = True
        if self._callbacks:
            self._run_callbacks()

    def set_exception(self, exc_info: ExcInfo | None = None) -> None:
        """Give an error, by default the one being handled, as the answer.

        Args:
            exc_info: a triple as `sys.exc_info()` returns it.

        Raises:
            queue.Full: the future has an answer already.
        """
        exc_type, error, traceback = sys.exc_info() if exc_info is None else exc_info
        if error is None:
            if exc_type is None:
                raise ValueError("There is no exception to set: pass one, or call from an except.")
            error = exc_type()
        self._set_error(error, traceback)

    def set_error(self, error: BaseException) -> None:
        """Give `error` as the answer.

        Raises:
            queue.Full: the future has an answer already.
        """
        self._set_error(error, error.__traceback__)

    def _set_error(self, error: BaseException, traceback: TracebackType | None) -> None:
        try:
            self._callbacks.remove(_UNCLAIMED)
        except ValueError:
            raise queue.Full from None
        except BaseException:
            self._callbacks.append(_UNCLAIMED)
            raise
        self._error = (error, traceback)
        self._done = True
        if self._callbacks:
            self._run_callbacks()

    def get(self, *, timeout: float | None = None) -> T:
        """Wait for the answer and return it.

        Args:
            timeout: seconds to wait; `None` waits for ever, and lets this thread run the actor.

        Raises:
            pykka.Timeout: no answer came in time.
            AskRingError: the wait could never end.
            Exception: the answer is an error.
        """
        if self._hook is not None:
            return self._get_from_hook(timeout)
        if not self._done and not waiting.wait(self, timeout):
            raise pykka.Timeout(f"{timeout} seconds")
        if self._error is not None:
            error, traceback = self._error
            if error.__traceback__ is not traceback:
                raise error.with_traceback(traceback)
            raise error
        value: T = self._value  # without a cast, which is a call
        return value

    def set_get_hook(self, func: Callable[[float | None], T]) -> None:
        """Let `func(timeout)` give the value when `get` is called.

        Raises:
            queue.Full: the future has an answer already.
        """
        if self._hook is None:
            try:
                self._callbacks.remove(_UNCLAIMED)
            except ValueError:
                raise queue.Full from None
            self._hook_lock = threading.RLock()
        self._hook = func

    def _get_from_hook(self, timeout: float | None) -> T:
        assert self._hook is not None
        assert self._hook_lock is not None
        with self._hook_lock:
            if not self._hook_done:
                self._value = self._hook(timeout)
                self._hook_done = True
                if self._callbacks and not self._sources:
                    self._run_callbacks()
            return cast("T", self._value)

    def add_done_callback(self, callback: Callable[[PooledFuture[T]], object]) -> None:
        """Call `callback(self)` once there is an answer, at once if there is one.

        It runs in the thread that gives the answer, so it must be short. What it raises is
        logged.
        """
        if self._sources:
            _when_all_done(self._sources, lambda: self._call(callback))
            return
        self._callbacks.append(callback)
        if self._done or self._hook_done:
            self._run_callbacks()

    def remove_done_callback(self, callback: Callable[[PooledFuture[T]], object]) -> None:
        """Forget a callback that was not called yet."""
        try:
            self._callbacks.remove(callback)
        except ValueError:
            pass

    def _run_callbacks(self) -> None:
        callbacks = self._callbacks
        while True:
            # The setter and a late adder may both be here: `pop` gives each callback to one.
            try:
                callback = callbacks.pop(0)
            except IndexError:
                return
            self._call(callback)

    def _call(self, callback: Callable[[PooledFuture[T]], object]) -> None:
        # Whoever gives the answer, and those who wait for it, must not suffer from a callback.
        try:
            callback(self)
        except KeyboardInterrupt as interrupt:
            if put_aside(interrupt):
                return
            if is_for_the_caller(interrupt):
                self._run_callbacks()
                raise
            logger.exception("A callback of a future was broken off: %r", callback)
        except BaseException:
            logger.exception("A callback of a future failed: %r", callback)

    def _derive(self, *others: pykka.Future[Any]) -> PooledFuture[Any]:
        future: PooledFuture[Any] = self.__class__()
        future._sources = (self, *others)
        return future

    def map(self, func: Callable[[T], Any]) -> PooledFuture[Any]:
        """Return a future of `func(value)`, computed when it is asked for."""
        future = self._derive()
        future.set_get_hook(lambda timeout: func(self.get(timeout=timeout)))
        return future

    def filter(self: PooledFuture[Any], func: Callable[[Any], bool]) -> PooledFuture[Any]:
        """Return a future of the items for which `func(item)` is true."""
        return self.map(lambda items: [item for item in items if func(item)])

    def join(self: PooledFuture[Any], *futures: pykka.Future[Any]) -> PooledFuture[Any]:
        """Return a future of the list of this future's value and the others'."""
        future = self._derive(*futures)
        future.set_get_hook(lambda timeout: [f.get(timeout=timeout) for f in (self, *futures)])
        return future

    def __await__(self) -> Generator[Any, None, T]:
        if not self.done:
            if self._hook is not None and not self._sources:
                # Nobody can say when a foreign hook is ready: wait for it in a thread.
                loop = asyncio.get_running_loop()
                return (yield from loop.run_in_executor(None, self.get).__await__())
            yield from waiting.wait_async(self)
        return self.get(timeout=0)

    __iter__ = __await__


def _when_all_done(futures: Iterable[pykka.Future[Any]], then: Callable[[], None]) -> None:
    """Call `then` after the last of `futures` has its answer."""
    pending = list(futures)

    def next_one(_: Any = None) -> None:
        while pending:
            future = pending.pop()
            if isinstance(future, PooledFuture):
                future.add_done_callback(next_one)
                return
        then()

    next_one()


def answer(future: pykka.Future[Any], value: Any) -> None:
    """Set the answer, unless somebody was quicker."""
    try:
        future.set(value)
    except queue.Full:
        pass


def refuse(future: pykka.Future[Any], error: BaseException) -> None:
    """Set an error as the answer, unless there is one."""
    try:
        future.set_exception((type(error), error, error.__traceback__))
    except queue.Full:
        pass
