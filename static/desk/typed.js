// Forms whose typed text must not get lost: <form data-keeps-typed>. Everything works without this too.
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

  window.addEventListener("beforeunload", (event) => {
    if (form.hasAttribute("data-typed-in") && !form.dataset.sent) event.preventDefault();
  });
  window.addEventListener("pageshow", () => { delete form.dataset.sent; });

  // Logging in again (in another window) changes the CSRF token; the cookie has the present one.
  function renewToken() {
    const cookie = document.cookie.split("; ").find((pair) => pair.startsWith("csrftoken="));
    if (!cookie) return;
    const token = cookie.slice("csrftoken=".length);
    for (const field of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) field.value = token;
  }

  const loggedOut = document.querySelector("[data-logged-out]");
  const offline = document.getElementById("desk-offline");

  function tell(box) {
    for (const each of [loggedOut, offline]) if (each) each.hidden = each !== box;
    box?.scrollIntoView({ block: "center" });
  }

  // A form sent by nobody comes back as the login page, and what was typed is gone. So before it
  // is sent the desk is asked whether we are still logged in; no answer at all loses as much.
  const asked = document.querySelector("[data-unread-url]")?.dataset.unreadUrl;

  async function mayGo() {
    if (!asked || !loggedOut) return true;
    try {
      const answer = await fetch(asked, { cache: "no-store", redirect: "manual" });
      tell(answer.type === "opaqueredirect" ? loggedOut : null);
    } catch {
      tell(offline);
    }
    return loggedOut.hidden && (!offline || offline.hidden);
  }

  let cleared = false;
  form.addEventListener("submit", async (event) => {
    if (cleared) {
      cleared = false;
      return;
    }
    event.preventDefault();
    if (form.dataset.sent) return;
    form.dataset.sent = "yes";
    const button = event.submitter;
    if (!await mayGo()) {
      delete form.dataset.sent;
      return;
    }
    renewToken();
    cleared = true;
    form.requestSubmit(button);
  });

  document.addEventListener("htmx:configRequest", renewToken, true);
  // Before desk.js, which would load the login page and with it drop what was typed.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    const atLogin = new URL(xhr.responseURL || location.href).pathname.endsWith("/login/");
    const isFine = !atLogin && xhr.status < 400;
    if (isFine) {
      tell(null);
      return;
    }
    event.detail.shouldSwap = false;
    event.stopPropagation();
    if (atLogin) tell(loggedOut);
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
