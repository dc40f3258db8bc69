"""Publishers that come together, and publishers that are killed."""

import threading

from fourmu.errors import ConsistencyError
from fourmu.publish import (
    fetch_release,
    find_release,
    open_store,
    prepare_release,
    publish_release,
)
from publish.publishers import kill_at_random_moments, run_races, run_writers
from publish.synthetic_archive import files_below, synthetic_archive


def test_of_writers_of_one_key_one_writes(tmp_path):
    """Closer than publishers come; looking before moving fails this, linking does not."""
    store, keys = open_store(str(tmp_path), writing=True), [f"k/{n}" for n in range(300)]
    for key, writers in run_writers(str(tmp_path), keys).items():
        assert len(writers) == 1
        assert store.get(key, limit=100) == f"{key} of {writers[0]}".encode()


def test_of_twelve_publishers_one_wins_ten_times(tmp_path):
    winners, losers = run_races(str(tmp_path / "store"), {}, tmp_path)
    assert len(winners) == 10
    assert len(losers) == 110
    assert all("there is another release of this name" in what for what in losers)


def test_of_twelve_threads_one_wins_on_s3(bucket, tmp_path):
    address, barrier, outcomes = f"s3://{bucket}/race", threading.Barrier(12), {}

    def publish(number):
        store = open_store(address, writing=True)
        preparation = prepare_release(synthetic_archive(number, files=3), store, "v1")
        barrier.wait(60)
        try:
            publish_release(preparation, store, jobs=1)
            outcomes[number] = "won"
        except ConsistencyError:
            outcomes[number] = "lost"

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [number for number, what in outcomes.items() if what == "won"]
    assert list(outcomes.values()).count("lost") == 11
    store = open_store(address)
    fetch_release(store, find_release(store, "v1"), tmp_path / "out")
    assert files_below(tmp_path / "out") == dict(synthetic_archive(winner, files=3).files)


def test_killed_publishers_lose_nothing(tmp_path):
    killed, _ = kill_at_random_moments(str(tmp_path / "store"), {}, tmp_path)
    assert killed >= 5  # of 20; the others were done before their moment came
