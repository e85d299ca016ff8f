"use strict";
(function () {
  const NUMBER = /^[-+]?\d+(\.\d+)?(e[-+]?\d+)?/i;

  function cellText(row, column) {
    return row.cells[column].textContent.trim();
  }

  // Numbers by value, the rest by its letters; empty cells stay at the end whichever way.
  function compare(numeric, sign) {
    return function (one, two) {
      if (one.text === "" || two.text === "") {
        return (one.text === "") - (two.text === "");
      }
      const order = numeric
        ? parseFloat(one.text) - parseFloat(two.text)
        : one.text.localeCompare(two.text, undefined, { numeric: true });
      return sign * order || one.place - two.place;
    };
  }

  function sortBy(heading) {
    const table = heading.closest("table");
    const column = heading.cellIndex;
    const descending = heading.getAttribute("aria-sort") === "ascending";
    const rows = Array.from(table.tBodies[0].rows, function (row, place) {
      return { row: row, place: place, text: cellText(row, column) };
    });
    const filled = rows.filter(function (entry) { return entry.text !== ""; });
    const numeric = filled.every(function (entry) { return NUMBER.test(entry.text); });
    rows.sort(compare(numeric, descending ? -1 : 1));
    table.tBodies[0].append(...rows.map(function (entry) { return entry.row; }));
    for (const other of table.tHead.rows[0].cells) {
      other.removeAttribute("aria-sort");
    }
    heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
  }

  for (const button of document.querySelectorAll("table.sortable thead button")) {
    button.addEventListener("click", function () { sortBy(button.closest("th")); });
  }

  // Paper cannot be unfolded.
  window.addEventListener("beforeprint", function () {
    for (const folded of document.querySelectorAll("details")) {
      folded.open = true;
    }
  });
})();
