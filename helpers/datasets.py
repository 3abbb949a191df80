"""Load the data sets of the course as named splits.

Profile `quick` reads the files embedded under `data/`; `full` reads files that `make data` has downloaded, or that a
folder named by `COURSE_DATA` already holds. Every file is checked against its SHA-256 digest before it is used.
"""

import gzip
import hashlib
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
FOLDER_VARIABLE = "COURSE_DATA"
DIGITS = tuple("0123456789")
ANIMALS = ("bear", "bird", "cat", "cow", "dog", "elephant", "giraffe", "horse", "sheep", "zebra")
EMBEDDED = {
    "mnist_5k.npz": "246e0c30eeea57c8d0037d3f38c8e00651ec204cc61b8022563e9aeeb9d756f4",
    "animal_silhouettes.npz": "6b930e671582d3ca6e1e0951a021f564ce9c3d022996dbd1168e7eb273ca81ab",
    "weights/efficientnet_lite0.npz": "d02f780f58936254843e1a24c26bf31e20e3be6bfe989d39000b4fc2dab122f9",
    "weights/efficientnet_lite0_classes.npz": "990450415b665dd14f2df527947020d8ec0a6b2c00f0953f6fba9ab676849402",
    "weights/efficientnet_lite0_reference.npz": "99932c588a10ea02b24a28dbf03cff83afc89da8f71770dca6ccfbe2e2e7e018",
}


class DataMissing(FileNotFoundError):
    """A data set that this profile needs is not on this machine."""


class DataDamaged(ValueError):
    """A file is there, but it is not what it should be."""


class RemoteSet(NamedTuple):
    """A data set to download: title, addresses of the folder with all its files, (bytes, SHA-256) by file name.

    A set with `photos`, (number, SHA-256 of `tree_digest`), is one zip file: what lies in it is checked, not the zip.
    """

    title: str
    mirrors: tuple[str, ...]
    files: dict[str, tuple[int, str | None]]
    photos: tuple[int, str] | None = None


_MNIST = (  # name, bytes, SHA-256
    ("train-images-idx3-ubyte.gz", 9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
    ("train-labels-idx1-ubyte.gz", 28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
    ("t10k-images-idx3-ubyte.gz", 1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
    ("t10k-labels-idx1-ubyte.gz", 4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
)
_HOSTS = ("https://storage.googleapis.com/cvdf-datasets/mnist/", "https://ossci-datasets.s3.amazonaws.com/mnist/")
_PETS = RemoteSet(
    "Cats and dogs, 3,000 photos",
    ("https://storage.googleapis.com/mledu-datasets/",),
    {"cats_and_dogs_filtered.zip": (68_606_236, None)},
    (3000, "fd92cad98893fb1c92d7e57f38afee852b52bbffb54db029954b9d897dc63faf"),
)
REMOTE = {
    "mnist": RemoteSet("MNIST, 70,000 digits", _HOSTS, {name: (size, sha) for name, size, sha in _MNIST}),
    "cats_and_dogs_filtered": _PETS,
}


class Split(NamedTuple):
    """Images, uint8 of shape (n, height, width, 1) or n paths of photos, and labels, int32 of shape (n,)."""

    images: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class Dataset:
    """Named splits, what the images are (`name`) and where this run got them (`source`); label k means `classes[k]`."""

    name: str
    source: str
    classes: tuple[str, ...]
    train: Split
    val: Split
    test: Split

    def __str__(self):
        counts = ", ".join(f"{len(getattr(self, s).labels):,} {s}" for s in ("train", "val", "test"))
        return f"{self.name}, {self.source}: {counts}"


def data_folder():
    """Return the folder of downloaded data: `COURSE_DATA`, or `data/downloads` in the clone."""
    return Path(os.environ.get(FOLDER_VARIABLE) or ROOT / "data" / "downloads")


def _verified(path, digest):
    """Return `path` if its SHA-256 is `digest`; raise DataDamaged otherwise, and delete nothing."""
    with open(path, "rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != digest:
        raise DataDamaged(
            f"{path} is not the expected file: its SHA-256 begins with {found[:12]}, expected {digest[:12]}. "
            "It was left as it is; move it away and get it again (`make data`, or `git checkout data`)."
        )
    return path


def tree_digest(paths):
    """Return one SHA-256 for files SPLIT/CLASS/FILE: of these names and contents, in their order."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update("/".join(path.parts[-3:]).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def checked_photos(folder, expected):
    """Return the paths of the JPEG files under `folder` if they are the expected ones; else raise DataDamaged."""
    paths = sorted(folder.glob("*/*/*.jpg"), key=lambda path: path.relative_to(folder).as_posix())
    count, digest = expected
    if len(paths) != count or (found := tree_digest(paths)) != digest:
        what = f"{len(paths):,} files" if len(paths) != count else f"files whose SHA-256 begins with {found[:12]}"
        raise DataDamaged(
            f"{folder} should hold {count:,} photos whose SHA-256 begins with {digest[:12]}; it holds {what}. "
            "It was left as it is; move it away and get it again with `make data`."
        )
    return paths


def local_files(name):
    """Return the verified paths of a downloaded set; DataMissing says what is needed and how to get it."""
    remote, folder = REMOTE[name], data_folder() / name
    if remote.photos and any(folder.glob("*/*/*.jpg")):
        return checked_photos(folder, remote.photos)
    missing = [size for file, (size, _) in remote.files.items() if not (folder / file).is_file()]
    if missing:
        raise DataMissing(
            f"{remote.title}: {len(missing)} of {len(remote.files)} files ({sum(missing) / 1e6:.1f} MB) are not in "
            f"{folder}. Run `make data` to download them, or set {FOLDER_VARIABLE} to a folder with {name}/ in it."
        )
    return [_verified(folder / file, digest) for file, (_, digest) in remote.files.items()]


def read_idx(path):
    """Read a gzipped IDX file (Y. LeCun, "The MNIST database") as uint8 of the shape that its header gives.

    Layout: two zero bytes, type code 8, number of dimensions, each as a big-endian 32-bit integer, then the values.
    Raises DataDamaged for another format, a wrong magic number, or fewer or more values than announced.
    """
    try:
        with gzip.open(path) as stream:
            content = stream.read()
    except (gzip.BadGzipFile, EOFError) as error:
        raise DataDamaged(f"{path} is not a whole gzip file ({error}). Run `make data` to get it again.") from None
    if content[:3] != b"\x00\x00\x08" or len(content) < 4:
        magic = content[:4].hex() or "of an empty file"
        raise DataDamaged(f"{path} has the magic number {magic}; an IDX file of bytes begins with 000008.")
    start = 4 + 4 * content[3]
    shape = tuple(int.from_bytes(content[at : at + 4], "big") for at in range(4, start, 4))
    if len(content) != start + math.prod(shape):
        raise DataDamaged(f"{path} announces the shape {shape} but holds {max(0, len(content) - start):,} values.")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _pair(images, labels, source):
    """Return a Split with a channel axis; the counts must agree."""
    if len(images) != len(labels):
        raise DataDamaged(f"{source} holds {len(images):,} images but {len(labels):,} labels.")
    return Split(images[..., np.newaxis], labels.astype("int32"))


def _cut(split, size, seed=0):
    """Cut `size` images, stratified by label, off a Split; return the rest and the cut."""
    from sklearn.model_selection import train_test_split

    rest, cut = train_test_split(np.arange(len(split.labels)), test_size=size, random_state=seed, stratify=split.labels)
    return Split(*(part[rest] for part in split)), Split(*(part[cut] for part in split))


def embedded(name):
    """Return the arrays of an embedded file, after its digest was checked."""
    path = ROOT / "data" / name
    if not path.is_file():
        raise DataMissing(f"{path} is part of the course but is not there. Restore it with `git checkout data`.")
    with np.load(_verified(path, EMBEDDED[name]), allow_pickle=False) as arrays:
        return {key: arrays[key] for key in arrays.files}


def load_mnist(profile="quick"):
    """Load handwritten digits, white on black, 28x28, as a Dataset; validation is cut from training, stratified.

    Parameters
    ----------
    profile : {"quick", "full"}
        `quick`: the 5,000 embedded digits as 3,000 / 1,000 / 1,000. `full`: the official 60,000 training digits as
        55,000 / 5,000, and the official 10,000 test digits.

    Raises DataMissing, DataDamaged, or ValueError for an unknown profile.
    """
    if profile == "quick":
        arrays = embedded("mnist_5k.npz")
        rest, test = _cut(_pair(arrays["images"], arrays["labels"], "mnist_5k.npz"), 1000)
        train, val = _cut(rest, 1000)
        return Dataset("MNIST digits", "5,000 embedded in data/mnist_5k.npz", DIGITS, train, val, test)
    if profile != "full":
        raise ValueError(f"profile must be 'quick' or 'full', got {profile!r}.")
    parts = [read_idx(path) for path in local_files("mnist")]
    train, val = _cut(_pair(*parts[:2], "the MNIST training set"), 5000)
    return Dataset("MNIST digits", "the full public set", DIGITS, train, val, _pair(*parts[2:], "the MNIST test set"))


def load_cats_and_dogs():
    """Load 3,000 photos as a Dataset whose `images` are paths: 2,000 to train, 500 to validate, 500 to test.

    The public set has 2,000 training and 1,000 validation photos. Every other one of the latter, by name and class, is
    held out as the test split. Label 0 is a cat, 1 a dog. Raises DataMissing or DataDamaged.
    """
    paths = np.array(local_files("cats_and_dogs_filtered"), object)  # sorted: 500 cats come before 500 dogs
    labels = np.array([path.parent.name == "dogs" for path in paths], "int32")
    in_train = np.array([path.parts[-3] == "train" for path in paths])
    held_out = np.flatnonzero(~in_train)
    splits = (Split(paths[part], labels[part]) for part in (np.flatnonzero(in_train), held_out[::2], held_out[1::2]))
    return Dataset("Photos of cats and dogs", "the full public set", ("cat", "dog"), *splits)


def load_silhouettes(classes=ANIMALS):
    """Load silhouettes, white on black, 28x28, of some ANIMALS: 700 / 150 / 150 of each, label k means `classes[k]`.

    No image of one split has a near-duplicate (cosine similarity above 0.97, mirrored or not) in another. Raises
    ValueError for a class that is not in ANIMALS, or twice the same.
    """
    classes = tuple(classes)
    if not classes or len(set(classes)) < len(classes) or not set(classes) <= set(ANIMALS):
        raise ValueError(f"classes must be different names out of {', '.join(ANIMALS)}; got {classes}.")
    arrays = embedded("animal_silhouettes.npz")
    labels = np.array([classes.index(name) if name in classes else -1 for name in ANIMALS])[arrays["labels"]]
    splits = [
        _pair(arrays["images"][chosen], labels[chosen], "animal_silhouettes.npz")
        for chosen in ((labels >= 0) & (arrays["split"] == number) for number in range(3))
    ]
    return Dataset("Animal silhouettes", "embedded in data/animal_silhouettes.npz", classes, *splits)


def load_folder(folder, **options):
    """Stream the images of `folder/SPLIT/CLASS/FILE`, one `tf.data.Dataset` per split in a dict; `train` is shuffled.

    `options`, such as `image_size=(height, width)`, `batch_size`, `color_mode` and `seed`, go to
    `keras.utils.image_dataset_from_directory`; batches hold float32 images from 0 to 255, and int32 labels. Raises
    DataMissing where there are no files of that layout.
    """
    from keras.utils import image_dataset_from_directory

    names = sorted({path.parts[-3] for path in Path(folder).glob("*/*/*")})
    if not names:
        raise DataMissing(f"{folder} should hold images as SPLIT/CLASS/FILE, for example train/cat/1.jpg.")
    options = {"verbose": False, **options}
    return {
        name: image_dataset_from_directory(Path(folder, name), shuffle=name == "train", **options) for name in names
    }
