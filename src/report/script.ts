/**
 * The only program on a page, for comfort: searching and filtering long tables, and opening everything for print. The
 * page says all that it says without it.
 */
export const script = `
"use strict";
for (const region of document.querySelectorAll(".wide:has(table.data)")) {
  const table = region.querySelector("table");
  const rows = [...table.tBodies[0].rows];
  if (rows.length < 12) continue;
  const caption = table.caption.textContent;
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const tools = document.createElement("div");
  tools.className = "tools";
  const count = document.createElement("output");
  const tests = new Map();
  const apply = () => {
    let shown = 0;
    rows.forEach((row, index) => {
      const hidden = [...tests.values()].some((test) => !test(row, texts[index]));
      if (row.hidden !== hidden) row.hidden = hidden;
      if (!hidden) shown += 1;
    });
    count.textContent = shown + " of " + rows.length;
  };
  const field = (name, control, event, test) => {
    const label = document.createElement("label");
    label.append(name + " ", control);
    control.setAttribute("aria-label", name + " in " + caption);
    control.addEventListener(event, () => {
      tests.set(control, test(control.value));
      apply();
    });
    tools.append(label);
  };
  const search = document.createElement("input");
  search.type = "search";
  field("Search", search, "input", (value) => {
    const words = value.toLowerCase().split(/\\s+/).filter(Boolean);
    return (row, text) => words.every((word) => text.includes(word));
  });
  table.querySelectorAll("thead th").forEach((heading, column) => {
    if (heading.className !== "choice") return;
    const select = document.createElement("select");
    const values = [...new Set(rows.map((row) => row.cells[column].textContent))].sort();
    select.append(new Option("all", ""), ...values.map((value) => new Option(value, value)));
    field(heading.textContent, select, "change", (value) => (row) =>
      value === "" || row.cells[column].textContent === value);
  });
  tools.append(count);
  apply();
  region.before(tools);
}
addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("details:not([open])")) {
    fold.open = true;
    fold.dataset.printed = "";
  }
});
addEventListener("afterprint", () => {
  for (const fold of document.querySelectorAll("details[data-printed]")) {
    fold.open = false;
    delete fold.dataset.printed;
  }
});
`;
