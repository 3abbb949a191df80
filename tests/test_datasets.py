"""The loaders on the real embedded files, the IDX reader, and downloads from a real server."""

import gzip
import hashlib
import http.server
import io
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from course import data
from helpers import datasets

CONTENT = bytes(range(256)) * 2000  # half a megabyte


def splits_of(dataset):
    return {name: getattr(dataset, name) for name in ("train", "val", "test")}


def fingerprints(split):
    return {image.tobytes() for image in split.images}


def test_quick_mnist_has_disjoint_stratified_splits():
    mnist = datasets.load_mnist("quick")
    assert [len(split.labels) for split in splits_of(mnist).values()] == [3000, 1000, 1000]
    for split in splits_of(mnist).values():
        assert split.images.shape[1:] == (28, 28, 1) and split.images.dtype == np.uint8
        assert split.labels.dtype == np.int32
        assert len(set(np.bincount(split.labels, minlength=10))) == 1
    train, val, test = map(fingerprints, splits_of(mnist).values())
    assert not (train & val or train & test or val & test)
    assert "5,000 embedded" in str(mnist) and "3,000 train" in str(mnist)


def test_unknown_profile_is_refused():
    with pytest.raises(ValueError, match="'quick' or 'full', got 'fast'"):
        datasets.load_mnist("fast")


def test_no_silhouette_has_a_near_duplicate_in_another_split():
    def rows(images):
        rows = images.reshape(len(images), -1).astype("float32")
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    animals = datasets.load_silhouettes()
    for a, b in (("train", "val"), ("train", "test"), ("val", "test")):
        left, right = getattr(animals, a).images, getattr(animals, b).images
        assert (rows(left) @ rows(right).T).max() <= 0.97
        assert (rows(left) @ rows(right[:, :, ::-1]).T).max() <= 0.97
    assert [len(split.labels) for split in splits_of(animals).values()] == [7000, 1500, 1500]


def test_silhouette_labels_follow_the_order_of_the_names():
    everything, pets = datasets.load_silhouettes(), datasets.load_silhouettes(["dog", "cat"])
    for label, name in enumerate(["dog", "cat"]):
        expected = everything.test.images[everything.test.labels == datasets.ANIMALS.index(name)]
        assert np.array_equal(pets.test.images[pets.test.labels == label], expected)


@pytest.mark.parametrize("classes", [["cat", "wolf"], ["cat", "cat"], []])
def test_impossible_classes_are_refused(classes):
    with pytest.raises(ValueError, match="classes must be different names out of bear, bird"):
        datasets.load_silhouettes(classes)


def test_damaged_embedded_file_is_named_and_kept(tmp_path, monkeypatch):
    shutil.copytree(datasets.ROOT / "data", tmp_path / "data", ignore=shutil.ignore_patterns("downloads"))
    monkeypatch.setattr(datasets, "ROOT", tmp_path)
    damaged = tmp_path / "data" / "mnist_5k.npz"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    size = damaged.stat().st_size
    with pytest.raises(datasets.DataDamaged, match=r"mnist_5k.npz is not the expected file: its SHA-256 .* expected"):
        datasets.load_mnist("quick")
    assert damaged.stat().st_size == size
    damaged.unlink()
    with pytest.raises(datasets.DataMissing, match="git checkout data"):
        datasets.load_mnist("quick")


def idx_bytes(array, code=8):
    header = bytes([0, 0, code, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return header + array.tobytes()


@given(array=arrays(np.uint8, array_shapes(min_dims=1, max_dims=3, max_side=6)))
def test_idx_reader_returns_what_was_written(tmp_path_factory, array):
    path = tmp_path_factory.mktemp("idx") / "a.gz"
    path.write_bytes(gzip.compress(idx_bytes(array)))
    assert np.array_equal(datasets.read_idx(path), array)


@given(array=arrays(np.uint8, array_shapes(min_dims=1, max_dims=3, max_side=4)), data=st.data())
def test_idx_reader_refuses_every_other_length(tmp_path_factory, array, data):
    content = idx_bytes(array)
    size = data.draw(st.integers(0, len(content) + 3).filter(lambda size: size != len(content)))
    path = tmp_path_factory.mktemp("idx") / "a.gz"
    path.write_bytes(gzip.compress(content[:size].ljust(size, b"\7")))
    with pytest.raises(datasets.DataDamaged):
        datasets.read_idx(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (gzip.compress(idx_bytes(np.zeros(3, "uint8"), code=9)), "magic number 00000901"),
        (gzip.compress(idx_bytes(np.zeros((2, 3), "uint8"))[:-1]), r"announces the shape \(2, 3\) but holds 5 values"),
        (gzip.compress(b""), "magic number of an empty file"),
        (b"<html>404</html>", "not a whole gzip file"),
        (gzip.compress(idx_bytes(np.zeros(3000, "uint8")))[:-12], "not a whole gzip file"),
    ],
    ids=[
        "another type",
        "too short",
        "nothing",
        "no gzip",
        "cut off",
    ],  # gzip writes the time into what would be the id
)
def test_idx_reader_says_what_is_wrong(tmp_path, content, message):
    path = tmp_path / "digits.gz"
    path.write_bytes(content)
    with pytest.raises(datasets.DataDamaged, match=message):
        datasets.read_idx(path)


def offer(monkeypatch, folder, contents, mirrors=("http://127.0.0.1:1/",)):
    """Let the course expect the set `tiny` of these files, and look for it under `folder`."""
    files = {name: (len(content), hashlib.sha256(content).hexdigest()) for name, content in contents.items()}
    monkeypatch.setitem(datasets.REMOTE, "tiny", datasets.RemoteSet("A tiny set", mirrors, files))
    monkeypatch.setenv(datasets.FOLDER_VARIABLE, str(folder))


def test_counts_that_disagree_are_refused(tmp_path, monkeypatch):
    images, labels = np.zeros((20, 28, 28), "uint8"), np.tile(np.arange(10, dtype="uint8"), 2)
    parts = [images, labels[:-1], images, labels]
    contents = dict(zip("abcd", (gzip.compress(idx_bytes(part)) for part in parts), strict=True))
    offer(monkeypatch, tmp_path, contents)
    monkeypatch.setitem(datasets.REMOTE, "mnist", datasets.REMOTE["tiny"])
    (tmp_path / "mnist").mkdir()
    for name, content in contents.items():
        (tmp_path / "mnist" / name).write_bytes(content)
    with pytest.raises(datasets.DataDamaged, match="training set holds 20 images but 19 labels"):
        datasets.load_mnist("full")


def test_missing_set_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv(datasets.FOLDER_VARIABLE, str(tmp_path))
    with pytest.raises(datasets.DataMissing) as caught:
        datasets.load_mnist("full")
    for part in ("4 of 4 files", "11.6 MB", "make data", datasets.FOLDER_VARIABLE, str(tmp_path)):
        assert part in str(caught.value)


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves `server.files`; the first `server.slow` answers stop half-way and hang."""

    def do_GET(self):
        server = self.server
        server.requests.append(self.path)
        content = server.files.get(self.path.rsplit("/", 1)[-1])
        if content is None:
            return self.send_error(404)
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if server.slow:
            server.slow -= 1
            self.wfile.write(content[: len(content) // 2])
            server.half_way.set()
            time.sleep(30)
        else:
            time.sleep(0.3)  # long enough for two processes to ask at once
            self.wfile.write(content)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    """A web server on this machine that offers `a.bin`."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads, server.block_on_close = True, False
        server.files, server.requests, server.slow, server.half_way = {"a.bin": CONTENT}, [], 0, threading.Event()
        server.address = f"http://127.0.0.1:{server.server_port}/"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_fetch_downloads_once_and_verifies(tmp_path, monkeypatch, server):
    offer(monkeypatch, tmp_path, {"a.bin": CONTENT}, (server.address,))
    (path,) = data.fetch("tiny")
    assert path.read_bytes() == CONTENT
    data.fetch("tiny")
    assert len(server.requests) == 1
    assert sorted(file.name for file in path.parent.iterdir()) == ["a.bin", "download.lock"]


def test_fetch_turns_to_the_next_mirror(tmp_path, monkeypatch, server):
    dead = "http://127.0.0.1:1/"
    offer(monkeypatch, tmp_path, {"a.bin": CONTENT}, (dead, server.address + "wrong/", server.address))
    assert data.fetch("tiny")[0].read_bytes() == CONTENT


def test_wrong_digest_everywhere_leaves_nothing_to_use(tmp_path, monkeypatch, server):
    offer(monkeypatch, tmp_path, {"a.bin": b"something else"}, (server.address,))
    with pytest.raises(data.DownloadFailed, match=r"a.bin .* could not be downloaded .* again, or set COURSE_DATA"):
        data.fetch("tiny")
    assert not (tmp_path / "tiny" / "a.bin").exists()


def test_no_network_says_what_to_do(tmp_path, monkeypatch):
    offer(monkeypatch, tmp_path, {"a.bin": CONTENT})
    with pytest.raises(data.DownloadFailed, match="Check the network and run `make data` again"):
        data.fetch("tiny")


def test_a_users_own_wrong_file_is_never_overwritten(tmp_path, monkeypatch, server):
    offer(monkeypatch, tmp_path, {"a.bin": CONTENT, "b.bin": CONTENT}, (server.address,))
    server.files["b.bin"] = CONTENT
    (tmp_path / "tiny").mkdir()
    mine = tmp_path / "tiny" / "a.bin"
    mine.write_bytes(b"mine")
    with pytest.raises(datasets.DataDamaged, match="left as it is; move it away"):
        data.fetch("tiny")
    assert mine.read_bytes() == b"mine"


FETCH = """
import sys
from course import data
from helpers import datasets
datasets.REMOTE["tiny"] = datasets.RemoteSet("A tiny set", (sys.argv[1],), {"a.bin": (int(sys.argv[2]), sys.argv[3])})
print(data.fetch("tiny")[0])
"""


def fetch_in_a_process(folder, server):
    digest = hashlib.sha256(CONTENT).hexdigest()
    return subprocess.Popen(
        [sys.executable, "-c", FETCH, server.address, str(len(CONTENT)), digest],
        env=os.environ | {datasets.FOLDER_VARIABLE: str(folder), "PYTHONPATH": str(datasets.ROOT)},
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def test_a_download_killed_half_way_and_started_again_ends_verified(tmp_path, server):
    server.slow = 1
    first = fetch_in_a_process(tmp_path, server)
    assert server.half_way.wait(60)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert not (tmp_path / "tiny" / "a.bin").exists()
    second = fetch_in_a_process(tmp_path, server)
    assert second.communicate(timeout=60)[0].strip() == str(tmp_path / "tiny" / "a.bin")
    assert (tmp_path / "tiny" / "a.bin").read_bytes() == CONTENT
    assert sorted(file.name for file in (tmp_path / "tiny").iterdir()) == ["a.bin", "download.lock"]


def test_two_processes_at_once_fetch_once(tmp_path, server):
    both = [fetch_in_a_process(tmp_path, server) for _ in range(2)]
    assert [process.wait(timeout=60) for process in both] == [0, 0]
    assert server.requests == ["/a.bin"]


def zip_of(folder, names):
    """Return a zip file with tiny photos under top/, and a script that must stay in it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for number, name in enumerate(names):
            photo = io.BytesIO()
            Image.new("RGB", (8, 8), (number * 20, 0, 0)).save(photo, "JPEG")
            archive.writestr(f"top/{name}", photo.getvalue())
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(photo.getvalue())
        archive.writestr("top/vectorize.py", "raise SystemExit")
        archive.writestr("../outside.jpg", "no photo")
    return content.getvalue()


PHOTOS = [f"{split}/{kind}/{n}.jpg" for split in ("train", "validation") for kind in ("cats", "dogs") for n in (1, 2)]


def offer_photos(monkeypatch, folder, server, content, digest):
    server.files["photos.zip"] = content
    remote = datasets.RemoteSet("Photos", (server.address,), {"photos.zip": (len(content), None)}, (8, digest))
    monkeypatch.setitem(datasets.REMOTE, "tiny", remote)
    monkeypatch.setenv(datasets.FOLDER_VARIABLE, str(folder))


def test_photos_are_unpacked_after_they_were_checked(tmp_path, monkeypatch, server):
    content = zip_of(tmp_path / "made", PHOTOS)
    digest = datasets.tree_digest([tmp_path / "made" / name for name in PHOTOS])
    offer_photos(monkeypatch, tmp_path / "data", server, content, digest)
    paths = data.fetch("tiny")
    assert [path.relative_to(tmp_path / "data" / "tiny").as_posix() for path in paths] == PHOTOS
    assert data.fetch("tiny") == paths and len(server.requests) == 1
    assert not list(tmp_path.rglob("outside.jpg")) and not list((tmp_path / "data").rglob("*.py"))
    assert sorted(path.name for path in (tmp_path / "data" / "tiny").iterdir()) == [
        "download.lock",
        "train",
        "validation",
    ]
    paths[0].write_bytes(b"changed")
    with pytest.raises(datasets.DataDamaged, match=r"should hold 8 photos .* left as it is"):
        data.fetch("tiny")
    paths[1].unlink()
    with pytest.raises(datasets.DataDamaged, match="it holds 7 files"):
        data.fetch("tiny")


@pytest.mark.parametrize("broken", ["other photos", "no zip file"])
def test_wrong_photos_are_not_used(tmp_path, monkeypatch, server, broken):
    content = zip_of(tmp_path / "made", PHOTOS) if broken == "other photos" else b"<html>"
    offer_photos(monkeypatch, tmp_path / "data", server, content, "0" * 64)
    with pytest.raises(datasets.DataDamaged):
        data.fetch("tiny")
    with pytest.raises(datasets.DataMissing):
        datasets.local_files("tiny")
    with pytest.raises(datasets.DataDamaged):
        data.fetch("tiny")
    assert len(server.requests) == 2, "what was wrong is not kept for the next time"


@pytest.mark.full
def test_cats_and_dogs_are_split_without_overlap():
    try:
        pets = datasets.load_cats_and_dogs()
    except datasets.DataMissing as missing:
        pytest.skip(str(missing))
    assert [len(split.labels) for split in splits_of(pets).values()] == [2000, 500, 500]
    for split in splits_of(pets).values():
        assert np.bincount(split.labels).tolist() == [len(split.labels) // 2] * 2
        assert all(path.name.startswith(pets.classes[label]) for path, label in zip(*split, strict=True))
    contents = [{path.read_bytes() for path in split.images} for split in splits_of(pets).values()]
    assert not (contents[0] & contents[1] or contents[0] & contents[2] or contents[1] & contents[2])


def write_images(folder, names):
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (20, 10), (number * 20, 0, 0)).save(path)


def test_folder_streams_keep_classes_sizes_and_order(tmp_path):
    write_images(tmp_path, [f"{split}/{name}/{n}.png" for split in ("train", "val") for name in "ab" for n in (1, 2)])
    splits = datasets.load_folder(tmp_path, image_size=(8, 6), batch_size=3)
    assert set(splits) == {"train", "val"} and splits["val"].class_names == ["a", "b"]
    batches = list(splits["val"])
    assert [len(labels) for _, labels in batches] == [3, 1]
    assert np.concatenate([labels for _, labels in batches]).tolist() == [0, 0, 1, 1]
    images = np.concatenate([images for images, _ in batches])
    assert images.shape == (4, 8, 6, 3) and images.dtype == np.float32
    assert images[:, 0, 0, 0].tolist() == [80, 100, 120, 140]  # images 4 to 7


def test_folder_without_images_says_what_was_expected(tmp_path):
    with pytest.raises(datasets.DataMissing, match="should hold images as SPLIT/CLASS/FILE"):
        datasets.load_folder(tmp_path / "nowhere", image_size=(8, 8))


@pytest.mark.full
def test_full_mnist_is_the_official_one_and_holds_the_embedded_digits():
    mnist = datasets.load_mnist("full")
    assert [len(split.labels) for split in splits_of(mnist).values()] == [55000, 5000, 10000]
    train, val, test = map(fingerprints, splits_of(mnist).values())
    embedded = set().union(*map(fingerprints, splits_of(datasets.load_mnist("quick")).values()))
    assert embedded <= train | val and not embedded & test
