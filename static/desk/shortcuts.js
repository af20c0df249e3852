// Keys on every page: whatever carries data-key is pressed, unfolded or focused by that key.
// data-key="n j": any of the two; data-key-words: what it does, where its text does not say it.
// data-key-told: keys that a page handles itself, for the list that "?" shows.
"use strict";

window.deskKeys = (() => {
  const OFF = "klingdesk.plain-keys";
  const WAIT_MS = 2500;
  const root = document.documentElement;

  // 229: an input method is at work, whose keys are not ours.
  const composing = (event) => event.isComposing || event.keyCode === 229;
  const inDialog = () => Boolean(document.querySelector("dialog[open]"));
  const typing = (element) =>
    element instanceof HTMLElement &&
    (element.isContentEditable || element.matches("textarea, select, input:not([type=radio], [type=checkbox])"));

  // --- single keys can be switched off: speech input and stray fingers press them by accident -------
  function restore() {
    let stored = null;
    try { stored = localStorage.getItem(OFF); } catch { /* private mode: they stay on */ }
    if (stored === "off") root.dataset.plainKeys = "off";
  }
  restore();
  const plainKeysOn = () => root.dataset.plainKeys !== "off";

  function switchPlainKeys(on) {
    if (on) delete root.dataset.plainKeys;
    else root.dataset.plainKeys = "off";
    try { localStorage.setItem(OFF, on ? "on" : "off"); } catch { /* private mode: until the next page */ }
  }

  /** Whether a page may take a key for itself now. */
  const free = (event) =>
    !composing(event) && !event.ctrlKey && !event.metaKey && !event.altKey &&
    plainKeysOn() && !typing(event.target) && !inDialog();

  // --- what the page offers -------------------------------------------------------------------------
  // What a folded menu hides can be used as well: the menu unfolds.
  function shown(element) {
    let place = element;
    for (let menu = folded(element); menu; menu = folded(menu)) place = menu;
    return place.getClientRects().length > 0 && !element.disabled;
  }

  function folded(element) {
    const menu = element.parentElement?.closest("details:not([open])");
    return menu && !menu.querySelector(":scope > summary")?.contains(element) ? menu : null;
  }

  function plainText(element) {
    const copy = element.cloneNode(true);
    copy.querySelectorAll("kbd, [aria-hidden=true]").forEach((each) => each.remove());
    return copy.textContent.replace(/\s+/g, " ").trim();
  }

  /** What an element does, in the page's own words. */
  function words(element) {
    if (element.dataset.keyWords) return element.dataset.keyWords;
    if (element instanceof HTMLDetailsElement) return plainText(element.querySelector("summary"));
    if (element.labels?.length) return plainText(element.labels[0]);
    return element.getAttribute("aria-label") || plainText(element);
  }

  const keysOf = (element) => element.dataset.key.split(" ").filter(Boolean);

  // Drawings name their nodes with data-key, too: only elements of the page itself take part.
  const keyed = () => [...document.querySelectorAll("[data-key]")]
    .filter((each) => each instanceof HTMLElement && each.dataset.key && shown(each));

  const found = (key) => keyed().find((each) => keysOf(each).includes(key));

  /** Everything the page offers by key: [{ element, keys, words }], elements first come first. */
  const offered = () => keyed().map((element) => ({ element, keys: keysOf(element), words: words(element) }));

  function use(target) {
    for (let menu = target.parentElement?.closest("details"); menu; menu = menu.parentElement?.closest("details")) {
      menu.open = true;
    }
    if (target instanceof HTMLDetailsElement) {
      target.open = true;
      target.querySelector("input:not([type=hidden]), textarea, select")?.focus();
      target.scrollIntoView({ block: "nearest" });
    } else if (typing(target)) {
      target.focus();
      target.select?.();
    } else {
      target.click();
    }
  }

  // --- the list of keys -----------------------------------------------------------------------------
  const list = () => document.getElementById("desk-keys");

  function row(keys, text, between) {
    const line = document.createElement("div");
    const term = document.createElement("dt");
    keys.forEach((key, place) => {
      if (place) term.append(between);
      const cap = document.createElement("kbd");
      cap.textContent = key;
      term.append(cap);
    });
    const said = document.createElement("dd");
    said.textContent = text;
    line.append(term, said);
    return line;
  }

  function ownKeys() {
    const rows = offered().map(({ keys, words: text }) => row(keys, text, " / "));
    for (const each of document.querySelectorAll("[data-key-told]")) {
      if (each.getClientRects().length) rows.push(row(each.dataset.keyTold.split(" "), words(each), " / "));
    }
    const save = document.querySelector("[data-saves]");
    if (save && shown(save)) rows.push(row(["Ctrl", "S"], words(save), " "));
    const send = document.querySelector("form[data-capture] button:not([formaction], [type=button])");
    if (send && shown(send)) rows.push(row(["Ctrl", "Enter"], words(send), " "));
    const known = new Set();
    return rows.filter((each) => !known.has(each.textContent) && known.add(each.textContent));
  }

  function openList() {
    const dialog = list();
    if (!dialog || dialog.open) return;
    const rows = ownKeys();
    dialog.querySelector("[data-keys-here]").replaceChildren(...rows);
    dialog.querySelector("[data-keys-none]").hidden = rows.length > 0;
    dialog.querySelector("[data-plain-keys]").checked = plainKeysOn();
    dialog.showModal();
  }
  document.addEventListener("desk:keys", openList);
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("#desk-keys [data-plain-keys]")) switchPlainKeys(event.target.checked);
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest?.("[data-opens]");
    const closer = event.target.closest?.("[data-closes]");
    if (opener?.dataset.opens === "#desk-keys") openList();
    else if (opener) {
      const dialog = document.querySelector(opener.dataset.opens);
      if (dialog && !dialog.open) dialog.showModal();
    }
    closer?.closest("dialog")?.close();
  });

  // --- "g", then the letter of a page ---------------------------------------------------------------
  let waiting = 0;

  function wait() {
    const places = document.getElementById("desk-go");
    if (!places?.querySelector("[data-go]")) return false;
    places.hidden = false;
    waiting = setTimeout(forget, WAIT_MS);
    return true;
  }

  function forget() {
    clearTimeout(waiting);
    waiting = 0;
    const places = document.getElementById("desk-go");
    if (places) places.hidden = true;
  }

  // Before the page's own listeners: the letter belongs to "g", whatever it means there.
  window.addEventListener("keydown", (event) => {
    if (!waiting || composing(event) || ["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    forget();
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    document.querySelector(`#desk-go [data-go="${CSS.escape(event.key.toLowerCase())}"]`)?.click();
  }, true);
  document.addEventListener("pointerdown", (event) => {
    if (waiting && !event.target.closest?.("#desk-go")) forget();
  });
  window.addEventListener("pageshow", forget);

  // --- keys -----------------------------------------------------------------------------------------
  function press(event) {
    // With a radio button in focus a number may be meant for it.
    if (/^[0-9]$/.test(event.key) && event.target.matches?.("input")) return false;
    if (event.shiftKey && /^[a-z]$/i.test(event.key)) return false;
    const key = event.key.toLowerCase();
    const target = found(key);
    if (target) use(target);
    else if (key === "?") openList();
    else if (key === "g") return wait();
    return Boolean(target) || key === "?";
  }

  // On the window: what a page does with a key itself comes first.
  window.addEventListener("keydown", (event) => {
    if (composing(event) || event.defaultPrevented || event.repeat) return;
    const command = (event.ctrlKey !== event.metaKey) && !event.altKey && !event.shiftKey;
    if (command && event.key.toLowerCase() === "k") {
      const others = [...document.querySelectorAll("dialog[open]")].some((each) => each.id !== "desk-palette");
      if (others || !document.getElementById("desk-palette")) return;
      event.preventDefault();
      document.dispatchEvent(new CustomEvent("desk:palette"));
      return;
    }
    if (event.key === "Escape" && typing(event.target) && !inDialog()) event.target.blur();
    if (event.key.length === 1 && free(event) && press(event)) event.preventDefault();
  });

  return { free, inDialog, offered, use, words };
})();
