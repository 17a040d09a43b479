// Reading values off a chart, by pointer and by arrow keys. Without it nothing is lost: the
// numbers of each figure stand in the table below it.
"use strict";
(() => {
  const box = document.getElementById("reading");
  const SVG = "http://www.w3.org/2000/svg";
  const hide = () => {
    box.textContent = "";
    document.querySelectorAll(".pointer").forEach((ring) => ring.remove());
  };
  const show = (svg, [x, y, text]) => {
    hide();
    const ring = document.createElementNS(SVG, "circle");
    for (const [name, value] of [["class", "pointer"], ["cx", x], ["cy", y], ["r", 5]])
      ring.setAttribute(name, value);
    svg.append(ring);
    const at = ring.getBoundingClientRect();
    box.textContent = text;
    const left = at.left + at.width / 2 - box.offsetWidth / 2;
    const most = document.documentElement.clientWidth - box.offsetWidth - 4;
    box.style.left = `${scrollX + Math.max(4, Math.min(left, most))}px`;
    const above = at.top - box.offsetHeight - 8;
    box.style.top = `${scrollY + (above > 0 ? above : at.bottom + 8)}px`;
  };
  for (const svg of document.querySelectorAll("svg[data-readings]")) {
    const readings = JSON.parse(svg.dataset.readings);
    if (!readings.length) continue;
    const once = new Map(); // columns of points stand at one x: there height counts too
    for (const [x] of readings) once.set(x, 1 + (once.get(x) || 0));
    const flat = once.size === readings.length;
    let current = -1;
    svg.tabIndex = 0;
    svg.setAttribute("aria-roledescription", "chart, arrow keys read its values");
    const point = (event) => {
      const frame = svg.getBoundingClientRect();
      const scale = svg.viewBox.baseVal.width / frame.width;
      const [px, py] = [(event.clientX - frame.left) * scale, (event.clientY - frame.top) * scale];
      const far = ([x, y]) => Math.abs(x - px) + (flat ? 0 : Math.abs(y - py));
      current = readings.reduce((best, r, i) => (far(r) < far(readings[best]) ? i : best), 0);
      show(svg, readings[current]);
    };
    svg.addEventListener("pointermove", point);
    svg.addEventListener("pointerdown", point);
    svg.addEventListener("pointerleave", hide);
    svg.addEventListener("blur", hide);
    svg.addEventListener("keydown", (event) => {
      const last = readings.length - 1;
      const to = {
        ArrowRight: current + 1, ArrowDown: current + 1, ArrowLeft: current - 1,
        ArrowUp: current - 1, Home: 0, End: last, PageUp: current - 10, PageDown: current + 10,
      }[event.key];
      if (event.key === "Escape") return hide();
      if (to === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      current = Math.max(0, Math.min(to, last));
      show(svg, readings[current]);
    });
  }
})();
