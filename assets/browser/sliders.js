/**
 * Live sliders through the space of codes: one for each number of the code, the most active first, or one for each of
 * some directions.
 */

import { button, element, number, oncePerFrame } from './dom.js';

const SHOWN = 12; // at first; a code of 500 numbers would bury everything else
const STEPS = 400;

/**
 * One slider: what it is called, where it can go, where a code stands on it and what a code becomes when it is moved.
 *
 * @typedef {{label: string, note: string, low: number, high: number, read: (code: Float32Array) => number,
 *   moved: (code: Float32Array, value: number) => Float32Array}} Axis
 */

/** @param {import('./scene.js').Scene} scene @returns {Axis[]} the numbers of the code */
export function numbersOf(scene) {
  return scene.sliders.map(({ dimension, low, high, activity }) => ({
    label: `Code ${dimension + 1}`,
    note: `activity ${number(activity)}`,
    low,
    high,
    read: (code) => code[dimension],
    moved: (code, value) => code.with(dimension, value),
  }));
}

/** @param {import('./scene.js').Scene} scene @returns {Axis[]} directions: position = unit · (code - origin) */
export function directionsOf({ along, along_units: units, along_origins: origins, latent }) {
  return along.map(({ title, low, high, note }, i) => {
    const [unit, origin] = [units, origins].map((all) => all.subarray(i * latent, (i + 1) * latent));
    const read = (code) => code.reduce((sum, value, k) => sum + unit[k] * (value - origin[k]), 0);
    const moved = (code, value) => {
      const step = value - read(code);
      return code.map((each, k) => each + step * unit[k]);
    };
    return { label: title, note, low, high, read, moved };
  });
}

export class Sliders {
  /**
   * @param {import('./explorer.js').Explorer} explorer
   * @param {string} label for those who do not see it
   * @param {(scene: object) => string} title
   * @param {(scene: object) => Axis[]} axes
   */
  constructor(explorer, label, title, axes) {
    Object.assign(this, { explorer, titleOf: title, axesOf: axes, all: false, rows: [] });
    this.render = oncePerFrame(() => this.#follow());
    this.list = element('div', { class: 'slider-list' });
    this.more = button('', () => this.#toggle());
    this.title = element('p', { class: 'part-title' });
    this.root = element('section', { class: 'sliders', 'aria-label': label }, this.title, this.list, this.more);
  }

  setScene(scene) {
    this.known = this.axesOf(scene);
    this.title.textContent = this.titleOf(scene);
    this.more.hidden = this.known.length <= SHOWN;
    this.#fill();
  }

  #toggle() {
    this.all = !this.all;
    this.#fill();
  }

  #fill() {
    this.more.textContent = this.all ? `Show the first ${SHOWN}` : `Show all ${this.known.length}`;
    this.more.setAttribute('aria-expanded', String(this.all));
    this.rows = this.known.slice(0, this.all ? undefined : SHOWN).map((axis) => this.#row(axis));
    this.list.replaceChildren(...this.rows.map(({ root }) => root));
    this.#follow();
  }

  #row(axis) {
    const { label, note, low, high } = axis;
    const input = element('input', { type: 'range', min: low, max: high, step: (high - low) / STEPS });
    const output = element('output');
    input.addEventListener('input', (event) =>
      this.explorer.set(axis.moved(this.explorer.code, input.valueAsNumber), event.timeStamp, 'slider'),
    );
    const root = element('label', { class: 'slider', title: note }, element('span', {}, label), input, output);
    const digits = Math.max(2, 2 - Math.floor(Math.log10(high - low)));
    return { root, input, output, axis, digits };
  }

  /** Put the sliders where the code is. */
  #follow() {
    const active = this.root.getRootNode().activeElement;
    for (const { input, output, axis, digits } of this.rows) {
      const value = axis.read(this.explorer.code);
      if (input !== active || Math.abs(input.valueAsNumber - value) > 2 * Number(input.step)) input.value = value;
      output.textContent = number(value, digits);
    }
  }
}
