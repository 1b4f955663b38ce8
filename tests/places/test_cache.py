"""Kept answers: they come back whole, they end, and losing them harms nobody."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from webapp.places.cache import FileCache, LayeredCache, MemoryCache, PlaceCache
from webapp.places.geocoder import Place
from webapp.places.precision import LocationPrecision

PLACE = Place(
    "Jakmèl", "Jacmel, Haiti", 18.23, -72.53, "town", "HT", "test", "© somebody", LocationPrecision.TOWN
)
Make = Callable[..., PlaceCache]


@pytest.fixture(params=["memory", "file"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    if request.param == "memory":
        return MemoryCache
    return lambda **bounds: FileCache(tmp_path / "deep" / "cache.db", **bounds)


def test_an_answer_comes_back_as_it_was_also_an_empty_one(make: Make) -> None:
    cache = make()
    cache.put("a", [PLACE])
    cache.put("b", [])
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == ([PLACE], [], None)


def test_an_answer_can_be_replaced(make: Make) -> None:
    cache = make()
    cache.put("a", [])
    cache.put("a", [PLACE])
    assert cache.get("a") == [PLACE]


def test_an_answer_ends(make: Make) -> None:
    cache = make(seconds=0.1)
    cache.put("a", [PLACE])
    time.sleep(0.15)
    assert cache.get("a") is None


def test_only_so_many_are_kept(make: Make) -> None:
    cache = make(size=5)
    for i in range(12):
        cache.put(str(i), [PLACE])
    assert [i for i in range(12) if cache.get(str(i)) is not None] == [7, 8, 9, 10, 11]


def test_changing_an_answer_does_not_change_what_is_kept(make: Make) -> None:
    cache = make()
    cache.put("a", [PLACE])
    (cache.get("a") or []).clear()
    assert cache.get("a") == [PLACE]


def test_threads_share_a_cache(make: Make) -> None:
    cache = make()

    def use(name: str) -> None:
        for i in range(20):
            cache.put(f"{name}{i}", [PLACE])
            cache.get(f"{name}{i}")

    threads = [threading.Thread(target=use, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(cache.get(f"{name}{i}") == [PLACE] for name in "abcd" for i in range(20))


def test_the_file_outlives_the_process_and_fills_the_memory(tmp_path: Path) -> None:
    FileCache(tmp_path / "cache.db").put("a", [PLACE])
    memory = MemoryCache()
    layered = LayeredCache(memory, FileCache(tmp_path / "cache.db"))
    assert layered.get("a") == [PLACE]
    assert memory.get("a") == [PLACE]
    layered.put("b", [])
    assert FileCache(tmp_path / "cache.db").get("b") == []


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b""])
def test_a_damaged_file_is_an_empty_cache(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cache.db").write_bytes(content)
    cache = FileCache(tmp_path / "cache.db")
    cache.put("a", [PLACE])
    assert cache.get("b") is None


def test_a_folder_that_cannot_be_written_is_an_empty_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = FileCache(tmp_path / "file" / "cache.db")
    cache.put("a", [PLACE])
    assert cache.get("a") is None
