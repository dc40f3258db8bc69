"""Publishers in processes of their own: many at once, and some that are killed."""

import multiprocessing
import os
import random
import time

from fourmu.errors import FourMuError
from fourmu.publish import (
    fetch_release,
    find_release,
    open_store,
    prepare_release,
    publish_release,
    release_names,
)
from publish.synthetic_archive import files_below, synthetic_archive

PATIENCE_S = 120.0


def processes():
    """Processes that start in milliseconds, without the threads of this one."""
    context = multiprocessing.get_context("forkserver")
    # what takes long to import; this module is not on the path of the server of Python 3.11
    context.set_forkserver_preload(["fourmu.publish.s3_store", "fourmu.io.archives", "boto3"])
    return context


def race_once_per_round(address, environment, number, rounds, barrier, results):
    """Publish an archive of one's own under the name that all others publish under, too."""
    os.environ.update(environment)
    store = open_store(address, writing=True)
    archive = synthetic_archive(number, files=4)
    for r in range(rounds):
        barrier.wait(PATIENCE_S)
        try:
            preparation = prepare_release(archive, store, f"r{r}")
            left = len(preparation.manifest.objects)

            def come_together(_):
                nonlocal left
                left -= 1
                if left == 0:  # nothing is left to do but the manifest
                    barrier.wait(PATIENCE_S)

            publish_release(preparation, store, jobs=2, progress=come_together)
            results.put((r, number, "won"))
        except FourMuError as error:
            results.put((r, number, f"{type(error).__name__}: {error}"))


def run_races(address, environment, folder, publishers=12, rounds=10):
    """Let publishers race; returns the winners of each round, and what the losers said."""
    context = processes()
    barrier, results = context.Barrier(publishers), context.SimpleQueue()
    running = [
        context.Process(
            target=race_once_per_round,
            args=(address, environment, number, rounds, barrier, results),
            daemon=True,
        )
        for number in range(publishers)
    ]
    for process in running:
        process.start()
    outcomes = [results.get() for _ in range(publishers * rounds)]
    for process in running:
        process.join(PATIENCE_S)
        process.close()
    store = open_store(address)
    winners = [
        [n for r, n, what in outcomes if r == wanted and what == "won"] for wanted in range(rounds)
    ]
    for r, won in enumerate(winners):
        out = folder / f"r{r}"
        fetch_release(store, find_release(store, f"r{r}"), out)
        assert len(won) == 1, (r, won)
        assert files_below(out) == dict(synthetic_archive(won[0], files=4).files)
    return winners, [what for _, _, what in outcomes if what != "won"]


def write_keys(address, number, keys, barrier, results):
    """Write all keys, each together with the others who do."""
    store, written = open_store(address, writing=True), []
    for key in keys:
        barrier.wait(PATIENCE_S)
        if store.put_if_absent(key, f"{key} of {number}".encode()):
            written.append(key)
    results.put((number, written))


def run_writers(address, keys, writers=4):
    """Let processes write the same keys; returns who wrote each, by its own word."""
    context = processes()
    barrier, results = context.Barrier(writers), context.SimpleQueue()
    running = [
        context.Process(
            target=write_keys, args=(address, number, keys, barrier, results), daemon=True
        )
        for number in range(writers)
    ]
    for process in running:
        process.start()
    found = [results.get() for _ in running]
    for process in running:
        process.join(PATIENCE_S)
        process.close()
    return {key: [number for number, written in found if key in written] for key in keys}


def publish_and_tell(address, environment, seed, files, pipe):
    """Publish, and say when it begins and when it is done."""
    os.environ.update(environment)
    store = open_store(address, writing=True)
    archive = synthetic_archive(seed, files=files)
    pipe.send("begun")
    publish_release(prepare_release(archive, store, f"v{seed}"), store)
    pipe.send("done")


def publish_in_process(address, environment, seed, files, kill_after_s=None):
    """Publish in a process; returns how long it took, or None if it was killed before."""
    context = processes()
    ours, theirs = context.Pipe()
    process = context.Process(
        target=publish_and_tell, args=(address, environment, seed, files, theirs), daemon=True
    )
    process.start()
    theirs.close()
    try:
        assert ours.recv() == "begun"
        begun = time.perf_counter()
        if kill_after_s is not None:
            time.sleep(kill_after_s)
            process.kill()
        try:
            ours.recv()
        except EOFError:
            return None
        return time.perf_counter() - begun
    finally:
        process.join(PATIENCE_S)
        process.close()
        ours.close()


def kill_at_random_moments(address, environment, folder, kills=20, files=100):
    """Kill publishers, run them again, and look at all releases after each; counts the kills."""
    rng = random.Random(20)
    # of the first archive, the first time is that of a cold machine
    seconds = min(publish_in_process(f"{address}/{n}", environment, 0, files) for n in range(3))
    publish_in_process(address, environment, 0, files)
    killed = 0
    store = open_store(address)
    for seed in range(1, kills + 1):
        moment = rng.random() * seconds
        killed += publish_in_process(address, environment, seed, files, moment) is None
        for name in release_names(store):  # what is a release is whole, also between
            if name == f"v{seed}":
                _require_whole(store, name, folder / f"{name}-early", files)
        assert publish_in_process(address, environment, seed, files) is not None
        _require_whole(store, f"v{seed}", folder / f"v{seed}", files)
    for seed in range(kills + 1):  # nothing that was there is lost
        _require_whole(store, f"v{seed}", folder / f"v{seed}-late", files)
    return killed, seconds


def _require_whole(store, name, out, files):
    fetch_release(store, find_release(store, name), out)
    assert files_below(out) == dict(synthetic_archive(int(name[1:]), files=files).files)
