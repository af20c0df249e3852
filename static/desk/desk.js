// Behaviour shared by all desk pages: the CSRF token for htmx, and copying a script.
"use strict";

(() => {
  // The cookie's is the newest: after a login in another tab that of the page has expired.
  const cookie = () => /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1];
  const token = () => cookie() ?? document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";

  document.addEventListener("submit", (event) => {
    const field = event.target.elements?.csrfmiddlewaretoken;
    if (field && cookie()) field.value = cookie();
  });

  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token();
  });

  // A lost session answers with a redirect to the login page: go there, do not swap it in.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const path = new URL(event.detail.xhr.responseURL || location.href).pathname;
    if (path.endsWith("/login/")) {
      event.detail.shouldSwap = false;
      location.reload();
    }
  });

  // More text than the desk takes: the form stays as it is.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const box = document.getElementById("desk-too-large");
    if (!box) return;
    box.hidden = event.detail.xhr.status !== 413;
    if (box.hidden) return;
    event.detail.shouldSwap = false;
    box.scrollIntoView({ block: "center" });
  });

  // The session was over: the form stays as it is, too.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const box = document.getElementById("desk-logged-out");
    if (!box) return;
    box.hidden = event.detail.xhr.status !== 401;
    if (box.hidden) return;
    event.detail.shouldSwap = false;
    box.scrollIntoView({ block: "center" });
  });

  document.addEventListener("htmx:sendError", () => {
    const box = document.getElementById("desk-offline");
    if (box) box.hidden = false;
  });

  async function copy(text) {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "desk-offscreen";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("copy refused");
    return undefined;
  }

  // <button data-copy="#id-of-script" data-done="Copied" data-failed="...">: copies that element's text only.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.querySelector(button.dataset.copy);
    const label = button.dataset.label ?? button.textContent;
    button.dataset.label = label;
    try {
      await copy(source.textContent.trim());
      button.textContent = button.dataset.done;
    } catch {
      button.textContent = button.dataset.failed;
    }
    setTimeout(() => { button.textContent = label; }, 2000);
  });
})();
