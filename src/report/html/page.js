"use strict";
(() => {
  const form = document.getElementById("filter");
  const everything = [...document.querySelectorAll("details")];
  addEventListener("beforeprint", () => {
    for (const part of everything) {
      part.dataset.wasOpen = part.open;
      part.open = true;
    }
  });
  addEventListener("afterprint", () => {
    for (const part of everything) part.open = part.dataset.wasOpen === "true";
  });
  if (!form) return;
  const findings = [...document.querySelectorAll(".finding")];
  const shown = document.getElementById("shown");
  const filter = () => {
    const levels = new Set([...form.elements.level instanceof RadioNodeList ? form.elements.level : [form.elements.level]]
      .filter((box) => box.checked).map((box) => box.value));
    const kind = form.elements.kind.value;
    const words = form.elements.words.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const finding of findings) {
      const text = finding.textContent.toLowerCase();
      const fits = levels.has(finding.dataset.level) && (!kind || finding.dataset.kind === kind) && words.every((word) => text.includes(word));
      finding.hidden = !fits;
      count += fits;
    }
    shown.textContent = `${count} of ${findings.length} shown`;
  };
  const expand = document.getElementById("expand");
  expand.addEventListener("click", () => {
    const open = expand.textContent === "Expand all";
    for (const part of everything) part.open = open;
    expand.textContent = open ? "Collapse all" : "Expand all";
  });
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();
})();
