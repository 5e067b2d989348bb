/** The classes with their colours and shapes; pressing one singles it out on the map. */

import { button, drawing, element } from './dom.js';
import { classColour } from './theme.js';

const MARKS = {
  circle: 'M5 0A5 5 0 1 1 -5 0A5 5 0 1 1 5 0',
  square: 'M-4.5 -4.5H4.5V4.5H-4.5Z',
  diamond: 'M0 -6L6 0L0 6L-6 0Z',
  triangle: 'M0 -5.5L5.5 4.5H-5.5Z',
};

export class Legend {
  /** The classes that are singled out; when there are none, all are to be seen. @type {Set<number>} */
  singled = new Set();

  /** @param {() => void} changed is called when other classes are singled out */
  constructor(changed) {
    this.changed = changed;
    this.root = element('div', { class: 'legend', role: 'group', 'aria-label': 'Classes: choose which to see' });
  }

  setScene(scene) {
    this.classes = scene.classes.filter(({ name }) => name !== '');
    this.singled.clear();
  }

  setColours(colours) {
    this.root.hidden = this.classes.length === 0;
    this.root.replaceChildren(...this.classes.map((known, index) => this.#entry(known, index, colours)));
    this.#mark();
  }

  /** Whether a class is to be seen. */
  shows(label) {
    return this.singled.size === 0 || this.singled.has(label);
  }

  #entry(known, index, colours) {
    const entry = button('', () => this.#single(index));
    const mark = drawing('path', { d: MARKS[known.shape], fill: classColour(known, colours) });
    entry.append(drawing('svg', { viewBox: '-6 -6 12 12', 'aria-hidden': 'true' }, mark), known.name);
    return entry;
  }

  #single(index) {
    if (!this.singled.delete(index)) this.singled.add(index);
    this.#mark();
    this.changed();
  }

  #mark() {
    [...this.root.children].forEach((entry, i) => entry.setAttribute('aria-pressed', String(this.singled.has(i))));
  }
}
