/**
 * Where a person is on a canvas, kept in the address of the page: a reload, a bookmark and another tab lead back there.
 *
 *   #1k2j3h4=view:0.12,-1.3,2.5;tool:lasso&9f8e7d6=tool:probe     an entry for each canvas, named by a hash of its key
 *
 * What stands behind # is never sent to a server, and Streamlit runs nothing again when it changes. It drops it when
 * Python writes other query parameters, which is why it is put back here, but never on the address of another page.
 * As long as the page lives, a canvas that went away and comes back also finds what it wrote last.
 */

const entries = readHash();
/** @type {Set<Address>} */
const open = new Set();

/** @returns {Map<string, string>} the entries of the address; what is none is left out */
function readHash() {
  const parts = location.hash.slice(1).split('&').map((part) => /^([0-9a-z]{7})=(.+)$/.exec(part));
  return new Map(parts.filter(Boolean).map(([, name, text]) => [name, decoded(text)]));
}

/** Some programs write , and ; in another way when they pass a link on. */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** FNV-1a in 32 bits. @param {string} key @returns {string} seven letters or digits */
function nameOf(key) {
  let hash = 0x811c9dc5;
  for (const letter of key) hash = Math.imul(hash ^ letter.codePointAt(0), 0x01000193) >>> 0;
  return hash.toString(36).padStart(7, '0');
}

export class Address {
  /**
   * @param {string} key of the canvas
   * @param {() => void} changed is called when another place was put into the address, by hand or by going back
   */
  constructor(key, changed) {
    this.name = nameOf(key);
    this.changed = changed;
    this.page = location.pathname;
    open.add(this);
  }

  /** @returns {Object<string, string>} what the address says, by field; empty when it says nothing of this canvas */
  read() {
    const fields = (entries.get(this.name) ?? '').split(';').map((field) => /^(\w+):(.+)$/.exec(field)?.slice(1, 3));
    return Object.fromEntries(fields.filter(Boolean));
  }

  /** @param {Object<string, string>} fields values of letters that an address bears, without ; and & */
  write(fields) {
    const text = Object.entries(fields).map((field) => field.join(':')).join(';');
    entries.set(this.name, text);
    putIntoAddress();
  }

  /** The canvas goes; what it wrote is remembered. */
  close() {
    open.delete(this);
    putIntoAddress();
  }
}

function putIntoAddress() {
  const here = [...open].filter(({ page }) => page === location.pathname);
  if (here.length === 0 && open.size > 0) return;
  const known = here.map(({ name }) => [name, entries.get(name)]).filter(([, text]) => text);
  const hash = known.length ? `#${known.map((entry) => entry.join('=')).join('&')}` : '';
  if (hash === location.hash || (hash === '' && readHash().size === 0)) return;
  history.replaceState(history.state, '', `${location.pathname}${location.search}${hash}`);
}

addEventListener('hashchange', () => {
  const now = readHash();
  const others = [...open].filter(({ name }) => now.has(name) && now.get(name) !== entries.get(name));
  now.forEach((text, name) => entries.set(name, text));
  others.forEach(({ changed }) => changed());
});

// Where the browser cannot tell, the next movement puts it back.
globalThis.navigation?.addEventListener('currententrychange', () => {
  if (open.size > 0 && location.hash === '') putIntoAddress();
});
