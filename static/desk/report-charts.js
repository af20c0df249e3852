// Draws the tables of a report as charts: <div data-chart-of="id of the table" data-chart="line|bar|stack">.
//
// The table is the source of a chart and stands beside it: whoever sees no picture reads the same numbers. Columns
// with <th data-series="tone"> are drawn, or those of them whose data-code is in data-only, from the data-value of
// their cells; a row is named by its heading's text or its shorter data-label. data-axis="percent": a share, in
// hundredths; data-minor: thin and dashed. data-lying: bars from left to right; data-most: so many rows at most.
// Colours come from report.css; each series has a pattern or a marker of its own besides, for whoever sees no hues.
"use strict";

(() => {
  const MOST_MARKS = 62;  // more points than this and the markers touch
  const MOST_BARS = 15;
  const MARKS = ["circle", "rectRot", "triangle", "rect", "star"];
  const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3], [4, 8]];
  const drawn = new Map();

  const number = (cell) => (cell?.dataset.value ? Number(cell.dataset.value) : null);

  function shown(value, percent) {
    if (value === null || Number.isNaN(value)) return "–";
    const digits = percent ? { maximumFractionDigits: 1 } : { maximumFractionDigits: 2 };
    return value.toLocaleString(document.documentElement.lang || undefined, digits) + (percent ? "%" : "");
  }

  // --- what the table says ------------------------------------------------------------------------
  function read(table, place) {
    const heads = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
    let rows = [...table.tBodies[0].rows];
    if (place.dataset.reverse !== undefined) rows = rows.reverse();
    if (place.dataset.most) rows = rows.slice(0, Number(place.dataset.most));
    const only = place.dataset.only?.split(" ");
    const isDrawn = (head) => head.dataset.series !== undefined && (!only || only.includes(head.dataset.code));
    const series = heads.flatMap((head, at) => (!isDrawn(head) ? [] : [{
      name: head.dataset.label || head.textContent.trim(),
      tone: head.dataset.series,
      percent: head.dataset.axis === "percent",
      minor: head.dataset.minor !== undefined,
      values: rows.map((row) => number(row.cells[at])),
    }]));
    const labels = rows.map((row) => row.cells[0].dataset.label || row.cells[0].textContent.trim());
    return { labels, series };
  }

  // --- colours and patterns -----------------------------------------------------------------------
  const styles = (place) => {
    const found = getComputedStyle(place);
    return (name) => found.getPropertyValue(`--report-${name}`).trim();
  };

  function pattern(colour, ground, at) {
    if (at === 0) return colour;
    const tile = document.createElement("canvas");
    tile.width = 8;
    tile.height = 8;
    const pen = tile.getContext("2d");
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 8, 8);
    pen.strokeStyle = ground;
    pen.fillStyle = ground;
    pen.lineWidth = 1.5;
    pen.beginPath();
    if (at === 1) {
      for (const shift of [-8, 0, 8]) { pen.moveTo(shift, 8); pen.lineTo(shift + 8, 0); }
      pen.stroke();
    } else if (at === 2) {
      for (const [x, y] of [[2, 2], [6, 6]]) { pen.moveTo(x, y); pen.arc(x, y, 1.3, 0, 7); }
      pen.fill();
    } else {
      pen.moveTo(4, 0);
      pen.lineTo(4, 8);
      pen.stroke();
    }
    return pen.createPattern(tile, "repeat");
  }

  function line(each, at, colour) {
    const many = each.values.length > MOST_MARKS;
    return {
      type: "line",
      borderColor: colour,
      backgroundColor: colour,
      borderWidth: each.minor ? 1.5 : 2.5,
      borderDash: each.minor ? [4, 4] : DASHES[at % DASHES.length],
      pointStyle: MARKS[at % MARKS.length],
      pointRadius: many ? 0 : 3.5,
      pointHitRadius: 8,
      clip: 8,
      spanGaps: false,
    };
  }

  function bars(at, colour, style) {
    return {
      type: "bar",
      backgroundColor: pattern(colour, style("ground"), at % 4),
      borderColor: colour,
      borderWidth: 1,
      maxBarThickness: 34,
    };
  }

  // --- one chart ----------------------------------------------------------------------------------
  function axes(kind, { series, labels }, style, along) {
    const grid = { color: style("grid") };
    const ticks = { color: style("ink") };
    const category = {
      stacked: kind === "stack",
      grid: { display: false },
      ticks: { ...ticks, maxRotation: 0, autoSkip: along !== "y", autoSkipPadding: 12, callback: (_, at) => cut(labels[at], along) },
    };
    const counts = series.filter((each) => !each.percent);
    const percents = series.filter((each) => each.percent);
    const found = {};
    const value = (percent, right) => ({
      position: along === "y" ? "bottom" : right ? "right" : "left",
      stacked: kind === "stack" && !percent,
      beginAtZero: true,
      min: percent && kind === "line" ? floor(percents) : undefined,
      max: percent ? 100 : undefined,
      grid: right ? { drawOnChartArea: false } : grid,
      ticks: { ...ticks, precision: percent ? undefined : 0, maxTicksLimit: 6, callback: (each) => shown(each, percent) },
    });
    found[along === "y" ? "y" : "x"] = category;
    const main = along === "y" ? "x" : "y";
    if (counts.length) found[main] = value(false, false);
    if (percents.length) found[counts.length ? "share" : main] = value(true, counts.length > 0);
    return found;
  }

  // Lines of shares may begin above nothing, bars may not: their length is what is read.
  function floor(series) {
    const least = Math.min(...series.flatMap((each) => each.values.filter((value) => value !== null)));
    return Math.max(0, Math.floor((least - 5) / 10) * 10);
  }

  function cut(label, along) {
    const most = along === "y" ? (window.innerWidth < 600 ? 10 : 22) : 12;
    return label.length > most ? `${label.slice(0, most - 1)}…` : label;
  }

  function draw(place) {
    const table = document.getElementById(place.dataset.chartOf);
    if (!table?.tHead || !table.tBodies[0]) return;
    const kind = place.dataset.chart;
    const data = read(table, place);
    const is = data.series.length && data.series.some((each) => each.values.some((value) => value !== null));
    place.hidden = !is;
    drawn.get(place)?.destroy();
    drawn.delete(place);
    if (!is) return;
    const style = styles(place);
    const along = place.dataset.lying !== undefined ? "y" : "x";
    const canvas = document.createElement("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", place.dataset.label ?? "");
    place.replaceChildren(canvas);
    place.classList.toggle("report-canvas--long", along === "y" && data.labels.length > MOST_BARS);
    const counts = data.series.some((each) => !each.percent);
    const datasets = data.series.map((each, at) => {
      const colour = style(`tone-${each.tone}`);
      const isLine = kind === "line" || (each.percent && counts) || each.minor;
      const share = each.percent && counts;
      return {
        label: each.name,
        data: each.values,
        percent: each.percent,
        order: isLine ? 0 : 1,
        ...(along === "y" ? {} : { yAxisID: share ? "share" : "y" }),
        ...(isLine ? line(each, at, colour) : bars(at, colour, style)),
      };
    });
    drawn.set(place, new window.Chart(canvas, {
      type: "bar",
      data: { labels: data.labels, datasets },
      options: {
        indexAxis: along,
        animation: false,  // nothing here is clearer for moving, and some people cannot bear it
        responsive: true,
        maintainAspectRatio: false,
        locale: document.documentElement.lang || undefined,
        color: style("ink"),
        font: { family: getComputedStyle(place).fontFamily },
        interaction: { mode: "index", axis: along, intersect: false },
        scales: axes(kind, data, style, along),
        plugins: {
          legend: { display: data.series.length > 1, position: "bottom", labels: { color: style("ink"), usePointStyle: kind === "line", boxWidth: 26 } },
          tooltip: { callbacks: { label: (item) => `${item.dataset.label}: ${shown(item.raw, item.dataset.percent)}` } },
        },
      },
    }));
  }

  // --- when ---------------------------------------------------------------------------------------
  const places = () => document.querySelectorAll("[data-chart-of]");

  function drawAll() {
    for (const place of places()) draw(place);
  }

  document.addEventListener("DOMContentLoaded", () => {
    if (!places().length || !window.Chart) return;
    window.Chart.defaults.font.size = 12;
    drawAll();
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
    new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  });
})();
