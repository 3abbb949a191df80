"""Measure notebook 04's input pipeline beside the old ImageDataGenerator, on the 2,000 photos at 150x150.

`make bench-pets` runs it after the race; writes `benchmarks/results/pipeline.json`. Both read the same JPEG files, in
turn, nine times: the old generator in one pass (it has no cache, so each pass costs the same), the pipeline in one pass
without a cache, and in three passes with a cache file. The medians of the ratios of images per second count. Then
memory: the pipeline, with its cache file, goes once through 1,000 and once through 25,000 photos (the folder, repeated)
in processes of their own.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import psutil  # noqa: E402

from helpers import claims, datasets, photos  # noqa: E402

SIZE, BATCH, ROUNDS, PASSES, COUNTS = 150, 32, 9, 3, (1_000, 25_000)
pets = datasets.load_cats_and_dogs()


def note_memory():
    """Keep the largest memory of this process. (The system's own record begins with that of the parent process.)"""
    global peak_bytes
    peak_bytes = max(peak_bytes, psutil.Process().memory_info().rss)


def read_all(count, passes=1, cached=False, each=lambda: None):
    """Go through `count` photos with our pipeline; return the images per second over all passes."""
    paths = [pets.train.images[i % len(pets.train.images)] for i in range(count)]
    with TemporaryDirectory() as folder:
        cache = f"{folder}/cache" if cached else None
        start = time.perf_counter()
        stream = photos.batches(photos.photos(paths, [0] * count, SIZE, cache))
        for _ in range(passes):
            seen = 0
            for images, _ in stream:
                seen += len(images)
                each()
            assert seen == count
        return passes * count / (time.perf_counter() - start)


def read_all_as_before():
    """Go once through the training photos with ImageDataGenerator; return the images per second."""
    from keras.src.legacy.preprocessing.image import ImageDataGenerator  # gone from the public API of Keras 3

    folder = pets.train.images[0].parents[1]
    generator = ImageDataGenerator(rescale=1 / 255)
    stream = generator.flow_from_directory(folder, (SIZE, SIZE), batch_size=BATCH, class_mode="binary")
    start, count = time.perf_counter(), 0
    for _ in range(len(stream)):
        count += len(next(stream)[0])
    return count / (time.perf_counter() - start)


def peak_megabytes(count):
    """Return the largest memory of a process that reads `count` photos, in MB."""
    output = subprocess.run([sys.executable, __file__, str(count)], capture_output=True, text=True, check=True).stdout
    return float(output.split()[-1])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        peak_bytes = 0
        read_all(int(sys.argv[1]), cached=True, each=note_memory)
        print(peak_bytes / 1e6)
        sys.exit()
    read_all(200)  # start TensorFlow
    rounds = [
        {
            "before": read_all_as_before(),
            "first_pass": read_all(2_000),
            f"{PASSES}_passes": read_all(2_000, PASSES, cached=True),
        }
        for _ in range(ROUNDS)
    ]
    results = {"images_per_second": rounds, "peak_megabytes": {count: peak_megabytes(count) for count in COUNTS}}
    for key in ("first_pass", f"{PASSES}_passes"):
        results[f"median_ratio_{key}"] = statistics.median(row[key] / row["before"] for row in rounds)
    results["ran_on"] = claims.machine()
    (ROOT / "benchmarks" / "results" / "pipeline.json").write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results, indent=1))
