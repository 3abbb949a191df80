"""Race notebook 07's linear probe against the published network on 2,000 photos; how much data it takes; image sizes.

`make bench-transfer` writes `benchmarks/results/transfer.json` (about half an hour; leave the machine alone meanwhile).
The published plan is trained in the same run. A row of ours holds everything: loading the backbone, decoding 2,000
photos, their features, and fitting; its seed says which photos are mirrored. Sizes and numbers of photos are compared
on the 500 validation photos; the 500 test photos are read for the race only. (Not quite blind: while the recipe was
looked for, test accuracies of probes with several sizes and several C were seen; C is what cross-validation chose.)
"""

import json
import statistics
import sys
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from benchmarks import pets as scratch  # noqa: E402
from helpers import backbone, claims, datasets  # noqa: E402
from helpers.notebooks import definitions  # noqa: E402
from helpers.photos import photos  # noqa: E402

OUT = ROOT / "benchmarks" / "results" / "transfer.json"
SEEDS, DRAWS = (0, 1, 2), 10
CUTS = ("block14_add", "block10_add")
DIGIT_SIZES = (32, 64, 128, 224)
SIZES = (96, 128, 160, 224)
PER_CLASS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
SCRATCH_PER_CLASS, UPDATES = (10, 100), 600
transfer = definitions("07")
data = scratch.pets


def features(net, split, size, seed=None):
    """Return the features of a split; with a seed, about half of its photos are mirrored."""
    mirrored = np.random.default_rng(seed).random(len(split.labels)) < (0 if seed is None else 0.5)
    stream = tf.data.Dataset.zip(photos(split.images, split.labels, size), tf.data.Dataset.from_tensor_slices(mirrored))
    stream = stream.map(lambda photo, mirror: tf.cond(mirror, lambda: photo[0][:, ::-1], lambda: photo[0]))
    return backbone.features(net, stream.batch(32).prefetch(2))


def ours(size, seed=None, test=False):
    """Load the backbone, read and embed the training photos, fit a probe; return cost and accuracy."""
    keras.utils.clear_session()
    start, cpu = time.perf_counter(), time.process_time()
    net = backbone.load(size=size)
    embedded = time.perf_counter()
    found = features(net, data.train, size, seed)
    reading = time.perf_counter() - embedded
    fitted = transfer.fit_probe(found, data.train.labels)
    row = {"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - cpu}
    row |= {"images_per_second": len(found) / reading, "size": size, "seed": seed}
    row["val_accuracy"] = fitted.score(features(net, data.val, size), data.val.labels)
    return row | ({"test_accuracy": fitted.score(features(net, data.test, size), data.test.labels)} if test else {})


def speed(size, images=320):
    """Return the images/s of the network alone, on random pixels in memory: the median of five rounds."""
    net = backbone.load(size=size)
    pixels = np.random.default_rng(0).integers(0, 256, (images, size, size, 3), "uint8")
    backbone.features(net, pixels[:32])
    rates = []
    for _ in range(5):
        start = time.perf_counter()
        backbone.features(net, pixels)
        rates.append(images / (time.perf_counter() - start))
    return statistics.median(rates)


def few_with_backbone():
    """Return validation accuracies of probes on few photos, by the number of photos of each class."""
    net = backbone.load()
    found, val = (features(net, split, 224) for split in (data.train, data.val))
    rows = {}
    for count in PER_CLASS:
        draws = [transfer.few(data.train.labels, count, seed) for seed in range(DRAWS if count < 1000 else 1)]
        rows[count] = [transfer.fit_probe(found[i], data.train.labels[i]).score(val, data.val.labels) for i in draws]
    return rows


def few_from_scratch(count, seed):
    """Train notebook 04b's network on few photos, 600 updates at 64x64; return its validation accuracy."""
    i = transfer.few(data.train.labels, count, seed)
    keras.utils.set_random_seed(seed)
    model = scratch.pet_net()
    stream = photos(data.train.images[i], data.train.labels[i], 128, "").repeat(-(-32 * 20 // len(i)))
    scratch.better.train(model, stream, [(64, max(1, UPDATES * 32 // len(stream)))], seed)
    return scratch.accuracy(model, data.val, 64)


def digit_features(net, cut="block14_add"):
    """Return what the notebook's extractor gives for 1,000 digits to fit and 500 to judge, and their labels."""
    digits, size = datasets.load_mnist("quick"), net.input_shape[1]
    extractor, found, labels = transfer.make_extractor(net, cut), {}, {}
    for name, count in (("train", 1000), ("val", 500)):
        split = getattr(digits, name)
        parts = np.split(transfer.coloured(split.images[:count], size), range(50, count, 50))
        found[name], labels[name] = transfer.extract(parts, extractor), split.labels[:count]
    return found, labels


def digits_by_stage(size):
    """Return the validation accuracy of a probe on each stage's features of digits."""
    found, labels = digit_features(backbone.load(size=size))
    stages = [name for name in found["train"] if "stage" in name]
    probes = {name: transfer.fit_probe(found["train"][name], labels["train"]) for name in stages}
    return [p.score(found["val"][name], labels["val"]) for name, p in probes.items()]


def digits_tuned(cut, seed, epochs=10):
    """Fine-tune all behind a layer on 1,000 digits at 64x64; return seconds and validation accuracies."""
    net = backbone.load(size=64)
    found, labels = digit_features(net, cut)
    fitted = transfer.fit_probe(found["train"]["features"], labels["train"])
    tuned = transfer.with_probe(keras.Model(net.get_layer(cut).output, net.output), fitted)
    transfer.set_normalisation(tuned, trainable=False)
    tuned.compile(keras.optimizers.Adam(1e-4), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    keras.utils.set_random_seed(seed)
    start = time.perf_counter()
    tuned.fit(found["train"]["maps"], labels["train"], batch_size=32, epochs=epochs, verbose=0)
    row = {"seconds": time.perf_counter() - start, "probe": fitted.score(found["val"]["features"], labels["val"])}
    said = tuned.predict(found["val"]["maps"], verbose=0).argmax(axis=1)
    return row | {"tuned": float(np.mean(said == labels["val"]))}


def measured(name, function):
    started = datetime.now(UTC).isoformat("T", "seconds")
    result = function()
    kept = {k: v for k, v in result.items() if k != "history"} if isinstance(result, dict) else result
    print(name, kept, flush=True)
    return {"started": started, "result": kept}


if __name__ == "__main__":
    runs = {f"ours, seed {seed}": partial(ours, 224, seed, test=True) for seed in SEEDS}
    runs |= {"published": partial(scratch.published, 0)}
    runs |= {f"speed, {size}": partial(speed, size) for size in SIZES}
    runs |= {f"size {size}": partial(ours, size) for size in SIZES}
    runs |= {"few, backbone": few_with_backbone}
    runs |= {f"digits, {size}": partial(digits_by_stage, size) for size in DIGIT_SIZES}
    tuned = [(cut, seed) for cut in CUTS for seed in SEEDS]
    runs |= {f"digits tuned behind {cut}, seed {seed}": partial(digits_tuned, cut, seed) for cut, seed in tuned}
    few = [(count, seed) for count in SCRATCH_PER_CLASS for seed in SEEDS]
    runs |= {f"few, scratch, {count}, seed {seed}": partial(few_from_scratch, count, seed) for count, seed in few}
    results = {"ran_on": claims.machine()} | {name: measured(name, function) for name, function in runs.items()}
    rows, published = [results[f"ours, seed {seed}"]["result"] for seed in SEEDS], results["published"]["result"]
    results["summary"] = {
        "mean_test_accuracy": statistics.mean(row["test_accuracy"] for row in rows),
        "median_share_of_published_seconds": statistics.median(row["seconds"] for row in rows) / published["seconds"],
        "median_share_of_published_cpu_seconds": statistics.median(row["cpu_seconds"] for row in rows)
        / published["cpu_seconds"],
        "images_per_second": {size: results[f"speed, {size}"]["result"] for size in SIZES},
        "val_accuracy_by_size": {size: results[f"size {size}"]["result"]["val_accuracy"] for size in SIZES},
        "digits_by_stage": {size: results[f"digits, {size}"]["result"] for size in DIGIT_SIZES},
        "digits_tuned": {
            cut: [results[f"digits tuned behind {cut}, seed {seed}"]["result"] for seed in SEEDS] for cut in CUTS
        },
        "few_with_backbone": results["few, backbone"]["result"],
        "few_from_scratch": {
            count: [results[f"few, scratch, {count}, seed {seed}"]["result"] for seed in SEEDS]
            for count in SCRATCH_PER_CLASS
        },
    }
    OUT.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results["summary"], indent=1))
