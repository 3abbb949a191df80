"""Race notebook 04b's network against the published one on 2,000 photos, and measure each step between them.

`make bench-pets` writes `benchmarks/results/pets.json`; a stopped run goes on from `build/pets.json`. Networks, input
pipeline and training are the notebooks' own lines. The stored race is older than two changes of these: its photos
shrank by plain bilinear resizing, without antialiasing, and weight decay worked on all weights, not only on kernels.

Choices were made on the 500 validation photos; the 500 test photos are read for the networks of the race only. (Not
quite blind: earlier races had shown test accuracies before the epochs were cut from 36 to 27 to save time.) Seconds are
those of training and of reading its photos; what the published plan spends on validation after each epoch is measured
and not counted.
"""

import json
import os
import statistics
import sys
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

from helpers import claims, datasets, metrics, photos  # noqa: E402
from helpers.notebooks import definitions  # noqa: E402

OUT, PARTIAL = ROOT / "benchmarks" / "results" / "pets.json", ROOT / "build" / "pets.json"
SEEDS = (0, 1, 2)
LONG = ("history", "ran_on")  # not printed
SHORT, PHASES, TEST_SIZE = [(64, 20)], [(64, 19), (96, 8)], 108  # (size, epochs)
WIDTHS = (32, 64, 128, 256)
baseline, better = definitions("04"), definitions("04b")  # the published network; ours
tf.get_logger().setLevel("ERROR")
pets = datasets.load_cats_and_dogs()


def timed(function, *arguments, **options):
    """Return the result, the seconds and the processor's seconds of a call."""
    start, cpu = time.perf_counter(), time.process_time()
    result = function(*arguments, **options)
    return result, time.perf_counter() - start, time.process_time() - cpu


def accuracy(model, split, size):
    """Return the share of a split that one of our networks gets right."""
    logits = better.logits_of(model, photos.photos(split.images, split.labels, 128), size)
    return metrics.accuracy(split.labels, (logits > 0).astype(int))


class ValidationClock(keras.callbacks.Callback):
    """Add up the seconds, and the processor's seconds, that validation takes."""

    def __init__(self):
        super().__init__()
        self.seconds = self.cpu = 0.0

    def on_test_begin(self, logs=None):
        self.seconds -= time.perf_counter()
        self.cpu -= time.process_time()

    def on_test_end(self, logs=None):
        self.seconds += time.perf_counter()
        self.cpu += time.process_time()


def published(seed):
    """Train the published network by its plan, 30 epochs of all photos; its photos come from a cached stream, too."""
    keras.utils.set_random_seed(seed)
    train_ds = photos.batches(photos.photos(pets.train.images, pets.train.labels, 150, ""), seed)
    val_ds = photos.batches(photos.photos(pets.val.images, pets.val.labels, 150, ""))
    model = baseline.published_net(150)
    clock = ValidationClock()
    history, seconds, cpu = timed(baseline.train_published, model, train_ds, val_ds, 30, [clock])
    test = photos.batches(photos.photos(pets.test.images, pets.test.labels, 150))
    test_accuracy = model.evaluate(test.map(lambda images, label: (images / 255, label)), verbose=0)[1]
    row = {"seconds": seconds - clock.seconds, "cpu_seconds": cpu - clock.cpu, "validation_seconds": clock.seconds}
    row |= {"parameters": model.count_params(), "test_accuracy": test_accuracy, "seed": seed}
    return row | {"val_accuracy": history["val_accuracy"][-1], "history": history}


def ours(seed, build, phases, size, test=False, **how):
    """Train one of our networks; return what it cost and what it gets right."""
    keras.utils.set_random_seed(seed)
    model = build()
    train_ds = photos.photos(pets.train.images, pets.train.labels, 128, "")
    _, seconds, cpu = timed(better.train, model, train_ds, phases, seed, **how)
    row = {"parameters": model.count_params(), "seconds": seconds, "cpu_seconds": cpu, "seed": seed}
    row["val_accuracy"] = accuracy(model, pets.val, size)
    row["train_accuracy"] = accuracy(model, pets.train, size)
    return row | ({"test_accuracy": accuracy(model, pets.test, size)} if test else {})


def pet_net():
    return better.pet_net(WIDTHS)


PLAIN = {"augmented": False, "one_cycle": False, "smoothing": 0.0}
STEPS = {
    "global pooling": (better.pooled_net, PLAIN),
    "+ normalised residual network": (pet_net, PLAIN),
    "+ AdamW, one-cycle rate": (pet_net, PLAIN | {"one_cycle": True}),
    "+ augmentation": (pet_net, {"smoothing": 0.0}),
    "+ label smoothing": (pet_net, {}),
}
RUNS = {
    "published": lambda: published(0),
    **{f"ours, seed {seed}": partial(ours, seed, pet_net, PHASES, TEST_SIZE, test=True) for seed in SEEDS},
    **{
        f"{name}, seed {seed}": partial(ours, seed, build, SHORT, 64, **how)
        for name, (build, how) in STEPS.items()
        for seed in SEEDS[:2]
    },
}

if __name__ == "__main__":
    PARTIAL.parent.mkdir(exist_ok=True)
    results = json.loads(PARTIAL.read_text()) if PARTIAL.exists() else {}
    for name, run in RUNS.items():
        if name not in results:
            started = datetime.now(UTC).isoformat("T", "seconds")
            results[name] = run() | {"started": started, "ran_on": claims.machine()}
            print(name, {key: value for key, value in results[name].items() if key not in LONG}, flush=True)
            PARTIAL.write_text(json.dumps(results, indent=1) + "\n")
    rows = [results[f"ours, seed {seed}"] for seed in SEEDS]
    steps = {name: [results[f"{name}, seed {seed}"] for seed in SEEDS[:2]] for name in STEPS}
    results["summary"] = {
        "steps": {
            name: {
                "parameters": pair[0]["parameters"],
                "mean_val_accuracy": statistics.mean(row["val_accuracy"] for row in pair),
                "mean_train_accuracy": statistics.mean(row["train_accuracy"] for row in pair),
            }
            for name, pair in steps.items()
        },
        "mean_val_accuracy": statistics.mean(row["val_accuracy"] for row in rows),
        "mean_train_accuracy": statistics.mean(row["train_accuracy"] for row in rows),
        "mean_test_accuracy": statistics.mean(row["test_accuracy"] for row in rows),
        "median_share_of_published_seconds": statistics.median(row["seconds"] for row in rows)
        / results["published"]["seconds"],
        "median_share_of_published_cpu_seconds": statistics.median(row["cpu_seconds"] for row in rows)
        / results["published"]["cpu_seconds"],
    }
    OUT.write_text(json.dumps(results, indent=1) + "\n")
    PARTIAL.unlink()
    print(json.dumps(results["summary"], indent=1))
