"""The functions that notebook 01 shows, taken out of it and tried on cases that its own data do not have."""

import numpy as np
import pytest
from PIL import Image

from helpers import notebooks

preparation = notebooks.definitions("01")


def test_fingerprints_tell_shape_type_and_pixels_apart():
    image = np.arange(12, dtype="uint8").reshape(3, 4)
    others = [image.reshape(4, 3), image.astype("uint16"), image[::-1], image.view("int8")]
    fingerprints = {preparation.fingerprint(one) for one in (image, *others)}
    assert len(fingerprints) == 5
    assert preparation.fingerprint(image.copy()) in fingerprints


def test_pixels_come_out_of_a_file_as_they_went_in(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (5, 7), dtype="uint8")
    for level in (1, 9):
        Image.fromarray(image).save(tmp_path / "image.png", compress_level=level)
        assert (preparation.read_pixels(tmp_path / "image.png") == image).all()


def test_similarity_ignores_brightness_and_mirroring_alone():
    image = np.random.default_rng(0).integers(0, 120, (1, 6, 8), dtype="uint8")
    others = np.stack([2 * image[0], image[0, :, ::-1], image[0, ::-1]])
    brighter, mirrored, upside_down = preparation.similarities(image, others)[0]
    assert brighter == pytest.approx(1) and mirrored == pytest.approx(1) and upside_down < 0.97


@pytest.mark.parametrize("shape", [(40, 90, 3), (90, 40, 3), (50, 50, 3)])
def test_squares_are_stretched_cropped_and_padded(shape):
    photo = np.full(shape, 200, "uint8")
    stretched, cropped, padded = squares = preparation.squares(photo, 32)
    assert squares.shape == (3, 32, 32, 3) and squares.dtype == np.uint8
    assert (stretched == 200).all() and (cropped == 200).all()
    assert (padded == 0).any() == (shape[0] != shape[1]) and padded[16, 16, 0] == 200
