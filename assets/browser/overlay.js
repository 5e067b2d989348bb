/**
 * What lies over the points, as a drawing: the probe, the true place of a picture that is held and the way from it,
 * the way of an interpolation, the names of the classes, and the ticks.
 */

import { drawing, number, setAttributes } from './dom.js';
import { ticks } from './view.js';

const LABELLED = 20; // with more classes, names on the map would only cover it
const TICK_SPACE = 90; // pixels from one tick to the next, about
const PROBE = 'M0 -13V-5M0 5V13M-13 0H-5M5 0H13M5 0A5 5 0 1 1 -5 0A5 5 0 1 1 5 0';

export class Overlay {
  #tickState = '';

  /** @param {import('./view.js').View} view */
  constructor(view) {
    this.view = view;
    this.ticks = drawing('g', { class: 'ticks' });
    this.way = drawing('polyline', { class: 'way' });
    this.names = drawing('g', { class: 'names' });
    this.trace = drawing('line', { class: 'trace' });
    this.home = drawing('circle', { class: 'home', r: 6 });
    this.ring = drawing('circle', { class: 'ring', r: 8 });
    this.probe = drawing('g', { class: 'probe' }, ...['halo', 'cross'].map((part) => drawing('path', { class: part, d: PROBE })));
    const parts = [this.ticks, this.way, this.names, this.trace, this.home, this.ring, this.probe];
    this.root = drawing('svg', { 'aria-hidden': 'true' }, ...parts);
  }

  setScene(scene) {
    this.scene = scene;
    this.middles = classMiddles(scene);
    this.#tickState = '';
  }

  /**
   * @param {object} shown places in the plane, null for what is not to be seen
   * @param {[number, number]|null} shown.probe
   * @param {[number, number]|null} shown.home of the picture that is held
   * @param {[number, number]|null} shown.hovered of the picture under the pointer
   * @param {[number, number][]|null} shown.way
   * @param {Set<number>} shown.singled classes; empty for all
   */
  draw({ probe, home, hovered, way, singled }) {
    this.#drawTicks();
    this.#drawNames(singled);
    this.#put(this.probe, probe, (x, y) => ({ transform: `translate(${x} ${y})` }));
    this.#put(this.home, home, (cx, cy) => ({ cx, cy }));
    this.#put(this.ring, hovered, (cx, cy) => ({ cx, cy }));
    const [x2, y2] = probe ? this.view.toPixels(...probe) : [0, 0];
    this.#put(this.trace, probe && home, (x1, y1) => ({ x1, y1, x2, y2 }));
    this.#put(this.way, way?.[0], () => ({ points: way.map((place) => this.view.toPixels(...place)).join(' ') }));
  }

  #put(part, place, attributes) {
    part.style.display = place ? '' : 'none';
    if (place) setAttributes(part, attributes(...this.view.toPixels(...place)));
  }

  #drawTicks() {
    const { view } = this;
    const state = [view.x, view.y, view.scale, view.width, view.height].join(' ');
    if (state === this.#tickState) return;
    this.#tickState = state;
    this.ticks.replaceChildren(...this.#across(), ...this.#along(), ...this.#axes());
  }

  /** As many digits as the distance of two ticks asks for. */
  #digits() {
    return Math.max(0, Math.ceil(-Math.log10(TICK_SPACE / this.view.scale)));
  }

  #across() {
    const { view } = this;
    const [left] = view.toPlane(0, 0);
    const [right] = view.toPlane(view.width, 0);
    return ticks(left, right, view.width / TICK_SPACE)
      .map((value) => [value, view.toPixels(value, 0)[0]])
      .filter(([, x]) => x > 30 && x < view.width - 20)
      .map(([value, x]) => text(number(value, this.#digits()), x, view.height - 6, 'middle'));
  }

  #along() {
    const { view } = this;
    const [, top] = view.toPlane(0, 0);
    const [, bottom] = view.toPlane(0, view.height);
    return ticks(bottom, top, view.height / TICK_SPACE)
      .map((value) => [value, view.toPixels(0, value)[1]])
      .filter(([, y]) => y > 28 && y < view.height - 24)
      .map(([value, y]) => text(number(value, this.#digits()), 6, y + 4));
  }

  #axes() {
    const [across, along] = this.scene.axes;
    return [text(across, this.view.width - 8, this.view.height - 20, 'end'), text(along, 8, 16)];
  }

  /** Each class's name in its midst, unless another name is there already. */
  #drawNames(singled) {
    const written = [];
    for (const { label, name, place } of this.middles) {
      const [x, y] = this.view.toPixels(...place);
      const free = written.every((other) => Math.abs(other.x - x) > 28 || Math.abs(other.y - y) > 15);
      if (free && (singled.size === 0 || singled.has(label))) written.push({ name, x, y });
    }
    this.names.replaceChildren(...written.map(({ name, x, y }) => text(name, x, y + 5, 'middle')));
  }
}

function text(words, x, y, anchor = 'start') {
  return drawing('text', { x, y, 'text-anchor': anchor }, words);
}

/** The median place of each class that has points. */
function classMiddles({ points, labels, classes }) {
  if (classes.length > LABELLED || classes.some(({ name }) => name === '')) return [];
  const places = classes.map(({ name }, label) => ({ label, name, xs: [], ys: [] }));
  labels.forEach((label, i) => {
    places[label].xs.push(points[2 * i]);
    places[label].ys.push(points[2 * i + 1]);
  });
  return places
    .filter(({ xs }) => xs.length > 0)
    .map(({ label, name, xs, ys }) => ({ label, name, place: [median(xs), median(ys)] }));
}

function median(values) {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
