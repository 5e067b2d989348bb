/**
 * Pictures in the place of points, where few enough of them are in view: none covers another, each has a frame in its
 * point's colour, and a point that finds no room stays a point.
 */

import { element } from './dom.js';
import { paint } from './picture.js';

const MOST_POINTS = 1500; // in view: with more, most of them would find no room
const SIZES = [28, 56]; // CSS pixels of the longer side: a larger one when there is room for it
const FRAME = 1.5; // CSS pixels
const KEPT = 3000;

export class Thumbnails {
  #made = new Map(); // index -> canvas, the newest last

  setScene(scene) {
    this.scene = scene;
    this.#made.clear();
  }

  /**
   * @param {CanvasRenderingContext2D} context in device pixels
   * @param {Float32Array} points x and y in turn
   * @param {{styleOf: Int32Array, styles: object[]}} look
   * @param {import('./view.js').View} view
   * @param {number} density device pixels per CSS pixel
   */
  draw(context, points, look, view, density) {
    const visible = this.#inView(points, look, view);
    if (visible.length > MOST_POINTS) return;
    const size = SIZES.findLast((each) => visible.length * each * each < 0.5 * view.width * view.height) ?? SIZES[0];
    const taken = new Set();
    for (const { index, x, y } of visible) {
      if (this.#place(taken, x, y, size)) this.#drawOne(context, index, x, y, size, look, density);
    }
  }

  /** Points that are to be seen and have a picture. */
  #inView(points, { styleOf, styles }, view) {
    const found = [];
    for (let index = 0; index < this.scene.pictured && found.length <= MOST_POINTS; index += 1) {
      const style = styles[styleOf[index]];
      if (style === undefined || style.dimmed) continue;
      const [x, y] = view.toPixels(points[2 * index], points[2 * index + 1]);
      if (x >= 0 && y >= 0 && x <= view.width && y <= view.height) found.push({ index, x, y });
    }
    return found;
  }

  /** Takes the room of a picture in a grid of half its size, if all of it is free. */
  #place(taken, x, y, size) {
    const [column, row] = [Math.floor((2 * x) / size), Math.floor((2 * y) / size)];
    const cells = [-1, 0, 1].flatMap((down) => [-1, 0, 1].map((across) => (column + across) * 65536 + row + down));
    if (taken.has(cells[4]) || cells.some((cell) => taken.has(cell))) return false;
    cells.forEach((cell) => taken.add(cell));
    return true;
  }

  #drawOne(context, index, x, y, size, { styleOf, styles }, density) {
    const made = this.#canvasOf(index);
    const times = size / Math.max(made.width, made.height);
    const [width, height] = [made.width * times * density, made.height * times * density];
    const [left, top] = [Math.round(x * density - width / 2), Math.round(y * density - height / 2)];
    const frame = Math.round(FRAME * density);
    context.fillStyle = `rgb(${styles[styleOf[index]].colour.join(' ')})`;
    context.fillRect(left - frame, top - frame, width + 2 * frame, height + 2 * frame);
    context.imageSmoothingEnabled = width < made.width;
    context.drawImage(made, left, top, width, height);
  }

  #canvasOf(index) {
    let made = this.#made.get(index);
    if (!made) {
      const [, height, width] = this.scene.shape;
      made = element('canvas', { width, height });
      paint(made, this.scene.original(index), this.scene.shape, 1);
      this.#made.set(index, made);
      if (this.#made.size > KEPT) this.#made.delete(this.#made.keys().next().value);
    }
    return made;
  }
}
