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

  // What nobody is logged in to see says nothing about what became of a form that was sent before.
  if (!document.getElementById("desk-draft")) {
    try { sessionStorage.removeItem("desk:sent"); } catch { /* forbidden: nothing was kept, either */ }
  }

  // A lost session answers with 401, or with a redirect to the login page, which is not swapped in.
  // Whoever sent or typed something stays where it stands; a page that only asked goes to the login.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig } = event.detail;
    const box = document.getElementById("desk-logged-out");
    const isLogin = new URL(xhr.responseURL || location.href).pathname.endsWith("/login/");
    const isOut = isLogin || xhr.status === 401;
    if (box) box.hidden = !isOut;
    if (!isOut) return;
    event.detail.shouldSwap = false;
    const isAtWork = requestConfig?.verb !== "get" || document.querySelector("form[data-typed-in]");
    if (!box || !isAtWork) location.reload();
    else box.scrollIntoView({ block: "center" });
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

  document.addEventListener("htmx:sendError", () => {
    const box = document.getElementById("desk-offline");
    if (box) box.hidden = false;
  });

  async function copy(text) {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea");
    const focused = document.activeElement;
    area.value = text;
    area.className = "desk-offscreen";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    focused?.focus({ preventScroll: true });
    if (!done) throw new Error("copy refused");
    return undefined;
  }

  /** What may be copied of an element: what stands in it for the desk's own people does not. */
  function copyable(source) {
    const clone = source.cloneNode(true);
    clone.querySelectorAll(".desk-card--internal, .visually-hidden, [data-internal], button").forEach((each) => each.remove());
    return clone.textContent.trim();
  }

  const faces = new WeakMap();
  const resting = new WeakMap();

  // <button data-copy="#id-of-script" data-done="Copied" data-failed="...">: copies that element's text only.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    const source = button && document.querySelector(button.dataset.copy);
    if (!source || source.closest(".desk-card--internal, [data-internal]")) return;
    if (!faces.has(button)) faces.set(button, [...button.childNodes]);
    let words = button.dataset.done;
    try {
      await copy(copyable(source));
    } catch {
      words = button.dataset.failed;
      // The person copies it with their own hands: the text is selected for them.
      window.getSelection()?.selectAllChildren(source);
    }
    button.textContent = words;
    document.dispatchEvent(new CustomEvent("desk:said", { detail: { text: words } }));
    clearTimeout(resting.get(button));
    resting.set(button, setTimeout(() => button.replaceChildren(...faces.get(button)), 2000));
  });
})();
