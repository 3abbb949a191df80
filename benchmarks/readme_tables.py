"""Write the tables of both READMEs and of docs/ from stored results files, so that no number in them is typed.

`make results` runs the notebooks first; `python benchmarks/readme_tables.py` only writes the tables again. With
`translated` it also notes in README.zh-CN.md that the two READMEs say the same as they stand now.
"""

import hashlib
import json
import re
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from course import catalogue  # noqa: E402
from course.report import markdown_table as table  # noqa: E402
from helpers import claims  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"
ENGLISH, CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"
PAGES = [ENGLISH, CHINESE, ROOT / "docs" / "run.md", ROOT / "docs" / "benchmarks.md"]


class Headline(NamedTuple):
    """A number of the READMEs: its format, the claims that give it as (profile, notebook, title), and what it means.

    The format's fields 0, 1, ... are the claims' values, p0, p1, ... a hundred times these.
    """

    form: str
    claims: list
    english: str
    chinese: str


HEADLINES = [
    Headline(
        "{:.2%}, {:.2%}",
        [
            ("full", "03_mnist_cnn", "Test accuracy of our digit network"),
            ("full", "03_mnist_cnn", "Test accuracy of the published digit network"),
        ],
        "test accuracy on MNIST: our network, and that of a widely copied tutorial",
        "MNIST 测试准确率：我们的网络，以及一篇被广泛转抄的教程中的网络",
    ),
    Headline(
        "{0:.1%}, +{p1:.0f} points",
        [
            ("quick", "04b_better_and_decided", "Stored: test accuracy of our network on photos, mean of 3 seeds"),
            (
                "quick", "04b_better_and_decided",
                "Stored: validation accuracy on photos, our network minus published network",
            ),
        ],
        "test accuracy on photos of cats and dogs, from scratch with 2,000 photos; validation gain over the tutorial",
        "猫狗照片的测试准确率（仅用 2,000 张照片从头训练）；验证准确率比教程高出多少",
    ),
    Headline(
        "{:.1%}, {:.2f} times",
        [
            ("quick", "07_transfer_learning", "Stored: photos, test accuracy of the probe, mean of 3 seeds"),
            (
                "quick", "07_transfer_learning",
                "Stored: photos, seconds of the probe, loading included / of the published training",
            ),
        ],
        "the same photos, features of the embedded ImageNet network: test accuracy; training time (tutorial = 1)",
        "同样的照片，使用内置 ImageNet 网络的特征：测试准确率；训练时间（教程 = 1）",
    ),
    Headline(
        "{p0:.0f} points",
        [
            (
                "quick", "01_data_preparation",
                "Data leakage: accuracy on film frames, random split minus split by film",
            )
        ],
        "accuracy too much, where frames of one film lie on both sides of a split",
        "同一段影片的帧同时出现在划分两侧时，虚高的准确率",
    ),
    Headline(
        "{:,.0f} times",
        [("quick", "02_cnn_math", "Convolution: time of nested loops / time of im2col")],
        "the time of a convolution in nested loops, against one matrix product (im2col)",
        "嵌套循环实现的卷积所用时间与一次矩阵乘法（im2col）之比",
    ),
    Headline(
        "{p0:.0f} points, {p1:.1f} points",
        [
            ("quick", "05_training_craft", "4 times the data: gain in validation accuracy"),
            ("quick", "05_training_craft", "Tuned L2 against no remedy: validation accuracy"),
        ],
        "validation accuracy gained by four times the data, and by a tuned L2 penalty",
        "验证准确率的提高：数据增至四倍；调好的 L2 惩罚",
    ),
    Headline(
        "{:.0%}",
        [
            (
                "quick", "08_evaluation",
                "Coverage of 90% Bootstrap intervals: true accuracy 99.5%, 100 images",
            )
        ],
        "how often a 90% bootstrap interval contains the true accuracy, if that is 99.5% and there are 100 images",
        "真实准确率为 99.5%、只有 100 张测试图像时，90% 自助法区间实际包含真值的频率",
    ),
    Headline(
        "{:.2f} times",
        [
            (
                "quick", "08b_confidence",
                "Test ECE after temperature scaling / before, digits, mean of 5 seeds",
            )
        ],
        "the expected calibration error after temperature scaling, against before (digits)",
        "温度缩放之后的期望校准误差与之前之比（数字）",
    ),
    Headline(
        "{p0:.0f} points",
        [("quick", "08c_mistakes_and_robustness", "Digits inverted: mean confidence minus accuracy")],
        "mean confidence above accuracy, when a digit network is shown digits in black on white",
        "把数字改为白底黑字后，平均置信度比准确率高出多少",
    ),
    Headline(
        "{p0:.0f} points",
        [("quick", "08d_failure_museum", "Copies split at random: test accuracy minus accuracy on new digits")],
        "test accuracy that is gone on new digits, if near-duplicates were split at random",
        "随机划分近似重复的图像时，换成新数字后测试准确率的降幅",
    ),
]  # fmt: skip


def machine(entry):
    """Return in words what a run ran on."""
    on = entry["ran_on"]
    return f"Python {on['python']}, TensorFlow {on['tensorflow']}, {on['system']}, {on['cores']} cores"


def listing(quick):
    """Return the parts with a line on each notebook."""
    lines = []
    for part, notebooks in catalogue.PARTS.items():
        lines += [f"**{part}**", ""]
        lines += [f"- [{name}](notebooks/{name}.ipynb): {line}" for name, line in notebooks.items()]
        lines += [f"- to come: {catalogue.TO_COME[part]}"] if part in catalogue.TO_COME else []
        lines += [""]
    later = {part: line for part, line in catalogue.TO_COME.items() if part not in catalogue.PARTS}
    lines += [f"**{part}** (to come): {line}\n" for part, line in later.items()]
    seconds = sum(quick[name]["seconds"] for name in catalogue.LEARN)
    return (
        "\n".join(lines)
        + f"\nAll of them take {seconds / 60:.0f} minutes of one core ({machine(quick['00_start_here'])})."
    )


def headlines(results, head, language):
    """Return the table of the ten numbers, each read from the claims of a stored run."""
    rows = []
    for line in HEADLINES:
        values = [
            next(claim["value"] for claim in results[profile][name]["claims"] if claim["text"] == title)
            for profile, name, title in line.claims
        ]
        number = line.form.format(*values, **{f"p{place}": 100 * value for place, value in enumerate(values)})
        if language == "chinese":
            number = number.replace(" points", " 个百分点").replace(" times", " 倍")
        name = line.claims[0][1]
        rows.append((number, getattr(line, language), f"[{name.split('_')[0]}](notebooks/{name}.ipynb)"))
    return table(head, rows)


def races():
    """Return the tables of the stored benchmarks."""
    race = json.loads((RESULTS / "mnist.json").read_text())["summary"]
    header = ("network", "parameters", "test accuracy", "time, tutorial's = 1")
    digits = [
        (name, f"{row['parameters']:,}", f"{row['mean_accuracy']:.2%}", f"{row['median_share_of_published_time']:.2f}")
        for name, row in race.items()
    ]
    pets = json.loads((RESULTS / "pets.json").read_text())
    published, ours, summary = pets["published"], pets["ours, seed 0"], pets["summary"]
    transfer = json.loads((RESULTS / "transfer.json").read_text())["summary"]
    quick = claims.read_results(RESULTS / "quick.json")
    counted = {claim["text"]: claim["value"] for claim in quick["07_transfer_learning"]["claims"]}
    with_probe = counted["Weights of the backbone"] + 1281  # and one logit behind its 1,280 features
    photos = [
        ("published, 30 epochs", published["parameters"], published["test_accuracy"], 1),
        ("ours, 27 epochs, mean of three seeds", ours["parameters"], summary["mean_test_accuracy"],
         summary["median_share_of_published_seconds"]),
        ("probe on the embedded backbone, mean of three seeds", with_probe, transfer["mean_test_accuracy"],
         transfer["median_share_of_published_seconds"]),
    ]  # fmt: skip
    rows = [(name, f"{count:,}", f"{share:.1%}", f"{time:.2f}") for name, count, share, time in photos]
    return {"race": table(header, digits), "pets": table(header, rows), "own": own_images()}


def own_images():
    """Return the table of what notebook 10 takes."""
    stored = json.loads((RESULTS / "own_images.json").read_text())
    photos, (few, many) = stored["cats_and_dogs"], stored["audit"]
    speed = photos["images_per_second"]
    rows = [
        ("3,000 photos of cats and dogs, from folder to page and bundle", f"{photos['seconds']:.0f} s"),
        ("the same, after one photo was added", f"{photos['seconds_after_one_photo']:.0f} s"),
        (f"test accuracy, {photos['test_images']} photos", f"{photos['test_accuracy']:.1%}"),
        ("photos/s of `predict`, files read / of the backbone alone", f"{speed['predict'] / speed['backbone']:.2f}"),
        (f"audit: files/s, {many['files']:,} files / {few['files']:,}",
         f"{many['files_per_second'] / few['files_per_second']:.2f}"),
        (f"audit: memory with {many['files']:,} files", f"{many['bytes'] / 1e6:,.0f} MB"),
    ]  # fmt: skip
    return table((f"measured on {stored['ran_on']['cores']} cores", ""), rows)


def tables():
    """Return the text of each marked part."""
    results = {name: claims.read_results(RESULTS / f"{name}.json") for name in ("quick", "full")}
    address = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]["Repository"]
    name = address.removeprefix("https://github.com/")
    colab = f"https://colab.research.google.com/github/{name}/blob/main/notebooks/00_start_here.ipynb"
    binder = f"https://mybinder.org/v2/gh/{name}/main?urlpath=lab/tree/notebooks/00_start_here.ipynb"
    return races() | {
        "buttons": f"[Open notebook 00 in Colab]({colab}), or [all of them on Binder]({binder}).",
        "colab": f"```\n!git clone --depth 1 {address} course && pip install -q -r course/requirements.txt\n"
        '%cd course/notebooks\nimport sys; sys.path.insert(0, "..")\n```',
        "notebooks": listing(results["quick"]),
        "headlines": headlines(results, ("number", "what it is", "notebook"), "english"),
        "数字": headlines(results, ("数字", "含义", "笔记本"), "chinese"),
    }


PART = re.compile(r"(<!-- (?P<name>[\w]+) -->\n)(?P<text>.*?)(<!-- end -->)", re.S)


def with_tables(page):
    """Return the text of a page with its marked parts replaced."""
    made = tables()
    return PART.sub(lambda match: f"{match[1]}{made[match['name']]}\n{match[4]}", page)


def note():
    """Return the line that says which texts of the two READMEs were compared, the tables left out."""
    digests = []
    for path in (ENGLISH, CHINESE):
        text = PART.sub("", path.read_text(encoding="utf-8")).partition("<!-- the same as")[0]
        digests.append(hashlib.sha256(text.encode()).hexdigest()[:12])
    return f"<!-- the same as README.md: {digests[0]}, {digests[1]} -->\n"


if __name__ == "__main__":
    for path in PAGES:
        path.write_text(with_tables(path.read_text(encoding="utf-8")), encoding="utf-8")
    if "translated" in sys.argv:
        text = CHINESE.read_text(encoding="utf-8").partition("<!-- the same as")[0]
        CHINESE.write_text(text + note(), encoding="utf-8")
