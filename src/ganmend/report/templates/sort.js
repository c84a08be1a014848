// Headings become buttons that sort by their column, and a field above the table shows only classes whose text holds it.
(() => {
  const table = document.getElementById("classes"), body = table.tBodies[0], rows = [...body.rows];
  const value = (row, column) => {
    const cell = row.cells[column], text = cell.dataset.value ?? cell.textContent.trim();
    return text !== "" && !isNaN(text) ? Number(text) : text;
  };
  const compare = (a, b) => typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
  for (const heading of table.tHead.querySelectorAll("th")) {
    const button = document.createElement("button");
    button.textContent = heading.textContent;
    heading.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = heading.getAttribute("aria-sort") === "ascending", column = heading.cellIndex;
      for (const other of table.tHead.querySelectorAll("th")) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const known = rows.filter(row => value(row, column) !== ""), unknown = rows.filter(row => !known.includes(row));
      known.sort((a, b) => (down ? -1 : 1) * compare(value(a, column), value(b, column)));
      body.append(...known, ...unknown); // what is not known stands last, whichever way
    });
  }
  const label = document.createElement("label"), field = document.createElement("input");
  field.type = "search";
  label.append("Show only ", field);
  table.parentElement.before(label);
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const row of rows) row.hidden = ![0, 1, 3].some(i => row.cells[i].textContent.toLowerCase().includes(wanted));
  });
})();
