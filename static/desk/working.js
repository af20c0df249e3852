// What takes longer than 300 ms says that it is being worked on.
//
// A form may say what is done there with data-working="…"; with data-once it is not sent a second time, and its
// buttons say so. Links inside [data-waits] lead to pages that count.
// [data-look-again="5"] asks for its page every so many seconds while it is looked at, and loads it anew once the
// answer has no such place any more.
"use strict";

(() => {
  const AFTER_MS = 300;
  const region = document.getElementById("desk-working");
  if (!region) return;
  const words = region.querySelector("[data-working-words]");
  let timer = 0;
  // Its own memory: the scripts of some pages mark their forms themselves, and before this one hears of it.
  let sent = new WeakSet();

  function begin(text, form) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      words.textContent = text;
      region.classList.add("is-on");
      if (form) mark(form, true);
    }, AFTER_MS);
  }

  function mark(form, busy) {
    if (busy) form.setAttribute("aria-busy", "true");
    else form.removeAttribute("aria-busy");
    if (!form.matches("[data-once]")) return;
    for (const each of form.elements) {
      if (each.type !== "submit") continue;
      if (busy) each.setAttribute("aria-disabled", "true");
      else each.removeAttribute("aria-disabled");
    }
  }

  function end() {
    clearTimeout(timer);
    region.classList.remove("is-on");
    words.textContent = "";
    sent = new WeakSet();
    for (const form of document.querySelectorAll("form[aria-busy]")) mark(form, false);
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.target === "_blank") return;
    if (form.matches("[data-once]")) {
      if (sent.has(form)) {
        event.preventDefault();
        return;
      }
      sent.add(form);
    }
    begin(form.dataset.working || region.dataset.words, form);
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-waits] a[href], a[data-waits][href]");
    const leaves = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button !== 0;
    if (!link || event.defaultPrevented || leaves || link.target === "_blank" || link.hasAttribute("download")) return;
    if (link.origin !== location.origin || link.getAttribute("href").startsWith("#")) return;
    begin(region.dataset.counting);
  });

  // Back from the browser's memory, the page stands as it was left.
  window.addEventListener("pageshow", end);
  // A page that looks for news meanwhile says nothing about a form that is on its way.
  const about = (event) => event.detail.elt.closest("[data-working]");
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (about(event)) begin(about(event).dataset.working);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (about(event)) end();
  });

  // Asked for and not simply loaded anew: a page that is loaded cannot say that nobody did it.
  const again = document.querySelector("[data-look-again]");
  if (again) {
    const { byItself, poll } = window.deskPolling;
    const ask = async () => {
      if (!document.contains(again)) return { status: 404 };
      const answer = await fetch(location.href, { headers: byItself, cache: "no-store", redirect: "manual" });
      const isOut = answer.type === "opaqueredirect";
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (isOut || (answer.ok && !page.querySelector("[data-look-again]"))) location.reload();
      return { status: answer.ok ? 204 : answer.status };
    };
    const every = Number(again.dataset.lookAgain) * 1000;
    poll({ every, slowest: 300_000, ask });
  }
})();
