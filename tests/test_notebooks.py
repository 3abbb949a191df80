"""Every notebook runs as it is stored, says what it needs to say, and has exercises that tell right from wrong."""

import functools
import re
from xml.etree import ElementTree

import nbformat
import numpy as np
import pytest

from course import run
from helpers import claims, datasets, notebooks
from tests import slicing

PATHS = notebooks.choose([])
each_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


@pytest.mark.notebook
@each_notebook
def test_notebook_runs_and_its_claims_hold(path, executed):
    entry = executed(path)
    assert entry["state"] == "passed", entry["error"]
    assert entry["claims"] and all(claim["held"] for claim in entry["claims"])
    assert entry["data"], "the notebook does not say which data it was served"
    titles = [claim["text"] for claim in entry["claims"]]
    assert len(set(titles)) == len(titles) and max(map(len, titles)) <= 90, max(titles, key=len)


@pytest.mark.notebook
@each_notebook
def test_every_figure_has_a_text_alternative(path, executed, shared_folder):
    executed(path)
    cells = nbformat.read(shared_folder / "executed" / path.name, 4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]
    alternatives = [output.metadata.get("image/png", {}).get("alt", "") for output in outputs]
    assert alternatives and all(8 <= len(text.split()) <= 40 for text in alternatives), alternatives
    assert len(set(alternatives)) == len(alternatives)
    for drawing in re.findall(r"!\[([^\]]*)\]\(figures/([\w.]+)\)", "".join(cell.source for cell in cells)):
        assert len(drawing[0].split()) >= 8 and (path.parent / "figures" / drawing[1]).exists(), drawing


def test_every_drawing_is_shown_and_brings_its_own_ground():
    shown = set(re.findall(r"\(figures/([\w.]+)\)", "".join(path.read_text(encoding="utf-8") for path in PATHS)))
    drawings = sorted((PATHS[0].parent / "figures").iterdir())
    assert {drawing.name for drawing in drawings} == shown and len(shown) >= 12
    for drawing in drawings:
        root = ElementTree.parse(drawing).getroot()
        parts = [part.tag.rpartition("}")[2] for part in root.iter()]
        assert parts[:3] == ["svg", "title", "desc"], drawing
        assert not {"script", "image", "foreignObject", "style"} & set(parts) and "http" not in "".join(root.itertext())
        ground = next(part for part in root.iter() if part.tag.endswith("rect"))
        assert ground.get("fill") == "#fcfcfa" and ground.get("width") == root.get("width"), drawing


@pytest.mark.notebook
def test_same_seed_gives_the_same_numbers(executed, tmp_path):
    path = notebooks.choose(["00"])[0]
    run.run([path], tmp_path, {path.stem: run.check_parameters(path, {"PROFILE": "quick"})})
    assert claims.read_results(tmp_path / "results.json")[path.stem]["claims"] == executed(path)["claims"]


@pytest.mark.deep
@pytest.mark.notebook
@pytest.mark.full
@pytest.mark.parametrize("name", ["03_mnist_cnn", "07_transfer_learning", "08c_mistakes_and_robustness"])
def test_notebook_runs_on_the_full_data(name, tmp_path):
    path = notebooks.choose([name])[0]
    parameters = {name: run.check_parameters(path, {"PROFILE": "full"})}
    (outcome,) = run.run([path], tmp_path, parameters, cell_limit=run.CELL_LIMIT["full"])
    if outcome.state == "skipped":
        pytest.skip(outcome.error)
    assert outcome.state == "passed", outcome.error
    assert "the full public set" in claims.read_results(tmp_path / "results.json")[name]["data"][0]


@functools.cache
def read(path):
    return nbformat.read(path, 4)


@each_notebook
def test_notebook_is_stored_as_agreed(path):
    notebook = read(path)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code), "stored outputs: run nbstripout"
    assert notebook.cells[0].source.startswith(f"# {path.stem.split('_')[0]} · ")
    assert "we will" in notebook.cells[0].source
    assert [cell.metadata.get("tags") for cell in code].count(["parameters"]) == 1
    assert f'"{path.stem}", PROFILE, SEED' in "".join(cell.source for cell in code)
    text = "".join(cell.source for cell in notebook.cells)
    assert "What we learnt" in text and "## Exercises" in text


def exercises(path):
    """Return (grade_id, solution source, test source) of each exercise."""
    graded = [cell for cell in read(path).cells if "nbgrader" in cell.metadata]
    solutions = {c.metadata.nbgrader.grade_id: c.source for c in graded if c.metadata.nbgrader.solution}
    tests = {c.metadata.nbgrader.grade_id.removesuffix("-test"): c for c in graded if c.metadata.nbgrader.grade}
    assert solutions.keys() == tests.keys() and all(cell.metadata.nbgrader.points > 0 for cell in tests.values())
    return [(name, solutions[name], tests[name].source) for name in solutions]


ALL = [
    pytest.param(path, *exercise, id=f"{path.stem.split('_')[0]}-{exercise[0]}")
    for path in PATHS
    for exercise in exercises(path)
]
SOLUTION = re.compile(r"( *)### BEGIN SOLUTION.*?### END SOLUTION", re.S)


@each_notebook
def test_notebook_has_two_to_four_exercises(path):
    assert 2 <= len(exercises(path)) <= 4


@pytest.mark.parametrize(("path", "name", "solution", "test"), ALL)
@pytest.mark.parametrize("answer", ["pass", "return 0", "return np.zeros(3)", "return locals().popitem()[1]"])
def test_exercise_refuses_an_empty_or_lazy_answer(path, name, solution, test, answer):
    assert SOLUTION.search(solution) and "### BEGIN HIDDEN TESTS" in test
    names = vars(notebooks.definitions(path.stem))
    exec(SOLUTION.sub(rf"\g<1>{answer}", solution), names)
    visible = test.partition("### BEGIN HIDDEN TESTS")[0]
    with pytest.raises((AssertionError, TypeError, ValueError, AttributeError, LookupError)):
        exec(visible, names)


# Wrong answers that look right: (exercise, text of the solution, text of the mistake)
MISTAKES = [
    ("share-right", "np.mean(", "np.sum("),
    ("most-frequent", "np.bincount(labels).argmax()", "np.bincount(labels).max()"),
    ("repeated", "image.tobytes()", "image.sum()"),
    ("repeated", "append(index)", "append(index - 1)"),
    ("standardise", "((test - mu) / sigma)", "((test - np.mean(test)) / np.std(test))"),
    ("standardise", '.astype("float32"), (', ", ("),
    ("group-split", "in_test |= groups == group", "in_test[np.flatnonzero(groups == group)[:3]] = True"),
    ("group-split", "default_rng(seed)", "default_rng(0)"),
    ("group-split", "default_rng(seed)", "default_rng()"),
    ("group-split", "if in_test.mean() >= test_share", "if len(set(groups[in_test])) >= test_share * len(order)"),
    ("standardise", 'np.mean(train, dtype="float64")', "np.mean(train, axis=0)"),
    ("diagonal-kernel", "[1, 0, -1], [0, 0, 0], [-1, 0, 1]", "[1, 0, 0], [0, 1, 0], [0, 0, 1]"),
    ("diagonal-kernel", "[1, 0, -1], [0, 0, 0], [-1, 0, 1]", "[2, -1, -1], [-1, 2, -1], [-1, -1, 2]"),
    ("diagonal-kernel", ', "float32")', ")"),
    ("sizes", "stride, padding)\n", "stride)\n"),
    ("sizes", "output_size(size, kernel_size, stride, padding)", "(size - kernel_size) // stride + 1"),
    ("sizes", "        size = output", "        new = output"),
    (
        "log-softmax",
        "return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))",
        "return np.log(softmax(logits))",
    ),
    ("nesterov", 'keep * memory["velocity"] - learning_rate * gradient', 'memory["velocity"]'),
    ("nesterov", "weight + keep", "weight + 0.9"),
    ("nesterov", 'memory["velocity"] = keep * memory.get("velocity", 0.0)', 'memory["velocity"] = 0'),
    ("log-softmax", "logits - logits.max(axis=-1, keepdims=True)", "logits"),
    ("log-softmax", "logits.max(axis=-1, keepdims=True)", "logits.max()"),
    ("log-softmax", "np.exp(shifted).sum(axis=-1, keepdims=True)", "np.exp(shifted).sum()"),
    ("macro-f1", "np.maximum(counted, 1)", "counted"),
    ("macro-f1", "float(np.mean(2 * found / np.maximum(counted, 1)))", "2 * found.sum() / counted.sum()"),
    ("macro-f1", "matrix.sum(axis=0) + matrix.sum(axis=1)", "2 * matrix.sum(axis=0)"),
    ("macro-f1", "matrix.sum(axis=0) + matrix.sum(axis=1)", "2 * matrix.sum(axis=1)"),
    ("binary-loss", "np.where(y == 1, -z, z)", "np.where(y == 1, z, -z)"),
    ("binary-loss", "np.logaddexp(0, np.where(y == 1, -z, z))", "np.log(1 + np.exp(np.where(y == 1, -z, z)))"),
    ("binary-loss", "np.mean(", "np.sum("),
    ("leaky-relu", "1.0, 0.1) * d_y", "1.0, 0.1)"),
    ("leaky-relu", "z > 0", "d_y > 0"),
    ("leaky-relu", "np.where(z > 0, 1.0, 0.1) * d_y", "np.where(z > 0, z, 0.1 * z)"),
    ("leaky-relu", "np.where(z > 0, 1.0, 0.1) * d_y", "np.maximum(np.where(z > 0, 1.0, 0.1) * d_y, 0)"),
    ("conv-parameters", "* channels_in", ""),
    ("conv-parameters", "(channels_out if use_bias else 0)", "1"),
    ("conv-parameters", "(channels_out if use_bias else 0)", "channels_out"),
    ("most-confused", "np.fill_diagonal(mistakes, -1)", "pass"),
    ("most-confused", "np.array(matrix)", "np.asarray(matrix)"),
    ("most-confused", "return int(true), int(predicted)", "return int(predicted), int(true)"),
    ("stable-test-set", "int(digest[:12], 16) / 16**12", "hash(digest) % 1000 / 1000"),
    ("stable-test-set", "int(digest[:12], 16) / 16**12", "int(digest[:2], 16) / 100"),
    ("stable-test-set", "int(digest[:12], 16) / 16**12", "int(digest[:1], 16) / 16"),
    ("pick-bound", "np.sqrt(a * (1 - a) / n)", "np.sqrt(n * a * (1 - a))"),
    ("pick-bound", "3 * np.sqrt", "1.96 * np.sqrt"),
    ("pick-bound", "max(0.0, a - 3 * np.sqrt(a * (1 - a) / n))", "a - 3 * np.sqrt(a * (1 - a) / n)"),
    ("predict-copies", '"training": "same"', '"training": "more"'),
    ("predict-copies", '"left out": "more"', '"left out": "same"'),
    ("budget", "values.index(min(values))", "recall.index(min(recall))"),
    ("budget", "r * (n + e)", "r * n"),
    ("budget", "r * (n + e)", "n + e"),
    ("bright-ink", "np.median(border)", "np.median(scaled)"),
    ("bright-ink", "1 - scaled if np.median(border) > 0.5 else scaled", "1 - scaled"),
    ("cheapest-threshold", "np.argmin(costs)", "-1 - np.argmin(costs[::-1])"),
    ("cheapest-threshold", "threshold, let_in, kept_out)", "threshold)"),
    ("cheapest-threshold", "threshold, let_in, kept_out)", "threshold, kept_out, let_in)"),
    ("cheapest-threshold", "return float(thresholds[np.argmin(costs)])", "return kept_out / (let_in + kept_out)"),
    ("kind-of", "content.startswith(start)", "start in content"),
    ("kind-of", 'b"GIF8"', 'b"GIF89a"'),
    ("kind-of", 'b"\\x89PNG"', 'b"PNG"'),
    (
        "training-stream",
        "    ds = ds.cache()\n    ds = ds.shuffle(len(ds), seed=seed)",
        "    ds = ds.shuffle(len(ds), seed=seed).cache()",
    ),
    ("training-stream", "ds.batch(4).map(augment)", "ds.batch(4).map(augment).cache()"),
    (
        "training-stream",
        "    ds = ds.shuffle(len(ds), seed=seed)\n    return ds.batch(4)",
        "    ds = ds.batch(4)\n    return ds.shuffle(len(ds), seed=seed)",
    ),
    ("training-stream", "    ds = ds.cache()\n", ""),
    ("training-stream", "ds.shuffle(len(ds), seed=seed)", "ds.shuffle(4, seed=seed)"),
    ("training-stream", ", seed=seed)", ")"),
    ("suspects-of", "probabilities[np.arange(len(labels)), labels]", "probabilities.max(axis=1)"),
    ("suspects-of", "probabilities[np.arange(len(labels)), labels]", "probabilities[:, 1]"),
    ("suspects-of", "[:count]", "[-count:]"),
    ("gain-interval", "ddof=1", "ddof=0"),
    ("gain-interval", "stats.t.ppf(0.975, len(gains) - 1)", "1.96"),
    ("gain-interval", "stats.t.ppf(0.975, len(gains) - 1)", "4.302653"),
    ("gain-interval", "np.std(gains, ddof=1)", "np.hypot(np.std(with_remedy, ddof=1), np.std(without, ddof=1))"),
    ("kept-epoch", "if loss < losses[best]", "if loss <= losses[best]"),
    ("kept-epoch", "if epoch - best >= patience", "if epoch - best > patience"),
    ("kept-epoch", "if epoch - best >= patience", "if epoch >= patience"),
    (
        "one-cycle",
        "training.cosine_decay((progress - warm_up) / (1 - warm_up), peak)",
        "peak * (1 - progress) / (1 - warm_up)",
    ),
    ("one-cycle", "peak * progress / warm_up", "peak * progress / 0.25"),
    ("one-cycle", "(1 - warm_up), peak)", "0.75, peak)"),
    ("running-average", "momentum * average + (1 - momentum) * value", "(1 - momentum) * average + momentum * value"),
    ("running-average", "average = start", "average = 0"),
    ("running-average", "(1 - momentum) * value", "momentum * value"),
    ("one-cycle", "peak * progress / warm_up", "training.cosine_decay(1 - progress / warm_up, peak)"),
    ("epochs-done", "math.ceil(images / batch_size)", "(images // batch_size)"),
    ("epochs-done", "updates // math.ceil", "updates / math.ceil"),
    ("epochs-done", "updates // math.ceil(images / batch_size)", "updates * batch_size // images"),
    ("epochs-done", "math.ceil(images / batch_size)", "(images // batch_size + 1)"),
    ("small-stack", "(width - 1) // 2", "width // 3"),
    ("small-stack", "(width - 1) // 2", "width - 1"),
    ("small-stack", "9 * count / width**2", "9 / width**2"),
    ("separable-weights", "kernel_size**2 * channels +", "kernel_size**2 +"),
    ("separable-weights", "kernel_size**2 * channels +", "kernel_size**2 * filters +"),
    ("separable-weights", "kernel_size**2 * channels + channels * filters", "kernel_size**2 * channels * filters"),
    ("bottleneck", ", activate=False", ""),
    ("bottleneck", "layers.ReLU()(layers.Add()([x, y]))", "layers.Add()([x, layers.ReLU()(y)])"),
    ("bottleneck", "layers.ReLU()(layers.Add()([x, y]))", "layers.ReLU()(y)"),
    ("bottleneck", "conv(conv(x, filters, 1), filters, 3)", "conv(conv(x, filters, 3), filters, 1)"),
    ("freeze-before", "place >= start and not normalises", "place >= start"),
    ("freeze-before", "place >= start", "place > start"),
    ("freeze-before", "model.trainable_weights", "model.weights"),
    ("nearest-mean", "means / np.linalg.norm(means, axis=1, keepdims=True)", "means"),
    ("nearest-mean", "known[np.argmax(new @ means.T, axis=1)]", "np.argmax(new @ means.T, axis=1)"),
    ("nearest-mean", "np.argmax(", "np.argmin("),
    (
        "nearest-mean",
        "features[labels == label].mean",
        "(features / np.linalg.norm(features, axis=1, keepdims=True))[labels == label].mean",
    ),
    ("top-k", "-logits", "logits"),
    ("top-k", "[:, :k]", "[:, k - 1 : k]"),
    ("top-k", "[:, :k]", "[:, :5]"),
    ("f-beta", "beta**2 * fn + fp", "beta**2 * fp + fn"),
    ("f-beta", "(1 + beta**2) * tp", "(1 + beta) * tp"),
    ("f-beta", "beta**2 * fn + fp", "fn + fp"),
    ("precision-at", "recall * prevalence", "recall"),
    ("precision-at", "alarms * (1 - prevalence)", "alarms"),
    ("precision-at", "found / (found + false)", "recall / (recall + alarms)"),
    ("without-mistake", "np.ceil", "np.floor"),
    ("without-mistake", "np.log(1 - e)", "-e"),
    ("without-mistake", "np.log(1 - level)", "np.log(0.05)"),
    ("brier", "np.sum((p - targets) ** 2, axis=1)", "(p - targets) ** 2"),
    ("brier", "np.sum((p - targets) ** 2, axis=1)", "(p - targets)[np.arange(len(p)), labels] ** 2"),
    ("brier", "(p - targets) ** 2", "np.abs(p - targets)"),
    ("adaptive-list", "int(np.argmax(reached)) + 1", "int(np.argmax(reached))"),
    ("adaptive-list", 'np.argsort(-p, kind="stable")', "np.argsort(p)[::-1]"),
    ("adaptive-list", ">= wanted - 1e-9", "> wanted + 1e-9"),
    ("limits-by-class", "conformal_quantile(scores[labels == k], level)", "conformal_quantile(scores, level)"),
    ("limits-by-class", "conformal_quantile(scores[labels == k], level)", "np.quantile(scores[labels == k], level)"),
    ("limits-by-class", "for k in np.unique(labels)", "for k in range(labels.max() + 1)"),
    ("severity-at", "k = below[0]", "k = below[-1]"),
    ("severity-at", "return np.inf", "return float(severities[-1])"),
    ("severity-at", "part * (severities[k] - severities[k - 1])", "part * severities[1]"),
    ("ood-accepted", ">= threshold", "> threshold"),
    ("ood-accepted", "np.sort(known)[::-1]", "np.sort(known)"),
    ("ood-accepted", "np.ceil(keep * len(known) - 1e-9)", "np.floor(keep * len(known))"),
    (
        "once-through",
        "    right = []\n    for images, labels in stream:\n"
        "        right.extend(np.argmax(predict(images), axis=1) == np.asarray(labels))\n"
        "    return float(np.mean(right))",
        "    said = np.concatenate([np.argmax(predict(images), axis=1) for images, _ in stream])\n"
        "    return float(np.mean(said == np.concatenate([labels for _, labels in stream])))",
    ),
    (
        "once-through",
        "right.extend(np.argmax(predict(images), axis=1) == np.asarray(labels))",
        "right.append(np.mean(np.argmax(predict(images), axis=1) == np.asarray(labels)))",
    ),
    ("once-through", "float(np.mean(right))", "float(np.sum(right))"),
    ("in-company", "np.abs(together - alone).max()", "(together - alone).max()"),
    ("in-company", "np.abs(together - alone).max()", "np.abs(together - alone).mean()"),
    ("in-company", "np.abs(together - alone).max()", "np.abs(together - alone)[0].max()"),
    ("luck-of-best", "np.mean(best) - np.mean(scores)", "max(best) - np.mean(scores)"),
    ("luck-of-best", "combinations(scores, k)", "combinations(set(scores), k)"),
    ("luck-of-best", "np.mean(best) - np.mean(scores)", "np.mean(best) - min(scores)"),
    ("bright-ink", " / 255", ""),
    ("bright-ink", "np.median(border)", "scaled[0, 0]"),
    ("bright-ink", 'image.astype("float32") / 255', '(image > 127).astype("float32")'),
    (
        "most-confused",
        "np.fill_diagonal",
        "mistakes = mistakes / mistakes.sum(axis=1, keepdims=True)\n    np.fill_diagonal",
    ),
]


@pytest.mark.parametrize(("name", "right", "wrong"), MISTAKES)
def test_exercise_refuses_a_plausible_mistake(name, right, wrong):
    path, _, solution, test = next(case.values for case in ALL if case.values[1] == name)
    assert right in solution
    names = vars(notebooks.definitions(path.stem))
    state_of_the_notebook = {"animals": datasets.load_silhouettes(), "predicted": np.zeros(1500, int), "accuracy": 0.1}
    exec(test, names | state_of_the_notebook)
    exec(solution.replace(right, wrong), names)
    with pytest.raises((AssertionError, IndexError)), np.errstate(all="ignore"):
        exec(test, names | state_of_the_notebook)


def test_every_exercise_has_a_plausible_mistake():
    assert {case.values[1] for case in ALL} == {name for name, _, _ in MISTAKES}


# What is broken on purpose: (notebook, text, replacement, claim that has to notice)
MADE = "np.float32(255), mnist.train.labels\n"
SABOTAGE = {
    "near-duplicates on both sides of a fold": (
        "01", "GroupKFold(5).split(flat, labels, group)",
        "GroupKFold(5).split(flat, labels, np.random.default_rng(1).permutation(len(group)))", "Wrong labels",
    ),
    "frames of one film on both sides": (
        "01", "groups=film_of_frame", "groups=np.random.default_rng(1).permutation(len(frames))", "Data leakage",
    ),
    "a softmax that overflows": (
        "02b", "np.exp(logits - logits.max(axis=-1, keepdims=True))", "np.exp(logits)", "Softmax of logits up to 102",
    ),
    "the kernel turned": (
        "02", "table @ kernels.reshape(-1, filters)", "table @ kernels[::-1, ::-1].reshape(-1, filters)",
        "loops and matrix product",
    ),
    "the odd zero in front": (
        "02", "return missing // 2, missing - missing // 2", "return missing - missing // 2, missing // 2",
        "Convolution in loops",
    ),
    "logits taken for probabilities": (
        "02b", "SparseCategoricalCrossentropy(from_logits=from_logits)", "SparseCategoricalCrossentropy()",
        "confident mistake: from_logits=True",
    ),
    "gradients through dead units": (
        "02c", "return ACT.relu_gradient(z) * d_y", "return d_y", "ReLU: NumPy gradient against finite differences",
    ),
    "a square without its factor 2": (
        "02c", 'd["e"] = d["L"] * 2 * v["e"]', 'd["e"] = d["L"] * v["e"]', "Worked example of the chain rule",
    ),
    "Adam without its correction": (
        "02c", "learning_rate * (1 - beta_2**step) ** 0.5 / (1 - beta_1**step)", "learning_rate",
        "SGD, momentum and Adam",
    ),
    "a published layer deleted": (
        "03", "layers.MaxPooling2D(2),\n            layers.Flatten()", "layers.Flatten()",
        "Parameters of the published",
    ),
    "one of our layers deleted": ("03", "convolutions=3,", "convolutions=2,", "Parameters of our digit network"),
    "the data halved": ("03", MADE, MADE + "x_train, y_train = x_train[::2], y_train[::2]\n", "Training images"),
    "the labels shuffled": (
        "03", MADE, MADE + "y_train = np.random.default_rng(0).permutation(y_train)\n",
        "accuracy of softmax regression",
    ),
    "a schedule that stays constant": (
        "03", "rate = 0.001 if peak is None else one_cycle(updates, peak)", "rate = 0.001",
        "Ablation: validation error saved by the schedule",
    ),
    "a network of another width": (
        "05", "training.small_net().count_params()", "training.small_net(width=11).count_params()",
        "Parameters of the small network",
    ),
    "animals with shuffled labels": (
        "05", "animals = datasets.load_silhouettes()\n",
        "animals = datasets.load_silhouettes()\n"
        "np.random.default_rng(0).shuffle(animals.train.labels)\n",
        "Small network, 400 images: validation accuracy",
    ),
    "a penalty that is not used": (
        "05", "training.small_net(l2=strength)", "training.small_net()",
        "Validation loss: no L2 penalty / tuned L2 penalty",
    ),
    "a flip that does not flip": (
        "05", "for change in (training.flip, training.crop, training.rotate)",
        "for change in (lambda images, rng: images, training.crop, training.rotate)", "Images changed by flip",
    ),
    "a rotation that does not turn": (
        "05", "for change in (training.flip, training.crop, training.rotate)",
        "for change in (training.flip, training.crop, lambda images, rng: images)", "Images changed by flip",
    ),
    "a random search that repeats its learning rate": (
        "05", "zip(10 ** draw.uniform(-4, -1, 9), draw", "zip(9 * [10 ** draw.uniform(-4, -1)], draw",
        "Learning rates tried by nine trials of random search",
    ),
    "a resumed training run without its random states": (
        "05b", "using = [RandomStatesOfEpoch(), SaveEachEpoch(path), *callbacks]",
        "using = [SaveEachEpoch(path), *callbacks]", "Resumed with random states set by epoch",
    ),
    "MACs that forget the kernel": (
        "06", "math.prod(layer.kernel.shape[:-1])", "layer.kernel.shape[-2]", "MACs of a small network",
    ),
    "residual networks without their sums": (
        "06", "= deep_net(depth, shortcut)", "= deep_net(depth, False)", "Untrained residual network: gradient",
    ),
    "a latency of eager calls": (
        "06", "latency(model.predict_on_batch, photo)", "latency(model, photo)", "Latency of MobileNetV2: eager call",
    ),
    "a backbone with random weights": (
        "07", "net = backbone.load(BACKBONE, size)", "net = backbone.efficientnet_lite0(size)",
        "validation accuracy of the linear probe",
    ),
    "a Grad-CAM without the gradient": (
        "07", "tf.reduce_sum(weights * maps, axis=-1)", "tf.reduce_sum(maps, axis=-1)", "Grad-CAM minus CAM",
    ),
    "a fine-tuning with normalisation that is not frozen": (
        "07", "set_normalisation(model, trainable, momentum)", "set_normalisation(model, True, momentum)",
        "Frozen BatchNorm",
    ),
    "a dog that is not where it is said to be": (
        "07", "np.where(swap, dogs, cats), np.where(swap, cats, dogs)", "dogs, cats", "Pointing game",
    ),
    "an interval without half of its formula": (
        "08", " + z**2 / (4 * n**2)", "", "Wilson's interval: difference from SciPy's",
    ),
    "weights that false alarms do not get": (
        "08", "np.cumsum((weights * ~is_positive)[order])", "np.cumsum(~is_positive[order])",
        "Precision for bears at prevalence 1/1,000",
    ),
    "a temperature that is not used": (
        "08b", "z = logits / temperature\n    e =", "z = logits\n    e =", " after temperature scaling / before",
    ),
    "prediction sets from the scores of answers": (
        "08b", "quantile = conformal_quantile(nonconformity_scores(p_val, y_val), LEVEL)",
        "quantile = conformal_quantile(1 - p_val.max(axis=1), LEVEL)", "Test coverage of 95% prediction sets",
    ),
    "probabilities taken for logits": (
        "08b", "ece_and_cross_entropy(np.log(p), split", "ece_and_cross_entropy(p, split", "of an ensemble of five",
    ),
    "a remedy without noise": (
        "08c", "noisy(images, rng.random((len(images), 1, 1, 1)), seed=rng)",
        "noisy(images, 0 * rng.random((len(images), 1, 1, 1)), seed=rng)", "Trained with noise: accuracy gained",
    ),
    "maps of another answer": (
        "08c", "maps = [cam(images, outputs, by_place) for outputs in (its_prediction, its_label)]",
        "maps = [cam(images, its_prediction, by_place) for _ in range(2)]", "Deletion test on mistakes",
    ),
    "labels from the same pass after all": (
        "08d", ".shuffle(1000, seed=SEED).batch(100)", ".batch(100)", "Digits: test accuracy, labels from another pass",
    ),
    "a mark that everyone can read": (
        "08d", "image[1:3, 4 + 2 * scanner : 6 + 2 * scanner] = 1", "image[1:3, 4:6] = 1",
        "Spurious cue: accuracy with the cue as collected minus without",
    ),
    "originals on both sides": (
        "08d", "by_original = np.isin(source, originals[:50])", "by_original = rng.random(len(copies)) < 0.5",
        "Copies split by original: distance of test accuracy",
    ),
    "photos that stay on their side": (
        "04", '["turned by its orientation tag"]', "[]", "Odd files found",
    ),
    "photos shrunk without antialiasing": (
        "04", '(size, size), "bicubic", antialias=True)', "(size, size))",
        "Fine stripes shrunk by `decode`",
    ),
    "an augmentation that changes nothing": (
        "04b", "return colour_jitter(views, seed)", "return resize(images, seed, size)",
        "Different views of one photo",
    ),
    "residual blocks deleted": (
        "04b", "        x = residual_block(x, width)\n", "", "Parameters of our network",
    ),
    "weight decay on everything": (
        "04b", '    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])\n', "",
        "Kinds of weights other than kernels",
    ),
    "pets with shuffled labels": (
        "04b", "seconds = train(model, train_ds, PHASES[PROFILE], SEED)",
        "shuffled = np.random.default_rng(0).permutation(pets.train.labels)\n"
        "seconds = train(model, stream(pets.train.images, shuffled), PHASES[PROFILE], SEED)",
        "Validation accuracy of our network",
    ),
    "cats and dogs mixed up": (
        "04b", "seconds = train(model, train_ds, PHASES[PROFILE], SEED)",
        "seconds = train(model, stream(pets.train.images, 1 - pets.train.labels), PHASES[PROFILE], SEED)",
        "Validation accuracy of our network",
    ),
    "near-duplicates in other folds": (
        "04b", "splitter.split(groups, noisy, groups)", "splitter.split(groups, noisy, rng.permutation(count))",
        "Pairs of near-duplicates",
    ),
    "a split by the place in the list": (
        "10", "smallest.map(lambda digest: hashed_split(digest, parts))",
        "pd.Series(np.random.default_rng(0).permutation(np.resize([*parts, 'train'], len(table))), table.index)",
        "change their split",
    ),
    "mirrored copies overlooked": (
        "10", "np.maximum(plain, mirrored) > limit", "plain > limit", "planted in training",
    ),
    "the temperature forgotten in the bundle": (
        "10", "layers.Rescaling(1 / temperature)", "layers.Rescaling(1.0)", "Bundle loaded",
    ),
    "labels judged by a probe that has seen them": (
        "10", "p_unseen[train] = held_out[c]", "p_unseen[train] = np.eye(len(classes))[y[train]]",
        "wrong labels planted",
    ),
}  # fmt: skip


@pytest.mark.deep
@pytest.mark.notebook
@pytest.mark.parametrize("broken", SABOTAGE)
def test_a_broken_notebook_misses_a_claim(broken, tmp_path):
    number, right, wrong, claim = SABOTAGE[broken]
    (original,) = notebooks.choose([number])
    notebook = nbformat.read(original, 4)
    notebook.cells = slicing.needed(notebook.cells, claim, [right])
    (cell,) = [cell for cell in notebook.cells if right in cell.source]
    cell.source = cell.source.replace(right, wrong)
    path = tmp_path / original.name
    nbformat.write(notebook, path)
    (outcome,) = run.run([path], tmp_path / "out", {path.stem: {}})
    assert outcome.state == "failed" and "ClaimMissed" in outcome.error and claim in outcome.error


def code_cells(*sources):
    return [nbformat.v4.new_code_cell(source) for source in sources]


CLAIM = "claims.equals('the sum of them', {}, 1)"
NEEDED = [  # sources of cells, and the places of those that a claim needs
    (["a = 1", "b = 2", CLAIM.format("a")], [0, 2]),
    (["import numpy as np", "a = np.ones(3)", "a[0] = 2", "print(a)", CLAIM.format("a")], [0, 1, 2, 4]),
    (["model = build()", "model.fit(x)", "b = model.weights", CLAIM.format("b")], [0, 1, 2, 3]),
    (["model = build()", "history = train(model)", CLAIM.format("model.loss")], [0, 1, 2]),
    (["n = 3", "for n in range(3):\n    print(n)", "def f(n):\n    return n", CLAIM.format("f(1)")], [2, 3]),
    (["a = 1", "b = 4", "c = 5", "a += b", CLAIM.format("a"), "a = 7"], [0, 1, 3, 4]),
    (["a = {}", "a['b'] = 1", "a['c'] = 2\nd = 3", CLAIM.format("d")], [0, 2, 3]),
    (["a = {}", "a['b'] = 1", CLAIM.format("a['b']")], [0, 1, 2]),
    (["import t", "t.train(a)", "b = t.build()", CLAIM.format("b")], [0, 2, 3]),
    (["def f():\n    return k", "k = 3", "claims.equals(f'{f()}: the sum of them all', 1, 1)"], [0, 1, 2]),
]


@pytest.mark.parametrize(("sources", "kept"), NEEDED)
def test_only_cells_that_a_claim_needs_are_kept(sources, kept):
    needed = slicing.needed(code_cells(*sources), "the sum of them")
    assert [cell.source for cell in needed] == [sources[place] for place in kept]
