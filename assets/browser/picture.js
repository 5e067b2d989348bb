/** Pictures of any size with 1 or 3 channels, enlarged by nearest neighbour inside a hairline frame. */

import { element } from './dom.js';

export class Picture {
  /**
   * @param {[number, number, number]} shape channels, height, width
   * @param {string} caption
   * @param {number} size about how large it is shown, in CSS pixels: a whole multiple of its own pixels if it can be
   */
  constructor([channels, height, width], caption, size) {
    this.channels = channels;
    this.area = height * width;
    this.canvas = element('canvas', { width, height, role: 'img', 'aria-label': caption });
    const times = Math.max(1, Math.floor(size / Math.max(height, width)));
    this.canvas.style.width = `${width * times}px`;
    this.canvas.style.aspectRatio = `${width} / ${height}`;
    this.title = element('span', { class: 'picture-title' }, caption);
    this.note = element('span', { class: 'picture-note' });
    this.root = element('figure', { class: 'picture' }, this.canvas, element('figcaption', {}, this.title, this.note));
    this.context = this.canvas.getContext('2d');
    this.pixels = this.context.createImageData(width, height);
    this.pixels.data.fill(255);
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
    const { data } = this.pixels; // rounds and clamps by itself
    const step = this.channels === 3 ? this.area : 0;
    for (let i = 0; i < this.area; i += 1) {
      data[4 * i] = values[i] * scale;
      data[4 * i + 1] = values[i + step] * scale;
      data[4 * i + 2] = values[i + 2 * step] * scale;
    }
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
