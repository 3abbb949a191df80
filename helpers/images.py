"""Image files as people have them: found in folders, read upright and in colour, with a reason if unreadable."""

import io
import os
import stat
import warnings
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from tqdm import tqdm

with suppress(ImportError):  # photos from phones are often HEIC, which Pillow reads with this package only
    import pillow_heif

    pillow_heif.register_heif_opener()

THREADS = min(8, os.cpu_count() or 1)  # Pillow releases Python's lock while it decodes
AHEAD = 128  # files that are read, at most, before they are needed
warnings.filterwarnings("ignore", module="PIL")  # on odd EXIF data and large images; errors are raised all the same


class ImageUnreadable(ValueError):
    """A file is no image that can be used; the message says why."""


def files(folder, problems):
    """Yield the paths of all files under a folder, ordered by name; links are followed, hidden files left out.

    `problems`, a dict, takes a reason for each path that is no file that can be opened, circles of links among them.
    """
    waiting, seen = [Path(folder)], set()
    while waiting:
        path = waiting.pop()
        try:
            mode, name = path.stat().st_mode, os.fspath(path).encode("utf-8", "replace").decode()
            if name != os.fspath(path):
                problems[name] = "its name is not valid UTF-8; rename it"
            elif stat.S_ISREG(mode):
                yield path
            elif not stat.S_ISDIR(mode):
                problems[name] = "not a regular file"
            elif (real := os.path.realpath(path)) in seen:
                problems[name] = "a link to a folder that has been read already"
            else:
                seen.add(real)
                inside = sorted((p for p in path.iterdir() if not p.name.startswith(".")), reverse=True)
                waiting += inside
                if not inside:
                    problems[name] = "an empty folder"
        except OSError as error:
            problems[os.fspath(path).encode("utf-8", "replace").decode()] = f"cannot be read: {error.strerror}"


def in_order(function, items, what):
    """Yield (item, function(item)) for each of `items`, computed on threads some way ahead, with the time left.

    An ImageUnreadable that the function raises takes the place of its result.
    """

    def attempt(item):
        try:
            return function(item)
        except ImageUnreadable as error:
            return error

    waiting = deque()
    with ThreadPoolExecutor(THREADS) as pool, tqdm(items, what, mininterval=1, delay=2, leave=False) as shown:
        for item in shown:
            waiting.append((item, pool.submit(attempt, item)))
            if len(waiting) > AHEAD:
                item, future = waiting.popleft()
                yield item, future.result()
        for item, future in waiting:
            yield item, future.result()


def square(image, size):
    """Return an opened PIL image as uint8 of shape (size, size, 3): upright, stretched to a square, antialiased.

    A JPEG file is decoded at a half, a quarter or an eighth of its size, where at least `size` is left. Transparent
    places become white, 16-bit greys 8-bit ones. Raises ImageUnreadable for pixels of 32 bits.
    """
    if image.mode in ("I", "F"):
        raise ImageUnreadable("its pixels have 32 bits; save it with 8 bits")
    image.draft(None, (size, size))
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) / 257).round().astype("uint8"))
    if image.has_transparency_data:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    resized = image.convert("RGB").resize((size, size), Image.Resampling.BICUBIC, reducing_gap=3)
    return np.asarray(resized)


def read(path, use):
    """Return `use(image, content)` for a file's PIL image and its bytes; whatever fails becomes ImageUnreadable."""
    try:
        content = Path(path).read_bytes()
        if not content:
            raise ImageUnreadable("empty")
        if content[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1") and ".heic" not in Image.registered_extensions():
            raise ImageUnreadable("a HEIC photo; `pip install pillow-heif` makes them readable")
        with Image.open(io.BytesIO(content)) as image:
            return use(image, content)
    except ImageUnreadable:
        raise
    except UnidentifiedImageError:
        raise ImageUnreadable("not an image") from None
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ImageUnreadable(f"damaged, or cannot be read: {reason[:80]}") from None


def read_square(path, size):
    """Return an image file as uint8 of shape (size, size, 3), as `square` makes it. Raises ImageUnreadable."""
    return read(path, lambda image, content: square(image, size))
