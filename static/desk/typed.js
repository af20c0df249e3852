// The editors' long forms (<form data-keeps-typed>): a word before they are left, Ctrl S, and no
// half-typed syllables in their living parts. What every form has (keeping, a lost login) is in drafts.js.
"use strict";

(() => {
  const form = document.querySelector("form[data-keeps-typed]");
  if (!form) return;

  // While an input method composes, the half-typed syllables are nobody's business.
  document.addEventListener("input", (event) => {
    if (event.isComposing) event.stopPropagation();
  }, true);
  document.addEventListener("compositionend", (event) => {
    event.target.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // Fields with data-not-kept are for trying things out: leaving them loses nothing.
  const touched = (event) => {
    if (!event.target.closest("[data-not-kept]")) form.setAttribute("data-typed-in", "");
  };
  form.addEventListener("input", touched);
  form.addEventListener("change", touched);
  form.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) form.dataset.sent = "yes";
  });

  window.addEventListener("beforeunload", (event) => {
    if (form.hasAttribute("data-typed-in") && !form.dataset.sent) event.preventDefault();
  });
  window.addEventListener("pageshow", () => { delete form.dataset.sent; });

  const loggedOut = document.querySelector("[data-logged-out]");
  const offline = document.getElementById("desk-offline");

  function tell(box) {
    for (const each of [loggedOut, offline]) if (each) each.hidden = each !== box;
    box?.scrollIntoView({ block: "center" });
  }

  // The living parts beside the form: before desk.js, whose box stands at the top of a long page.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    const atLogin = new URL(xhr.responseURL || location.href).pathname.endsWith("/login/");
    const isOut = atLogin || xhr.status === 401;
    if (!isOut && xhr.status < 400) {
      tell(null);
      return;
    }
    event.detail.shouldSwap = false;
    event.stopPropagation();
    if (isOut) tell(loggedOut);
    else if (offline) offline.hidden = false;
  }, true);

  // Ctrl S (or Cmd S) presses the button that says so.
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
    event.preventDefault();
    const save = form.querySelector("[data-saves]");
    if (save && !event.repeat) form.requestSubmit(save);
  });
})();
