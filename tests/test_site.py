"""The site as a reader opens it: every page in a real browser, from files and from a server, without a network."""

import functools
import http.server
import json
import re
import shutil
import threading
from pathlib import Path

import nbformat
import pytest

from course import catalogue, site
from helpers import notebooks

AXE = Path(__file__).with_name("node_modules") / "axe-core" / "axe.min.js"
FORMULAS = """
if (!document.querySelector(".math")) return true;
if (window.formulasAreSet === undefined && window.MathJax && MathJax.startup && MathJax.startup.promise) {
  window.formulasAreSet = false;
  MathJax.startup.promise.then(() => { window.formulasAreSet = true; });
}
return window.formulasAreSet;
"""
FAULTS = """
const faults = [];
for (const image of document.images) {
  if (!(image.alt || "").trim() && !image.closest("button, a")) faults.push("no alt text: " + image.src);
  if (image.complete && !image.naturalWidth) faults.push("does not load: " + image.src);
}
for (const math of document.querySelectorAll(".math.notranslate")) {
  if (!math.querySelector("mjx-container svg")) faults.push("formula is not set: " + math.textContent);
}
for (const wrong of document.querySelectorAll("[data-mjx-error]")) faults.push("formula: " + wrong.textContent);
return faults;
"""
ACCESSIBLE = """
const [rules, exclude, done] = arguments;
const options = rules ? {runOnly: rules, preload: false} : {preload: false};
axe.run({include: [["html"]], exclude}, {resultTypes: ["violations"], ...options}).then(result => done(result.violations
  .filter(rule => ["serious", "critical"].includes(rule.impact))
  .map(rule => `${rule.id}: ${rule.help} at ${rule.nodes.slice(0, 3).map(node => node.target).join(", ")}`)));
"""


@pytest.fixture(scope="module")
def browser():
    """Return a headless Chromium that reaches nothing but this machine, with a log of what it asks for."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver = shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.skip("Chromium and its chromedriver are needed (Debian: apt-get install chromium chromium-driver).")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in (
        "headless=new", "no-sandbox", "disable-dev-shm-usage", "window-size=1300,900",
        "host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ):  # fmt: skip
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    with webdriver.Chrome(options, webdriver.ChromeService(driver)) as chrome:
        chrome.set_page_load_timeout(60)
        chrome.set_script_timeout(120)
        yield chrome


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module", params=["file system", "server"])
def address(request, course_site):
    """Return the address of the folder of the site."""
    if request.param == "file system":
        yield course_site.as_uri()
        return
    handler = functools.partial(QuietHandler, directory=str(course_site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def pages(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html") if "_static" not in path.parts)


def wait_for_formulas(browser):
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(browser, 60, 0.1).until(lambda chrome: chrome.execute_script(FORMULAS))


def said(browser, address):
    """Return what the browser's console and network logs hold against the page that was just opened."""
    faults = [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        asked = message["params"].get("request", {}).get("url", "")
        if message["method"] == "Network.requestWillBeSent" and not asked.startswith(
            (address, "data:", "blob:", "about:")
        ):
            faults.append(f"asks for {asked}")
        if message["method"] == "Network.loadingFailed" and not message["params"].get("canceled"):
            faults.append(f"failed request: {message['params']['errorText']}")
    return faults


@pytest.mark.notebook
@pytest.mark.site
def test_every_page_opens_without_a_fault(browser, address, course_site):
    found = {}
    said(browser, "")  # forget the pages of other tests
    for page in pages(course_site):
        browser.get(f"{address}/{page}")
        wait_for_formulas(browser)
        if faults := said(browser, address) + browser.execute_script(FAULTS):
            found[page] = faults
    assert not found
    assert len(pages(course_site)) > len(catalogue.LEARN) + 5


@pytest.mark.notebook
@pytest.mark.site
def test_every_page_is_accessible_in_light_and_dark(browser, course_site):
    if not AXE.exists():
        pytest.skip("axe-core is needed: `npm ci` in tests/.")
    found = {}
    for page in pages(course_site):
        browser.get(f"{course_site.as_uri()}/{page}")
        wait_for_formulas(browser)
        browser.execute_script(AXE.read_text(encoding="utf-8"))
        alike = [] if page.endswith("02_cnn_math.html") else [[".highlight"], ["mjx-container > svg"]]
        alike.append(["table.wide tbody tr:nth-child(n+40)"])
        for theme, rules in (("light", None), ("dark", ["color-contrast"])):  # the other rules do not depend on it
            browser.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)
            if violations := browser.execute_async_script(ACCESSIBLE, rules, alike):
                found[page, theme] = violations
    assert not found


@pytest.mark.notebook
@pytest.mark.site
def test_search_finds_a_term(browser, address, course_site):
    from selenium.webdriver.support.wait import WebDriverWait

    browser.get(f"{address}/search.html?q=calibration")
    links = WebDriverWait(browser, 30).until(
        lambda chrome: chrome.execute_script(
            "return [...document.querySelectorAll('#search-results ul a')].map(link => link.href)"
        )
    )
    assert any("08b_confidence" in link for link in links)


@pytest.mark.notebook
@pytest.mark.site
def test_results_can_be_filtered_and_sorted(browser, address, course_site):
    browser.get(f"{address}/results.html")
    rows = (
        "return [...document.querySelectorAll('table.wide tbody tr')]"
        ".filter(row => !row.hidden).map(row => [...row.cells].map(cell => cell.innerText))"
    )
    everything = browser.execute_script(rows)
    browser.execute_script(
        "const box = document.querySelector('.table-filter input'); box.value = '08b quick';"
        "box.dispatchEvent(new Event('input'))"
    )
    shown = browser.execute_script(rows)
    assert 10 < len(shown) < len(everything)
    assert all("08b" in row[0] and row[1] == "quick" for row in shown)
    browser.execute_script("document.querySelectorAll('table.wide th button')[3].click()")
    values = [float(row[3].replace(",", "")) for row in browser.execute_script(rows)]
    assert values == sorted(values) and len(values) == len(shown)


@pytest.mark.notebook
@pytest.mark.site
def test_pages_show_what_was_run(course_site):
    for name in catalogue.LEARN:
        page = (course_site / "notebooks" / f"{name}.html").read_text(encoding="utf-8")
        text = re.sub(r"<[^>]+>", "", page)
        assert re.search(r"Passed in \d+ seconds, profile quick, seed 0; (\d+) of \1 claims hold", text), name
        assert "Show a solution" in text and "port.cc" not in text and "widget-view" not in page, name
        assert f"{name}.ipynb" in page and "colab.research.google.com" in page and "mybinder.org" in page, name
        stored = notebooks.ROOT / "notebooks" / f"{name}.ipynb"
        assert (course_site / "_sources" / "notebooks" / stored.name).read_bytes() == stored.read_bytes()


def test_terms_link_to_the_glossary_and_back(tmp_path):
    cells = [
        nbformat.v4.new_markdown_cell("# 00 · A"),
        nbformat.v4.new_markdown_cell("A **Feature\nmap**, a **kernel**."),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    site.prepare(notebook, "", ["feature map"])
    assert (
        "[**Feature\nmap**](../glossary.md#term-feature-map){#use-feature-map}, a **kernel**"
        in notebook.cells[2].source
    )
    (tmp_path / "glossary.md").write_text("| feature map | A map. | [00_a](../notebooks/00_a.ipynb) | 特征图 |\n")
    site.link_glossary(tmp_path / "glossary.md")
    linked = (tmp_path / "glossary.md").read_text()
    assert (
        linked
        == "| [feature map]{#term-feature-map} | A map. | [00_a](notebooks/00_a.ipynb#use-feature-map) | 特征图 |\n"
    )


def test_only_tensorflows_start_up_lines_and_sliders_are_left_out_of_the_pages():
    lines = "I0000 00:00:1 42 port.cc:153] oneDNN custom operations are on.\nUserWarning: look here\n"
    outputs = [nbformat.v4.new_output("stream", name="stderr", text=text) for text in (lines, lines.partition("\n")[0])]
    outputs.append(nbformat.v4.new_output("display_data", {site.WIDGET: {}, "text/plain": "interactive"}))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", outputs=outputs)])
    notebook.metadata["widgets"] = {"state": {}}
    site.prepare(notebook, "", [])
    (kept,) = notebook.cells[0].outputs
    assert kept.text == "UserWarning: look here\n" and "widgets" not in notebook.metadata


def test_a_dead_link_is_a_fault(tmp_path, monkeypatch):
    written = site.write_index

    def with_dead_link(path, results):
        written(path, results)
        path.write_text(path.read_text() + "\n[gone](nowhere.md)\n")

    monkeypatch.setattr(site, "write_index", with_dead_link)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("the site as it was")
    with pytest.raises(site.SiteBroken, match=r"The site has a fault: .*nowhere\.md"):
        site.build(tmp_path, {})
    assert (tmp_path / "site" / "index.html").read_text() == "the site as it was"
