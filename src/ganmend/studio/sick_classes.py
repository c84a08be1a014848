"""Which classes of the generator are sick, found beside what visitors do."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ganmend.catalog.names import find_class, name_or_index
from ganmend.demo.bundled import bundled_fingerprint
from ganmend.errors import GanmendError
from ganmend.runs.demo_run import EDITS
from ganmend.workbench.diagnosis import MANY
from ganmend.workbench.marks import ClassDiagnosis
from ganmend.workbench.workbench import Workbench

HEALTHY, UNKNOWN = "healthy", "not diagnosed"


@dataclass(frozen=True)
class Choice:
    """A class to choose.

    Attributes:
        label: its name and, where it is sick, its mark.
        name: text that means this class alone.
    """

    label: str
    name: str


class SickClasses:
    """The classes of a generator, with the marks of a diagnosis once there is one.

    Attributes:
        marks: the diagnoses by class, the sickest first; none before they are made.
        trouble: what hindered them, or ''.

    Args:
        workbench: of the generator.
    """

    marks: Mapping[str, ClassDiagnosis]
    trouble: str

    def __init__(self, workbench: Workbench) -> None:
        self.marks, self.trouble = MappingProxyType({}), ""
        self._workbench, self._names = workbench, workbench.generator.class_names
        self._diagnosing = threading.Lock()

    def choices(self) -> list[Choice]:
        """All classes: the sick ones first, the sickest first of all, with their marks; then the others in order."""
        names = [name_or_index(index, self._names) for index in range(len(self._names))]
        sick = [name for name, found in self.marks.items() if found.mark]
        return [Choice(self._label(name), name) for name in [*sick, *(name for name in names if name not in sick)]]

    def first(self) -> str:
        """The class that is shown to who has chosen none: the sickest; of the bundled generator the one known to be."""
        bundled = self._workbench.generator.fingerprint == bundled_fingerprint()
        return EDITS[0][1] if bundled and not self.marks else self.choices()[0].name

    def mark(self, name: str) -> str:
        """What the diagnosis says of a class: 'collapsed', 'off-class', 'biased', HEALTHY or UNKNOWN."""
        return (self.marks[name].mark or HEALTHY) if name in self.marks else UNKNOWN

    def task(self, name: str) -> str:
        """The task that suits a class: 'debias' where it is biased, else 'repair'."""
        return (self.marks[name].task or "repair") if name in self.marks else "repair"

    @property
    def diagnosed(self) -> bool:
        """Whether the marks are known."""
        return bool(self.marks)

    @property
    def diagnosing(self) -> bool:
        """Whether a diagnosis is under way."""
        return self._diagnosing.locked()

    @property
    def quickly_diagnosed(self) -> bool:
        """Whether a diagnosis takes seconds, so that nobody has to ask for it."""
        return len(self._names) <= MANY and self._workbench.generator.resolution <= 64

    def diagnose(self) -> None:
        """Find the sick classes, unless that is done or under way; what hinders it is kept in `trouble`."""
        if self.diagnosed or not self._diagnosing.acquire(blocking=False):
            return
        try:
            found = self._workbench.diagnose()
            self.marks = {name_or_index(one.index, self._names): one for one in found.classes}
        except GanmendError as error:
            self.trouble = str(error)
        finally:
            self._diagnosing.release()

    def diagnose_aside(self, patience: float = 0.0) -> None:
        """The same in a thread of its own.

        Args:
            patience: seconds that are waited for it; where the figures are in the user's cache, it takes less than one.
        """
        thread = threading.Thread(target=self.diagnose, name="diagnosis", daemon=True)
        thread.start()
        thread.join(patience)

    def _label(self, name: str) -> str:
        shown = self._names[find_class(name, self._names)]
        called = shown if shown == name else f"{shown} (class {name})"
        mark = self.mark(name)
        return called if mark in (HEALTHY, UNKNOWN) else f"{called} — {mark}"
