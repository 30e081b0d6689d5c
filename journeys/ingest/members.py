"""Which files of an archive are read as one log, by which adapter, and which are left out.

An archive that a platform made has its logs among hundreds of other files. If any of them is of a
source that is known, these are the log, each read in its own way. Otherwise the tables in it are,
as far as they have the same columns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from journeys.errors import InputError
from journeys.ingest.adapters import ADAPTERS
from journeys.ingest.container import GZIP_MAGIC, ZIP_MAGIC, Container, Member
from journeys.ingest.contract import Adapter, Batch, Context, Reading
from journeys.ingest.table import HEAD

#: What is looked at to recognise a file of an archive; there may be thousands.
_GLANCE = 4096
_HEAD = 256 << 10

#: Columns by which tables of an archive are told to be parts of one log.
_SHAPE = ("user_id", "timestamp", "title")

#: First bytes of pictures, sounds, films and documents.
_MEDIA = (
    b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"%PDF", b"ID3", b"OggS", b"fLaC",
    b"\x00\x00\x00", b"MM\x00*", b"II*\x00", b"\x1aE\xdf\xa3", b"\xd0\xcf\x11\xe0", b"BEGIN:VC",
)  # fmt: skip

#: Files left out that are named one by one; more are counted by kind.
_NAMED = 3


@dataclass
class Parts:
    """The files of a container that make up one log, opened one after the other.

    Attributes:
        first: how the first of them is read.
        known: whether they are of known sources rather than generic tables.
        tables: whether generic tables count as well.

    Raises:
        InputError: none of the files can be read.
    """

    container: Container
    context: Context
    adapters: Sequence[Adapter] = ADAPTERS
    tables: bool = True
    readings: list[Reading] = field(default_factory=list)
    _no_logs: list[str] = field(default_factory=list)
    _problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._next = 1
        self._names = [member.name for member in self.container.members]
        errors: list[InputError] = []
        recognised, others = self._sort()
        for known, chosen in ((True, recognised), (False, others if self.tables else [])):
            for at, (member, adapter) in enumerate(chosen):
                try:
                    self.first = adapter.read(member, self.context, 1)
                except InputError as error:
                    errors.append(error)
                    continue
                self.known, self._first_name = known, member.name
                self._rest = chosen[at + 1 :]
                failed = [name.name for name, _ in chosen[:at]]
                unread = others if known else recognised
                self._no_logs += failed + [name.name for name, _ in unread]
                return
        raise self._none(errors)

    def _sort(self) -> tuple[list[_Choice], list[_Choice]]:
        """The files of known sources, and those that may be tables."""
        *sources, generic = self.adapters
        members = self.container.members
        if len(members) == 1:
            (member,) = members
            found = None if self._mapped() else _recognise(member.head(HEAD), sources, self._names)
            return ([(member, found)], []) if found else ([], [(member, generic)])
        recognised: list[_Choice] = []
        others: list[_Choice] = []
        for member in members:
            try:
                head = member.head(_GLANCE)
                if head.startswith(_MEDIA):
                    self._no_logs.append(member.name)
                    continue
                head = member.head(_HEAD) if len(head) == _GLANCE else head
            except InputError as error:
                self._problems.append(str(error))
                continue
            if head.startswith((ZIP_MAGIC, GZIP_MAGIC)):
                self._problems.append(
                    f"{member.name} was left out: it is an archive inside the archive. Unpack it "
                    "and give what is in it."
                )
                continue
            found = None if self._mapped() else _recognise(head, sources, self._names)
            (recognised if found else others).append((member, found or generic))
        return recognised, others

    def _mapped(self) -> bool:
        """Whether the user said which column is which, as one does for tables only."""
        return any(self.context.mapping.values())

    def _none(self, errors: Sequence[InputError]) -> InputError:
        if len(self.container.members) == 1 and errors:
            return errors[0]
        first = str(errors[0]) if errors else next(iter(self._problems), "None is a data file.")
        return InputError(
            f"None of the {len(self.container.members):,} files in {self.container.name} can be "
            f"read as a log. The first: {first}"
        )

    @property
    def format(self) -> str:
        """How the files read so far were recognised, e.g. ``"youtube history (json) in zip"``."""
        kinds = dict.fromkeys(reading.format for reading in self.readings or [self.first])
        packing = self.container.packing
        return ", ".join(kinds) + (f" in {packing}" if packing else "")

    def parts(self) -> Iterator[tuple[str, Reading]]:
        """Name and records of each file."""
        yield self._first_name, self._began(self.first)
        for member, adapter in self._rest:
            try:
                reading = adapter.read(member, self.context, self._next)
            except InputError as error:
                if self.known:
                    self._problems.append(f"{member.name} was left out: {error}")
                else:
                    self._no_logs.append(member.name)
                continue
            if not self.known and any(
                reading.mapping.get(c) != self.first.mapping.get(c) for c in _SHAPE
            ):
                self._problems.append(f"{member.name} was left out: its columns are others.")
                continue
            yield member.name, self._began(reading)

    def batches(self) -> Iterator[Batch]:
        """All records, numbered through."""
        for _, reading in self.parts():
            for batch in reading.batches:
                self._next = max(self._next, _last_row(batch) + 1)
                yield batch

    def _began(self, reading: Reading) -> Reading:
        self.readings.append(reading)
        return reading

    def damage(self) -> list[str]:
        """What was damaged in the files that were read."""
        return [note for member in self.container.members for note in member.damage]

    def notes(self) -> list[str]:
        """Everything the user should know, once the batches have been read."""
        notes = [note for reading in self.readings for note in reading.notes]
        return [*notes, *self._problems, *left_out(self._no_logs), *self.damage()]


_Choice = tuple[Member, Adapter]


def _recognise(head: bytes, sources: Sequence[Adapter], names: Sequence[str]) -> Adapter | None:
    return next((adapter for adapter in sources if adapter.detect(head, names)), None)


def _last_row(batch: Batch) -> int:
    read = int(batch.rows[-1]) if len(batch) else 0
    return max(read, batch.rejected[-1].row if batch.rejected else 0)


def left_out(names: Sequence[str]) -> list[str]:
    """In few words, which files are no logs.

    >>> left_out(["a.jpg", "b.jpg", "c.json", "d"])
    ['4 files of the archive are no logs and were left out: 2 .jpg, 1 .json, 1 without a suffix.']
    """
    if len(names) <= _NAMED:
        return [f"{name} was left out: it is no log." for name in names]
    kinds = Counter(PurePosixPath(name).suffix.lower()[:12] or "without a suffix" for name in names)
    shown = [f"{count:,} {kind}" for kind, count in kinds.most_common(6)]
    rest = len(names) - sum(count for _, count in kinds.most_common(6))
    words = ", ".join([*shown, f"{rest:,} others"] if rest else shown)
    return [f"{len(names):,} files of the archive are no logs and were left out: {words}."]
