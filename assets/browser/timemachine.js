/**
 * The time machine: a slider over the recorded epochs of a run, its play button, and the loss curve that it moves on.
 *
 * Time t runs from 0 to e - 1 over e recorded epochs; whole numbers are recorded epochs, and between two of them
 * everything is in between: share = t - floor(t). Nothing here decodes or draws a map; the owner is told and asked.
 *
 *   const machine = new TimeMachine({ onTime, decodeAt });
 *   parent.append(machine.root);
 *   machine.setHistory(history);   another run: begins at its last epoch
 *   machine.append(history);       the same run, grown: stays where it is, or follows if it stood at the end
 *   machine.jump(t); machine.step(1); machine.play(); machine.pause(); machine.close();
 *   machine.t, machine.moment      {t, before, after, share}: indices of two recorded epochs, equal where share is 0
 *   machine.words                  the same as a person reads it
 *   machine.places(t)              Float32Array [2 * count]: where the codes lie on the map then
 *   await machine.imageAt(x, y)    what the decoder of this time makes of a place on the map, Float32Array; null where
 *                                  an epoch that it needs has no decoder
 *   crossFade(before, after, share)   of two images of any number type, also for recorded reconstructions
 *
 * history (aecore/analysis/history.py; arrays as Python packs them, epoch after epoch):
 *   epochs      [e], ascending
 *   count       n, 0 for a run without codes
 *   latent      numbers in a code
 *   plane       Float32Array [e * n * 2]
 *   means       Float32Array [e * latent], and
 *   components  Float32Array [e * 2 * latent]: code = mean + x first + y second
 *   decodes     [e], whether the epoch has a decoder
 *   loss        {title, epochs [m], training [m], validation [m], chapters [m]}; numbers that are not known are NaN or
 *               null; the curve is broken where another chapter begins, whose loss is another
 *
 * onTime({t, before, after, share, places}) is called at most once a frame. decodeAt(index of an epoch, code) returns a
 * promise of a Float32Array that is kept or broken, never forgotten; for a place that stays, each epoch is asked once.
 * Where a person wants less motion, play goes from one recorded epoch to the next, not through what lies between.
 */

import { button, drawing, element, oncePerFrame } from './dom.js';
import { LossCurve } from './losscurve.js';
import { Plane } from './plane.js';

const INTERVAL_MS = 900; // of play from one recorded epoch to the next
const LONGEST_FRAME_MS = 100; // a tab that was hidden goes on where it was
const SNAP = 0.03; // of the way between two epochs: a hand cannot hit a whole number otherwise
const LABEL_SPACE = 34; // pixels that the number of an epoch needs

const STEPS = { ArrowLeft: -1, ArrowDown: -1, PageDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 1 };
const PLAY = 'M3 1.5L12 7L3 12.5Z';
const PAUSE = 'M2.5 1.5H5.5V12.5H2.5ZM8.5 1.5H11.5V12.5H8.5Z';

/**
 * One image turning into another.
 *
 * @template {Float32Array|Uint8Array} Image
 * @param {Image} before @param {Image} after of the same size @param {number} share 0 for before, 1 for after
 * @returns {Image} a new one, unless it is one of the two
 */
export function crossFade(before, after, share) {
  if (share <= 0) return before;
  if (share >= 1) return after;
  const round = before instanceof Float32Array ? (value) => value : Math.round;
  return before.map((value, i) => round(value + share * (after[i] - value)));
}

export class TimeMachine {
  #playing = null; // cancels what comes next
  #images = { place: '', byEpoch: new Map() };

  /** @param {{onTime: (moment: object) => void, decodeAt?: (epoch: number, code: Float32Array) => Promise<Float32Array>}} owner */
  constructor({ onTime, decodeAt }) {
    Object.assign(this, { onTime, decodeAt, t: 0, history: null });
    this.calm = matchMedia('(prefers-reduced-motion: reduce)');
    this.render = oncePerFrame(() => this.#render());
    this.curve = new LossCurve((epoch) => this.#point(this.#timeOf(epoch)));
    this.#build();
    this.sizes = new ResizeObserver(() => this.#label());
    this.sizes.observe(this.ticks);
  }

  #build() {
    this.shape = drawing('path', { d: PLAY });
    this.player = button('', () => (this.#playing ? this.pause() : this.play()), { class: 'icon' });
    this.player.append(drawing('svg', { viewBox: '0 0 14 14', 'aria-hidden': 'true' }, this.shape));
    this.label = element('p', { class: 'time-label' });
    this.slider = element('input', { type: 'range', min: 0, step: 'any', 'aria-label': 'Time: recorded epochs' });
    this.slider.addEventListener('input', () => this.#point(this.slider.valueAsNumber));
    this.slider.addEventListener('keydown', (event) => this.#key(event));
    this.ticks = element('div', { class: 'time-ticks', 'aria-hidden': 'true' });
    const head = element('div', { class: 'toolbar' }, element('p', { class: 'part-title' }, 'Time machine'), this.label);
    const scale = element('div', { class: 'time-scale' }, this.slider, this.ticks);
    const bar = element('div', { class: 'time-bar' }, this.player, scale);
    this.root = element('section', { class: 'time-machine', 'aria-label': 'Time machine' }, head, bar, this.curve.root);
    this.#showPlaying();
  }

  /** Show another run, at its last recorded epoch. */
  setHistory(history) {
    this.pause();
    this.#take(history, history.epochs.length - 1);
  }

  /** Take in the same run with more recorded epochs: all of its places, because they are turned onto the newest. */
  append(history) {
    const { epochs } = this.history;
    const atEnd = this.t === epochs.length - 1;
    const epoch = this.#epochAt(this.t);
    this.#take(history, atEnd ? history.epochs.length - 1 : timeIn(history.epochs, epoch));
  }

  #take(history, t) {
    this.history = history;
    this.#images = { place: '', byEpoch: new Map() };
    this.last = history.epochs.length - 1;
    this.slider.max = Math.max(this.last, 1);
    this.slider.disabled = this.player.disabled = this.last === 0;
    this.curve.setLoss(history.loss, history.epochs);
    this.#label();
    this.jump(t);
  }

  /** Go to a time. @param {number} t 0 to the last recorded epoch; what lies beyond is the end */
  jump(t) {
    this.t = Math.min(this.last, Math.max(0, t));
    this.render();
  }

  /** Go to the next recorded epoch, or with -1 to the one before. */
  step(direction) {
    this.jump(direction > 0 ? Math.floor(this.t) + 1 : Math.ceil(this.t) - 1);
  }

  /** @returns {{t: number, before: number, after: number, share: number}} */
  get moment() {
    return momentAt(this.t);
  }

  /** "epoch 4", "between epoch 4 and 8". */
  get words() {
    return this.#inWords(this.moment);
  }

  /** Where the codes lie at time t. @returns {Float32Array} [2 * count] */
  places(t = this.t) {
    const { plane, count } = this.history;
    const { before, after, share } = momentAt(t);
    const of = (index) => plane.subarray(index * 2 * count, (index + 1) * 2 * count);
    return share === 0 ? of(before).slice() : crossFade(of(before), of(after), share);
  }

  /** The code of a recorded epoch at a place on the map. @returns {Float32Array} [latent] */
  codeAt(index, x, y) {
    const { means, components, latent } = this.history;
    const mean = means.subarray(index * latent, (index + 1) * latent);
    const plane = new Plane(mean, components.subarray(index * 2 * latent, (index + 1) * 2 * latent));
    return plane.lift(mean, x, y);
  }

  /** What the decoder of this time makes of a place on the map. @returns {Promise<Float32Array|null>} */
  async imageAt(x, y) {
    const { before, after, share } = this.moment;
    const { decodes } = this.history;
    if (!decodes[before] || !decodes[after]) return null;
    const images = await Promise.all([this.#decoded(before, x, y), this.#decoded(after, x, y)]);
    return crossFade(...images, share);
  }

  #decoded(index, x, y) {
    const place = `${x} ${y}`;
    if (this.#images.place !== place) this.#images = { place, byEpoch: new Map() };
    const { byEpoch } = this.#images;
    if (!byEpoch.has(index)) {
      const image = this.decodeAt(index, this.codeAt(index, x, y));
      byEpoch.set(index, image);
      image.catch(() => byEpoch.delete(index)); // the next request tries again
    }
    return byEpoch.get(index);
  }

  /** Let time run, from the beginning when it stands at the end. */
  play() {
    if (this.#playing || this.last === 0) return;
    if (this.t >= this.last) this.jump(0);
    if (this.calm.matches) this.#playInSteps();
    else this.#playSmoothly();
    this.#showPlaying();
  }

  pause() {
    this.#playing?.();
    this.#playing = null;
    this.#showPlaying();
  }

  #playSmoothly() {
    let before = null;
    let asked = 0;
    const follow = (now) => {
      const passed = before === null ? 0 : Math.min(LONGEST_FRAME_MS, now - before);
      before = now;
      this.jump(this.t + passed / INTERVAL_MS);
      if (this.t >= this.last) this.pause();
      else asked = requestAnimationFrame(follow);
    };
    asked = requestAnimationFrame(follow);
    this.#playing = () => cancelAnimationFrame(asked);
  }

  #playInSteps() {
    const timer = setInterval(() => {
      this.step(1);
      if (this.t >= this.last) this.pause();
    }, INTERVAL_MS);
    this.#playing = () => clearInterval(timer);
  }

  #showPlaying() {
    this.player.setAttribute('aria-label', this.#playing ? 'Pause' : 'Play');
    this.shape.setAttribute('d', this.#playing ? PAUSE : PLAY);
  }

  /** A person points at a time. */
  #point(t) {
    this.pause();
    this.jump(Math.abs(t - Math.round(t)) < SNAP ? Math.round(t) : t);
  }

  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key in STEPS) this.#byKey(event, () => this.step(STEPS[event.key]));
    else if (event.key === 'Home') this.#byKey(event, () => this.jump(0));
    else if (event.key === 'End') this.#byKey(event, () => this.jump(this.last));
  }

  #byKey(event, act) {
    event.preventDefault(); // the slider would go by a hundredth
    this.pause();
    act();
  }

  #timeOf(epoch) {
    return timeIn(this.history.epochs, epoch);
  }

  #epochAt(t) {
    const { before, after, share } = momentAt(t);
    const { epochs } = this.history;
    return epochs[before] + share * (epochs[after] - epochs[before]);
  }

  #render() {
    const { moment } = this;
    const { words } = this;
    this.slider.value = this.last === 0 ? 1 : this.t;
    this.slider.setAttribute('aria-valuetext', words);
    this.label.textContent = words;
    this.curve.mark(this.#epochAt(this.t));
    this.onTime({ ...moment, places: this.places(this.t) });
  }

  #inWords({ before, after, share }) {
    const { epochs } = this.history;
    return share === 0 ? `epoch ${epochs[before]}` : `between epoch ${epochs[before]} and ${epochs[after]}`;
  }

  /** Marks at all recorded epochs; numbers at as many as there is room for, the last in any case. */
  #label() {
    if (!this.history) return;
    const { epochs } = this.history;
    const room = Math.max(1, Math.floor(this.ticks.clientWidth / LABEL_SPACE));
    const every = Math.ceil(epochs.length / room);
    const marks = Array.from(epochs, (epoch, i) => {
      const at = this.last === 0 ? 1 : i / this.last;
      return element('span', { style: `left: ${100 * at}%` }, (this.last - i) % every === 0 ? String(epoch) : '');
    });
    this.ticks.replaceChildren(...marks);
  }

  close() {
    this.pause();
    this.sizes.disconnect();
    this.curve.close();
    this.root.remove();
  }
}

function momentAt(t) {
  const before = Math.floor(t);
  return { t, before, after: Math.ceil(t), share: t - before };
}

/** The time at which an epoch lies between recorded ones. */
function timeIn(epochs, epoch) {
  const after = Array.from(epochs).findIndex((each) => each >= epoch);
  if (after <= 0) return after === 0 ? 0 : epochs.length - 1;
  return after - 1 + (epoch - epochs[after - 1]) / (epochs[after] - epochs[after - 1]);
}
