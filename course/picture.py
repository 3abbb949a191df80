"""Make the picture of README and site, a strip of figures that the notebooks have drawn: `python -m course picture`."""

import io

import nbformat
from PIL import Image

from course import catalogue, site
from helpers.notebooks import ROOT

WIDTH, GAP = 1600, 24  # pixels
FILE = ROOT / "docs" / "pictures" / "course.png"


def figure(out, name, beginning):
    """Return a figure of an executed notebook as a PIL image, by the beginning of its text alternative."""
    shown = site.figures(nbformat.read(out / "executed" / f"{name}.ipynb", 4))
    (picture,) = [picture for alt, picture in shown.items() if alt.startswith(beginning)]
    return Image.open(io.BytesIO(picture)).convert("RGB")


def make(out):
    """Write the picture from the notebooks executed under `out`, all figures equally high; return its path."""
    figures = [figure(out, name, beginning) for name, beginning in catalogue.STRIP]
    widths = sum(picture.width / picture.height for picture in figures)
    height = round((WIDTH - GAP * (len(figures) + 1)) / widths)
    strip, left = Image.new("RGB", (WIDTH, height + 2 * GAP), "white"), GAP
    for picture in figures:
        width = round(height * picture.width / picture.height)
        strip.paste(picture.resize((width, height), Image.Resampling.LANCZOS), (left, GAP))
        left += width + GAP
    FILE.parent.mkdir(exist_ok=True)
    strip.quantize(256).save(FILE, optimize=True)
    return FILE
