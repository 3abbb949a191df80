"""Write the tables of README.md from the stored results files, so that no number in it is typed.

`make results` runs the notebooks first; `python benchmarks/readme_tables.py` only writes the tables again.
"""

import json
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from course.report import markdown_table as table  # noqa: E402
from helpers import claims, notebooks  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"
LEARN = {
    "00_start_here": "what the course is; a first classifier in a few lines; claims and exercises",
    "01_data_preparation": "pixels, near-duplicates, wrong labels, data leakage, data augmentation, `tf.data`",
    "02_cnn_math": "convolution, pooling and receptive fields, from one sum of products to a matrix product",
    "02b_activations_and_losses": "activation functions, softmax, cross-entropy; vanishing gradients and dying ReLUs",
    "02c_backpropagation": "backpropagation and optimisers derived and checked; a whole network trained in NumPy",
    "03_mnist_cnn": "a published network rebuilt and beaten, one change at a time; digits of your own",
    "04_cats_vs_dogs": "a folder of photos with odd files, an input pipeline, a published network that overfits",
    "04b_better_and_decided": "a residual network with data augmentation; a threshold from costs; doubtful labels",
    "05_training_craft": "under- and overfitting, regularisation measured over seeds, hyperparameter search",
    "05b_rates_and_resuming": "optimisers, schedules, batch sizes, initialisation, batch normalisation, resuming",
    "06_architectures": "the ideas of VGG, ResNet and MobileNet in experiments; MACs and latency of the real networks",
    "07_transfer_learning": "an embedded ImageNet network: linear probes, few-shot learning, fine-tuning, Grad-CAM",
    "08_evaluation": "precision to ROC, and prevalence; confidence intervals put to the test; networks compared",
    "08b_confidence": "calibration and temperature scaling, conformal prediction sets, selective classification",
    "08c_mistakes_and_robustness": "slices, attribution, wrong labels, corrupted and out-of-distribution images",
    "08d_failure_museum": "nine traps that print wrong numbers, each run beside the right way",
}


def machine(entry):
    on = entry["ran_on"]
    return f"Python {on['python']}, TensorFlow {on['tensorflow']}, {on['system']}, {on['cores']} cores"


def tables():
    """Return the text of each marked part of README.md."""
    quick, full = (claims.read_results(RESULTS / f"{name}.json") for name in ("quick", "full"))
    listed = [
        (f"[{path.stem}](notebooks/{path.name})", LEARN[path.stem], f"{quick[path.stem]['seconds'] / 60:.1f}")
        for path in notebooks.choose([])
    ]
    on_public_data = {name: entry for name, entry in full.items() if "the full public set" in str(entry["data"])}
    rows = [
        (name.split("_")[0], entry["profile"], claim["text"], claims.show(claim["value"]),
         f"{claim['relation']} {claims.show(claim['bound'])}")
        for results in (quick, on_public_data)
        for name, entry in results.items()
        for claim in entry["claims"]
        if claim["relation"] != "==" and not (claim["relation"] == "<=" and 0 <= claim["bound"] < 1e-3)
        if not (entry["profile"] == "full" and claim["text"].startswith("Stored"))  # the same as in the quick run
    ]  # fmt: skip
    race = json.loads((RESULTS / "mnist.json").read_text())["summary"]
    header = ("network", "parameters", "test accuracy", "time, published = 1")
    raced = [
        (name, f"{row['parameters']:,}", f"{row['mean_accuracy']:.2%}", f"{row['median_share_of_published_time']:.2f}")
        for name, row in race.items()
    ]
    pets = json.loads((RESULTS / "pets.json").read_text())
    published, ours = pets["published"], pets["ours, seed 0"]
    transfer = json.loads((RESULTS / "transfer.json").read_text())["summary"]
    counted = {claim["text"]: claim["value"] for claim in quick["07_transfer_learning"]["claims"]}
    with_probe = counted["Weights of the backbone"] + 1281  # and one logit behind its 1,280 features
    rows_of_pets = [
        ("published, 30 epochs", f"{published['parameters']:,}", f"{published['test_accuracy']:.1%}", "1.00"),
        ("ours, 27 epochs, mean of three seeds", f"{ours['parameters']:,}",
         f"{pets['summary']['mean_test_accuracy']:.1%}",
         f"{pets['summary']['median_share_of_published_seconds']:.2f}"),
        ("probe on the embedded backbone, mean of three seeds", f"{with_probe:,}",
         f"{transfer['mean_test_accuracy']:.1%}", f"{transfer['median_share_of_published_seconds']:.2f}"),
    ]  # fmt: skip
    address = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]["Repository"]
    name = address.removeprefix("https://github.com/")
    colab = f"https://colab.research.google.com/github/{name}/blob/main/notebooks/00_start_here.ipynb"
    binder = f"https://mybinder.org/v2/gh/{name}/main?urlpath=lab/tree/notebooks/00_start_here.ipynb"
    return {
        "buttons": f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({colab})\n"
        f"[![Launch Binder](https://mybinder.org/badge_logo.svg)]({binder})",
        "colab": f"```\n!git clone --depth 1 {address} course && pip install -q -r course/requirements.txt\n"
        '%cd course/notebooks\nimport sys; sys.path.insert(0, "..")\n```',
        "notebooks": table(("notebook", "what you learn", "minutes"), listed)
        + f"\n\nMinutes of the profile `quick`, one thread each: {machine(quick['03_mnist_cnn'])}.",
        "results": table(("notebook", "profile", "claim", "value", "bound"), rows),
        "race": table(header, raced),
        "pets": table(header, rows_of_pets),
    }


def with_tables(readme):
    """Return the text of README.md with its marked parts replaced."""
    for name, text in tables().items():
        readme, count = re.subn(
            rf"(<!-- {name} -->\n).*?(\n<!-- end -->)", lambda m, text=text: m[1] + text + m[2], readme, flags=re.S
        )
        assert count == 1, f"README.md has no part marked {name}"
    return readme


if __name__ == "__main__":
    path = ROOT / "README.md"
    path.write_text(with_tables(path.read_text(encoding="utf-8")), encoding="utf-8")
