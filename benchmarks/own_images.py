"""Measure notebook 10: the audit of 100,000 files, and cats and dogs from folder to bundle, twice, and `predict`.

`python benchmarks/own_images.py`; needs the full data of cats and dogs; writes `benchmarks/results/own_images.json`.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from course import own, predict, run  # noqa: E402
from helpers import backbone, claims, datasets, images, notebooks  # noqa: E402

OUT = ROOT / "benchmarks" / "results" / "own_images.json"
COUNTS = (2_000, 100_000)


def audit(folder):
    """Print what listing, reading and grouping all files of a folder takes, as JSON; runs in a process of its own."""
    notebook = notebooks.definitions("10")
    problems, start = {}, time.perf_counter()
    table = notebook.audit(notebook.list_folder(Path(folder), problems), problems)
    read = time.perf_counter()
    notebook.group_images(table, notebook.near_pairs(table["thumbnail"], 0.97))
    end = time.perf_counter()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    row = {"files": len(table), "files_per_second": len(table) / (end - start), "bytes": memory}
    print(json.dumps(row | {"share_of_reading": (read - start) / (end - start)}))


def small_files(folder, count):
    """Write different 28x28 PNG files, noise over digits, to ten subfolders."""
    digits, rng = datasets.load_mnist("quick").train.images[..., 0], np.random.default_rng(0)
    for number in range(count):
        place = folder / str(number % 10)
        place.mkdir(exist_ok=True)
        noisy = np.maximum(digits[number % len(digits)], rng.integers(0, 120, (28, 28), "uint8"))
        Image.fromarray(noisy).save(place / f"{number}.png")


def timed_report(folder, name):
    """Return how long the report on a folder took, page included, and where it is."""
    start = time.perf_counter()
    outcome, out = own.report(folder, name, {}, lambda outcomes: None)
    if outcome.state != "passed":
        raise RuntimeError(outcome.error)
    own.page(out)
    return time.perf_counter() - start, out


def cats_and_dogs(folder):
    """Link the photos into a folder, those for validation halved into validation and test."""
    for path in datasets.local_files("cats_and_dogs_filtered"):
        split, label, name = path.parts[-3:]
        if split == "validation" and int(path.stem.split(".")[-1]) % 2:
            split = "test"
        (folder / split / label).mkdir(parents=True, exist_ok=True)
        os.symlink(path, folder / split / label / name)


def speeds(bundle, folder):
    """Return images/s of `predict` on files, and of the backbone alone on arrays, the median of three turns."""
    model, facts = predict.load(bundle)
    files = sorted((folder / "test").rglob("*.jpg"))
    squares = np.stack([images.read_square(path, facts["image_size"]) for path in files])
    net, found = backbone.load(size=facts["image_size"]), {"predict": [], "backbone": []}
    calls = {
        "predict": lambda: len(list(predict.predictions(model, facts, files))),
        "backbone": lambda: len(backbone.features(net, squares)),
    }
    for turn in range(4):  # the first one traces
        for name, call in calls.items():
            start = time.perf_counter()
            count = call()
            if turn:
                found[name].append(count / (time.perf_counter() - start))
    return {name: float(np.median(values)) for name, values in found.items()}


def main():
    """Measure everything, and write the results."""
    os.environ.update(run.contained_environment() | {"TF_ENABLE_ONEDNN_OPTS": "1"})
    results = {"ran_on": claims.machine(), "audit": []}
    with tempfile.TemporaryDirectory() as name:
        for count in COUNTS:
            folder = Path(name) / str(count)
            folder.mkdir()
            small_files(folder, count)
            done = subprocess.run([sys.executable, __file__, folder], stdout=subprocess.PIPE, text=True, check=True)
            results["audit"].append(json.loads(done.stdout.splitlines()[-1]))
            print(results["audit"][-1], flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "cats and dogs"
        own.OUT = Path(name) / "own"
        cats_and_dogs(folder)
        first, out = timed_report(folder, "cats_and_dogs")
        splits = (out / "splits.csv").read_text().splitlines()
        photo = next((folder / "train").rglob("*.jpg"))
        ImageOps.flip(Image.open(photo)).save(folder / "train" / photo.parent.name / "added.jpg")
        second, out = timed_report(folder, "cats_and_dogs")
        facts = json.loads((out / "bundle" / "bundle.json").read_text())
        results["cats_and_dogs"] = {
            "seconds": first, "seconds_after_one_photo": second, "test_accuracy": facts["test_accuracy"],
            "test_images": facts["test_images"],
            "splits_moved": len(set(splits) - set((out / "splits.csv").read_text().splitlines())),
            "images_per_second": speeds(out / "bundle", folder),
        }  # fmt: skip
    print(results["cats_and_dogs"])
    OUT.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    audit(sys.argv[1]) if len(sys.argv) > 1 else main()
