/**
 * Draw an image, or paint on an existing one: it is encoded as it is drawn, and the decoder shows what the model makes
 * of it.
 *
 * With the keyboard the arrow keys move the brush by a pixel, with Shift by four; Enter puts it down or lifts it.
 */

import { button, choice, element, oncePerFrame } from './dom.js';
import { paint } from './picture.js';

const SIZE = 252; // CSS pixels of the longer side, about
const SOFT = 0.5; // of the brush's radius, over which it fades
const BRUSH = 0.045; // radius as a share of the image's shorter side, at first
const FAINT = 1e-3; // an image with no more light than this has no middle

const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Draw {
  /**
   * @param {{encode: (image: Float32Array, inputMs: number) => void, held: () => number}} around
   *   encode is given each new image, [channels * height * width] in [0, 1]; held: index of the picture that was taken up
   */
  constructor(around) {
    Object.assign(this, { around, mode: 'paint', down: false, at: null, last: null });
    this.changed = oncePerFrame(() => this.#changed());
    this.surface = element('canvas', { class: 'drawing', tabindex: 0, role: 'img' });
    this.cursor = element('span', { class: 'drawing-cursor', hidden: true });
    this.modes = choice('Brush', [['paint', 'Paint'], ['erase', 'Erase']], (mode) => this.#setMode(mode));
    this.brush = element('input', { type: 'range', min: 0.02, max: 0.2, step: 0.005, value: BRUSH, class: 'short' });
    this.colour = element('input', { type: 'color', value: '#ffffff', 'aria-label': 'Colour of the brush' });
    this.from = button('Start from the picture', (event) => this.#startFrom(event.timeStamp));
    this.#build();
    this.#listen();
  }

  #build() {
    const frame = element('div', { class: 'drawing-frame' }, this.surface, this.cursor);
    const brush = element('label', { class: 'field' }, 'Width', this.brush);
    this.colourField = element('label', { class: 'field' }, 'Colour', this.colour);
    const tools = element('div', { class: 'toolbar' }, this.modes.root, brush, this.colourField);
    const clear = button('Clear', (event) => this.#take(new Float32Array(this.image.length), event.timeStamp));
    const centre = button('Centre', (event) => this.#centre(event.timeStamp));
    const acts = element('div', { class: 'actions' }, this.from, clear, centre);
    const help = element(
      'p',
      { class: 'help' },
      'Draw with mouse or finger: the image is encoded as you draw, the probe shows where, and the decoded image beside ' +
        'the map is what the model makes of it. With the keyboard: arrow keys move the brush, Enter puts it down or lifts it.',
    );
    this.root = element('div', { class: 'draw' }, frame, element('div', {}, tools, acts, help));
    this.modes.show(this.mode);
  }

  setScene(scene) {
    const [channels, height, width] = scene.shape;
    const same = this.scene && String(this.scene.shape) === String(scene.shape);
    Object.assign(this, { scene, channels, height, width });
    this.colourField.hidden = channels === 1;
    if (same) return;
    this.image = new Float32Array(channels * height * width);
    this.at = [width / 2, height / 2];
    Object.assign(this.surface, { width, height });
    const times = Math.max(1, Math.round(SIZE / Math.max(height, width)));
    this.surface.style.width = `${width * times}px`;
    this.surface.style.aspectRatio = `${width} / ${height}`;
    this.#show();
  }

  /** The picture that was taken up can be drawn on. */
  render() {
    this.from.disabled = this.around.held() < 0;
  }

  #setMode(mode) {
    this.mode = mode;
    this.modes.show(mode);
  }

  #listen() {
    const { surface } = this;
    surface.addEventListener('pointerdown', (event) => this.#press(event));
    surface.addEventListener('pointermove', (event) => this.#move(event));
    for (const name of ['pointerup', 'pointercancel']) surface.addEventListener(name, () => (this.last = null));
    surface.addEventListener('keydown', (event) => this.#key(event));
    surface.addEventListener('blur', () => this.#lift());
  }

  #place(event) {
    const { left, top, width, height } = this.surface.getBoundingClientRect();
    return [((event.clientX - left) / width) * this.width, ((event.clientY - top) / height) * this.height];
  }

  #press(event) {
    if (event.button !== 0) return;
    this.surface.setPointerCapture(event.pointerId);
    this.last = this.#place(event);
    this.#stroke(this.last, this.last, event.timeStamp);
  }

  #move(event) {
    if (this.last === null) return;
    const between = event.getCoalescedEvents?.() ?? [];
    for (const each of between.length ? between : [event]) {
      const place = this.#place(each);
      this.#stroke(this.last, place, event.timeStamp);
      this.last = place;
    }
  }

  #key(event) {
    const step = KEYS[event.key];
    if (step) this.#step(step.map((each) => each * (event.shiftKey ? 4 : 1)), event.timeStamp);
    else if (event.key === 'Enter' || event.key === ' ') this.#put(event.timeStamp);
    else return;
    event.preventDefault();
  }

  #step([right, below], ms) {
    const from = this.at;
    const [x, y] = [from[0] + right, from[1] + below];
    this.at = [Math.min(this.width, Math.max(0, x)), Math.min(this.height, Math.max(0, y))];
    if (this.down) this.#stroke(from, this.at, ms);
    this.#showCursor();
  }

  #put(ms) {
    this.down = !this.down;
    if (this.down) this.#stroke(this.at, this.at, ms);
    this.#showCursor();
  }

  #lift() {
    this.down = false;
    this.cursor.hidden = true;
  }

  #showCursor() {
    this.cursor.hidden = false;
    this.cursor.classList.toggle('down', this.down);
    this.cursor.style.left = `${(100 * this.at[0]) / this.width}%`;
    this.cursor.style.top = `${(100 * this.at[1]) / this.height}%`;
  }

  /** A line with a soft edge, drawn over what is there: the value of a pixel goes toward that of the brush. */
  #stroke(from, to, ms) {
    const radius = this.brush.valueAsNumber * Math.min(this.width, this.height);
    const reach = radius * (1 + SOFT);
    const value = this.#ink();
    const [left, right] = span(from[0], to[0], reach, this.width);
    const [top, bottom] = span(from[1], to[1], reach, this.height);
    for (let y = top; y < bottom; y += 1) {
      for (let x = left; x < right; x += 1) {
        const away = distance(x + 0.5, y + 0.5, from, to);
        const cover = Math.min(1, Math.max(0, (reach - away) / (reach - radius + 0.5)));
        if (cover > 0) this.#blend(y * this.width + x, value, cover);
      }
    }
    this.inputMs = ms;
    this.changed();
  }

  #blend(pixel, value, cover) {
    const area = this.height * this.width;
    for (let channel = 0; channel < this.channels; channel += 1) {
      const at = channel * area + pixel;
      const goal = value[channel];
      const drawn = this.image[at] + cover * (goal - this.image[at]);
      this.image[at] = goal > this.image[at] ? Math.max(this.image[at], cover * goal, drawn) : drawn;
    }
  }

  #ink() {
    if (this.mode === 'erase') return [0, 0, 0];
    if (this.channels === 1) return [1];
    return [1, 3, 5].map((at) => parseInt(this.colour.value.slice(at, at + 2), 16) / 255);
  }

  #take(image, ms) {
    this.image = image;
    this.inputMs = ms;
    this.changed();
  }

  #startFrom(ms) {
    const held = this.around.held();
    if (held >= 0) this.#take(Float32Array.from(this.scene.original(held), (value) => value / 255), ms);
  }

  /** Move the middle of the light to the middle of the image, as MNIST's digits were. */
  #centre(ms) {
    const { width, height, channels } = this;
    let [sum, sumX, sumY] = [0, 0, 0];
    this.image.forEach((value, i) => {
      sum += value;
      sumX += value * (i % width);
      sumY += value * (Math.floor(i / width) % height);
    });
    if (sum < FAINT) return;
    const [right, below] = [Math.round((width - 1) / 2 - sumX / sum), Math.round((height - 1) / 2 - sumY / sum)];
    const moved = new Float32Array(this.image.length);
    for (let channel = 0; channel < channels; channel += 1) {
      for (let y = 0; y < height; y += 1) {
        for (let x = 0; x < width; x += 1) {
          const [fromX, fromY] = [x - right, y - below];
          if (fromX < 0 || fromY < 0 || fromX >= width || fromY >= height) continue;
          moved[(channel * height + y) * width + x] = this.image[(channel * height + fromY) * width + fromX];
        }
      }
    }
    this.#take(moved, ms);
  }

  #changed() {
    this.#show();
    this.around.encode(this.image.slice(), this.inputMs);
  }

  #show() {
    paint(this.surface, this.image, this.scene.shape, 255);
    this.surface.setAttribute('aria-label', 'The image that is drawn');
  }
}

function span(one, other, reach, size) {
  return [Math.max(0, Math.floor(Math.min(one, other) - reach)), Math.min(size, Math.ceil(Math.max(one, other) + reach))];
}

/** From a point to the line between two others. */
function distance(x, y, [fromX, fromY], [toX, toY]) {
  const [dx, dy] = [toX - fromX, toY - fromY];
  const length = dx * dx + dy * dy;
  const share = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - fromX) * dx + (y - fromY) * dy) / length));
  return Math.hypot(x - fromX - share * dx, y - fromY - share * dy);
}
