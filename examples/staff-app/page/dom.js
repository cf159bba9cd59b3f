// Making elements. Data only ever becomes text, never markup.

/** el("p", {class: "say", lang: "da"}, "text", child): attributes by name; on* are listeners; false, null: left out. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** What this tablet remembers; a browser that forbids it forgets. */
export const memory = {
  get(name) {
    try { return localStorage.getItem(`staff-app.${name}`); } catch { return null; }
  },
  set(name, value) {
    try { localStorage.setItem(`staff-app.${name}`, value); } catch { /* it works without */ }
  },
};

/** A random UUID, also where the page came over plain HTTP. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
