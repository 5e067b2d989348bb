/** From one picture to another: a slider between their codes, straight or spherical, and the steps side by side. */

import { choice, element, number, oncePerFrame } from './dom.js';
import { WAYS } from './interpolate.js';
import { Picture } from './picture.js';

const STEPS = 9;
const WAY_POINTS = 33; // of the way drawn on the map
const THUMB = 84; // pixels

export class Interpolation {
  /**
   * @param {import('./explorer.js').Explorer} explorer
   * @param {(codes: Float32Array, count: number, deliver: (images: Float32Array) => void) => void} decode
   * @param {(places: [number, number][]) => void} drawWay
   */
  constructor(explorer, decode, drawWay) {
    Object.assign(this, { explorer, decode, drawWay, way: 'straight', t: 0.5, ends: null, used: false });
    this.render = oncePerFrame(() => this.#follow());
    this.ways = choice('Way', [['straight', 'Straight'], ['spherical', 'Spherical']], (way) => this.setWay(way));
    this.slider = element('input', { type: 'range', min: 0, max: 1, step: 0.005, 'aria-label': 'Position between A and B' });
    this.slider.addEventListener('input', (event) => this.#slide(this.slider.valueAsNumber, event.timeStamp));
    this.output = element('output');
    this.strip = element('div', { class: 'strip', role: 'group', 'aria-label': `${STEPS} steps from A to B` });
    this.originals = element('div', { class: 'ends' });
    this.bar = element('div', { class: 'between' }, 'A', this.slider, 'B', this.output);
    const head = element('div', { class: 'toolbar' }, element('p', { class: 'part-title' }, 'Between two pictures'), this.ways.root);
    const body = element('div', { class: 'interpolation-body' }, this.originals, element('div', {}, this.bar, this.strip));
    this.root = element('section', { class: 'interpolation', 'aria-label': 'Between two pictures' }, head, body);
  }

  setScene(scene) {
    this.scene = scene;
    this.live = new Picture(scene.shape, 'Between', 168);
    this.first = new Picture(scene.shape, 'A', THUMB);
    this.last = new Picture(scene.shape, 'B', THUMB);
    this.originals.replaceChildren(this.first.root, this.live.root, this.last.root);
    this.steps = Array.from({ length: STEPS }, (_, i) => new Picture(scene.shape, number(i / (STEPS - 1), 3), THUMB));
    this.strip.replaceChildren(...this.steps.map(({ root }) => root));
    this.#setEnds(this.ends?.every((index) => index < scene.pictured) ? this.ends : scene.ends);
  }

  /** Take a picture as one of the two ends. @param {0|1} which @param {number} index */
  setEnd(which, index) {
    this.used = true;
    this.#setEnds(this.ends.with(which, index));
  }

  #setEnds(ends) {
    this.ends = ends;
    [this.first, this.last].forEach((picture, which) => {
      picture.drawBytes(this.scene.original(ends[which]));
      picture.describe(which === 0 ? 'A' : 'B', this.scene.className(ends[which]));
    });
    this.#renew();
  }

  setWay(way) {
    this.way = way;
    this.used = true;
    this.#renew();
    this.#slide(this.t, performance.now());
  }

  #code(t) {
    const [a, b] = this.ends.map((index) => this.explorer.codeOf(index));
    return WAYS[this.way](a, b, t);
  }

  #renew() {
    this.ways.show(this.way);
    this.decodeAll();
    this.#showWay();
    this.render();
  }

  /** Decode the steps and the present place. */
  decodeAll() {
    this.#decodeStrip();
    this.#decodeLive();
  }

  #decodeStrip() {
    const { latent } = this.scene;
    const codes = new Float32Array(STEPS * latent);
    for (let i = 0; i < STEPS; i += 1) codes.set(this.#code(i / (STEPS - 1)), i * latent);
    this.decode('strip', codes, STEPS, (images) => {
      const size = images.length / STEPS;
      this.steps.forEach((step, i) => step.drawFloats(images.subarray(i * size, (i + 1) * size)));
    });
  }

  #decodeLive() {
    this.decode('between', this.#code(this.t), 1, (image) => this.live.drawFloats(image));
  }

  #showWay() {
    if (this.scene.plane === null || !this.used) return; // before that a line on the map would puzzle
    const along = Array.from({ length: WAY_POINTS }, (_, i) => this.#code(i / (WAY_POINTS - 1)));
    this.drawWay(along.map((code) => this.scene.plane.position(code)));
  }

  #slide(t, inputMs) {
    this.t = t;
    if (!this.used) this.#startUse();
    this.explorer.jump(this.#code(t), inputMs, 'interpolation');
    this.render();
  }

  #startUse() {
    this.used = true;
    this.#showWay();
  }

  /** The picture that was decoded for the present place on the way. */
  drawLive(image) {
    this.live.drawFloats(image);
  }

  #follow() {
    this.slider.value = this.t;
    this.output.textContent = number(this.t);
    this.live.describe('Between', `t = ${number(this.t)}`);
    const closest = Math.round(this.t * (STEPS - 1));
    this.steps.forEach(({ root }, i) => root.classList.toggle('closest', i === closest));
  }
}
