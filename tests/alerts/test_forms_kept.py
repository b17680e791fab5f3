"""Packed dictionaries between runs: kept, replaced, damaged, and with nowhere to go."""

import logging
from array import array
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from alerts.forms import kept
from alerts.forms import lexicon as lexicon_module
from alerts.forms.lexicon import lexicon

ENTRIES = memoryview(array("Q", [3, 5, 2**64 - 1]))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, named as a service manager names it."""
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path / "cache"))
    return tmp_path / "cache" / "words"


def test_what_is_kept_comes_back_as_it_was(cache: Path) -> None:
    assert kept.load("xx", "a") is None
    kept.save("xx", "a", ENTRIES)
    found = kept.load("xx", "a")
    assert found is not None
    assert list(found) == [3, 5, 2**64 - 1]
    assert cache.stat().st_mode & 0o777 == 0o700


def test_a_new_edition_takes_the_place_of_the_old_one(cache: Path) -> None:
    kept.save("xx", "a", ENTRIES)
    kept.save("yy", "a", ENTRIES)
    kept.save("xx", "b", ENTRIES)
    assert kept.load("xx", "a") is None
    assert sorted(one.name for one in cache.iterdir()) == ["xx-b", "yy-a"]


@pytest.mark.parametrize("damage", ["flipped", "cut", "emptied"])
def test_a_damaged_file_is_not_believed(cache: Path, damage: str, caplog: pytest.LogCaptureFixture) -> None:
    kept.save("xx", "a", ENTRIES)
    file = cache / "xx-a"
    whole = file.read_bytes()
    file.write_bytes({"flipped": whole[:-1] + b"\0", "cut": whole[:-3], "emptied": b""}[damage])
    assert kept.load("xx", "a") is None
    assert ("is damaged" in caplog.text) == (damage != "emptied")


def test_a_dictionary_is_made_once_and_read_from_then_on(cache: Path) -> None:
    made = lexicon.__wrapped__("id")
    (file,) = cache.glob("id-*")
    written_at = file.stat().st_mtime_ns
    read = lexicon.__wrapped__("id")
    assert file.stat().st_mtime_ns == written_at
    assert len(read) == len(made) > 1000
    assert read.lemmas("kerusuhan", "kerusuhan") == made.lemmas("kerusuhan", "kerusuhan") != []


def test_two_threads_that_need_a_dictionary_make_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    make = lexicon_module._made

    def counted(language: str) -> memoryview:
        made.append(language)
        return make(language)

    monkeypatch.setattr(lexicon_module, "_made", counted)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lexicon.__wrapped__, ["id"] * 4))
    assert made == ["id"]
    assert len({len(one) for one in found}) == 1


def test_a_damaged_dictionary_is_made_anew(cache: Path) -> None:
    made = lexicon.__wrapped__("id")
    (file,) = cache.glob("id-*")
    file.write_bytes(file.read_bytes()[:-8])
    assert len(lexicon.__wrapped__("id")) == len(made)
    assert len(lexicon.__wrapped__("id")) == file.stat().st_size // 8 - 1


def test_without_a_folder_to_write_to_words_are_read_all_the_same(
    cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    cache.parent.write_text("a file in the way")
    assert lexicon.__wrapped__("id").lemmas("kerusuhan", "kerusuhan") != []
    assert "made anew at each start" in caplog.text
