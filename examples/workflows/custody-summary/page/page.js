(() => {
  "use strict";
  document.documentElement.classList.add("js");

  const sections = [...document.querySelectorAll("section")].map((section) => ({
    rows: [...section.querySelectorAll("tbody tr")],
    texts: [...section.querySelectorAll("tbody tr")].map((row) => row.textContent.toLowerCase()),
    body: section.querySelector("tbody"),
    heads: [...section.querySelectorAll("thead th")],
    chips: [...section.querySelectorAll(".chips button")],
    empty: section.querySelector(".empty"),
  }));
  const find = document.getElementById("find");
  const found = document.getElementById("found");

  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    let all = 0;
    for (const s of sections) {
      const tags = s.chips.filter((c) => c.getAttribute("aria-pressed") === "true").map((c) => c.dataset.tag);
      let here = 0;
      for (const [i, row] of s.rows.entries()) {
        const text = s.texts[i];
        const fits = words.every((w) => text.includes(w)) && (tags.length === 0 || tags.includes(row.dataset.tag));
        row.hidden = !fits;
        here += fits ? 1 : 0;
      }
      s.empty.hidden = here > 0;
      shown += here;
      all += s.rows.length;
    }
    found.textContent = shown === all ? "" : `${shown} of ${all} rows`;
  };

  const keyOf = (row, column) => {
    const cell = row.children[column];
    return cell.dataset.sort || cell.textContent.trim();
  };
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

  // The third click restores the order of the worklist, which is the gravest first.
  const sort = (s, column) => {
    const head = s.heads[column];
    const next = { ascending: "descending", descending: null }[head.getAttribute("aria-sort")];
    const order = next === undefined ? "ascending" : next;
    for (const h of s.heads) h.removeAttribute("aria-sort");
    const rows = [...s.rows];
    if (order) {
      head.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      rows.sort((a, b) => sign * collator.compare(keyOf(a, column), keyOf(b, column)));
    }
    s.body.append(...rows);
  };

  for (const s of sections) {
    s.heads.forEach((head, column) => head.firstElementChild.addEventListener("click", () => sort(s, column)));
    for (const chip of s.chips) {
      chip.addEventListener("click", () => {
        chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
        filter();
      });
    }
  }
  find.addEventListener("input", filter);
  filter();
})();
