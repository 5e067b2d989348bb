/**
 * What lies over the points, as a drawing: the probe, where its image is encoded again and how widely, the true place
 * of a picture that is held and the path from it, the way of a walk, the line around a group, class names, and ticks.
 */

import { drawing, number, setAttributes } from './dom.js';
import { ticks } from './view.js';

const LABELLED = 20; // with more classes, names on the map would only cover it
const TICK_SPACE = 90; // pixels from one tick to the next, about
const AGAIN = 'M0 -7L7 0L0 7L-7 0Z';
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
    this.path = drawing('polyline', { class: 'trace path' });
    this.lasso = drawing('path', { class: 'lasso' });
    this.spread = drawing('ellipse', { class: 'spread' });
    this.back = drawing('line', { class: 'back' });
    this.again = drawing('path', { class: 'again', d: AGAIN });
    this.home = drawing('circle', { class: 'home', r: 6 });
    this.ring = drawing('circle', { class: 'ring', r: 8 });
    this.probe = drawing('g', { class: 'probe' }, ...['halo', 'cross'].map((part) => drawing('path', { class: part, d: PROBE })));
    const marks = [this.spread, this.back, this.again, this.trace, this.path, this.home, this.ring, this.probe];
    const parts = [this.ticks, this.way, this.names, this.lasso, ...marks];
    this.root = drawing('svg', { 'aria-hidden': 'true' }, ...parts);
  }

  setScene(scene) {
    this.scene = scene;
    this.#tickState = '';
    this.pointsMoved();
  }

  /** The scene's points lie elsewhere than before. */
  pointsMoved() {
    this.middles = classMiddles(this.scene);
  }

  /**
   * @param {object} shown places in the plane, null for what is not to be seen
   * @param {[number, number]|null} shown.probe
   * @param {[number, number]|null} shown.home of the picture that is held
   * @param {[number, number]|null} shown.hovered of the picture under the pointer
   * @param {[number, number][]|null} shown.way
   * @param {[number, number][]} shown.path of the picture that was moved, and shown.lasso the line around points
   * @param {boolean} shown.lassoClosed
   * @param {[number, number]|null} shown.again where the probe's image is encoded again
   * @param {{across: number, along: number, angle: number}|null} shown.ellipse one standard deviation around that:
   *   half axes in units of the plane, angle in degrees from the horizontal, counter-clockwise
   * @param {Set<number>} shown.hidden classes
   * @param {boolean} shown.approximate whether the probe is only near that place
   */
  draw({ probe, home, hovered, way, hidden, path, lasso, lassoClosed, again, ellipse, approximate }) {
    this.#drawTicks();
    this.#drawNames(hidden);
    this.#put(this.probe, probe, (x, y) => ({ transform: `translate(${x} ${y})` }));
    this.probe.classList.toggle('approximate', approximate);
    this.#put(this.home, home, (cx, cy) => ({ cx, cy }));
    this.#put(this.ring, hovered, (cx, cy) => ({ cx, cy }));
    const [x2, y2] = probe ? this.view.toPixels(...probe) : [0, 0];
    this.#put(this.trace, path.length < 2 && probe && home, (x1, y1) => ({ x1, y1, x2, y2 }));
    this.#put(this.path, path.length > 1 && path[0], () => ({ points: this.#line(path) }));
    this.#put(this.way, way?.[0], () => ({ points: this.#line(way) }));
    this.#put(this.lasso, lasso[0], () => ({ d: `M${this.#line(lasso)}${lassoClosed ? 'Z' : ''}` }));
    this.#put(this.again, again, (x, y) => ({ transform: `translate(${x} ${y})` }));
    this.#put(this.back, probe && again, (x1, y1) => ({ x1, y1, x2, y2 }));
    this.#put(this.spread, ellipse && again, (cx, cy) => this.#ellipse(ellipse, cx, cy));
  }

  #line(places) {
    return places.map((place) => this.view.toPixels(...place).map((each) => each.toFixed(1))).join(' ');
  }

  #ellipse({ across, along, angle }, cx, cy) {
    const { scale } = this.view;
    return { cx, cy, rx: across * scale, ry: along * scale, transform: `rotate(${-angle} ${cx} ${cy})` };
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
  #drawNames(hidden) {
    const written = [];
    for (const { label, name, place } of this.middles) {
      const [x, y] = this.view.toPixels(...place);
      const free = written.every((other) => Math.abs(other.x - x) > 28 || Math.abs(other.y - y) > 15);
      if (free && !hidden.has(label)) written.push({ name, x, y });
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
