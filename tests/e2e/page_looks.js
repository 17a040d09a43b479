// What a test asks of a page in the browser: {name: [what is wrong, …]}.
"use strict";
const wrong = { overflow: [], unseen: [], small: [], outside: [], overlaps: [], contrast: [] };
const width = document.documentElement.clientWidth;
const shown = (element) => element.checkVisibility() && element.getClientRects().length > 0;
const name = (element) => `${element.tagName} ${element.className.baseVal ?? element.className} "${element.textContent.slice(0, 40)}"`;

if (document.documentElement.scrollWidth > width)
  wrong.overflow.push(`page of ${document.documentElement.scrollWidth} in ${width}`);

const charts = [];
for (const figure of document.querySelectorAll("figure")) {
  const visible = [...figure.querySelectorAll("svg.chart")].filter(shown);
  if (visible.length !== 1) wrong.unseen.push(`${figure.id}: ${visible.length} pictures`);
  charts.push(...visible);
}

const color = (text) => {
  const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
  return { r, g, b, a };
};
const luminance = ({ r, g, b }) => {
  const [x, y, z] = [r, g, b].map((v) => (v /= 255, v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
};
const ratio = (one, other) => {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
};
const ground = (element) => {
  for (let e = element; e; e = e.parentElement) {
    const found = color(getComputedStyle(e).backgroundColor);
    if (found.a === 1) return found;
  }
  return { r: 255, g: 255, b: 255 };
};

for (const svg of charts) {
  const frame = svg.getBoundingClientRect();
  if (frame.left < -0.5 || frame.right > width + 0.5) wrong.outside.push(`${name(svg)} itself`);
  const scale = frame.width / svg.viewBox.baseVal.width;
  const texts = [...svg.querySelectorAll("text")];
  const boxes = texts.map((t) => t.getBoundingClientRect());
  texts.forEach((text, i) => {
    const style = getComputedStyle(text);
    const box = boxes[i];
    if (parseFloat(style.fontSize) * scale < 9.5) wrong.small.push(name(text));
    if (box.left < frame.left - 2 || box.right > frame.right + 2 || box.top < frame.top - 2 || box.bottom > frame.bottom + 2)
      wrong.outside.push(name(text));
    const cell = text.matches(".cellvalue") ? text.previousElementSibling : null;
    const behind = cell ? color(getComputedStyle(cell).fill) : ground(svg);
    const contrast = ratio(color(style.fill), behind);
    if (contrast < 4.5) wrong.contrast.push(`${name(text)} ${contrast.toFixed(2)}`);
    for (let j = 0; j < i; j++) {
      if (text.hasAttribute("transform") || texts[j].hasAttribute("transform")) continue;
      const other = boxes[j];
      const across = Math.min(box.right, other.right) - Math.max(box.left, other.left);
      const down = Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top);
      if (across > 1 && down > 3.5 * scale) wrong.overlaps.push(`${name(text)} on ${name(texts[j])}`);
    }
  });
}

const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || element.closest("svg, script, .skip") || !shown(element)) continue;
  const contrast = ratio(color(getComputedStyle(element).color), ground(element));
  if (contrast < 4.5) wrong.contrast.push(`${name(element)} ${contrast.toFixed(2)}`);
  const box = element.getBoundingClientRect();
  if (box.right > width + 1 && !element.closest(".scroll, pre")) wrong.outside.push(name(element));
}
return { wrong, charts: charts.length };
