// Sorting, filtering and choosing columns of tables that are on the page already, with the choices in the URL.
// Without it they can be read all the same.
"use strict";

const tables = [...document.querySelectorAll("[data-table]")];
const filters = [...document.querySelectorAll("[data-filter]")];
const search = document.getElementById("filter");
const chooser = document.querySelector("[data-columns]");

// ---------------------------------------------------------------- sorting

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

const sortBy = (head, direction) => {
  const table = head.closest("table");
  const column = head.cellIndex;
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", direction);
  const keyed = [...table.tBodies[0].rows].map((row) => [valueOf(row, column), row]);
  keyed.sort(([one], [other]) => compare(one, other, direction === "ascending" ? 1 : -1));
  table.tBodies[0].append(...keyed.map(([, row]) => row));
};

// ---------------------------------------------------------------- filters

const wantedBy = (name) => filters.find((filter) => filter.dataset.filter === name)?.value ?? "";

const filterRows = () => {
  const text = search.value.trim().toLowerCase();
  const [kind, model, dataset] = ["kind", "model", "dataset"].map(wantedBy);
  let shown = 0;
  let all = 0;
  for (const row of tables.flatMap((table) => [...table.tBodies[0].rows])) {
    row.hidden =
      (kind && row.dataset.kind !== kind) ||
      (model && row.dataset.model !== model) ||
      (text && !row.textContent.toLowerCase().includes(text));
    all += 1;
    shown += !row.hidden;
  }
  for (const section of document.querySelectorAll("[data-dataset]")) {
    section.hidden = dataset && section.dataset.dataset !== dataset;
  }
  document.getElementById("shown").textContent = shown < all ? `${shown} of ${all} rows` : "";
};

// ---------------------------------------------------------------- columns

const narrow = matchMedia("(max-width: 40rem)").matches;
const atFirst = { always: true, usually: !narrow, "on request": false };

const showColumn = (key, shown) => {
  for (const table of tables) {
    const head = [...table.tHead.rows[0].cells].find((cell) => cell.dataset.key === key);
    if (!head) continue;
    for (const row of table.rows) row.cells[head.cellIndex].hidden = !shown;
  }
};

const makeChooser = () => {
  const heads = tables.flatMap((table) => [...table.tHead.rows[0].cells]);
  for (const head of heads.filter((cell) => cell.closest("[data-table]").dataset.table !== "unranked")) {
    const { key, priority } = head.dataset;
    if (priority === "always" || chooser.querySelector(`[value="${CSS.escape(key)}"]`)) continue;
    const box = Object.assign(document.createElement("input"), { type: "checkbox", value: key, checked: atFirst[priority] });
    box.dataset.first = box.checked;
    const label = document.createElement("label");
    label.append(box, ` ${head.textContent}`);
    chooser.append(label);
    if (box.checked === head.hidden) showColumn(key, box.checked);
  }
};

// ---------------------------------------------------------------- state in the URL

const boxes = () => [...chooser.querySelectorAll("input")];

const remember = () => {
  const state = new URLSearchParams();
  if (search.value) state.set("q", search.value);
  for (const filter of filters) if (filter.value) state.set(filter.dataset.filter, filter.value);
  for (const head of document.querySelectorAll("[data-table] th[aria-sort]")) {
    state.append("sort", [head.closest("table").dataset.table, head.dataset.key, head.ariaSort].join(" "));
  }
  for (const box of boxes()) if (String(box.checked) !== box.dataset.first) state.append("column", box.value);
  history.replaceState(null, "", `#${state}`);
};

const recall = () => {
  const state = new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
  search.value = state.get("q") ?? "";
  for (const filter of filters) filter.value = state.get(filter.dataset.filter) ?? "";
  for (const sorting of state.getAll("sort")) {
    const [table, key, direction] = sorting.split(" ");
    const head = document.querySelector(`[data-table="${CSS.escape(table)}"] th[data-key="${CSS.escape(key)}"]`);
    if (head && ["ascending", "descending"].includes(direction)) sortBy(head, direction);
  }
  for (const box of boxes()) {
    const shown = state.getAll("column").includes(box.value) !== (box.dataset.first === "true");
    if (shown !== box.checked) showColumn(box.value, (box.checked = shown));
  }
  filterRows();
};

if (tables.length) {
  makeChooser();
  recall();
  document.querySelector("[data-filters]").hidden = false;
  addEventListener("hashchange", recall);
  const changed = (action) => (event) => {
    action(event);
    remember();
  };
  search.addEventListener("input", changed(filterRows));
  for (const filter of filters) filter.addEventListener("change", changed(filterRows));
  chooser.addEventListener("change", changed(({ target }) => showColumn(target.value, target.checked)));
  for (const button of document.querySelectorAll("button.sort")) {
    const head = button.closest("th");
    button.addEventListener("click", changed(() => sortBy(head, head.ariaSort === "ascending" ? "descending" : "ascending")));
  }
}
