// Sorting and filtering of the tables that are on the page already. Without it they can be read all the same.
"use strict";

const valueOf = (row, column) => {
  const cell = row.cells[column];
  return cell.dataset.value ?? cell.textContent.trim();
};

// Numbers by size, text by the alphabet; what is not defined comes last whatever the direction.
const compare = (one, other, direction) => {
  if (one === "" || other === "") return (one === "") - (other === "");
  const numbers = [Number(one), Number(other)];
  const order = numbers.some(Number.isNaN) ? one.localeCompare(other) : numbers[0] - numbers[1];
  return order * direction;
};

const sortBy = (button) => {
  const head = button.closest("th");
  const table = button.closest("table");
  const column = head.cellIndex;
  const ascending = head.getAttribute("aria-sort") !== "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  rows.sort((one, other) => compare(valueOf(one, column), valueOf(other, column), ascending ? 1 : -1));
  body.append(...rows);
};

const filterRows = (text) => {
  const wanted = text.trim().toLowerCase();
  const rows = [...document.querySelectorAll("tbody tr")];
  for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  const shown = rows.filter((row) => !row.hidden).length;
  document.getElementById("shown").textContent = wanted ? `${shown} of ${rows.length} rows` : "";
};

for (const button of document.querySelectorAll("button.sort")) {
  button.addEventListener("click", () => sortBy(button));
}
document.getElementById("filter")?.addEventListener("input", (event) => filterRows(event.target.value));
