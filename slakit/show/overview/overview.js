document.querySelectorAll(".ov:not([data-on])").forEach(view => {
  view.dataset.on = "1";
  const table = view.querySelector(".ov-subs"), body = table.tBodies[0], rows = [...body.rows], first = 100;
  const texts = new Map(rows.map(row => [row, row.textContent.toLowerCase()])), heads = [...table.tHead.rows[0].cells];
  const [find, provider, by, only] = ["input[type=search]", ".ov-provider", ".ov-by", "input[type=checkbox]"].map(name => view.querySelector(name));
  const count = view.querySelector("output"), more = view.querySelector(".ov-more");
  let column = -1, down = false, all = false, order = rows;
  const key = row => {
    const cell = row.cells[column], text = cell.dataset.k ?? cell.textContent.trim();
    const [group, amount] = text.includes("|") ? text.split("|") : ["", text];
    const number = cell.dataset.k === undefined || amount === "" ? NaN : Number(amount);
    const empty = cell.textContent.trim() === "" && !cell.querySelector("svg");
    return {empty, group: empty ? "" : group, value: Number.isNaN(number) ? amount.toLowerCase() : number};
  };
  const draw = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = order.filter(row => {
      const text = texts.get(row);
      return words.every(word => text.includes(word)) && (!provider.value || row.cells[1].textContent === provider.value) && (!only.checked || row.cells[2].textContent !== "");
    });
    body.replaceChildren(...(all ? found : found.slice(0, first)));  // the fewer rows are in the page, the faster it is
    heads.forEach((head, at) => at === column ? head.setAttribute("aria-sort", down ? "descending" : "ascending") : head.removeAttribute("aria-sort"));
    count.textContent = `${found.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")}`;
    more.hidden = all || found.length <= first;
    more.textContent = `Show all ${found.length.toLocaleString("en")}`;
  };
  const sort = (at, descending) => {
    column = at;
    down = descending;
    const keys = at < 0 ? null : new Map(rows.map(row => [row, key(row)]));
    order = keys === null ? rows : [...rows].sort((a, b) => {  // rows that say the same stay as they were
      const x = keys.get(a), y = keys.get(b);
      if (x.empty !== y.empty) return x.empty ? 1 : -1;
      if (x.group !== y.group) return x.group < y.group ? -1 : 1;
      const first = typeof x.value === "string" ? x.value.localeCompare(y.value, undefined, {numeric: true}) : x.value - y.value;
      return down ? -first : first;
    });
    draw();
  };
  heads.forEach((head, at) => head.querySelector("button")?.addEventListener("click", () => sort(at, column === at ? !down : ["money", "count"].includes(head.dataset.s))));
  find.addEventListener("input", draw);
  provider.addEventListener("change", draw);
  only.addEventListener("change", draw);
  by.addEventListener("change", () => { const at = by.value === "" ? -1 : Number(by.value); sort(at, at >= 0 && ["money", "count"].includes(heads[at].dataset.s)); });
  more.addEventListener("click", () => { all = true; draw(); });
  draw();
});
