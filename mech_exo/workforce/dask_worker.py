"""What is done in a worker process of Dask: receive the data once, then evaluate.

A worker holds the evaluators of the last two contents that it was sent. It evaluates one piece at a
time, whatever its number of threads: evaluators use their buffers again and again.
"""

from __future__ import annotations

import hashlib
import platform
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mech_exo.errors import ExoError
from mech_exo.system.installed import code_hash, package_versions

if TYPE_CHECKING:
    from mech_exo.workforce.evaluation_work import Evaluates, Returned

HELD = 2  # evaluators: a search's, and that of the verdict on it


@dataclass(frozen=True)
class Installed:
    """What a machine computes with."""

    machine: str
    code: str
    versions: tuple[tuple[str, str], ...]

    @classmethod
    def here(cls) -> Installed:
        """On this machine."""
        versions = package_versions()
        versions["python"] = ".".join(platform.python_version_tuple()[:2])
        return cls(platform.machine(), code_hash(), tuple(sorted(versions.items())))

    def against(self, wanted: Installed) -> str:
        """What differs from what is wanted, in words; "" if nothing does."""
        mine, theirs = dict(self.versions), dict(wanted.versions)
        differing = [
            f"{name} {mine.get(name, 'not installed')} instead of {theirs.get(name, 'none')}"
            for name in sorted({*mine, *theirs})
            if mine.get(name) != theirs.get(name)
        ]
        if self.machine != wanted.machine:
            differing.append(f"a processor {self.machine} instead of {wanted.machine}")
        if not differing and self.code != wanted.code:
            differing.append("other code of mech-exo under the same version")
        return ", ".join(differing)


@dataclass(frozen=True)
class Content:
    """A parcel on its way to the workers: by whom it was made, and what its bytes are.

    Attributes
    ----------
    sha256
        Of the parcel's bytes, the objective file's own among them.
    place
        Where they lie, as fsspec names it; None: they come with the task.
    """

    sha256: str
    made_with: Installed
    place: str | None = None


_held: OrderedDict[str, Evaluates] = OrderedDict()
_one_at_a_time = threading.Lock()


def carried(body: bytes) -> bytes:
    """The bytes of a parcel, kept by the cluster for the tasks that need them."""
    return body


def evaluate(
    content: Content,
    body: bytes | None,
    index: int,
    params: Mapping[str, Any],
    limits: Mapping[int, float] | None,
) -> Returned:
    """One piece of work.

    Raises
    ------
    ExoError
        If this worker's results would not be those of the machine that asks.
    """
    from mech_exo.workforce.evaluation_work import evaluated

    with _one_at_a_time:
        return evaluated(_evaluator(content, body), index, params, limits)


def _evaluator(content: Content, body: bytes | None) -> Evaluates:
    held = _held.get(content.sha256)
    if held is None:
        different = Installed.here().against(content.made_with)
        if different:
            raise ExoError(
                f"the Dask worker on {platform.node()} has {different}.",
                hint="Install the same versions there (requirements.txt has them).",
            )
        held = _held[content.sha256] = _unpacked(content, body)
        while len(_held) > HELD:
            _held.popitem(last=False)
    _held.move_to_end(content.sha256)
    return held


def _unpacked(content: Content, body: bytes | None) -> Evaluates:
    """The evaluator, its arrays in a file of this machine's memory, as workers at home have it."""
    from threadpoolctl import threadpool_limits

    from mech_exo.system.parcel import anonymous_file, unpack

    with anonymous_file() as file:
        digest = hashlib.sha256()
        for part in _parts(content, body):
            digest.update(part)
            file.write(part)
        file.flush()
        if digest.hexdigest() != content.sha256:
            raise ExoError(
                f"{content.place or 'the data that came to the worker'}: its bytes are not those "
                f"that were sent ({digest.hexdigest()[:12]}, not {content.sha256[:12]}).",
                hint="Delete the file, and run the same command again.",
            )
        make = unpack(file.fileno())
    evaluator: Evaluates = make()
    threadpool_limits(1)  # more threads would change the last bits with the load
    return evaluator


def _parts(content: Content, body: bytes | None) -> Iterator[bytes]:
    if content.place is None:
        assert body is not None
        yield body
        return
    from mech_exo.workforce.shared_files import read_in_parts

    yield from read_in_parts(content.place)
