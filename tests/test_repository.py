"""The repository keeps its own promises: sizes, README tables, lock file, data cards."""

import ast
import re
import subprocess
import tomllib

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from benchmarks import readme_tables
from course import catalogue
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
    assert sum(len(path.read_text().splitlines()) for path in (ROOT / "helpers").glob("*.py")) <= 1130


def imported(path):
    """Return the names that a module imports anywhere, also inside its functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return plain | {
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_imports_point_one_way():
    for path in (ROOT / "helpers").glob("*.py"):
        assert not [name for name in imported(path) if re.match(r"course|benchmarks|tests", name)], path
    for path in (ROOT / "course").glob("*.py"):
        assert not [name for name in imported(path) if re.match(r"benchmarks|tests", name)], path
    for name in ("plotting", "claims", "metrics"):
        assert not [other for other in imported(ROOT / "helpers" / f"{name}.py") if other.startswith("helpers")], name
    for path in notebooks.choose([]):
        assert not re.search(r"(from|import) (course|benchmarks|tests)\b(?! as|_)", path.read_text(encoding="utf-8")), (
            path
        )


@pytest.mark.parametrize("page", readme_tables.PAGES, ids=lambda page: page.name)
def test_pages_say_what_the_results_files_say(page):
    text = page.read_text(encoding="utf-8")
    assert readme_tables.with_tables(text) == text, "run `python benchmarks/readme_tables.py`"


def test_every_notebook_has_its_line_in_the_catalogue():
    assert list(catalogue.LEARN) == [path.stem for path in notebooks.choose([])]
    assert catalogue.COVERS.keys() == catalogue.LEARN.keys()


def test_the_readme_fits_one_screen_and_a_half():
    lines = README.splitlines()
    assert len(lines) <= 120
    first_screen = "\n".join(lines[:25])
    assert "![" in first_screen and "make run" in first_screen and "make test" in first_screen


def test_neither_readme_was_changed_without_the_other():
    chinese = readme_tables.CHINESE.read_text(encoding="utf-8")
    assert chinese.endswith(readme_tables.note()), (
        "One README was changed: bring the other up to date, then run `python benchmarks/readme_tables.py translated`."
    )
    links = r"\]\(([^)]+)\)"
    pair = [set(re.findall(links, text)) - {"README.md", "README.zh-CN.md"} for text in (README, chinese)]
    assert pair[0] == pair[1]
    assert README.count("\n## ") == chinese.count("\n## ")


def pages_with_links():
    return [ROOT / "README.md", ROOT / "README.zh-CN.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]


@pytest.mark.parametrize("page", pages_with_links(), ids=lambda page: page.name)
def test_pages_name_only_commands_and_files_that_exist(page):
    text = page.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"`make ([\w-]+)[^`]*`", text)) <= targets
    for link in re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", text):
        assert (page.parent / link).exists(), link


def test_the_citation_and_the_package_agree():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert cited["version"] == project["version"] and cited["repository-code"] == project["urls"]["Repository"]
    assert cited["cff-version"] == "1.2.0" and cited["title"] in README and cited["authors"]
    assert " AND ".join(cited["license"]) == project["license"]


def test_the_conda_environment_agrees_with_the_package_and_the_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    packages = [line for line in environment["dependencies"] if isinstance(line, str)]
    (python,) = [line.partition("=")[2] for line in packages if line.startswith("python=")]
    assert SpecifierSet(project["requires-python"]).contains(python) and "pip" in packages
    (from_pip,) = [line["pip"] for line in environment["dependencies"] if isinstance(line, dict)]
    assert from_pip == ["-r requirements.txt", "-e ."] and environment["name"] == project["name"]
    locked = re.findall(r"^([\w.-]+)==([\w.]+)(?: ; (.+?))? \\$", (ROOT / "requirements.lock").read_text(), re.M)
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if line and line[0] != "#":
            wanted = Requirement(line.partition("#")[0])
            fitting = [
                version
                for name, version, marker in locked
                if name == wanted.name and (not marker or Marker(marker).evaluate({"python_version": python}))
            ]
            assert any(wanted.specifier.contains(version) for version in fitting), line


def test_workflows_are_whole_and_pinned():
    workflows = {path.stem: yaml.safe_load(path.read_text()) for path in (ROOT / ".github" / "workflows").glob("*.yml")}
    assert workflows.keys() == {"tests", "site", "nightly", "canary"}
    for name, workflow in workflows.items():
        for job in workflow["jobs"].values():
            assert job["timeout-minutes"] and job["steps"], name
            assert all("@v" in step["uses"] for step in job["steps"] if "uses" in step), name
    (job,) = workflows["tests"]["jobs"].values()
    systems = {(row["system"].partition("-")[0], row["python"]) for row in job["strategy"]["matrix"]["include"]}
    assert {("ubuntu", "3.11"), ("ubuntu", "3.13")} < systems and "macos" in dict(systems)
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M))
    text = "".join(path.read_text() for path in (ROOT / ".github" / "workflows").glob("*.yml"))
    assert set(re.findall(r"make ([\w-]+)", text)) <= targets


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
    assert wanted == ">=3.11,<3.14" and "3.11, 3.12 or 3.13" in README
