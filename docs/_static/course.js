// Long tables get a field that filters their rows by words, and column names that sort them; wide formulas can be
// scrolled with the keyboard.
"use strict";

function number(text) {
  const value = Number(text.replaceAll(",", ""));
  return text.trim() === "" || Number.isNaN(value) ? null : value;
}

function compare(a, b) {
  const [x, y] = [number(a), number(b)];
  return x !== null && y !== null ? x - y : a.localeCompare(b);
}

function makeSortable(table) {
  const body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.title = `Sort by ${head.textContent}`;
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      const text = (row) => row.cells[column].innerText;
      const rows = [...body.rows].sort((a, b) => compare(text(a), text(b)));
      body.append(...(down ? rows.reverse() : rows));
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
    });
    head.replaceChildren(button);
  });
}

function makeFilter(table) {
  const label = document.createElement("label");
  const field = document.createElement("input");
  const count = document.createElement("span");
  label.className = "table-filter";
  field.type = "search";
  label.append("Filter: ", field, count);
  const show = () => {
    const words = field.value.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const row of table.tBodies[0].rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += !row.hidden;
    }
    count.textContent = ` ${shown} of ${table.tBodies[0].rows.length} rows`;
  };
  field.addEventListener("input", show);
  (table.closest(".pst-scrollable-table-container") || table).before(label);
  show();
}

document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll("table")) {
    if (table.tHead && table.tBodies[0].rows.length > 60) {
      table.classList.add("wide");
      makeSortable(table);
      makeFilter(table);
    }
  }
});

window.addEventListener("load", () => {
  if (!window.MathJax) return;
  window.MathJax.startup.promise.then(() => {
    for (const formula of document.querySelectorAll("mjx-container[display='true']")) formula.tabIndex = 0;
  });
});
