"""Download the public data sets, each file checked before it is used."""

import os
import re
import shutil
import zipfile
from contextlib import suppress
from pathlib import Path

from helpers import datasets


class DownloadFailed(OSError):
    """No address gave the right file."""


def fetch(name):
    """Download a data set unless it is there already, and return its verified paths.

    A download is written to a folder of its own, checked, and only then moved to its place. A lock lets two processes
    that ask at once fetch once. A file that is there is never overwritten. Raises DownloadFailed or DataDamaged.
    """
    from filelock import FileLock

    with suppress(datasets.DataMissing):
        return datasets.local_files(name)
    folder = datasets.data_folder() / name
    incoming = folder / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "download.lock"):
        try:
            for file, (size, digest) in datasets.REMOTE[name].files.items():
                if datasets.REMOTE[name].photos and not any(folder.glob("*/*/*.jpg")):
                    _unpack(_download(name, file, size, digest, incoming), folder, datasets.REMOTE[name].photos)
                elif not datasets.REMOTE[name].photos and not (folder / file).is_file():
                    os.replace(_download(name, file, size, digest, incoming), folder / file)
        finally:  # with what failed or killed downloads left there
            shutil.rmtree(incoming, ignore_errors=True)
    return datasets.local_files(name)


def _download(name, file, size, digest, incoming):
    """Return the path of a downloaded file with the right digest, from the first mirror that gives it."""
    import pooch
    from requests import RequestException

    problems = []
    for mirror in datasets.REMOTE[name].mirrors:
        try:
            known = digest and f"sha256:{digest}"
            return Path(pooch.retrieve(mirror + file, known, file, incoming, progressbar=True))
        except (RequestException, OSError, ValueError) as error:
            problems.append(f"{mirror}: {str(error).splitlines()[0][:160]}")
    raise DownloadFailed(
        f"{file} ({size / 1e6:.1f} MB) could not be downloaded ({'; '.join(problems)}). Check the network and run "
        f"`make data` again, or set {datasets.FOLDER_VARIABLE} to a folder that has it under {name}/. "
        "Nothing was deleted."
    )


def _unpack(archive, folder, expected):
    """Move the photos SPLIT/CLASS/FILE.jpg of a zip file to `folder`, after all of them were checked."""
    unpacked = archive.with_suffix("")
    shutil.rmtree(unpacked, ignore_errors=True)
    try:
        with zipfile.ZipFile(archive) as stream:
            photos = [name for name in stream.namelist() if re.fullmatch(r"\w+(/\w+){2}/[\w.]+\.jpg", name)]
            stream.extractall(unpacked, photos)
    except zipfile.BadZipFile as error:
        raise datasets.DataDamaged(
            f"{archive} is not a whole zip file ({error}). Run `make data` to get it again."
        ) from None
    (top,) = unpacked.iterdir()
    datasets.checked_photos(top, expected)
    for split in top.iterdir():
        os.replace(split, folder / split.name)
