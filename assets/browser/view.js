/**
 * Which part of the plane the map shows: a centre and a scale in pixels per unit, the same for both axes.
 */

const MARGIN = 1.08; // of the extent of the points
export const SMALLEST = 1 / 8; // magnification
export const LARGEST = 200;
const LEFT_OUT = 0.001; // of the points at each side may lie outside the first view: outliers would shrink the rest

export class View {
  constructor() {
    this.width = 1;
    this.height = 1;
    this.reset({ left: -1, right: 1, bottom: -1, top: 1 });
  }

  /** Show all of `extent`, and remember it for later. */
  reset(extent = this.extent) {
    this.extent = extent;
    this.x = (extent.left + extent.right) / 2;
    this.y = (extent.bottom + extent.top) / 2;
    this.scale = this.#fitted();
    this.touched = false; // by a person
  }

  /** @param {number} width @param {number} height of the map, in CSS pixels */
  resize(width, height) {
    const { magnification } = this;
    [this.width, this.height] = [width, height];
    this.scale = magnification * this.#fitted();
  }

  #fitted() {
    const { left, right, bottom, top } = this.extent;
    return Math.min(this.width / (right - left), this.height / (top - bottom)) / MARGIN;
  }

  /** How much larger than at the first look. */
  get magnification() {
    return this.scale / this.#fitted();
  }

  /** What is seen now, for `recall`: the map may have another size then. */
  get seen() {
    const { extent, x, y, touched, magnification } = this;
    return { extent, x, y, touched, magnification };
  }

  recall({ magnification, ...seen }) {
    Object.assign(this, seen);
    this.scale = magnification * this.#fitted();
  }

  /** @returns {[number, number]} pixels from the upper left corner */
  toPixels(x, y) {
    return [this.width / 2 + (x - this.x) * this.scale, this.height / 2 - (y - this.y) * this.scale];
  }

  /** @returns {[number, number]} a place in the plane */
  toPlane(px, py) {
    return [this.x + (px - this.width / 2) / this.scale, this.y - (py - this.height / 2) / this.scale];
  }

  /** Show a part as somebody has chosen it before. @param {number} x @param {number} y of its middle */
  show(x, y, magnification) {
    Object.assign(this, { x, y, scale: magnification * this.#fitted(), touched: true });
  }

  /** Move by pixels. */
  pan(dx, dy) {
    this.x -= dx / this.scale;
    this.y += dy / this.scale;
    this.touched = true;
  }

  /** Enlarge by `factor`, keeping the place under the pixel (px, py) where it is. */
  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const [x, y] = this.toPlane(px, py);
    const fitted = this.#fitted();
    this.scale = Math.min(fitted * LARGEST, Math.max(fitted * SMALLEST, this.scale * factor));
    const [movedX, movedY] = this.toPlane(px, py);
    this.x += x - movedX;
    this.y += y - movedY;
    this.touched = true;
  }

  /** Move just so far that the place is inside, `margin` pixels from the edge. */
  follow(x, y, margin = 24) {
    const [px, py] = this.toPixels(x, y);
    const dx = Math.max(0, margin - px) - Math.max(0, px - (this.width - margin));
    const dy = Math.max(0, margin - py) - Math.max(0, py - (this.height - margin));
    if (dx !== 0 || dy !== 0) this.pan(dx, dy);
  }
}

/** Where the points lie, without the outermost few. @param {Float32Array} points x and y in turn */
export function extentOf(points) {
  const [left, right] = between(points, 0);
  const [bottom, top] = between(points, 1);
  return { left, right, bottom, top };
}

function between(points, axis) {
  const values = new Float32Array(points.length / 2);
  for (let i = 0; i < values.length; i += 1) values[i] = points[2 * i + axis];
  values.sort();
  const skip = Math.floor(values.length * LEFT_OUT);
  const [low, high] = values.length ? [values[skip], values[values.length - 1 - skip]] : [-1, 1];
  return high > low ? [low, high] : [low - 1, high + 1];
}

/** About `count` round numbers from low to high. @returns {number[]} */
export function ticks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((each) => each * power >= rough);
  const first = Math.ceil(low / step);
  const found = [];
  for (let i = first; i * step <= high; i += 1) found.push(i * step);
  return found;
}
