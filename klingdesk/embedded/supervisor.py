"""Keeps the desk's processes running, and stops them in order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NoReturn

from klingdesk.embedded.children import Child, Spec, last_words, trim_log
from klingdesk.embedded.console import Console
from klingdesk.embedded.processes import Mark
from klingdesk.embedded.signals import StopFlag
from klingdesk.embedded.trouble import Trouble

_FIRST_DELAY = 0.5
_LONGEST_DELAY = 30.0
_STEADY = 30.0
_TRIM_EVERY = 60.0


@dataclass(slots=True)
class _Slot:
    spec: Spec
    child: Child | None
    delay: float = _FIRST_DELAY
    due: float = 0.0


@dataclass(slots=True)
class Supervisor:
    """Starts children, starts them again when they die, stops them last one first.

    A child that dies is started again after 0.5 s, then after 1, 2, 4 ... at most 30 s; having
    run for 30 s it begins anew. ``record`` gets the living processes at every change.
    """

    console: Console
    flag: StopFlag
    record: Callable[[Iterable[Mark]], None]
    slots: list[_Slot] = field(default_factory=list)
    _steps: list[Child] = field(default_factory=list)
    _trimmed: float = field(default_factory=time.monotonic)

    def start(self, spec: Spec) -> None:
        """Start a child that is to run until we stop."""
        self.flag.check()
        self.slots.append(_Slot(spec, Child(spec)))
        self._record()

    def alive(self, name: str) -> bool:
        """Whether the child of that name runs now."""
        return any(s.spec.name == name and s.child and not s.child.ended() for s in self.slots)

    def begin(self, spec: Spec) -> Child:
        """Start a command that ends by itself; ``finish`` waits for it."""
        self.flag.check()
        step = Child(spec)
        self._steps.append(step)
        self._record()
        return step

    def finish(self, step: Child) -> None:
        """Wait for a command while the others are watched; ``Trouble`` when it fails."""
        while (ended := step.ended()) is None:
            self.turn(0.2)
        self._steps.remove(step)
        self._record()
        if ended != "exit 0":
            log = step.spec.log
            raise Trouble(
                f"{step.spec.name} failed ({ended}): {last_words(log)} (all of it: {log})"
            )

    def turn(self, seconds: float) -> None:
        """One turn of the watch: sleep, look, start again what is due; or ``StopRequested``."""
        self.flag.check()
        now = time.monotonic()
        waiting = [slot.due - now for slot in self.slots if slot.child is None]
        self.flag.pause(min([seconds, *waiting]))
        self.flag.check()
        for slot in self.slots:
            self._look_after(slot)
        if time.monotonic() - self._trimmed > _TRIM_EVERY:
            self._trimmed = time.monotonic()
            for slot in self.slots:
                trim_log(slot.spec.log)

    def _look_after(self, slot: _Slot) -> None:
        if slot.child is not None:
            ended = slot.child.ended()
            if ended is None:
                return
            if slot.child.ran > _STEADY:
                slot.delay = _FIRST_DELAY
            self.console.line(
                f"{slot.spec.name} died ({ended}); starting it again in {slot.delay:.1f} s; "
                f"log: {slot.spec.log}"
            )
            slot.child = None
            slot.due = time.monotonic() + slot.delay
            slot.delay = min(slot.delay * 2, _LONGEST_DELAY)
            self._record()
        elif time.monotonic() >= slot.due:
            if slot.spec.before_again is not None:
                slot.spec.before_again()
            slot.child = Child(slot.spec)
            self._record()

    def watch(self) -> NoReturn:
        """Watch until ``StopRequested``."""
        while True:
            self.turn(5.0)

    def stop(self) -> None:
        """Stop all, last started first. Never raises: every child gets its turn."""
        for step in self._steps:
            step.stop(self.flag.pause, lambda: True)
        self._steps.clear()
        for slot in reversed(self.slots):
            if slot.child is not None:
                slot.child.stop(self.flag.pause, lambda: self.flag.requests > 1)
                slot.child = None
        self.slots.clear()
        self._record()

    def _record(self) -> None:
        children = [*self._steps, *(slot.child for slot in self.slots if slot.child)]
        try:
            self.record([child.mark for child in children if child.mark])
        except OSError as error:
            # A full disk must not stop a desk that runs; the record only helps the next start.
            self.console.line(f"cannot record the running processes: {error.strerror}")
