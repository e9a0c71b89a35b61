// Sorts a table by the column whose heading is clicked: numbers by value, words by letters, unknowns last.
"use strict";
function keyOf(row, column) {
  const cell = row.cells[column];
  if (cell.dataset.sort !== undefined) return Number(cell.dataset.sort);
  const text = cell.textContent;
  return text === "–" ? null : text;
}
function sortTable(table, column) {
  const heading = table.tHead.rows[0].cells[column];
  const words = heading.className === "words";
  const before = heading.getAttribute("aria-sort");
  const descending = before ? before === "ascending" : !words;
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
  const rows = [...table.tBodies[0].rows].map((row) => [keyOf(row, column), row]);
  rows.sort(([a], [b]) => {
    if (a === null || b === null) return (a === null) - (b === null);
    const order = typeof a === "string" ? a.localeCompare(b) : a - b;
    return descending ? -order : order;
  });
  table.tBodies[0].append(...rows.map(([, row]) => row));
}
const tables = [...document.querySelectorAll("table.sortable")];
for (const table of tables) {
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    heading.querySelector("button").addEventListener("click", () => sortTable(table, column));
  });
}

// With #self-test the page tries itself out: every figure is there and every column sorts both ways.
async function selfTest() {
  const failures = [];
  for (const image of document.images) {
    await image.decode().catch(() => failures.push(`image ${image.alt} does not decode`));
    if (!image.naturalWidth) failures.push(`image ${image.alt} is empty`);
  }
  let columns = 0;
  for (const table of tables) {
    const headings = table.tHead.rows[0].cells;
    const size = table.tBodies[0].rows.length;
    for (let column = 0; column < headings.length; ++column, ++columns) {
      for (let click = 0; click < 2; ++click) {
        headings[column].querySelector("button").click();
        const sign = headings[column].getAttribute("aria-sort") === "descending" ? -1 : 1;
        const keys = [...table.tBodies[0].rows].map((row) => keyOf(row, column)).filter((key) => key !== null);
        const inOrder = keys.every((key, i) => i === 0 ||
          sign * (typeof key === "string" ? keys[i - 1].localeCompare(key) : keys[i - 1] - key) <= 0);
        if (!inOrder) failures.push(`${table.id} column ${column} is not sorted`);
      }
    }
    if (table.tBodies[0].rows.length !== size) failures.push(`${table.id} lost rows`);
  }
  document.body.dataset.selfTest = failures.length ? failures.join("; ") :
    `passed: ${document.images.length} images, ${tables.length} tables, ${columns} columns`;
}
window.addEventListener("error", (event) => { document.body.dataset.error = event.message; });
if (location.hash === "#self-test") selfTest();
