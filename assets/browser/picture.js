/** Pictures of any size with 1 or 3 channels, enlarged by nearest neighbour inside a hairline frame. */

import { element } from './dom.js';

/**
 * Draw values on a canvas of the picture's own size.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array|Uint8Array} values channel after channel
 * @param {[number, number, number]} shape channels, height, width
 * @param {number} scale that brings a value to the range 0 to 255
 */
export function paint(canvas, values, [channels, height, width], scale) {
  const context = canvas.getContext('2d');
  const pixels = context.createImageData(width, height);
  fill(pixels.data, values, channels, height * width, scale);
  context.putImageData(pixels, 0, 0);
}

function fill(data, values, channels, area, scale) {
  const step = channels === 3 ? area : 0;
  for (let i = 0; i < area; i += 1) {
    data[4 * i] = values[i] * scale; // rounds and clamps by itself
    data[4 * i + 1] = values[i + step] * scale;
    data[4 * i + 2] = values[i + 2 * step] * scale;
    data[4 * i + 3] = 255;
  }
}

export class Picture {
  /**
   * @param {[number, number, number]} shape channels, height, width
   * @param {string} caption
   * @param {number} size about how large it is shown, in CSS pixels: a whole multiple of its own pixels if it can be
   */
  constructor(shape, caption, size) {
    const [channels, height, width] = shape;
    Object.assign(this, { channels, area: height * width });
    this.canvas = element('canvas', { width, height, role: 'img', 'aria-label': caption });
    const times = Math.max(1, Math.floor(size / Math.max(height, width)));
    this.canvas.style.width = `${width * times}px`;
    this.canvas.style.aspectRatio = `${width} / ${height}`;
    this.title = element('span', { class: 'picture-title' }, caption);
    this.note = element('span', { class: 'picture-note' });
    this.root = element('figure', { class: 'picture' }, this.canvas, element('figcaption', {}, this.title, this.note));
    this.context = this.canvas.getContext('2d');
    this.pixels = this.context.createImageData(width, height);
  }

  /** @param {Float32Array} values channel after channel, 0 to 1 */
  drawFloats(values) {
    this.#draw(values, 255);
  }

  /** @param {Uint8Array} values channel after channel, 0 to 255 */
  drawBytes(values) {
    this.#draw(values, 1);
  }

  #draw(values, scale) {
    fill(this.pixels.data, values, this.channels, this.area, scale);
    this.context.putImageData(this.pixels, 0, 0);
  }

  /** Says what is to be seen. */
  describe(title, note, spoken) {
    this.title.textContent = title;
    this.note.textContent = note;
    this.canvas.setAttribute('aria-label', spoken ?? [title, note].filter(Boolean).join(', '));
  }

  /** @param {boolean} shown */
  show(shown) {
    this.root.hidden = !shown;
  }
}
