"""The live line of one operation: what is seen becomes a sentence, as often as is worth looking at.

A line is made in the operation's own task and keeps that task's context, so that whoever shares polls with others, and
speaks from their tasks, still speaks for the right resource.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field

from computenest.kernel.ports import Clock, Progress
from computenest.kernel.progress import Reading, describe
from computenest.kernel.unknown import Known
from computenest.resources._packages.model import ArtifactVersion, Wanted

_OFTEN_S, _SELDOM_S = 10.0, 60.0  # a log that nobody watches live grows by the logarithm of the time, not with it
_SHARE_OF_ELAPSED = 20
_COPYING = "Delivering"  # the one status of a version in which regions get their images (facts §1.1)


@dataclass(slots=True)
class LiveLine:
    """Says how far a distribution is: at once when a region is done, otherwise after some time.

    Args:
        name: of the package; every line begins with it, for screens on which several share a row.
        clock: the cloud's.
    """

    name: str
    progress: Progress
    clock: Clock
    _last: Reading | None = None
    _began_s: float = 0.0
    _said_s: float = 0.0
    _said: str = ""
    _milestone: object = None
    _context: Context = field(default_factory=copy_context)

    def say(self, text: str) -> None:
        """Says `text`, unless it was the last thing said."""
        if text == self._said:
            return
        self._said, self._said_s = text, self.clock.now_s()
        self._began_s = self._began_s or self._said_s
        self._context.run(self.progress.show, f"{self.name}: {text}")

    def see(self, reading: Reading) -> None:
        """Takes one more look into account."""
        self._last = reading
        self.refresh()

    def refresh(self) -> None:
        """Says the last look where that is due: time passes also between looks."""
        reading = self._last
        if reading is None:
            return
        now_s = self.clock.now_s()
        milestone = reading.done, reading.waiting, reading.wanted
        often_s = max(_OFTEN_S, min(_SELDOM_S, (now_s - self._began_s) / _SHARE_OF_ELAPSED))
        if milestone == self._milestone and now_s - self._said_s < often_s:
            return
        self._milestone = milestone
        self.say(describe(reading))


@dataclass(slots=True)
class VersionLine:
    """The live line while Compute Nest works on a version; nothing depends on it."""

    line: LiveLine
    package: Wanted[Known]
    version: ArtifactVersion
    verb: str = ""
    """What the operation waits for, where that is not the distribution."""

    def __post_init__(self) -> None:
        self._show(self.version)

    def look(self, versions: Sequence[ArtifactVersion]) -> None:
        """One look at all versions; another one than the awaited one tells nothing."""
        for version in versions:
            if version.version == self.version.version:
                self._show(version)

    def refresh(self) -> None:
        """A tick has passed."""
        self.line.refresh()

    def _show(self, version: ArtifactVersion) -> None:
        if version.status == _COPYING and self.package.regions and not self.verb:
            self.line.see(reading_of(self.package, version))
            return
        percent = f" · {version.progress_percent}%" if version.progress_percent else ""
        before = f"{self.verb} · " if self.verb else ""
        self.line.say(f"{before}{version.status.lower()}{percent}")


def reading_of(package: Wanted[Known], version: ArtifactVersion) -> Reading:
    """What a version shows of its distribution. Whether regions fill in one by one is unverified (facts §9.1): where
    the whole is further than the images that are listed, how many there are is not told."""
    wanted = len(package.regions)
    left = tuple(region for region in package.regions if region not in version.images)
    done, percent = wanted - len(left), version.progress_percent
    is_shown = bool(done) or percent is None or percent * wanted < 100
    return Reading(wanted, done if is_shown else None, percent=percent, left=left if is_shown else ())
