// Messages as toasts. Those of a page load stand in it already (and stay there without script);
// others come by "desk:toast", or with an answer of the desk. Nothing here takes the focus.
"use strict";

(() => {
  const region = document.getElementById("desk-toasts");
  const CLASSES = { ok: "success", info: "info", warn: "warning", bad: "error" };
  const LEAST_SECONDS = 6;
  const MOST_SECONDS = 20;
  const LETTERS_A_SECOND = 6;

  // --- for screen readers -----------------------------------------------------------------------
  // The same words twice are news twice: the text is taken out and put in again.
  function say(id, text) {
    const place = document.getElementById(id);
    if (!place || !text) return;
    place.textContent = "";
    setTimeout(() => { place.textContent = text; }, 100);
  }

  document.addEventListener("desk:said", (event) => say("desk-said", event.detail?.text));
  if (!region) return;

  const isBad = (toast) => toast.matches(".error, .warning");
  const textOf = (toast) => toast.querySelector(".toast-text")?.textContent.trim() ?? "";

  // --- a toast's life -----------------------------------------------------------------------------
  const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  function leave(toast) {
    if (toast.dataset.leaving) return;
    toast.dataset.leaving = "yes";
    const list = toast.parentElement;
    const remove = () => {
      toast.remove();
      if (list && !list.children.length) list.remove();
    };
    toast.classList.add("toast--leaving");
    setTimeout(remove, still() ? 0 : 250);
  }

  /** Counts only while nobody is reading it: not under the pointer, not in focus, not in a hidden tab. */
  function leaveAfter(toast, seconds) {
    let left = seconds * 10;
    const timer = setInterval(() => {
      const isRead = toast.matches(":hover, :focus-within") || document.hidden;
      if (!isRead) left -= 1;
      if (left > 0 && toast.isConnected) return;
      clearInterval(timer);
      leave(toast);
    }, 100);
  }

  /** An offer to undo ends when the desk says, whoever looks at it. */
  function countDown(toast, form) {
    const end = Date.now() + Number(form.dataset.undoSeconds) * 1000;
    const shown = form.querySelector(".toast-left");
    // Where "u" means something else on the page already, it goes on meaning that.
    const button = form.querySelector("[data-key]");
    const isTaken = [...document.querySelectorAll("[data-key~=u]")].some((each) => each !== button);
    if (button && isTaken) button.dataset.key = "z";
    const tick = () => {
      const left = Math.ceil((end - Date.now()) / 1000);
      if (left > 0 && form.isConnected) {
        shown.textContent = String(left);
        return;
      }
      clearInterval(timer);
      if (form.contains(document.activeElement)) toast.querySelector(".toast-close")?.focus();
      form.remove();
      leaveAfter(toast, 2);
    };
    const timer = setInterval(tick, 250);
    tick();
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
    });
  }

  function closeButton() {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "toast-close";
    button.setAttribute("aria-label", region.dataset.close);
    button.textContent = "×";
    return button;
  }

  function secondsFor(toast) {
    const reading = LEAST_SECONDS - 2 + textOf(toast).length / LETTERS_A_SECOND;
    return Number(toast.dataset.seconds) || Math.min(MOST_SECONDS, Math.max(LEAST_SECONDS, reading));
  }

  function begin(toast) {
    if (toast.dataset.toast) return;
    toast.dataset.toast = "yes";
    toast.append(closeButton());
    const undo = toast.querySelector("form[data-undo-seconds]");
    if (undo) countDown(toast, undo);
    // What went wrong, and what leads somewhere, stays until somebody has read it.
    else if (!isBad(toast) && !toast.querySelector("a")) leaveAfter(toast, secondsFor(toast));
  }

  region.addEventListener("click", (event) => {
    const toast = event.target.closest(".toast-close")?.closest("li");
    if (toast) leave(toast);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]")) return;
    const held = document.activeElement?.closest("#desk-toasts li");
    if (!held && document.activeElement?.matches("input, textarea, select")) return;
    const toast = held ?? [...region.querySelectorAll("li:not([data-leaving])")].pop();
    if (toast) leave(toast);
  });

  // --- where they come from -------------------------------------------------------------------------
  document.addEventListener("desk:toast", (event) => {
    const { text, tone = "info", seconds } = event.detail ?? {};
    if (!text) return;
    const toast = document.createElement("li");
    toast.className = CLASSES[tone] ?? CLASSES.info;
    if (tone === "bad") toast.setAttribute("role", "alert");
    if (seconds) toast.dataset.seconds = String(seconds);
    const words = document.createElement("span");
    words.className = "toast-text";
    words.textContent = text;
    toast.append(words);
    let list = region.querySelector("ul.messagelist");
    if (!list) {
      list = document.createElement("ul");
      list.className = "messagelist";
      region.append(list);
    }
    list.append(toast);
  });

  region.classList.add("toasts");
  const first = [...region.querySelectorAll("li")];
  first.forEach(begin);
  // What was there from the beginning is no news to a live region.
  const words = (toasts) => toasts.map(textOf).join(" ");
  say("desk-warned", words(first.filter(isBad)));
  say("desk-said", words(first.filter((toast) => !isBad(toast))));
  new MutationObserver(() => region.querySelectorAll("li").forEach(begin))
    .observe(region, { childList: true, subtree: true });
})();
