"""Notebook 10 on folders as people have them: what it finds, what it leaves alone, and what it says when it cannot."""

import hashlib
import io
import json
import os
import re
import resource
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from course import __main__ as command
from course import compare, own, predict, run
from helpers import backbone, claims, datasets, images
from helpers.notebooks import ROOT, choose, definitions

notebook = definitions("10")
ANIMALS = ("cat", "elephant", "giraffe")


def drawing(kind, rng, size=24):
    """Return an image of a disc, a square, stripes or noise, somewhere, in some colour."""
    y, x = np.mgrid[:size, :size]
    centre, radius = rng.uniform(8, 16, 2), rng.uniform(4, 8)
    shapes = {
        "disc": np.hypot(y - centre[0], x - centre[1]) < radius,
        "square": np.maximum(abs(y - centre[0]), abs(x - centre[1])) < radius,
        "stripes": (x + rng.integers(0, 6)) % 6 < 3,
    }
    mask = shapes.get(kind, rng.random((size, size)) < 0.5)
    colours = rng.integers(0, 256, (2, 3))
    noise = rng.normal(0, 8, (size, size, 3))
    return Image.fromarray(np.clip(np.where(mask[..., None], *colours) + noise, 0, 255).astype("uint8"))


def fill(folder, classes, per_class, seed=0):
    """Write drawings to folder/CLASS/NUMBER.png; classes are taken for shapes in turn."""
    rng = np.random.default_rng(seed)
    for number, name in enumerate(classes):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for image in range(per_class):
            kind = ("disc", "square", "stripes", "noise")[number % 4]
            drawing(kind, rng).save(folder / name / f"{image}.png")


def digest_of(folder):
    """Return a digest of all names, contents and times of change under a folder."""
    total = hashlib.sha256()
    for path in sorted(Path(folder).rglob("*")):
        total.update(os.fsencode(path.name) + (b"%d" % path.lstat().st_mtime_ns))
        if path.is_file():
            total.update(path.read_bytes())
    return total.hexdigest()


PAGE = (ROOT / "docs" / "own_images.md").read_text(encoding="utf-8")
CELLS = [cell for cell in nbformat.read(choose(["10"])[0], 4).cells if cell.cell_type == "code"]
LAST = next(place for place, cell in enumerate(CELLS) if "nbgrader" in cell.metadata)


@pytest.fixture
def report(monkeypatch, tmp_path):
    """Return a function that executes the notebook's cells on a folder in this process, and returns their names."""

    def execute(folder, **parameters):
        monkeypatch.setenv(claims.RESULTS_VARIABLE, str(tmp_path / "results.json"))
        before, names = digest_of(folder), {}
        with threadpool_limits(1):  # as the runner does: BLAS loses by more
            for place, cell in enumerate(CELLS[:LAST]):
                exec(compile(cell.source, f"<cell {place}>", "exec"), names)
                if "parameters" in cell.metadata.get("tags", []):
                    names |= {"FOLDER": str(folder), "OUT": str(tmp_path / "out")} | parameters
        plt.close("all")
        assert digest_of(folder) == before, "files of users are only read"
        return names

    return execute


# Folders from which a classifier comes.


def nested(folder):
    fill(folder / "disc", ["one", "two/deep/deeper"], 15)
    fill(folder / "square", ["a", "b"], 15, seed=1)
    return {"classes": ["disc", "square"], "left out": 0}


def with_odd_files(folder):
    fill(folder, ["disc", "square", "stripes"], 20)
    (folder / "empty class").mkdir()
    (folder / "disc" / "notes.txt").write_text("no image")
    (folder / "disc" / "none.jpg").touch()
    (folder / "at the top.png").write_bytes((folder / "disc" / "0.png").read_bytes())
    (folder / "square" / ".hidden.png").write_text("left alone")
    (folder / "square" / "circle").symlink_to(folder)
    (folder / "square" / "dangling.png").symlink_to(folder / "nowhere")
    with suppress(OSError):  # macOS refuses such names itself
        (folder / "stripes" / os.fsdecode(b"caf\xe9.png")).write_bytes(b"")
    os.mkfifo(folder / "stripes" / "pipe.png")
    return {"classes": ["disc", "square", "stripes"], "left out": 7 + (sys.platform == "linux")}


def many_classes(folder):
    fill(folder, [f"class {number:03}" for number in range(200)], 3)
    return {"left out": 0}


def given_splits(folder):
    fill(folder / "Train", ["disc", "square"], 30)
    fill(folder / "TEST", ["disc", "square"], 8, seed=1)
    copy = folder / "Train" / "disc" / "leak.png"
    copy.write_bytes((folder / "TEST" / "disc" / "0.png").read_bytes())
    return {"classes": ["disc", "square"], "test": 16, "not used": ["leak.png"]}


def unbalanced(folder):
    fill(folder, ["disc"], 60)
    fill(folder, ["square"], 12, seed=1)
    return {"classes": ["disc", "square"], "class_weight": "balanced"}


@pytest.mark.parametrize(
    "make", [nested, with_odd_files, pytest.param(many_classes, marks=pytest.mark.deep), given_splits, unbalanced]
)
def test_an_odd_folder_gives_a_report_and_stays_as_it_is(make, report, tmp_path):
    expected = make(tmp_path / "folder")
    names = report(tmp_path / "folder")
    data, out = names["data"], tmp_path / "out"
    if "classes" in expected:
        assert names["classes"] == expected["classes"]
    if "left out" in expected:
        assert len(names["problems"]) == expected["left out"], names["problems"]
        assert all(reason for reason in names["problems"].values())
    if "test" in expected:
        assert (data["split"] == "test").sum() == expected["test"]
        suspects = pd.read_csv(out / "suspects.csv", keep_default_na=False)
        left_out = suspects[suspects["reason"].str.startswith("repeated")]
        assert [Path(path).name for path in left_out["path"]] == expected["not used"]
    unusable = {os.path.relpath(path, tmp_path / "folder") for path in names["problems"]}
    assert unusable <= set(pd.read_csv(out / "suspects.csv")["path"]), "nothing disappears silently"
    assert names["class_weight"] == expected.get("class_weight")
    bundle = json.loads((out / "bundle" / "bundle.json").read_text())
    assert bundle["test_accuracy"] == names["accuracy"] and bundle["classes"] == names["classes"]
    assert (out / "bundle" / "model_card.md").read_text().startswith("# Model card: folder")
    assert len(pd.read_csv(out / "predictions.csv")) == data["split"].isin(["validation", "test"]).sum()


# Folders from which none can come: one sentence.


def nothing(folder):
    folder.mkdir()


def one_class(folder):
    fill(folder, ["disc"], 30)


def two_images_a_class(folder):
    fill(folder, ["disc", "square", "stripes"], 2)


def no_images(folder):
    (folder / "disc").mkdir(parents=True)
    (folder / "disc" / "text.png").write_text("text")


def only_unlabelled(folder):
    fill(folder, ["unlabelled"], 5)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (nothing, "has no image in the subfolder of a class"),
        (one_class, r"readable images of 1 classes \(disc\); at least two are needed"),
        (two_images_a_class, "has 6 usable images in 3 classes"),
        (no_images, "has no image in the subfolder of a class that can be read"),
        (only_unlabelled, r"readable images of 0 classes \(\); at least two"),
        (lambda folder: None, "There is no folder or CSV file"),
    ],
)
def test_a_folder_without_a_classifier_ends_in_a_sentence(make, sentence, report, tmp_path):
    make(tmp_path / "folder")
    with pytest.raises(ValueError, match=sentence) as raised:
        report(tmp_path / "folder")
    assert type(raised.value).__name__ == "FolderUnusable" and len(str(raised.value)) < 400
    assert not (tmp_path / "out" / "bundle").exists()


# From folder to bundle, to the second run, as a user does it.


@pytest.fixture(scope="module")
def animals(tmp_path_factory):
    """Return a folder of silhouettes in three classes, with unlabelled ones, and where reports on it go."""
    folder = tmp_path_factory.mktemp("own") / "my animals"
    split = datasets.load_silhouettes(list(ANIMALS)).train
    for label, name in enumerate((*ANIMALS, "unlabelled")):
        (folder / name).mkdir(parents=True)
        for number, image in enumerate(split.images[split.labels == label % 3][40 * (label == 3) :][:40]):
            Image.fromarray(image[..., 0]).save(folder / name / f"{number}.png")
    return folder


def run_own(monkeypatch, folder, *arguments):
    """Execute `python -m course own` with its results beside the folder; return exit code and that place."""
    monkeypatch.setattr(own, "OUT", folder.parent / "build")
    code = command.main(["own", str(folder), *arguments])
    return code, folder.parent / "build" / folder.name


def printed_by(out):
    """Return what the cells of an executed notebook printed."""
    (path,) = (out / "executed").glob("*.ipynb")
    outputs = [o for cell in nbformat.read(path, 4).cells for o in cell.get("outputs", [])]
    return "".join(o["text"] for o in outputs if o.get("name") == "stdout")


def test_a_folder_becomes_a_report_a_bundle_and_a_better_one(animals, monkeypatch, capsys, tmp_path):
    code, out = run_own(monkeypatch, animals)
    printed = capsys.readouterr().out
    assert code == 0 and f"Open in a browser: {out / 'page' / 'index.html'}" in printed
    page = (out / "page" / "index.html").read_text()
    assert "Report on the images in my animals" in page and "Further reading" not in page
    assert "in our example" not in page.lower() and "that we planted" not in page, "the text on the example stays out"
    assert "Show code cell source" in page and "http" not in "".join(
        tag for tag in page.split("<") if tag.startswith(("script", "link", "img"))
    )
    first = pd.read_csv(out / "splits.csv").set_index("digest")["split"]

    # The bundle says of each test file what the notebook said.
    rows = pd.read_csv(out / "predictions.csv").set_index("path")
    test = rows[rows["split"] == "test"]
    assert command.main(["predict", str(out / "bundle"), str(animals), "--csv", str(tmp_path / "p.csv")]) == 0
    said = pd.read_csv(tmp_path / "p.csv")
    said.index = [os.path.relpath(path, animals) for path in said["path"]]
    assert len(said) == len(list(animals.rglob("*.png"))), "every file has its row"
    for column in ("probability", "similarity"):
        assert np.abs(said.loc[test.index, column] - test[column]).max() < 1e-5
    for column in ("predicted", "set", "refused"):
        assert (said.loc[test.index, column] == test[column]).all()
    (snippet,) = re.findall(r"```python\n(.+?)```", PAGE, re.S)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bundle").symlink_to(out / "bundle")
    (tmp_path / "one.jpg").symlink_to(animals / test.index[0])
    exec(snippet, {})
    known = not test["refused"].iloc[0]
    assert capsys.readouterr().out.splitlines()[-1] == f"{test['predicted'].iloc[0]} {known}"

    # Labels are typed, an image comes, and a bound is too high.
    sheet = pd.read_csv(out / "to_label.csv", keep_default_na=False)
    assert 30 < len(sheet) <= 40 and (out / "to_label.png").exists()  # some repeat labelled ones
    sheet["probability"] = [str(p).replace(".", ",") for p in sheet["probability"]]  # as a spreadsheet program may
    sheet.loc[:9, "label"] = "cat"
    sheet.to_csv(out / "to_label.csv", index=False, sep=";")
    ImageOps.flip(Image.open(animals / "cat" / "0.png")).save(animals / "cat" / "new.png")
    code, _ = run_own(monkeypatch, animals, "-p", "MIN_ACCURACY", "1.01")
    printed = capsys.readouterr().out
    assert code == 1 and "ClaimMissed: Your bound: test accuracy" in printed
    assert (out / "page" / "index.html").stat().st_size > 0 and (out / "bundle" / "bundle.json").exists()
    second = pd.read_csv(out / "splits.csv").set_index("digest")["split"]
    assert (second[first.index] == first).all() and len(second) == len(first) + 11
    assert re.search(r"; 1 of \d+ embeddings were computed in this run", printed_by(out))
    assert "10 labels from earlier runs" in printed_by(out)
    typed = second[second.index.isin(sheet.loc[:9, "digest"])]
    assert (typed == "train").all() and len(typed) == 10

    # The two runs can be compared.
    code = command.main(["compare", str(out / "before"), str(out)])
    printed = capsys.readouterr().out
    assert f"{len(test)} test images are in both runs, 0 only in the old, 0 only in the new one." in printed
    assert code == 1 and "WORSE: 10_your_own_images fails" in printed, "the second run missed its bound"


def test_a_report_is_not_written_over_that_of_another_folder(tmp_path):
    own.belongs_to(tmp_path / "out", "one/photos")
    own.belongs_to(tmp_path / "out", "one/photos")
    with pytest.raises(run.UsageError, match=r"report on one/photos\. Give the one on two/photos another name: --name"):
        own.belongs_to(tmp_path / "out", "two/photos")
    with pytest.raises(run.UsageError, match=r"Give the one on the example another name"):
        own.belongs_to(tmp_path / "out", "")


def test_a_folder_that_is_not_there_ends_in_one_sentence(monkeypatch, tmp_path, capsys):
    code, _ = run_own(monkeypatch, tmp_path / "nowhere")
    captured = capsys.readouterr()
    assert code == 2 and captured.err.strip() == f"There is no folder or CSV file {tmp_path / 'nowhere'}."
    code, _ = run_own(monkeypatch, tmp_path / "nowhere", "-p", "MIN_ACURACY", "0.9")
    assert code == 2 and "has no parameter 'MIN_ACURACY'" in capsys.readouterr().err


# Files and images.


def test_all_kinds_of_pixels_become_upright_colour_squares(tmp_path):
    rng = np.random.default_rng(0)
    colour = Image.fromarray(rng.integers(0, 256, (40, 60, 3), "uint8"))
    kinds = {
        "grey.png": colour.convert("L"),
        "palette.gif": colour.convert("P"),
        "cmyk.jpg": colour.convert("CMYK"),
        "bits.png": colour.convert("1"),
        "alpha.webp": colour.convert("RGBA"),
        "grey_alpha.png": colour.convert("LA"),
        "lab.tif": colour.convert("LAB"),
        "deep.png": Image.fromarray(rng.integers(0, 65536, (40, 60)).astype("uint16")),
    }
    for name, image in kinds.items():
        image.save(tmp_path / name)
        square = images.read_square(tmp_path / name, 32)
        assert square.shape == (32, 32, 3) and square.dtype == np.uint8, name
        assert 60 < square.mean() < 200 and square.std() > 10, name


def test_a_turned_photo_is_read_upright_and_transparent_places_are_white(tmp_path):
    pixels = np.zeros((80, 80, 3), "uint8")
    pixels[:40] = 255
    exif = Image.Exif()
    exif[notebook.ORIENTATION] = 6  # to be turned by 90 degrees clockwise: the upper half comes to the right
    Image.fromarray(pixels).save(tmp_path / "turned.jpg", exif=exif, quality=95)
    square = images.read_square(tmp_path / "turned.jpg", 16)
    assert square[:, 10:].min() > 200 and square[:, :6].max() < 50
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    assert images.read_square(tmp_path / "clear.png", 16).min() == 255


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"%PDF-1.4", "not an image"),
        (b"\0\0\0\x18ftypheic" + bytes(40), "a HEIC photo; `pip install pillow-heif`"),
        ("png", "damaged, or cannot be read: "),
        (None, "damaged, or cannot be read: No such file"),
    ],
)
def test_an_unreadable_file_has_a_reason(content, reason, tmp_path):
    path = tmp_path / "image"
    if content == "png":
        stream = io.BytesIO()
        Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), "uint8")).save(stream, "PNG")
        content = stream.getvalue()[:2000]
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(images.ImageUnreadable) as raised:
        images.read_square(path, 32)
    assert str(raised.value).startswith(reason)


def test_pixels_of_32_bits_are_refused(tmp_path):
    Image.fromarray(np.ones((9, 9), "float32")).save(tmp_path / "float.tif")
    with pytest.raises(images.ImageUnreadable, match="its pixels have 32 bits; save it with 8 bits"):
        images.read_square(tmp_path / "float.tif", 8)


@contextmanager
def without_root():
    """Act as a user to whom permissions apply, if the tests run as root."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_folder_or_file_without_permission_is_named(tmp_path, monkeypatch):
    fill(tmp_path, ["open", "closed"], 2)
    monkeypatch.chdir(tmp_path)  # another user may not reach it from the root
    tmp_path.chmod(0o755)
    Path("closed").chmod(0)
    Path("open/1.png").chmod(0)
    problems = {}
    try:
        with without_root():
            found = [path.name for path in images.files(Path("."), problems)]
            with pytest.raises(images.ImageUnreadable, match="Permission denied"):
                images.read_square(Path("open/1.png"), 16)
    finally:
        Path("closed").chmod(0o755)
    assert found == ["0.png", "1.png"]
    assert problems == {"closed": "cannot be read: Permission denied"}


def test_files_come_ordered_each_once_and_circles_end(tmp_path):
    fill(tmp_path / "a", ["x", "y"], 2)
    (tmp_path / "a" / "y" / "up").symlink_to(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    fill(tmp_path / "elsewhere", ["z"], 1)
    (tmp_path / "a" / "link").symlink_to(tmp_path / "elsewhere" / "z")
    problems = {}
    found = [str(path.relative_to(tmp_path / "a")) for path in images.files(tmp_path / "a", problems)]
    assert found[:3] == ["link/0.png", "x/0.png", "x/1.png"] and len(found) == len(set(found))
    assert set(problems.values()) == {"a link to a folder that has been read already"}


def test_in_order_gives_everything_in_order_with_reasons_in_place():
    def half(number):
        if number % 7 == 3:
            raise images.ImageUnreadable(f"odd {number}")
        return number // 2

    found = list(images.in_order(half, range(500), "halves"))
    assert [item for item, _ in found] == list(range(500))
    for number, value in found:
        assert str(value) == f"odd {number}" if number % 7 == 3 else value == number // 2
    with pytest.raises(ZeroDivisionError):
        list(images.in_order(lambda number: 1 / number, [1, 0], "x"))


# Splits, duplicates, labels: the notebook's own functions.


def labelled_table(digests, labels, groups, given=""):
    """Return a table as `split_images` takes it."""
    columns = {"digest": digests, "label": labels, "group": groups, "given": given, "conflict": False}
    return pd.DataFrame(columns)


HASHES = st.lists(st.integers(0, 10**6), min_size=12, max_size=60, unique=True)


@settings(deadline=None)
@given(HASHES, st.randoms(use_true_random=False))
def test_adding_images_moves_no_other_and_their_order_does_not_matter(numbers, random):
    digests = [hashlib.sha256(b"%d" % number).hexdigest() for number in numbers]
    table = labelled_table(digests, "one", np.arange(len(digests)))
    split = notebook.split_images(table, {})
    before = dict(zip(table["digest"], split, strict=True))
    shuffled = table.sample(frac=1, random_state=random.randrange(2**32))
    assert dict(zip(shuffled["digest"], notebook.split_images(shuffled, {}), strict=True)) == before
    fewer = table.iloc[: len(table) // 2]
    after = notebook.split_images(fewer, {})
    moved = [d for d, s in zip(fewer["digest"], after, strict=True) if s != before[d]]
    assert len(moved) <= ("train" not in set(split[: len(fewer)])), "only to give the class a training image"
    kept = notebook.split_images(table, dict.fromkeys(digests, "test"))
    assert set(kept) == {"test", "train"} and (kept == "train").sum() == 1, "what an earlier run assigned stays"


@settings(deadline=None)
@given(HASHES, st.integers(0, 99))
def test_a_group_is_never_torn_apart(numbers, seed):
    digests = [hashlib.sha256(b"%d" % number).hexdigest() for number in numbers]
    groups = np.random.default_rng(seed).integers(0, 8, len(digests))
    split = notebook.split_images(labelled_table(digests, "one", groups), {})
    assert all(split[groups == group].nunique() == 1 for group in set(groups))


def test_shares_of_the_splits_are_as_said():
    digests = [hashlib.sha256(b"%d" % number).hexdigest() for number in range(5000)]
    shares = Counter(notebook.hashed_split(digest, ["test", "validation"]) for digest in digests)
    assert 650 < shares["test"] < 850 and 650 < shares["validation"] < 850
    assert set(notebook.hashed_split(digest, []) for digest in digests) == {"train"}


def test_leaks_repeats_and_conflicts_are_left_out():
    digests = [letter * 64 for letter in "abcdef"]
    table = labelled_table([*digests, digests[5]], "one", [0, 0, 1, 2, 3, 4, 4])
    table["given"] = ["train", "test", "train", "train", "test", "train", "train"]
    table.loc[3, "conflict"] = True
    assert notebook.split_images(table, {}).tolist() == ["", "test", "train", "", "test", "train", ""]


def test_typed_labels_are_never_in_the_test_and_moved_images_go_where_they_were_moved():
    digests = [letter * 64 for letter in "abcd"]
    table = labelled_table(digests, "one", [0, 0, 1, 2])
    table["given"] = ["", "typed", "", "typed"]
    assert notebook.split_images(table, {digests[0]: "test"}).tolist()[:2] == ["test", ""], "it repeats a test image"
    assert notebook.split_images(table, {})[3] == "train"
    table["given"] = ["train", "train", "validation", "test"]
    table["group"] = range(4)
    moved = notebook.split_images(table, {digests[0]: "test", digests[1]: "validation", digests[3]: "train"})
    assert moved.tolist() == ["train", "train", "validation", "test"]


@pytest.mark.parametrize(
    ("folders", "given"),
    [
        (["train/a", "train/b", "VAL/a", "Unlabeled"], {"train", "validation", "unlabelled"}),
        (["train", "plane"], {""}),
        (["a", "b", "unlabelled"], {"", "unlabelled"}),
        (["train/a", "test/a", "notes"], "has notes beside test, train; move the first into a split, or away"),
    ],
)
def test_folders_of_splits_are_told_from_those_of_classes(folders, given, tmp_path):
    fill(tmp_path, folders, 1)
    if isinstance(given, str):
        with pytest.raises(notebook.FolderUnusable, match=given):
            notebook.list_folder(tmp_path, {})
    else:
        table = notebook.list_folder(tmp_path, {})
        assert set(table["given"]) == given and len(table) == len(folders)
        assert ((table["label"] == "") == (table["given"] == "unlabelled")).all()


@pytest.mark.parametrize("count", [2, 3])
def test_the_probe_is_scikit_learns_and_every_class_has_weights(count, monkeypatch):
    rng = np.random.default_rng(0)
    y = np.arange(60) % count
    x = (rng.normal(0, 1, (60, 5)) + 3 * y[:, None] + 7).astype("float32")
    monkeypatch.setattr(notebook, "classes", ["a", "b", "c", "d"][:count], raising=False)
    monkeypatch.setattr(notebook, "class_weight", None, raising=False)
    kernel, bias = notebook.fit_probe(x, y, 0.5)
    expected = LogisticRegression(C=0.5, max_iter=1000, tol=1e-8).fit(x, y).predict_proba(x)
    assert np.abs(notebook.CONFIDENCE.softmax(x @ kernel + bias) - expected).max() < 2e-3
    assert (np.abs(kernel).sum(axis=0) > 0).all(), "Grad-CAM needs a gradient for each class"
    monkeypatch.setattr(notebook, "classes", ["a", "b", "c", "d"], raising=False)
    kernel, bias = notebook.fit_probe(x, y, 0.5)
    p = notebook.CONFIDENCE.softmax(x @ kernel + bias)
    assert p[:, count:].max() == 0 and np.abs(p[:, :count] - expected).max() < 2e-3
    kernel, bias = notebook.fit_probe(x[y == 1], y[y == 1], 0.5)
    assert (notebook.CONFIDENCE.softmax(x @ kernel + bias)[:, 1] == 1).all(), "one class alone is certain"


def test_near_duplicates_are_found_and_others_are_not():
    split = datasets.load_silhouettes(["cat", "dog"]).train
    originals = [Image.fromarray(image[..., 0]) for image in split.images[:300]]
    thumbnails = [np.asarray(image.resize((16, 16))) for image in originals]
    stream = io.BytesIO()
    changed = {0: ImageOps.mirror(originals[0]), 1: originals[1].point(lambda v: 0.7 * v + 20), 2: originals[2]}
    ImageOps.mirror(changed[2]).save(stream, "JPEG", quality=70)
    changed[2] = Image.open(stream)
    thumbnails += [np.asarray(image.resize((16, 16))) for image in changed.values()]
    pairs = {tuple(map(int, pair)) for pair in notebook.near_pairs(thumbnails, 0.97)}
    assert {(0, 300), (1, 301), (2, 302)} <= pairs
    rows, mirrored = notebook.fingerprints(np.stack(thumbnails))
    alike = np.triu(np.maximum(rows @ rows.T, rows @ mirrored.T) > 0.97, k=1)
    every = {tuple(map(int, pair)) for pair in np.argwhere(alike)}
    assert pairs <= every and len(pairs) > 0.95 * len(every), "hashing misses few of the pairs that all products find"
    assert len(notebook.near_pairs(thumbnails[:1], 0.97)) == 0
    flat = notebook.near_pairs([np.full((16, 16), grey, "uint8") for grey in (0, 200, 90)], 0.97)
    assert len(flat) == 0, "images of one grey have no correlation"


def test_names_that_look_alike_and_merging_them():
    names = {"dog", "Dogs", "cat", "polar bear", "polar_bear", "Polar-Bears", "bus", "s"}
    assert notebook.same_names(names) == [["Dogs", "dog"], ["Polar-Bears", "polar bear", "polar_bear"]]
    classes = {"dog", "Dogs", "cat"}
    assert notebook.renamings("Dogs=dog, cat = pet", classes) == {"Dogs": "dog", "cat": "pet"}
    assert notebook.renamings("", classes) == {}
    for wrong in ("Dogs", "Dog=dog", "a=b=c"):
        with pytest.raises(
            notebook.FolderUnusable, match=r"MERGE must be like 'Dogs=dog', got .*classes: Dogs, cat, dog"
        ):
            notebook.renamings(wrong, classes)


def test_a_csv_file_says_labels_splits_and_groups(tmp_path):
    fill(tmp_path, ["p"], 4)
    rows = "path;label;split;group\np/0.png;disc;Train;film\np/1.png;disc;val;film\np/2.png;;;\np/9.png;disc;;\n"
    (tmp_path / "list.csv").write_text("\ufeff" + rows)
    problems = {}
    table = notebook.list_csv(tmp_path / "list.csv", problems)
    assert table[["label", "given", "group"]].to_numpy().tolist() == [
        ["disc", "train", "film"],
        ["disc", "validation", "film"],
        ["", "unlabelled", ""],
    ]
    assert problems == {str(tmp_path / "p/9.png"): "listed in the CSV file, but not there"}
    (tmp_path / "list.csv").write_text("path;label;probability\np/0.png;a;1\np/1.png;b;0,97\n")
    assert notebook.list_csv(tmp_path / "list.csv", {})["label"].tolist() == ["a", "b"], "decimal commas"
    for text, sentence in (
        ("path,class\na,b\n", "needs the columns path, label; it has: path"),
        ("path,label,split\na,b,middle\n", "has the split 'middle'; use train, validation or test"),
        ("path,label\na,\xe9\n", "is no CSV file in UTF-8"),
        ("", "is no CSV file in UTF-8"),
    ):
        (tmp_path / "list.csv").write_bytes(text.encode("latin-1"))
        with pytest.raises(notebook.FolderUnusable, match=sentence):
            notebook.list_csv(tmp_path / "list.csv", {})


def test_typed_labels_are_collected_and_unknown_ones_named(tmp_path):
    save = notebook.save_csv
    save(pd.DataFrame({"digest": ["a", "b", "c"], "label": ["cat", " dog ", ""]}), tmp_path / "to_label.csv")
    assert notebook.collect_labels(tmp_path, {"cat", "dog"}, {}) == {"a": "cat", "b": "dog"}
    save(pd.DataFrame({"digest": ["b", "d"], "label": ["cat", "dog"]}), tmp_path / "to_label.csv")
    assert notebook.collect_labels(tmp_path, {"cat", "pet"}, {"dog": "pet"}) == {"a": "cat", "b": "cat", "d": "pet"}
    save(pd.DataFrame({"digest": ["e"], "label": ["cow"]}), tmp_path / "to_label.csv")
    with pytest.raises(notebook.FolderUnusable, match=r"labels.csv says 'cow'; the classes: cat, pet\."):
        notebook.collect_labels(tmp_path, {"cat", "pet"}, {})
    assert len(pd.read_csv(tmp_path / "labels.csv")) == 3, "what was collected stays"
    assert notebook.collect_labels(tmp_path / "nothing", {"cat"}, {}) == {}


def test_a_full_disk_leaves_the_earlier_file_whole(tmp_path):
    """A limit on the size of files stands for the full disk: writing stops in the middle, with an OSError."""
    notebook.save_csv(pd.DataFrame({"digest": ["a"], "split": ["test"]}), tmp_path / "splits.csv")
    before = (tmp_path / "splits.csv").read_bytes()
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, limit[1]))
    try:
        with pytest.raises(OSError):
            notebook.save_csv(pd.DataFrame({"digest": ["b" * 64] * 9999}), tmp_path / "splits.csv")
        with pytest.raises(OSError):
            predict.write_csv([dict.fromkeys(predict.COLUMNS, "x" * 99)] * 9999, tmp_path / "splits.csv")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert (tmp_path / "splits.csv").read_bytes() == before


def test_a_disk_that_fills_up_ends_in_one_sentence(animals, monkeypatch, tmp_path):
    inside, small = ("unshare", "-rm", "sh", "-c"), ROOT / "build" / "own" / f"small-{os.getpid()}"
    mount = f"mkdir -p {small} && mount -t tmpfs -o size=3m none {small}"
    if not shutil.which("unshare") or subprocess.run([*inside, mount]).returncode:
        pytest.skip("This system does not let a test mount a small disk of its own.")
    line = f"{mount} && exec {sys.executable} -m course own '{animals}' --name {small.name}"
    ended = subprocess.run([*inside, line], cwd=ROOT, capture_output=True, text=True, timeout=300)
    small.rmdir()
    sentence = "The disk is full. Free some space; `make run RESUME=1`, or the same `make own` again, goes on.\n"
    assert ended.returncode == 2 and ended.stderr.endswith(sentence), ended.stdout + ended.stderr
    assert len(ended.stderr.splitlines()) <= 4


class FakeNetwork:
    """Stands for a backbone in tests of the feature cache: three features, each image's mean."""

    name, input_shape = "fake", (None, 32, 32, 3)

    def get_weights(self):
        return [np.ones(3, "float32")]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Return the notebook's `features_of` on a fake network, how often it computed, and the folder of its cache."""
    computed = []

    def fake(net, squares):
        computed.append(len(squares))
        return np.repeat(squares.mean(axis=(1, 2, 3))[:, None], 3, axis=1).astype("float32")

    monkeypatch.setattr(notebook.backbone, "features", fake)
    monkeypatch.setattr(notebook, "out", tmp_path / "out", raising=False)
    return (lambda table: notebook.features_of(table, FakeNetwork())), computed, tmp_path / "out" / "features"


def test_features_are_computed_once_and_a_stopped_run_goes_on(cache, tmp_path):
    features_of, computed, folder = cache
    fill(tmp_path / "d", ["disc"], 300)
    paths = sorted((tmp_path / "d").rglob("*.png"))
    table = pd.DataFrame({"path": paths})
    table["digest"] = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    first, new = features_of(table)
    assert new == 300 and computed == [256, 44]
    second, new = features_of(table.iloc[::-1])
    assert new == 0 and np.array_equal(second[::-1], first) and computed == [256, 44]
    (stored,) = folder.iterdir()
    broken = max(stored.glob("*.npz"), key=lambda path: path.stat().st_size)
    broken.write_bytes(broken.read_bytes()[:100])  # half written by another program
    (stored / "rest.part").write_bytes(b"left by a run that was killed")
    again, new = features_of(table)
    assert new == 256 and np.array_equal(again, first)


def test_fine_tuning_that_was_stopped_goes_on(tmp_path, monkeypatch):
    fill(tmp_path / "d", ["disc", "square"], 8)
    table = notebook.list_folder(tmp_path / "d", {})
    data = table.assign(digest=[str(number) for number in range(16)], split="train")
    values = {"out": tmp_path, "data": data, "y": np.repeat([0, 1], 8), "train": np.arange(16), "size": 32}
    values |= {"rng": np.random.default_rng(0), "class_weight": None, "counts": np.array([8, 8])}
    values |= {"kernel": np.zeros((1280, 2), "float32"), "bias": np.zeros(2, "float32")}
    for name, value in values.items():
        monkeypatch.setattr(notebook, name, value, raising=False)
    planned, ended = notebook.plan_updates, []

    def plan_forty(net, batches, minutes, file):
        if not file.exists():
            file.parent.mkdir(parents=True)
            file.write_text('{"updates": 40}')
        return planned(net, batches, minutes, file)

    class Bar:
        def __init__(self, **options):
            self.stop_after = None if ended else 2

        def __enter__(self):
            return self

        def __exit__(self, *error):
            return False

        def update(self):
            ended.append(1)
            if len(ended) == self.stop_after:
                raise KeyboardInterrupt

    monkeypatch.setattr(notebook, "plan_updates", plan_forty)
    monkeypatch.setattr(notebook, "tqdm", Bar)
    with pytest.raises(KeyboardInterrupt):
        notebook.fine_tune(backbone.load(size=32), 0.1)
    assert len(ended) == 2 and list((tmp_path / "fine_tuning").glob("*/plan.json"))
    kernel, bias = notebook.fine_tune(backbone.load(size=32), 0.1)
    assert len(ended) == 4, "of four times ten updates, two were left"
    assert kernel.shape == (1280, 2) and np.abs(kernel).max() > 0 and bias.shape == (2,)
    assert not (tmp_path / "fine_tuning").exists()


def test_most_useful_images_are_uncertain_and_of_different_kinds():
    rng = np.random.default_rng(0)
    x = np.repeat(np.eye(8), 60, axis=0) + rng.normal(0, 0.01, (480, 8))  # eight kinds of images
    p = np.full((480, 2), [0.99, 0.01])
    p[::2] = 0.5
    notebook.SEED = 0
    chosen = notebook.most_useful(p, x, 30)
    assert len(set(chosen)) == 30 and (p[chosen, 0] == 0.5).all()
    assert len({number // 60 for number in chosen}) >= 4, "four times as many are looked at, of several kinds"
    assert len(notebook.most_useful(p[:5], x[:5], 30)) == 5


# The bundle and `predict`.


def test_a_changed_model_or_another_folder_is_no_bundle(tmp_path, capsys):
    assert command.main(["predict", str(tmp_path), "x.png"]) == 2
    assert "is no bundle as notebook 10 writes it" in capsys.readouterr().err
    (tmp_path / "model.keras").write_bytes(b"model")
    facts = {"model_sha256": hashlib.sha256(b"other").hexdigest()}
    (tmp_path / "bundle.json").write_text(json.dumps(facts))
    assert command.main(["predict", str(tmp_path), "x.png"]) == 2
    assert "is not the model of bundle.json" in capsys.readouterr().err


class FakeModel:
    """Says class 1 for bright images, and is similar to nothing dark."""

    def predict_on_batch(self, squares):
        bright = squares.mean(axis=(1, 2, 3)) / 255
        return {"probabilities": np.stack([1 - bright, bright], axis=1), "similarity": bright}


def test_predictions_refuse_and_name_files_that_cannot_be_read(tmp_path):
    facts = {"image_size": 8, "classes": ["dark", "bright"], "set_quantile": 0.6, "min_similarity": 0.3}
    for grey in (10, 128, 250):
        Image.new("L", (9, 9), grey).save(tmp_path / f"{grey:03}.png")
    (tmp_path / "text.txt").write_text("text")
    rows = list(predict.predictions(FakeModel(), facts, [tmp_path, tmp_path / "gone.png"]))
    sentences = [predict.sentence(row).removeprefix(str(tmp_path) + "/") for row in rows]
    assert sentences == [
        "010.png: refused, unlike the training images (similarity 0.04)",
        "128.png: bright, 50.2%, or: dark|bright",
        "250.png: bright, 98.0%",
        "text.txt: not an image",
        "gone.png: damaged, or cannot be read: No such file or directory",
    ]
    assert predict.write_csv(rows, tmp_path / "p.csv") == 2
    assert list(pd.read_csv(tmp_path / "p.csv").columns) == list(predict.COLUMNS)
    assert not list(tmp_path.glob("*.part"))


# The page in `docs/`.


def test_the_page_names_the_parameters_and_files_that_there_are():
    named = set(re.findall(r"`([A-Z][A-Z_0-9]+)`", PAGE.partition("## Parameters")[2].partition("\n## ")[0]))
    (parameters,) = [cell.source for cell in CELLS if "parameters" in cell.metadata.get("tags", [])]
    assert named == set(re.findall(r"^([A-Z_0-9]+) =", parameters, re.M)) - {"PROFILE", "FOLDER", "OUT"}


def test_the_workflow_to_copy_is_whole_and_calls_commands_that_there_are():
    workflow = yaml.safe_load(re.search(r"```yaml\n(.+?)```", PAGE, re.S)[1])
    assert workflow["permissions"] == {"contents": "read"} and True in workflow  # YAML reads `on` as true
    steps = workflow["jobs"]["report"]["steps"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["urls"]["Repository"].endswith("/" + steps[1]["with"]["repository"])
    assert all(re.fullmatch(r"actions/[\w/-]+@v\d", step["uses"]) for step in steps if "uses" in step)
    make, compared = [step["run"] for step in steps if "run" in step]
    made = subprocess.run(
        ["bash", "-c", make.replace("-C course", "--dry-run").replace("$GITHUB_WORKSPACE", "there")],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    line = next(line for line in made.stdout.splitlines() if " own " in line)
    arguments = command.parser().parse_args(shlex.split(line.partition("-m course ")[2]))
    assert (arguments.verb, arguments.folder.name, arguments.p) == ("own", "photos", [["MIN_ACCURACY", "0.9"]])
    arguments = command.parser().parse_args(shlex.split(compared.partition("-m course ")[2].partition(" >>")[0]))
    assert arguments.verb == "compare" and arguments.old == arguments.new / "before"


# `compare`.


def results(folder, name="05_training_craft", seconds=10, state="passed", **values):
    """Write a results file with claims by text; each value has the bound 0.5."""
    relations = {"loss": "<=", "seconds": "<="}
    rows = []
    for text, value in values.items():
        relation = relations.get(text.split("_")[0], ">=")
        held = value >= 0.5 if relation == ">=" else value <= 0.5
        rows.append({"text": text, "value": value, "relation": relation, "bound": 0.5, "held": held})
    folder.mkdir(exist_ok=True)
    claims.write_entry(
        folder / "results.json", name, {"claims": rows, "seconds": seconds, "state": state, "error": "E"}
    )


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ({"accuracy": 0.8}, {"accuracy": 0.79}, "within chance"),
        ({"loss_rounding": 1e-7}, {"loss_rounding": 9e-7}, "within chance"),
        ({"accuracy": 0.8}, {"accuracy": 0.7}, "worse"),
        ({"accuracy": 0.8}, {"accuracy": 0.95}, "better"),
        ({"accuracy": 0.8}, {"accuracy": 0.49}, "worse"),
        ({"loss": 0.2}, {"loss": 0.45}, "worse"),
        ({"loss": 0.2}, {"loss": 0.05}, "better"),
        ({"seconds_of": 0.1}, {"seconds_of": 0.45}, "holds"),
        ({"seconds_of": 0.1}, {"seconds_of": 0.55}, "worse"),
        ({"unknown": 0.9}, {"unknown": 0.6}, "holds"),
        ({"unknown": 0.4}, {"unknown": 0.3}, "missed, as before"),
    ],
)
def test_claims_are_judged_by_bounds_and_by_the_spread_of_seeds(old, new, verdict, tmp_path, monkeypatch):
    spread = {"accuracy": [0.79, 0.8, 0.82], "loss": [0.18, 0.2, 0.25], "seconds_of": [0.1, 0.1]}
    spread["loss_rounding"] = [1e-7, 2e-7]
    stored = {"05_training_craft": {text: {"values": values} for text, values in spread.items()}}
    (tmp_path / "benchmarks" / "results").mkdir(parents=True)
    (tmp_path / "benchmarks" / "results" / "seeds.json").write_text(json.dumps(stored))
    monkeypatch.setattr(compare, "ROOT", tmp_path)
    results(tmp_path / "old", **old)
    results(tmp_path / "new", **new)
    text, worse = compare.compare(tmp_path / "old", tmp_path / "new")
    assert f"| {verdict} |" in text
    assert bool(worse) == (verdict == "worse") == ("WORSE: 05_training_craft: " in text)


def test_a_lost_claim_and_a_failing_notebook_are_worse_and_clocks_are_not(tmp_path):
    results(tmp_path / "old", accuracy=0.8, other=0.9)
    results(tmp_path / "new", accuracy=0.8, state="failed", seconds=99)
    text, worse = compare.compare(tmp_path / "old", tmp_path / "new")
    assert worse == ["05_training_craft fails: E", "05_training_craft: the claim is gone: other"]
    assert "| 05_training_craft | seconds of the notebook | 10 | 99 |  | not judged |" in text
    text, worse = compare.compare(tmp_path / "old", tmp_path / "old" / "results.json")
    assert worse == [] and "moved" not in text


def test_stored_results_of_the_course_can_be_compared():
    stored = ROOT / "benchmarks" / "results"
    text, worse = compare.compare(stored / "quick.json", stored / "quick.json")
    assert worse == [] and "Clocks" in text


def predictions(folder, right):
    """Write predictions of test images, of two classes in turn; `right` says which are right."""
    results(folder, name=own.NAME, accuracy=0.9)
    rows = [
        {"digest": number, "split": "test", "label": "ab"[number % 2], "predicted": "ab"[(number + (not ok)) % 2]}
        for number, ok in enumerate(right)
    ]
    pd.DataFrame(rows).to_csv(folder / "predictions.csv", index=False)


def test_the_same_test_images_are_compared_by_class_beyond_chance(tmp_path, capsys):
    right = np.ones(400, bool)
    predictions(tmp_path / "old", right)
    right[:30:2] = False  # fifteen images of class a are lost
    right[1] = False
    predictions(tmp_path / "new", right)
    assert command.main(["compare", str(tmp_path / "old"), str(tmp_path / "new")]) == 1
    text = capsys.readouterr().out
    assert "| all images | 400 | 100.0% | 96.0% | 16 | 0 | 3.1e-05 | worse |" in text
    assert "| a | 200 | 100.0% | 92.5% | 15 | 0 | 6.1e-05 | worse |" in text
    assert "| b | 200 | 100.0% | 99.5% | 1 | 0 | 1 | within chance |" in text
    assert command.main(["compare", str(tmp_path / "new"), str(tmp_path / "old")]) == 0
    assert "| all images | 400 | 96.0% | 100.0% | 0 | 16 | 3.1e-05 | better |" in capsys.readouterr().out
    assert command.main(["compare", str(tmp_path / "new"), str(tmp_path / "nowhere")]) == 2
    assert "There is no results file" in capsys.readouterr().err
