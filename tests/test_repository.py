"""The repository keeps its own promises: sizes, README tables, lock file, data cards."""

import re
import subprocess
import tomllib

import pytest

from benchmarks import readme_tables
from helpers import datasets, notebooks

ROOT = notebooks.ROOT
README = (ROOT / "README.md").read_text(encoding="utf-8")


def tracked():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).exists()]


def test_files_are_small():
    sizes = {path: path.stat().st_size for path in tracked()}
    assert max(sizes.values()) < 10e6 and sum(sizes.values()) < 30e6


def test_helpers_can_be_read_in_half_an_hour():
    assert sum(len(path.read_text().splitlines()) for path in (ROOT / "helpers").glob("*.py")) < 1400


def test_readme_says_what_the_results_files_say():
    assert readme_tables.with_tables(README) == README, "run `python benchmarks/readme_tables.py`"


def test_every_notebook_has_its_line_in_the_readme():
    assert set(readme_tables.LEARN) == {path.stem for path in notebooks.choose([])}


def test_readme_names_only_commands_and_files_that_exist():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"`make (\w+)`", README)) <= targets
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", README):
        assert (ROOT / link).exists(), link


def test_every_direct_dependency_is_locked_and_has_a_reason():
    locked = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.M))
    lines = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if line and line[0] != "#"]
    for line in lines:
        name, _, reason = line.partition("#")
        assert re.match(r"[\w-]+", name)[0] in locked and reason.strip(), line


@pytest.mark.parametrize("name", datasets.EMBEDDED)
def test_embedded_files_have_their_digest_and_their_card(name):
    assert datasets.EMBEDDED[name] in (ROOT / "data" / "README.md").read_text()
    path = ROOT / "data" / name
    (card,) = [
        card for file in path.parent.glob("*.md") if path.name in (card := file.read_text()) and "# Data card" in card
    ]
    for word in ("Origin", "Licence", "Made by", "Known flaws"):
        assert word in card


def test_nothing_names_a_home_folder_or_loads_a_pickle():
    for path in tracked():
        if path.suffix in (".py", ".ipynb", ".md", ".yml", ".toml", ".txt", ".lock", ".json"):
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"(?<![\w.])/(?:root|home|Users)/\w", text), path
            assert "allow_pickle=True" not in text.replace('"allow_pickle=True"', ""), path


def test_python_versions_agree():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    workflow = (ROOT / ".github" / "workflows" / "tests.yml").read_text()
    assert wanted == ">=3.11,<3.14" and '["3.11", "3.13"]' in workflow and "3.11, 3.12 or 3.13" in README
