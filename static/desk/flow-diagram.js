// Draws a flow from its Mermaid text, lets it be enlarged, and opens the step that is clicked.
//
// Mermaid colours its pictures with <style> elements and style attributes; our policy refuses both. So its
// renderer draws straight into an SVG of ours, without the style sheet it would add, and the style attributes it
// sets are dropped: flow-diagram.css says how everything looks, in light and dark.
"use strict";

(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const LEAST = 0.1;
  const MOST = 3;
  const READABLE = 0.55;
  const STEP = 1.25;
  // Escaped characters (#34;) stand for themselves in one sign each while widths are measured.
  const PRIVATE = 0xe000;
  const packed = (text) => text.replace(/#(\d{1,3});/g, (_, code) => String.fromCharCode(PRIVATE + Number(code)));
  const unpacked = (text) => text.replace(/[\ue000-\ue07f]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - PRIVATE));

  async function withoutStyles(work) {
    SVGElement.prototype.setAttribute = function setAttribute(name, value) {
      if (name !== "style") Element.prototype.setAttribute.call(this, name, value);
    };
    try {
      await work();
    } finally {
      delete SVGElement.prototype.setAttribute;
    }
  }

  function unpackTexts(svg) {
    const walker = document.createTreeWalker(svg, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) walker.currentNode.data = unpacked(walker.currentNode.data);
  }

  async function draw(data, svg) {
    const { mermaid } = window;
    mermaid.initialize({
      startOnLoad: false,
      securityLevel: "strict",
      htmlLabels: false,
      flowchart: { htmlLabels: false, useMaxWidth: false, wrappingWidth: 600, padding: 12, nodeSpacing: 36, rankSpacing: 44 },
      maxEdges: 10_000,
      maxTextSize: 2_000_000,
    });
    const text = packed(data.text);
    await withoutStyles(async () => {
      const diagram = await mermaid.mermaidAPI.getDiagramFromText(text);
      await diagram.renderer.draw(text, svg.id, "", diagram);
    });
    unpackTexts(svg);
  }

  function mark(data, svg) {
    for (const node of svg.querySelectorAll("g.node")) {
      const id = node.id.match(/flowchart-(n\d+)-\d+$/)?.[1];
      if (id) node.dataset.key = data.nodes[id];
    }
    for (const [id, name] of Object.entries(data.ways)) {
      for (const part of svg.querySelectorAll(`[data-id="${id}"]`)) part.classList.add(`is-${name}`);
    }
  }

  function link(key) {
    return key === undefined ? null : document.querySelector(`[data-flow-node="${CSS.escape(key)}"]`);
  }

  function select(svg, key) {
    for (const node of svg.querySelectorAll("g.node")) node.classList.toggle("is-chosen", node.dataset.key === key);
    for (const item of document.querySelectorAll("[data-flow-node]")) {
      if (item.dataset.flowNode === key) item.setAttribute("aria-current", "true");
      else item.removeAttribute("aria-current");
    }
  }

  // --- size ---------------------------------------------------------------------------------------
  class Picture {
    constructor(canvas, svg) {
      const box = svg.getBBox();
      const edge = 12;
      this.canvas = canvas;
      this.svg = svg;
      this.width = box.width + 2 * edge;
      this.height = box.height + 2 * edge;
      svg.setAttribute("viewBox", `${box.x - edge} ${box.y - edge} ${this.width} ${this.height}`);
      this.show(Math.max(READABLE, Math.min(1, this.fitting())));
      canvas.scrollLeft = (canvas.scrollWidth - canvas.clientWidth) / 2;
    }

    fitting() {
      return Math.min(1, (this.canvas.clientWidth - 2) / this.width);
    }

    show(scale) {
      const before = this.scale ?? scale;
      const { canvas } = this;
      const across = (canvas.scrollLeft + canvas.clientWidth / 2) / before;
      const down = (canvas.scrollTop + canvas.clientHeight / 2) / before;
      this.scale = Math.max(LEAST, Math.min(MOST, scale));
      this.svg.setAttribute("width", Math.round(this.width * this.scale));
      this.svg.setAttribute("height", Math.round(this.height * this.scale));
      canvas.scrollLeft = across * this.scale - canvas.clientWidth / 2;
      canvas.scrollTop = down * this.scale - canvas.clientHeight / 2;
    }

    zoom(how) {
      if (how === "in") this.show(this.scale * STEP);
      if (how === "out") this.show(this.scale / STEP);
      if (how === "fit") this.show(this.fitting());
      if (how === "full") this.show(1);
    }
  }

  // --- one picture on a page ----------------------------------------------------------------------
  async function begin(area, data) {
    const canvas = area.querySelector("[data-flow-canvas]");
    const state = area.querySelector("[data-flow-drawing-state]");
    const svg = document.createElementNS(SVG, "svg");
    svg.id = "flow-svg";
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", state.dataset.label);
    svg.append(document.createElementNS(SVG, "g"));
    state.textContent = state.dataset.drawing;
    canvas.replaceChildren(svg);
    canvas.hidden = false;
    // Let the browser show the words before it is busy.
    await new Promise((done) => { requestAnimationFrame(() => setTimeout(done)); });
    try {
      await draw(data, svg);
    } catch (error) {
      canvas.hidden = true;
      state.textContent = state.dataset.failed;
      console.warn("The diagram was not drawn:", error);
      return;
    }
    mark(data, svg);
    const picture = new Picture(canvas, svg);
    state.textContent = "";
    area.dataset.drawn = "yes";
    const zoom = area.querySelector("[data-flow-zoom]");
    zoom.hidden = false;
    zoom.addEventListener("click", (event) => picture.zoom(event.target.closest("[data-zoom]")?.dataset.zoom));
    svg.addEventListener("click", (event) => link(event.target.closest("g.node")?.dataset.key)?.click());
    select(svg, document.querySelector("[data-flow-chosen]")?.dataset.flowChosen || undefined);
    document.addEventListener("click", (event) => {
      const item = event.target.closest?.("[data-flow-node]");
      if (item) select(svg, item.dataset.flowNode);
    });
    document.addEventListener("htmx:afterSwap", () => {
      const chosen = document.querySelector("[data-flow-chosen]")?.dataset.flowChosen;
      if (chosen) select(svg, chosen);
    });
  }

  function start() {
    const area = document.querySelector("[data-flow-drawing]");
    const source = document.getElementById("flow-drawing-data");
    if (!area || !source) return;
    const data = JSON.parse(source.textContent);
    if (!Object.keys(data.nodes).length) return;
    const ask = area.querySelector("[data-flow-ask]");
    if (data.atOnce) {
      begin(area, data);
      return;
    }
    ask.hidden = false;
    ask.querySelector("button").addEventListener("click", () => {
      ask.hidden = true;
      begin(area, data);
    });
  }

  document.addEventListener("DOMContentLoaded", start);
})();
