/**
 * What the colours of the map mean: the classes, each of which can be hidden, or the scale of a number.
 *
 * Pressing a class hides or shows it; pressing it twice, or with Shift, shows it alone, and once more all of them.
 */

import { button, drawing, element, number } from './dom.js';
import { classColour } from './theme.js';

const MARKS = {
  circle: 'M5 0A5 5 0 1 1 -5 0A5 5 0 1 1 5 0',
  square: 'M-4.5 -4.5H4.5V4.5H-4.5Z',
  diamond: 'M0 -6L6 0L0 6L-6 0Z',
  triangle: 'M0 -5.5L5.5 4.5H-5.5Z',
};

export class Legend {
  /** The classes that are not to be seen. @type {Set<number>} */
  hidden = new Set();

  /** @param {() => void} changed is called when other classes are hidden */
  constructor(changed) {
    this.changed = changed;
    this.classBox = element('div', { class: 'legend', role: 'group', 'aria-label': 'Classes: choose which to see' });
    this.scale = element('div', { class: 'scale', hidden: true });
    this.root = element('div', {}, this.scale, this.classBox);
  }

  setScene(scene) {
    this.classes = scene.classes.filter(({ name }) => name !== '');
    this.hidden.forEach((index) => index >= this.classes.length && this.hidden.delete(index));
  }

  setColours(colours) {
    this.classBox.hidden = this.classes.length < 2;
    this.classBox.replaceChildren(...this.classes.map((known, index) => this.#entry(known, index, colours)));
    this.#mark();
  }

  /**
   * Show what a scale of numbers means, or none when points are coloured by class.
   *
   * @param {{title: string, unit: string}|null} colouring @param {[number, number]|null} range @param {object} colours
   */
  setScale(colouring, range, colours) {
    this.scale.hidden = !colouring;
    this.classBox.classList.toggle('plain', Boolean(colouring));
    if (!colouring) return;
    const bar = element('span', { class: 'scale-bar' });
    bar.style.background = `linear-gradient(90deg, ${colours.scale.join(', ')})`;
    const digits = Math.max(0, Math.min(3, 2 - Math.floor(Math.log10(range[1] - range[0]))));
    const words = `${colouring.title}, ${colouring.unit}`;
    this.scale.replaceChildren(number(range[0], digits), bar, number(range[1], digits), element('span', {}, words));
  }

  /** Whether a class is to be seen. */
  shows(label) {
    return !this.hidden.has(label);
  }

  /** Take up what a link says is hidden. @param {number[]} hidden */
  hide(hidden) {
    this.hidden = new Set(hidden.filter((index) => index < this.classes.length));
    this.#mark();
  }

  #entry(known, index, colours) {
    const entry = button('', (event) => (event.shiftKey ? this.#only(index) : this.#toggle(index)));
    entry.addEventListener('dblclick', () => this.#only(index));
    const mark = drawing('path', { d: MARKS[known.shape], fill: classColour(known, colours) });
    entry.append(drawing('svg', { viewBox: '-6 -6 12 12', 'aria-hidden': 'true' }, mark), known.name);
    return entry;
  }

  #toggle(index) {
    if (!this.hidden.delete(index)) this.hidden.add(index);
    this.#mark();
    this.changed();
  }

  #only(index) {
    const others = this.classes.map((_, each) => each).filter((each) => each !== index);
    const alone = !this.hidden.has(index) && others.every((each) => this.hidden.has(each));
    this.hidden = new Set(alone ? [] : others);
    this.#mark();
    this.changed();
  }

  #mark() {
    [...this.classBox.children].forEach((entry, i) => entry.setAttribute('aria-pressed', String(this.shows(i))));
  }
}
