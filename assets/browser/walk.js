/**
 * Walks through the space of codes: from picture to picture over two or more stops, straight or along arcs, or along a
 * line drawn on the map. A slider and play go along it, the steps stand side by side, and it can be saved as a film.
 *
 *   t            0 to 1 over the whole walk; each leg takes as long as any other, and a drawn line is evenly paced
 */

import { button, choice, element, number, oncePerFrame } from './dom.js';
import { WAYS } from './interpolate.js';
import { Picture } from './picture.js';

const STEPS = 9;
const WAY_POINTS = 33; // of each leg drawn on the map
const THUMB = 84; // pixels
const LEG_MS = 2000; // of playing, and a drawn line takes as long as two legs
const STILL_MS = 900; // from step to step for those who want no motion
const MOST_STOPS = 12;

const KINDS = [['gif', 'GIF'], ['mp4', 'MP4'], ['png', 'PNG strip']];

export class Walk {
  /**
   * @param {import('./explorer.js').Explorer} explorer
   * @param {{decode: (lane: string, codes: Float32Array, count: number, deliver: (images: Float32Array) => void) => void,
   *   drawWay: (places: [number, number][]) => void, save: (walk: object) => void}} around
   */
  constructor(explorer, around) {
    Object.assign(this, { explorer, around, way: 'straight', t: 0.5, stops: null, line: null, used: false, playing: 0 });
    this.render = oncePerFrame(() => this.#follow());
    const ways = [['straight', 'Straight'], ['spherical', 'Spherical'], ['drawn', 'Drawn line']];
    this.ways = choice('Way', ways, (way) => this.setWay(way));
    this.slider = element('input', { type: 'range', min: 0, max: 1, step: 0.005, 'aria-label': 'Position on the walk' });
    this.slider.addEventListener('input', (event) => this.#pauseAt(this.slider.valueAsNumber, event.timeStamp));
    this.output = element('output');
    this.play = button('Play', () => this.#togglePlay(), { 'aria-pressed': 'false' });
    this.strip = element('div', { class: 'strip', role: 'group', 'aria-label': `${STEPS} steps of the walk` });
    this.originals = element('div', { class: 'ends', role: 'group', 'aria-label': 'Stops' });
    this.#build();
  }

  #build() {
    this.kind = element('select', { 'aria-label': 'Kind of file' });
    this.kind.append(...KINDS.map(([value, title]) => element('option', { value }, title)));
    this.saveButton = button('Save the walk', () => this.around.save(this.#toSave()));
    this.saving = element('span', { class: 'field' }, this.kind, this.saveButton);
    const bar = element('div', { class: 'between' }, this.play, this.slider, this.output);
    const head = element('div', { class: 'toolbar' }, this.ways.root, this.saving);
    const body = element('div', { class: 'walk-body' }, this.originals, element('div', {}, bar, this.strip));
    this.root = element('section', { class: 'walk', 'aria-label': 'Walk' }, head, body);
  }

  setScene(scene) {
    this.scene = scene;
    this.saving.hidden = !scene.offers.includes('walk');
    this.live = new Picture(scene.shape, 'Between', 168);
    this.steps = Array.from({ length: STEPS }, (_, i) => new Picture(scene.shape, number(i / (STEPS - 1), 3), THUMB));
    this.strip.replaceChildren(...this.steps.map(({ root }) => root));
    this.#setStops(this.stops?.every((index) => index < scene.pictured) ? this.stops : scene.ends);
  }

  /** Take a picture as one of the stops. @param {number} which @param {number} index */
  setStop(which, index) {
    this.used = true;
    this.#leaveLine();
    this.#setStops(this.stops.with(which, index));
  }

  /** One more stop at the end. @param {number} index */
  addStop(index) {
    if (this.stops.length >= MOST_STOPS) return;
    this.used = true;
    this.#leaveLine();
    this.#setStops([...this.stops, index]);
  }

  /** Walk along a line drawn on the map. @param {[number, number][]} places in the plane */
  setLine(places) {
    this.line = evenly(places);
    this.used = true;
    this.t = 0;
    this.setWay('drawn');
  }

  /**
   * Go on where somebody was, without moving the probe.
   *
   * @param {string} way @param {number} t @param {number[]} stops @param {[number, number][]|null} places of a drawn line
   */
  restore(way, t, stops, places) {
    this.line = places?.length > 1 ? evenly(places) : null;
    const known = way === 'drawn' ? this.line : Object.hasOwn(WAYS, way);
    Object.assign(this, { way: known ? way : 'straight', t, used: true });
    this.#setStops(stops);
  }

  #leaveLine() {
    if (this.way === 'drawn') this.way = 'straight';
  }

  #remove(which) {
    this.#setStops(this.stops.toSpliced(which, 1));
  }

  #setStops(stops) {
    this.stops = stops;
    this.originals.replaceChildren(...stops.map((index, which) => this.#stop(index, which)), this.live.root);
    this.#renew();
  }

  #stop(index, which) {
    const letter = letterOf(which);
    const picture = new Picture(this.scene.shape, letter, THUMB);
    picture.drawBytes(this.scene.original(index));
    picture.describe(letter, this.scene.className(index));
    if (this.stops.length > 2) {
      const label = `Remove stop ${letter}`;
      picture.root.append(button('\u00d7', () => this.#remove(which), { class: 'icon remove', 'aria-label': label }));
    }
    return picture.root;
  }

  /** @param {string} way "straight", "spherical" or "drawn"; there must be a line for the last */
  setWay(way) {
    this.way = way;
    this.used = true;
    this.#renew();
    this.#go(this.t, performance.now());
  }

  get #legs() {
    return this.way === 'drawn' ? 2 : this.stops.length - 1;
  }

  #code(t) {
    if (this.way === 'drawn') return this.scene.plane.lift(this.scene.mean, ...placeAt(this.line, t));
    const along = Math.min(t, 1) * this.#legs;
    const leg = Math.min(this.#legs - 1, Math.floor(along));
    const [a, b] = [this.stops[leg], this.stops[leg + 1]].map((index) => this.scene.codeOf(index));
    return WAYS[this.way](a, b, along - leg);
  }

  #renew() {
    this.ways.root.querySelector('[data-key=drawn]').hidden = this.line === null;
    this.ways.show(this.way);
    this.decodeAll();
    this.#showWay();
    this.render();
  }

  /** Decode the steps and the present place. */
  decodeAll() {
    this.#decodeStrip();
    this.around.decode('between', this.#code(this.t), 1, (image) => this.live.drawFloats(image));
  }

  #decodeStrip() {
    const { latent } = this.scene;
    const codes = new Float32Array(STEPS * latent);
    for (let i = 0; i < STEPS; i += 1) codes.set(this.#code(i / (STEPS - 1)), i * latent);
    this.around.decode('strip', codes, STEPS, (images) => {
      const size = images.length / STEPS;
      this.steps.forEach((step, i) => step.drawFloats(images.subarray(i * size, (i + 1) * size)));
    });
  }

  #showWay() {
    if (this.scene.plane === null || !this.used) return; // before that a line on the map would puzzle
    const points = (WAY_POINTS - 1) * this.#legs + 1;
    const along = Array.from({ length: points }, (_, i) => this.#code(i / (points - 1)));
    this.around.drawWay(along.map((code) => this.scene.plane.position(code)));
  }

  #pauseAt(t, inputMs) {
    if (this.playing) this.#togglePlay();
    this.#go(t, inputMs);
  }

  #go(t, inputMs) {
    this.t = t;
    if (!this.used) {
      this.used = true;
      this.#showWay();
    }
    this.explorer.jump(this.#code(t), inputMs, 'walk');
    this.render();
  }

  /** There and back again until it is paused, or somebody moves the probe elsewhere. */
  #togglePlay() {
    this.playing = this.playing ? 0 : performance.now();
    this.play.textContent = this.playing ? 'Pause' : 'Play';
    this.play.setAttribute('aria-pressed', String(Boolean(this.playing)));
    if (!this.playing) return;
    this.phase = this.t >= 1 ? 0 : this.t; // 0 to 2: there and back
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (still) this.#stepStill(this.playing);
    else requestAnimationFrame((now) => this.#stepOn(now, now, this.playing));
  }

  #stepOn(now, before, began) {
    if (this.playing !== began || !this.root.isConnected) return;
    this.#turn((now - before) / (LEG_MS * this.#legs));
    requestAnimationFrame((next) => this.#stepOn(next, now, began));
  }

  #stepStill(began) {
    if (this.playing !== began || !this.root.isConnected) return;
    this.#turn(1 / (STEPS - 1));
    setTimeout(() => this.#stepStill(began), STILL_MS);
  }

  #turn(by) {
    this.phase = (this.phase + by) % 2;
    this.#go(1 - Math.abs(1 - this.phase), performance.now());
  }

  /** The probe was moved by something else than this walk. */
  interrupted() {
    if (this.playing) this.#togglePlay();
  }

  #toSave() {
    const stops = this.stops.map((index) => this.scene.ids[index]);
    return { format: this.kind.value, way: this.way, stops, line: this.way === 'drawn' ? this.line.places : [] };
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

function letterOf(which) {
  return String.fromCharCode(65 + which);
}

/** A line with how far each of its corners is along it, 0 to 1. @param {[number, number][]} places two or more */
export function evenly(places) {
  const far = [0];
  for (let i = 1; i < places.length; i += 1) {
    far.push(far[i - 1] + Math.hypot(places[i][0] - places[i - 1][0], places[i][1] - places[i - 1][1]));
  }
  return { places, shares: far.map((each) => each / (far.at(-1) || 1)) };
}

/** @returns {[number, number]} the place at the share `t` of the line's length */
export function placeAt({ places, shares }, t) {
  const after = Math.max(1, shares.findIndex((share) => share >= t));
  const [from, to] = [places[after - 1], places[after]];
  const step = shares[after] - shares[after - 1];
  const share = step > 0 ? Math.min(1, (t - shares[after - 1]) / step) : 0;
  return from.map((value, i) => value + share * (to[i] - value));
}
