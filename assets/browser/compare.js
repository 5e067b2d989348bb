/**
 * Before and after: two of several layers of one picture, with a divider between them that follows the pointer.
 *
 * Python sends all layers once (pages/shared/before_after.py). Which two are seen, where the divider stands, how large a
 * pixel is, how much of the plain layer is blended in and how strong the noise is are decided here. Python is told the
 * blend, because a download follows it, and the noise, because the other layers do, when the slider is let go.
 *
 * For tests, and for the curious in the console, the element [data-lab=KEY] carries `latentLab`:
 *   position   of the divider, 0 (left) to 1
 *   left, right  the names of the layers on each side
 *   blend      0 (none of the plain layer) to 1 (nothing else)
 *   noise      the strength of the noise that is seen, in the unit of its slider; null without one
 *   stale      the names of the layers that are still for another strength
 *   pixel(x, y)  [red, green, blue] that is seen at a pixel of the picture
 */

import { component } from './component.js';
import { element, oncePerFrame } from './dom.js';
import { LiveNoise } from './noise.js';
import { readHeader, unpack } from './packing.js';

const STEP = 0.02;
const LEAP = 0.1;
const HIGHEST = 0.85; // of the window: a picture that fits can be seen as a whole
const NARROWEST = 320;
const ZOOMS = [1, 2, 3, 4, 6, 8];

/** The component's entry. */
export const mount = component((place) => new Compare(place));

class Compare {
  constructor(parent) {
    this.position = 0.5;
    this.blend = 0;
    this.zoom = 0;
    this.draw = oncePerFrame(() => this.#draw());
    this.left = element('canvas', { role: 'img' });
    this.right = element('canvas', { role: 'img' });
    this.divider = element('div', {
      class: 'compare-divider',
      role: 'slider',
      tabindex: 0,
      'aria-label': 'Divider between the two pictures',
      'aria-valuemin': 0,
      'aria-valuemax': 100,
    });
    this.stage = element('div', { class: 'compare-stage' }, this.right, this.left, this.divider);
    this.scroll = element('div', { class: 'compare-scroll' }, this.stage);
    this.choices = { left: this.#choice('Left'), right: this.#choice('Right') };
    this.zooms = element('select', { 'aria-label': 'Size of a pixel' });
    this.slider = element('input', { type: 'range', min: 0, max: 100, step: 1, value: 0 });
    this.said = element('output');
    this.blendLabel = element('span');
    this.blending = element('label', {}, this.blendLabel, this.slider, this.said);
    this.noise = new LiveNoise(this.draw);
    this.marks = { left: element('small'), right: element('small') };
    const sides = ['left', 'right'].map((side) => element('div', {}, this.choices[side], this.marks[side]));
    this.bar = element('div', { class: 'compare-names' }, ...sides);
    // Above the picture, so that the slider and what is not for it yet are in sight together.
    this.head = element('div', { class: 'compare-head' }, this.noise.root, this.bar);
    const tools = element('div', { class: 'compare-tools' }, element('label', {}, 'Pixel', this.zooms), this.blending);
    this.root = element('section', { class: 'compare', 'aria-label': 'Before and after' }, this.head, this.scroll, tools);
    this.#listen();
    this.observer = new ResizeObserver(() => this.#fit());
    this.observer.observe(this.root);
    parent.append(this.root);
  }

  close() {
    this.observer.disconnect();
    this.root.remove();
  }

  /** Take in what Python sent; what a person has chosen stays, as far as it still exists. */
  update({ data, setStateValue }) {
    this.tell = this.noise.tell = setStateValue;
    const { fingerprint } = readHeader(data);
    if (fingerprint === this.fingerprint) return;
    this.fingerprint = fingerprint;
    const { header, arrays } = unpack(data);
    [this.channels, this.height, this.width] = header.shape;
    this.layers = new Map(header.layers.map((name, index) => [name, this.#bitmap(arrays[`layer${index}`])]));
    const plane = (name) => arrays[`layer${header.layers.indexOf(name)}`];
    this.noise.update(header.noise, plane(header.noise?.clean), arrays.field, this.layers.get(header.noise?.noisy));
    this.plain = header.plain;
    this.blendable = new Set(header.blendable);
    const kept = (name, side) => (this.layers.has(name) ? name : header[side]);
    this.names = { left: kept(this.names?.left, 'left'), right: kept(this.names?.right, 'right') };
    this.root.dataset.lab = header.key;
    this.root.latentLab = this.#hook();
    this.blendLabel.textContent = header.blend_label;
    this.blending.hidden = !this.blendable.size;
    for (const side of ['left', 'right']) this.#offer(side);
    for (const canvas of [this.left, this.right]) Object.assign(canvas, { width: this.width, height: this.height });
    this.#offerZooms();
    this.#fit();
    this.draw();
  }

  #hook() {
    const compare = this;
    return {
      get position() {
        return compare.position;
      },
      get left() {
        return compare.names.left;
      },
      get right() {
        return compare.names.right;
      },
      get blend() {
        return compare.blend;
      },
      get noise() {
        return compare.noise.told ? compare.noise.shown : null;
      },
      get stale() {
        return Array.from(compare.layers.keys()).filter((name) => compare.noise.stale(name));
      },
      pixel(x, y) {
        const seen = x < compare.position * compare.width ? compare.left : compare.right;
        return Array.from(seen.getContext('2d').getImageData(x, y, 1, 1).data.slice(0, 3));
      },
    };
  }

  #bitmap(values) {
    const canvas = element('canvas', { width: this.width, height: this.height });
    const context = canvas.getContext('2d');
    const pixels = context.createImageData(this.width, this.height);
    const area = this.width * this.height;
    const step = this.channels === 3 ? area : 0;
    for (let i = 0; i < area; i += 1) {
      pixels.data[4 * i] = values[i];
      pixels.data[4 * i + 1] = values[i + step];
      pixels.data[4 * i + 2] = values[i + 2 * step];
      pixels.data[4 * i + 3] = 255;
    }
    context.putImageData(pixels, 0, 0);
    return canvas;
  }

  #choice(title) {
    return element('select', { 'aria-label': title });
  }

  #offer(side) {
    const select = this.choices[side];
    select.replaceChildren(...Array.from(this.layers.keys(), (name) => element('option', { value: name }, name)));
    select.value = this.names[side];
  }

  #offerZooms() {
    const options = ZOOMS.map((times) => element('option', { value: times }, `${times} × ${times}`));
    this.zooms.replaceChildren(element('option', { value: 0 }, 'Fit'), ...options);
    this.zooms.value = String(this.zoom);
  }

  /** Whole pixels of the screen for each pixel of the picture; with "Fit" as many as there is room for. */
  #fit() {
    if (!this.width) return;
    const room = this.root.clientWidth;
    if (!room) return;
    const fitting = Math.min(room / this.width, Math.max(1, (HIGHEST * window.innerHeight) / this.height));
    const times = this.zoom || (fitting >= 1 ? Math.min(8, Math.floor(fitting)) : fitting);
    this.stage.style.width = `${this.width * times}px`;
    this.stage.style.height = `${this.height * times}px`;
    this.scroll.style.width = `${Math.min(room, this.width * times)}px`;
    this.head.style.maxWidth = `${Math.max(NARROWEST, Math.min(room, this.width * times))}px`;
  }

  #listen() {
    const follow = (event) => {
      const { left, width } = this.stage.getBoundingClientRect();
      this.#move((event.clientX - left) / width);
    };
    this.stage.addEventListener('pointerdown', (event) => {
      if (event.button) return;
      this.stage.setPointerCapture(event.pointerId);
      this.divider.focus({ preventScroll: true });
      follow(event);
      event.preventDefault();
    });
    this.stage.addEventListener('pointermove', (event) => {
      if (this.stage.hasPointerCapture(event.pointerId)) follow(event);
    });
    this.divider.addEventListener('keydown', (event) => {
      const step = event.shiftKey ? LEAP : STEP;
      const moves = { ArrowLeft: -step, ArrowDown: -step, ArrowRight: step, ArrowUp: step, PageDown: -LEAP, PageUp: LEAP, Home: -1, End: 1 };
      if (!(event.key in moves)) return;
      event.preventDefault();
      this.#move(this.position + moves[event.key]);
    });
    for (const side of ['left', 'right']) {
      this.choices[side].addEventListener('change', () => {
        this.names[side] = this.choices[side].value;
        this.draw();
      });
    }
    this.zooms.addEventListener('change', () => {
      this.zoom = Number(this.zooms.value);
      this.#fit();
    });
    this.slider.addEventListener('input', () => {
      this.blend = this.slider.valueAsNumber / 100;
      this.draw();
    });
    this.slider.addEventListener('change', () => this.tell('blend', this.blend));
  }

  #move(position) {
    this.position = Math.min(1, Math.max(0, position));
    this.draw();
  }

  #draw() {
    this.noise.draw();
    for (const side of ['left', 'right']) {
      this.#paint(this[side], this.names[side]);
      this.#mark(this.marks[side], this.names[side]);
    }
    const percent = Math.round(this.position * 100);
    this.left.style.clipPath = `inset(0 ${100 - this.position * 100}% 0 0)`;
    this.divider.style.left = `${this.position * 100}%`;
    this.divider.setAttribute('aria-valuenow', String(percent));
    this.divider.setAttribute('aria-valuetext', `${this.names.left} on the left ${percent} %, ${this.names.right} beyond`);
    this.said.textContent = `${Math.round(this.blend * 100)} %`;
  }

  #paint(canvas, name) {
    const context = canvas.getContext('2d');
    context.globalAlpha = 1;
    context.drawImage(this.layers.get(name), 0, 0);
    if (this.blend && this.blendable.has(name)) {
      context.globalAlpha = this.blend;
      context.drawImage(this.layers.get(this.plain), 0, 0);
    }
    canvas.setAttribute('aria-label', name);
  }

  /** Say beside a name what noise its layer is for. */
  #mark(mark, name) {
    mark.textContent = this.noise.of(name);
    mark.classList.toggle('compare-still', this.noise.stale(name));
  }
}
