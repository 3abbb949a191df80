"""Make `animal_silhouettes.npz` from the package animal-mnist 0.4 (MIT), and split it.

Usage: unpack the wheel (`pip download --no-deps animal-mnist==0.4`, then `python -m zipfile -e`),
and run `python data/make_silhouettes.py animal_mnist/data/Animal_MNIST`.

The package stores pickles. Unpickling can run any code, so only the three names that a NumPy array
needs are let through, here and once; the course itself reads the `.npz` and never unpickles.

Splitting: images whose cosine similarity, mirrored or not, is above 0.97 count as near-duplicates,
and so do chains of them. Of each class, 150 images for val and 150 for test are drawn from those
that have no near-duplicate at all; every other image is for training.
"""

import gzip
import pickle
import sys
from pathlib import Path

import numpy as np

THRESHOLD, PER_SPLIT, SEED = 0.97, 150, 0


class ArrayUnpickler(pickle.Unpickler):
    """Refuses every name but those that a NumPy array is made of."""

    def find_class(self, module, name):
        if (module, name) == ("numpy.core.multiarray", "_reconstruct"):
            return np._core.multiarray._reconstruct
        if module == "numpy" and name in ("ndarray", "dtype"):
            return getattr(np, name)
        raise pickle.UnpicklingError(f"refused to load {module}.{name}")


def read(path):
    with gzip.open(path) as stream:
        return ArrayUnpickler(stream).load()


def unit_rows(images):
    rows = images.reshape(len(images), -1).astype("float32")
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def stand_alone(images):
    """Return a mask of the images that have no near-duplicate, mirrored or not."""
    rows, mirrored = unit_rows(images), unit_rows(images[:, :, ::-1])
    alone = np.ones(len(images), bool)
    for start in range(0, len(images), 1000):
        block = slice(start, start + 1000)
        similarity = rows[block] @ rows.T
        np.fill_diagonal(similarity[:, block], 0)
        flipped = rows[block] @ mirrored.T
        np.fill_diagonal(flipped[:, block], 0)  # a symmetric animal is no duplicate of itself
        alone[block] = np.maximum(similarity, flipped).max(axis=1) <= THRESHOLD
    return alone


folder = Path(sys.argv[1])
images = read(folder / "animal_data_version_3.gz").astype("uint8")
labels = read(folder / "animal_label_version_3.gz").astype("uint8")
rng = np.random.default_rng(SEED)
alone = stand_alone(images)
split = np.zeros(len(labels), "uint8")
for label in np.unique(labels):
    drawn = rng.choice(np.flatnonzero(alone & (labels == label)), 2 * PER_SPLIT, replace=False)
    split[drawn[:PER_SPLIT]], split[drawn[PER_SPLIT:]] = 1, 2
out = Path(__file__).with_name("animal_silhouettes.npz")
np.savez_compressed(out, images=images, labels=labels, split=split)
print(f"{alone.sum():,} of {len(alone):,} images stand alone; by class {np.bincount(labels[alone]).tolist()}")
