"""Use a bundle that notebook 10 has made: predict the classes of image files."""

import csv
import hashlib
import itertools
import json
import os
from pathlib import Path

import numpy as np

from course.run import without_startup_messages
from helpers import images

BATCH = 32
COLUMNS = ("path", "predicted", "probability", "set", "similarity", "refused", "problem")


class BundleBroken(ValueError):
    """A folder is no bundle, or its model is not the one that was saved with it."""


def load(bundle):
    """Return a bundle's model and facts; the model must have the digest that the facts say. Raises BundleBroken."""
    try:
        facts = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
        found = hashlib.sha256((bundle / "model.keras").read_bytes()).hexdigest()
        whole = found == facts["model_sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleBroken(f"{bundle} is no bundle as notebook 10 writes it ({error}).") from None
    if not whole:
        raise BundleBroken(f"model.keras in {bundle} is not the model of bundle.json; make the bundle again.")
    with without_startup_messages():
        import keras

        return keras.saving.load_model(bundle / "model.keras", safe_mode=True), facts


def files(paths, problems):
    """Yield files, and the files under folders; `problems`, a dict, takes reasons by path."""
    for path in map(Path, paths):
        if path.is_dir():
            yield from images.files(path, problems)
        else:
            yield path  # if it is not there, reading it says so


def predictions(model, facts, paths):
    """Yield a dict with COLUMNS for each image file or file under a folder, as they are read: memory stays small."""
    problems, size = {}, facts["image_size"]
    listed = list(files(paths, problems))
    read = images.in_order(lambda path: images.read_square(path, size), listed, "predict")
    for batch in iter(lambda: list(itertools.islice(read, BATCH)), []):
        squares = [square for _, square in batch if isinstance(square, np.ndarray)]
        answers = iter(answer(model, facts, squares))
        for path, square in batch:
            found = next(answers) if isinstance(square, np.ndarray) else {"problem": str(square)}
            yield dict.fromkeys(COLUMNS, "") | {"path": os.fspath(path)} | found
    for path, problem in problems.items():
        yield dict.fromkeys(COLUMNS, "") | {"path": path, "problem": problem}


def answer(model, facts, squares):
    """Yield the answer for each of some images, uint8 of shape (size, size, 3), as a dict."""
    if not squares:
        return
    answers = model.predict_on_batch(np.stack(squares).astype("float32"))
    for row, similar in zip(answers["probabilities"], answers["similarity"], strict=True):
        likely = 1 - row <= facts["set_quantile"]
        likely[row.argmax()] = True  # never an empty set
        yield {
            "predicted": facts["classes"][row.argmax()],
            "probability": float(row.max()),
            "set": "|".join(np.array(facts["classes"])[likely]),
            "similarity": float(similar),
            "refused": bool(similar < facts["min_similarity"]),
        }


def sentence(row):
    """Return one prediction as a line of text."""
    if row["problem"]:
        return f"{row['path']}: {row['problem']}"
    if row["refused"]:
        return f"{row['path']}: refused, unlike the training images (similarity {row['similarity']:.2f})"
    others = f", or: {row['set']}" if "|" in row["set"] else ""
    return f"{row['path']}: {row['predicted']}, {row['probability']:.1%}{others}"


def show(rows):
    """Print predictions, one line each; return how many files could not be read."""
    problems = 0
    for row in rows:
        print(sentence(row))
        problems += bool(row["problem"])
    return problems


def write_csv(rows, file):
    """Write predictions to a CSV file, which appears when it is whole; return how many files could not be read."""
    part, problems = file.with_name(file.name + ".part"), 0
    with open(part, "w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        for row in rows:
            writer.writerow(row)
            problems += bool(row["problem"])
    os.replace(part, file)
    return problems
