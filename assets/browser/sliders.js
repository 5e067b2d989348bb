/** One live slider for each number of the code, the most active first. */

import { button, element, number, oncePerFrame } from './dom.js';

const SHOWN = 12; // at first; a code of 500 numbers would bury everything else
const STEPS = 400;

export class Sliders {
  /** @param {import('./explorer.js').Explorer} explorer */
  constructor(explorer) {
    this.explorer = explorer;
    this.all = false;
    this.render = oncePerFrame(() => this.#follow());
    this.list = element('div', { class: 'slider-list' });
    this.more = button('', () => this.#toggle());
    this.root = element('section', { class: 'sliders', 'aria-label': 'Numbers of the code' });
    this.title = element('p', { class: 'part-title' });
    this.root.append(this.title, this.list, this.more);
  }

  setScene(scene) {
    this.known = scene.sliders;
    this.title.textContent = `The ${this.known.length} numbers of the code, most active first`;
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
    this.rows = this.known.slice(0, this.all ? undefined : SHOWN).map((known) => this.#row(known));
    this.list.replaceChildren(...this.rows.map(({ root }) => root));
    this.#follow();
  }

  #row({ dimension, low, high, activity }) {
    const label = `Code ${dimension + 1}`;
    const input = element('input', { type: 'range', min: low, max: high, step: (high - low) / STEPS });
    const output = element('output');
    input.addEventListener('input', (event) =>
      this.explorer.setDimension(dimension, input.valueAsNumber, event.timeStamp),
    );
    const root = element('label', { class: 'slider', title: `activity ${number(activity)}` }, element('span', {}, label), input, output);
    const digits = Math.max(2, 2 - Math.floor(Math.log10(high - low)));
    return { root, input, output, dimension, digits };
  }

  /** Put the sliders where the code is. */
  #follow() {
    const active = this.root.getRootNode().activeElement;
    for (const { input, output, dimension, digits } of this.rows) {
      const value = this.explorer.code[dimension];
      if (input !== active || Math.abs(input.valueAsNumber - value) > 2 * Number(input.step)) input.value = value;
      output.textContent = number(value, digits);
    }
  }
}
