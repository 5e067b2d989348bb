/** Panels of which one is seen, chosen by tabs: with the pointer, or with the arrow keys as tabs are everywhere. */

import { button, element } from './dom.js';

let made = 0; // names for what describes what, unique on the page

export class Panels {
  /**
   * @param {string} label for those who do not see it
   * @param {(key: string, before: string|undefined) => void} changed is told which panel is seen, and which was before
   */
  constructor(label, changed = () => {}) {
    this.changed = changed;
    this.tabs = element('div', { class: 'tabs', role: 'tablist', 'aria-label': label });
    this.bodies = element('div', { class: 'panels' });
    this.root = element('section', { class: 'panel-block' }, this.tabs, this.bodies);
    this.known = new Map();
    this.tabs.addEventListener('keydown', (event) => this.#key(event));
  }

  /** @param {string} key @param {string} title @param {HTMLElement} body */
  add(key, title, body) {
    made += 1;
    const [tabId, bodyId] = [`lab-tab-${made}`, `lab-panel-${made}`];
    const tab = button(title, () => this.show(key), { role: 'tab', id: tabId, 'aria-controls': bodyId });
    const panel = element('div', { role: 'tabpanel', id: bodyId, 'aria-labelledby': tabId }, body);
    this.known.set(key, { tab, panel });
    this.tabs.append(tab);
    this.bodies.append(panel);
    this.show(this.shown ?? key);
  }

  /** Whether a panel can be chosen; another takes the place of one that no longer can. @param {boolean} offered */
  offer(key, offered) {
    this.known.get(key).tab.hidden = !offered;
    const first = this.#offered()[0];
    if (this.#offered().includes(this.shown)) return;
    if (first !== undefined) this.show(first);
    else this.known.get(this.shown).panel.hidden = true;
  }

  #offered() {
    return [...this.known.keys()].filter((key) => !this.known.get(key).tab.hidden);
  }

  /** The one that is seen at first. */
  get first() {
    return this.#offered()[0];
  }

  /** Show one of the panels; one that cannot be chosen changes nothing. */
  show(key) {
    if (!this.#offered().includes(key)) return;
    const before = this.shown;
    this.shown = key;
    for (const [each, { tab, panel }] of this.known) {
      tab.setAttribute('aria-selected', String(each === key));
      tab.tabIndex = each === key ? 0 : -1;
      panel.hidden = each !== key;
    }
    if (key !== before) this.changed(key, before);
  }

  #key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    const keys = this.#offered();
    const next = keys[(keys.indexOf(this.shown) + step + keys.length) % keys.length];
    this.show(next);
    this.known.get(next).tab.focus();
    event.preventDefault();
  }
}
