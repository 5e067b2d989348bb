/**
 * Noise that is made anew while its strength is dragged: the corruptions of aecore/corruption by the same chance.
 *
 *   gaussian     clip(clean + strength * n)      n: standard normal, for every pixel and channel
 *   salt_pepper  white where u < strength / 2, else black where u < strength      u: uniform, for every pixel
 *   masking      black where u < strength
 *
 * Python draws the chance (pages/shared/before_after.py) and is told the strength when the slider is let go. What it then
 * computes is for that strength; until it is there, everything but the noisy layer is for the one before.
 */

import { element } from './dom.js';

// torch compares in float32; the pixels round and clip what they are given.
const RULES = {
  gaussian: (strength) => (value, chance) => value + 255 * strength * chance,
  salt_pepper: (strength) => {
    const hit = Math.fround(strength);
    const white = hit / 2;
    return (value, chance) => (chance < white ? 255 : chance < hit ? 0 : value);
  },
  masking: (strength) => {
    const lost = Math.fround(strength);
    return (value, chance) => (chance < lost ? 0 : value);
  },
};

/**
 * Writes red, green and blue of a noisy picture.
 *
 * @param {'gaussian'|'salt_pepper'|'masking'} kind
 * @param {number} strength as a share of the range, or of the pixels
 * @param {Uint8Array} clean one or three planes
 * @param {Float32Array} field chance, one or three planes
 * @param {Uint8ClampedArray} pixels red, green, blue and alpha of each
 */
export function addNoise(kind, strength, clean, field, pixels) {
  const rule = RULES[kind](strength);
  const area = pixels.length / 4;
  for (let channel = 0; channel < 3; channel += 1) {
    const from = clean.length > area ? channel * area : 0;
    const drawn = field.length > area ? channel * area : 0;
    for (let i = 0; i < area; i += 1) pixels[4 * i + channel] = rule(clean[from + i], field[drawn + i]);
  }
}

/** The slider, and the noisy layer that follows it. */
export class LiveNoise {
  /** @param {() => void} changed called whenever another strength is to be shown */
  constructor(changed) {
    this.slider = element('input', { type: 'range', min: 0, step: 1 });
    this.said = element('output');
    this.label = element('span');
    this.root = element('label', { class: 'compare-noise', hidden: true }, this.label, this.slider, this.said);
    this.slider.addEventListener('input', () => {
      this.shown = this.wanted = this.slider.valueAsNumber;
      changed();
    });
    this.slider.addEventListener('change', () => this.tell('noise', { kind: this.told.kind, value: this.shown }));
  }

  /**
   * Take in what Python computed; a strength that it was not told yet, or has not answered, stays.
   *
   * @param {object|null} told names of the layers `clean` and `noisy`, `kind`, `value`, scale
   * @param {Uint8Array} clean planes of the clean layer
   * @param {Float32Array} field
   * @param {HTMLCanvasElement} layer the noisy one
   */
  update(told, clean, field, layer) {
    const waits = this.told?.kind === told?.kind && this.wanted !== undefined && this.wanted !== told?.value;
    this.told = told;
    this.root.hidden = !told;
    if (!told) return;
    if (!waits) {
      this.wanted = undefined;
      this.shown = told.value;
    }
    Object.assign(this, { clean, field, context: layer.getContext('2d') });
    this.pixels = this.context.getImageData(0, 0, layer.width, layer.height);
    this.drawn = told.value;
    this.slider.max = told.most;
    this.slider.value = this.shown;
    this.label.textContent = told.label;
  }

  /** Make the noisy layer what the slider says. */
  draw() {
    if (!this.told) return;
    const words = this.#words(this.shown);
    this.said.textContent = words;
    this.slider.setAttribute('aria-valuetext', words);
    if (this.drawn === this.shown) return;
    addNoise(this.told.kind, this.shown / this.told.whole, this.clean, this.field, this.pixels.data);
    this.context.putImageData(this.pixels, 0, 0);
    this.drawn = this.shown;
  }

  /** Whether a layer is still for another strength than the one shown. */
  stale(name) {
    return Boolean(this.told) && this.#noisy(name) && name !== this.told.noisy && this.shown !== this.told.value;
  }

  /** The strength that a layer is for, in words. */
  of(name) {
    if (!this.told || !this.#noisy(name)) return '';
    if (name === this.told.noisy) return this.#words(this.shown);
    return `${this.stale(name) ? 'still ' : ''}for ${this.#words(this.told.value)}`;
  }

  #noisy(name) {
    return name !== this.told.clean;
  }

  #words(value) {
    return `${this.told.before}${value}${this.told.after}`;
  }
}
