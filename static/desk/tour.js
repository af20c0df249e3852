// The guided tours. The steps come from the server, are kept in this tab, and go on over the pages. What is
// shown is never modal: the page below can be used, and whoever goes elsewhere is offered the way back.
"use strict";

(() => {
  const box = document.getElementById("desk-tour");
  if (!box) return;
  const KEPT = "desk-tour";
  const part = (name) => box.querySelector(`[data-tour-${name}]`);
  const token = () => /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1]
    ?? document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";
  let marked = null;
  let cameFrom = null;

  // --- what this tab remembers -------------------------------------------------------------

  function kept() {
    try {
      const state = JSON.parse(sessionStorage.getItem(KEPT));
      return state && String(state.person) === box.dataset.person && state.steps[state.at] ? state : null;
    } catch {
      return null;
    }
  }
  const keep = (state) => sessionStorage.setItem(KEPT, JSON.stringify(state));

  function isHere(step) {
    if (!step.url) return true;
    const wanted = new URL(step.url, location.href);
    if (wanted.pathname !== location.pathname) return false;
    const given = new URLSearchParams(location.search);
    return [...wanted.searchParams].every(([name, value]) => given.get(name) === value);
  }

  // --- starting, going on, ending ----------------------------------------------------------

  async function start(button) {
    const answer = await fetch(button.dataset.tourStart, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) return location.reload();
    const tour = await answer.json();
    cameFrom = button;
    document.getElementById("desk-tour-offer")?.remove();
    await tell(tour.name, "seen");
    go({ ...tour, at: 0 });
  }

  function go(state) {
    keep(state);
    const step = state.steps[state.at];
    if (isHere(step)) show(state);
    else location.assign(step.url);
  }

  function turn(by) {
    const state = kept();
    if (!state) return end();
    const at = state.at + by;
    if (at >= state.steps.length) end();
    else if (at >= 0) go({ ...state, at });
  }

  function end() {
    sessionStorage.removeItem(KEPT);
    unmark();
    box.hidden = true;
    if (cameFrom?.isConnected) cameFrom.focus();
    else document.querySelector("#content h1, #content")?.focus({ preventScroll: true });
  }

  const tell = (name, answer) => fetch(box.dataset.answer.replace("agent", name), {
    method: "POST",
    headers: { "X-CSRFToken": token(), Accept: "application/json" },
    body: new URLSearchParams({ answer }),
    keepalive: true,
  }).catch(() => null);

  // --- showing a step ----------------------------------------------------------------------

  const isShown = (element) => element.getClientRects().length > 0;

  function find(selector) {
    const all = [...document.querySelectorAll(selector)];
    for (const element of all) {
      for (let outer = element.closest("details:not([open])"); outer; outer = outer.parentElement.closest("details:not([open])")) {
        if (!outer.querySelector(":scope > summary")?.contains(element)) outer.open = true;
      }
    }
    return all.find(isShown) ?? null;
  }

  function unmark() {
    marked?.classList.remove("desk-tour-target");
    marked = null;
  }

  function show(state, { away = false } = {}) {
    const step = state.steps[state.at];
    unmark();
    marked = away ? null : find(step.target);
    box.toggleAttribute("data-missing", !away && !marked);
    const last = state.at === state.steps.length - 1;
    part("count").textContent = box.dataset.count.replace("{at}", state.at + 1).replace("{all}", state.steps.length);
    part("title").textContent = step.title;
    part("text").textContent = away ? box.dataset.away : step.text;
    part("next").hidden = away || last;
    part("done").hidden = away || !last;
    part("on").hidden = !away;
    part("back").hidden = away || state.at === 0;
    part("end").hidden = !away && last;
    box.hidden = false;
    if (marked) {
      marked.classList.add("desk-tour-target");
      const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      const narrow = matchMedia("(max-width: 767px)").matches;
      marked.scrollIntoView({ block: narrow || marked.offsetHeight > innerHeight / 2 ? "start" : "center", behavior: calm ? "auto" : "smooth" });
    }
    place();
    // Reads the title and the text, and puts the keys where they work; work that goes on is left alone.
    if (!away) box.focus({ preventScroll: true });
  }

  // Beside what it is about: below, else above, else in the corner. Narrow screens have it at the bottom (tour.css).
  function place() {
    if (box.hidden) return;
    box.style.removeProperty("left");
    box.style.removeProperty("top");
    box.toggleAttribute("data-placed", false);
    if (!marked || !isShown(marked) || matchMedia("(max-width: 767px)").matches) return;
    const target = marked.getBoundingClientRect();
    const own = box.getBoundingClientRect();
    const gap = 14;
    const below = target.bottom + gap;
    const above = target.top - gap - own.height;
    let top = below + own.height <= innerHeight ? below : above >= 0 ? above : null;
    let left = target.left;
    if (top === null) {
      const right = target.right + gap;
      const before = target.left - gap - own.width;
      if (right + own.width <= innerWidth) left = right;
      else if (before >= 0) left = before;
      else return;
      top = Math.max(gap, target.top);
    }
    box.style.setProperty("left", `${Math.max(gap, Math.min(left, innerWidth - own.width - gap))}px`);
    box.style.setProperty("top", `${Math.max(gap, Math.min(top, innerHeight - own.height - gap))}px`);
    box.toggleAttribute("data-placed", true);
  }

  let waiting = 0;
  const placeSoon = () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(place);
  };
  addEventListener("scroll", placeSoon, { passive: true, capture: true });
  addEventListener("resize", placeSoon);

  // --- what people do ----------------------------------------------------------------------

  document.addEventListener("click", (event) => {
    const starter = event.target.closest("[data-tour-start]");
    if (starter) {
      event.preventDefault();
      start(starter);
    } else if (event.target.closest("#desk-tour [data-tour-next]")) turn(1);
    else if (event.target.closest("#desk-tour [data-tour-back]")) turn(-1);
    else if (event.target.closest("#desk-tour [data-tour-on]")) turn(0);
    else if (event.target.closest("#desk-tour :is([data-tour-end], [data-tour-done])")) end();
  });

  // An answer to the offer needs no new page.
  document.addEventListener("submit", (event) => {
    const offer = event.target.closest("#desk-tour-offer");
    if (!offer) return;
    event.preventDefault();
    tell(offer.dataset.tour, event.submitter?.value ?? "later");
    offer.remove();
  });

  // Only while the focus is in the tour or nowhere: the page's own keys stay the page's.
  addEventListener("keydown", (event) => {
    if (box.hidden || event.isComposing || event.keyCode === 229 || event.ctrlKey || event.altKey || event.metaKey) return;
    const inside = box.contains(document.activeElement);
    if (!inside && document.activeElement !== document.body) return;
    const isAway = !part("on").hidden;
    const onButton = inside && document.activeElement.matches("button");
    if (event.key === "Escape") end();
    else if (!isAway && (event.key === "ArrowRight" || (event.key === "Enter" && !onButton))) turn(1);
    else if (!isAway && event.key === "ArrowLeft") turn(-1);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

  // After the page's own scripts: some put the focus somewhere when they start.
  function resume() {
    const running = kept();
    if (running) show(running, { away: !isHere(running.steps[running.at]) });
  }
  document.addEventListener("DOMContentLoaded", () => setTimeout(resume));
})();
