// What a number means, shown where one points or tabs to, and how old the numbers are by now.
//
// Without this a metric's name is a link to its definition at the foot of the page, and the age is that of the page.
"use strict";

(() => {
  const EDGE = 8;
  let box = null;
  let owner = null;

  // --- definitions: <a data-definition href="#def-met"> -------------------------------------------
  function hide() {
    if (box) box.hidden = true;
    owner = null;
  }

  function show(term) {
    const source = document.querySelector(term.getAttribute("href"));
    if (!source || owner === term) return;
    if (!box) {
      box = document.createElement("div");
      box.className = "report-tip";
      box.setAttribute("aria-hidden", "true");  // the link is already described by the definition itself
      document.querySelector(".desk").append(box);
      box.addEventListener("mouseleave", (event) => { if (!owner?.contains(event.relatedTarget)) hide(); });
    }
    owner = term;
    box.textContent = source.textContent;
    box.hidden = false;
    const at = term.getBoundingClientRect();
    const below = at.bottom + box.offsetHeight + EDGE < window.innerHeight;
    const left = Math.min(at.left, document.documentElement.clientWidth - box.offsetWidth - EDGE);
    box.style.left = `${Math.max(EDGE, left)}px`;
    box.style.top = `${below ? at.bottom : Math.max(EDGE, at.top - box.offsetHeight)}px`;
  }

  const term = (event) => event.target.closest?.("[data-definition]");
  document.addEventListener("mouseover", (event) => { if (term(event)) show(term(event)); });
  document.addEventListener("focusin", (event) => { if (term(event)) show(term(event)); else hide(); });
  document.addEventListener("mouseout", (event) => {
    if (owner && term(event) === owner && !box.contains(event.relatedTarget)) hide();
  });
  document.addEventListener("focusout", hide);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  document.addEventListener("scroll", hide, { capture: true, passive: true });

  // A link into the folded definitions unfolds them.
  function unfold() {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    const folded = target && target.closest("details");
    if (folded && !folded.open) {
      folded.open = true;
      target.scrollIntoView({ block: "center" });
    }
  }
  window.addEventListener("hashchange", unfold);
  document.addEventListener("DOMContentLoaded", unfold);

  // --- age: <span data-age="seconds when the page was made"> --------------------------------------
  function words(seconds) {
    const format = new Intl.RelativeTimeFormat(document.documentElement.lang || undefined, { numeric: "always" });
    return seconds < 60 ? format.format(-seconds, "second") : format.format(-Math.floor(seconds / 60), "minute");
  }

  document.addEventListener("DOMContentLoaded", () => {
    const age = document.querySelector("[data-age]");
    if (!age) return;
    const tick = () => { age.textContent = words(Math.round(Number(age.dataset.age) + performance.now() / 1000)); };
    tick();
    setInterval(() => { if (!document.hidden) tick(); }, 10_000);
    document.addEventListener("visibilitychange", tick);
  });
})();
