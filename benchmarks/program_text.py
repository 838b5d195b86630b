"""A compiled program, read from its text: kernels, loops, copies, and the bytes that kernels move.

The text is that of `jax.stages.Compiled.as_text()`: computations, each a list of instructions. One that is a fusion, a
copy, a custom call and the like is a kernel; a loop is a computation that a `while` names as its body.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

WIDTH = {"pred": 1, "s8": 1, "u8": 1, "s16": 2, "u16": 2, "f16": 2, "bf16": 2, "s32": 4, "u32": 4, "f32": 4}
WIDTH |= {"s64": 8, "u64": 8, "f64": 8}
"""Bytes of an element."""

FREE = {"parameter", "constant", "tuple", "get-tuple-element", "bitcast", "after-all", "opt-barrier", "partition-id"}
"""Instructions for which nothing is executed."""

_INSTRUCTION = re.compile(r"\s+(?:ROOT )?%(?P<name>[\w.\-]+) = (?P<shape>.*?) (?P<kind>[a-z][\w\-]*)\((?P<rest>.*)")
_ARRAY = re.compile(r"\b(" + "|".join(WIDTH) + r")\[([\d,]*)\]")


@dataclass(frozen=True)
class Instruction:
    """A line of the program; `rest` is what follows its operands."""

    name: str
    shape: str
    kind: str
    operands: tuple[str, ...]
    rest: str
    is_root: bool

    @property
    def bytes(self) -> int:
        """Bytes of its result."""
        return sum(WIDTH[kind] * _count(dims) for kind, dims in _ARRAY.findall(self.shape))

    def named(self, attribute: str) -> str:
        """Return the computation that an attribute names; nothing if it has none."""
        found = re.search(rf"\b{attribute}=%([\w.\-]+)", self.rest)
        return found.group(1) if found else ""

    @property
    def trips(self) -> int | None:
        """Turns of a loop; None if they are known only when the program runs: the host then waits for each."""
        found = re.search(r'known_trip_count":\{"n":"(\d+)"', self.rest)
        return int(found.group(1)) if found else None


@dataclass(frozen=True)
class Loop:
    """A loop: its turns (see `Instruction.trips`), its body, and how many loops it is in."""

    trips: int | None
    body: str
    depth: int


@dataclass
class Program:
    """Computations by name, the one that is called, and the numbers of the arguments whose memory a result takes."""

    computations: dict[str, list[Instruction]] = field(default_factory=dict)
    entry: str = ""
    aliased: frozenset[int] = frozenset()

    def root(self, computation: str) -> Instruction:
        """Return the result of a computation."""
        return next(line for line in self.computations[computation] if line.is_root)

    def loops(self, computation: str, depth: int = 0) -> Iterator[Loop]:
        """Yield the loops within a computation, those inside them included."""
        for line in self.computations[computation]:
            if line.kind == "while":
                loop = Loop(line.trips, line.named("body"), depth)
                yield loop
                yield from self.loops(loop.body, depth + 1)

    def kernels(self, computation: str, times: int = 1) -> Iterator[tuple[Instruction, int]]:
        """Yield the kernels of a computation and how often each runs, with one turn of loops of unknown length.

        The condition of a loop is computed only where its number of turns is unknown.
        """
        for line in self.computations[computation]:
            if line.kind == "while":
                turns = times * (line.trips or 1)
                yield from self.kernels(line.named("body"), turns)
                if line.trips is None:
                    yield from self.kernels(line.named("condition"), turns)
            elif line.kind == "call":
                yield from self.kernels(line.named("to_apply"), times)
            elif line.kind not in FREE:
                yield line, times

    def turns(self, body: str) -> int:
        """Return how often the body of a loop runs, with one turn of loops of unknown length."""

        def within(computation: str, times: int) -> int:
            loops = [line for line in self.computations[computation] if line.kind == "while"]
            found = [times * (line.trips or 1) for line in loops if line.named("body") == body]
            return sum(found) + sum(within(line.named("body"), times * (line.trips or 1)) for line in loops)

        return within(self.entry, 1)

    def waits(self, computation: str, times: int = 1) -> int:
        """Return how often the host waits for a condition, with one turn of loops of unknown length."""
        total = 0
        for line in self.computations[computation]:
            if line.kind == "while":
                total += times * (2 if line.trips is None else 0)
                total += self.waits(line.named("body"), times * (line.trips or 1))
        return total

    def is_copy(self, kernel: Instruction) -> bool:
        """Return whether a kernel does nothing but copy."""
        if kernel.kind == "fusion":
            return self.root(kernel.named("calls")).kind == "copy"
        return kernel.kind in ("copy", "copy-start")

    def traffic(self, kernel: Instruction, sector: int, cache: float) -> float:
        """Return the bytes that a kernel moves to and from memory.

        Every array that it reads or writes counts once. Of an array that it gathers from or scatters to count the
        places read or written, each as whole sectors, twice where they are changed; at most the array itself if it
        fits in the cache.
        """
        if kernel.kind == "fusion":
            return _Body(self, kernel.named("calls"), sector, cache).traffic()
        return kernel.bytes + sum(self.sizes[name] for name in kernel.operands if name in self.sizes)

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Bytes of every result; names are unique in a program."""
        return {line.name: line.bytes for lines in self.computations.values() for line in lines}

    @cached_property
    def shapes(self) -> dict[str, str]:
        """Shape of every result."""
        return {line.name: line.shape for lines in self.computations.values() for line in lines}

    def overwrites(self, scatter: Instruction) -> bool:
        """Return whether a scatter writes values as they are, and does not combine them with the old ones."""
        return self.root(scatter.named("to_apply")).kind == "parameter"


def read(text: str) -> Program:
    """Return the program of a text."""
    program, name = Program(aliased=_aliased(text)), ""
    for line in text.splitlines():
        begins = re.match(r"(ENTRY )?%([\w.\-]+) \(", line)
        if begins and line.endswith("{"):
            name = begins.group(2)
            program.computations[name] = []
            program.entry = name if begins.group(1) else program.entry
        elif name and (found := _INSTRUCTION.match(line)):
            inside, rest = _until_closed(found["rest"])
            operands = tuple(re.findall(r"%([\w.\-]+)", inside)) or (inside,)
            is_root = line.lstrip().startswith("ROOT")
            program.computations[name].append(
                Instruction(found["name"], found["shape"], found["kind"], operands, rest, is_root)
            )
    return program


def _aliased(text: str) -> frozenset[int]:
    header = text.splitlines()[0]
    return frozenset(int(number) for number in re.findall(r"\{\d*\}: \((\d+), \{\}, \w+-alias\)", header))


def _until_closed(text: str) -> tuple[str, str]:
    depth = 1
    for k, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if not depth:
            return text[:k], text[k + 1 :]
    return text, ""


def _count(dims: str) -> int:
    return math.prod(int(n) for n in dims.split(",") if n)


class _Body:
    """The computation of a fusion, for its traffic."""

    def __init__(self, program: Program, name: str, sector: int, cache: float) -> None:
        lines = program.computations[name]
        self.program, self.sector, self.cache = program, sector, cache
        self.lines = {line.name: line for line in lines}
        self.users: dict[str, list[Instruction]] = {line.name: [] for line in lines}
        for line in lines:
            for name in line.operands:
                if name in self.users:
                    self.users[name].append(line)

    def traffic(self) -> float:
        read = sum(self._read(line, line.bytes) for line in self.lines.values() if line.kind == "parameter")
        return read + self._written(next(line for line in self.lines.values() if line.is_root))

    def _read(self, line: Instruction, size: int) -> float:
        """Return the bytes read of an array of that size through one of its names."""
        total = sliced = 0.0
        for user in self.users[line.name]:
            first = user.operands[0] == line.name
            if user.kind == "bitcast":
                total += self._read(user, size)
            elif first and user.kind in ("dynamic-slice", "slice"):
                sliced += user.bytes
            elif first and user.kind == "gather":
                total += self._places(user)
            elif first and user.kind == "dynamic-update-slice":
                continue
            elif first and user.kind == "scatter":
                total += 0 if self.program.overwrites(user) else self._changed(user)
            else:
                return size
        total += min(sliced, size)
        return min(total, size) if size <= self.cache else total

    def _places(self, gather: Instruction) -> float:
        """Return the bytes of the places that a gather reads, in whole sectors."""
        sizes = re.search(r"slice_sizes=\{([\d,]*)\}", gather.rest)
        piece = (_count(sizes.group(1)) if sizes else 1) * WIDTH[_ARRAY.findall(gather.shape)[0][0]]
        return gather.bytes / piece * self._sectors(piece)

    def _changed(self, scatter: Instruction) -> float:
        """Return the bytes of the places that a scatter changes, in whole sectors."""
        updates = self.lines[scatter.operands[-1]]
        kind, dims = _ARRAY.findall(updates.shape)[0]
        window = re.search(r"update_window_dims=\{([\d,]*)\}", scatter.rest)
        axes = [int(n) for n in window.group(1).split(",") if n] if window else []
        shape = [int(n) for n in dims.split(",") if n]
        piece = math.prod(shape[k] for k in axes) * WIDTH[kind]
        return updates.bytes / piece * self._sectors(piece)

    def _sectors(self, piece: int) -> int:
        return -(-piece // self.sector) * self.sector

    def _written(self, line: Instruction) -> float:
        if line.kind == "tuple":
            return sum(self._written(self.lines[name]) for name in dict.fromkeys(line.operands))
        if line.kind == "bitcast":
            return self._written(self.lines[line.operands[0]])
        if line.kind == "scatter":
            return min(self._changed(line), line.bytes) if line.bytes <= self.cache else self._changed(line)
        if line.kind == "dynamic-update-slice":
            return self.lines[line.operands[1]].bytes
        return line.bytes
