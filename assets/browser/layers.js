/**
 * What the model makes of the whole plane, over the map: the decoded images side by side, or how far a place can be
 * trusted. The plane in view is cut into cells; one code in the middle of each is decoded, a few rows at a time, so that
 * the picture under the pointer never waits.
 *
 *   near     images of the data within `far` of the place: about how many
 *   again    |E(D(z)) - z|, how far the decoded image lies from z when it is encoded again
 *   way      the error of the way from a place back to a code (inverse.js)
 *   change   |dD/dz|, how fast the image changes: root of the sum of squared differences of neighbouring cells' images,
 *            over the distance of the cells in the plane, across and along
 *
 * With a code of more than two numbers z is the place in the plane through the anchor (plane.js), or what the way back
 * from a projection gives there (inverse.js).
 */

import { element, number, oncePerFrame, whenQuiet } from './dom.js';
import { ERRORS } from './inverse.js';
import { paint } from './picture.js';
import { scaleColour } from './theme.js';

const REST_MS = 150;
const BATCH_MS = 8; // a batch is made so large that it takes about as long
const MOST_PRODUCTS = 250_000_000; // differences that counting neighbours may take for all cells together
const VEIL = 0.62; // opacity of the colours

const LAYERS = {
  none: { title: 'nothing' },
  images: { title: 'decoded images', needs: 'decoder' },
  near: { title: 'data nearby', unit: 'images within reach of the place, about', needs: 'far' },
  again: { title: 'moved when encoded again', unit: 'distance in the code', needs: 'encoder' },
  way: { title: 'error of place \u2192 code', unit: 'distance in the code, of the images around', needs: ERRORS },
  change: { title: 'speed of change', unit: 'change of all pixels per unit of the plane, root of squares', needs: 'decoder' },
};

export class Layers {
  #turn = 0; // counts the drawings: an older one that is still going on ends
  #drawn = null; // the view of the newest drawing
  #batch = 8;

  /**
   * @param {import('./explorer.js').Explorer} explorer
   * @param {{decode: Function, encode: Function}} networks
   *   decode(lane, codes, count, deliver), encode(lane, images, count, deliver)
   */
  constructor(explorer, networks) {
    Object.assign(this, { explorer, networks, shown: 'none', columns: { images: 16, colours: 40 } });
    this.canvas = element('canvas', { class: 'layer', 'aria-hidden': 'true' });
    this.box = element('select');
    this.box.addEventListener('change', () => this.show(this.box.value));
    this.fineness = element('input', { type: 'range', min: 4, max: 60, step: 1, class: 'short' });
    this.fineness.addEventListener('input', () => this.#refine());
    this.finenessLabel = element('label', { class: 'field' }, 'Cells', this.fineness);
    this.controls = [element('label', { class: 'field' }, 'Over it', this.box), this.finenessLabel];
    this.scale = element('div', { class: 'scale', hidden: true });
    this.renew = whenQuiet(() => this.#begin(), REST_MS);
    this.follow = oncePerFrame(() => this.#follow());
  }

  setScene(scene, view, colours) {
    Object.assign(this, { scene, view, colours });
    const offered = Object.entries(LAYERS).filter(([, { needs }]) => this.#has(needs));
    this.box.replaceChildren(...offered.map(([value, { title }]) => element('option', { value }, title)));
    if (!offered.some(([key]) => key === this.shown)) this.shown = 'none';
    this.show(this.shown);
  }

  #has(needs) {
    if (!needs) return true;
    if (this.scene.plane === null) return false;
    return needs === 'far' ? this.scene.far !== null : needs in this.scene.blocks;
  }

  /** @param {string} layer one of LAYERS */
  show(layer) {
    this.shown = layer in LAYERS ? layer : 'none';
    this.box.value = this.shown;
    this.finenessLabel.hidden = this.shown === 'none';
    this.fineness.value = this.columns[this.#kind];
    this.canvas.hidden = this.shown === 'none';
    this.scale.hidden = true;
    this.drawn = null;
    this.renew();
  }

  #refine() {
    this.columns[this.#kind] = this.fineness.valueAsNumber;
    this.renew();
  }

  /** Images need larger cells than colours. */
  get #kind() {
    return this.shown === 'images' ? 'images' : 'colours';
  }

  /** Another part of the plane is in view, or the code has left it: the old drawing moves along until a new one is made. */
  moved() {
    if (this.shown === 'none') return;
    this.follow();
    this.renew();
  }

  #follow() {
    if (!this.#drawn) return;
    const { view } = this;
    const times = view.scale / this.#drawn.scale;
    const [left, top] = view.toPixels(this.#drawn.left, this.#drawn.top);
    this.canvas.style.transform = `translate(${left}px, ${top}px) scale(${times})`;
  }

  #begin() {
    this.#turn += 1;
    if (this.shown === 'none' || !this.scene?.whole) return;
    const grid = gridOf(this.view, this.columns[this.#kind], this.shown === 'images' ? this.scene.shape : [1, 1, 1]);
    const codes = this.#codesOf(grid);
    if (this.shown === 'way') this.#drawValues(grid, Float32Array.from({ length: grid.cells }, (_, cell) => this.scene.plane.errorAt(...grid.placeOf(cell))));
    else if (this.shown === 'near') this.#count(grid, codes, this.#turn);
    else this.#decodeFrom(grid, codes, 0, new Map(), this.#turn);
  }

  #codesOf(grid) {
    const { latent, plane } = this.scene;
    const codes = new Float32Array(grid.cells * latent);
    for (let cell = 0; cell < grid.cells; cell += 1) codes.set(plane.lift(this.explorer.anchor, ...grid.placeOf(cell)), cell * latent);
    return codes;
  }

  /** Decode a batch of cells from `first` on, and go on with the next. */
  #decodeFrom(grid, codes, first, images, turn) {
    if (turn !== this.#turn) return;
    if (first >= grid.cells) return void this.#finish(grid, codes, images, turn);
    const count = Math.min(this.#batch, grid.cells - first);
    const part = codes.slice(first * this.scene.latent, (first + count) * this.scene.latent);
    const began = performance.now();
    this.networks.decode('field', part, count, (decoded) => {
      const spent = Math.max(0.5, performance.now() - began);
      this.#batch = Math.max(1, Math.min(64, Math.round((count * BATCH_MS) / spent)));
      for (let i = 0; i < count; i += 1) images.set(first + i, decoded.slice(i * this.scene.size, (i + 1) * this.scene.size));
      setTimeout(() => this.#decodeFrom(grid, codes, first + count, images, turn));
    });
  }

  #finish(grid, codes, images, turn) {
    if (this.shown === 'images') this.#drawImages(grid, images);
    else if (this.shown === 'change') this.#drawValues(grid, changes(grid, images));
    else this.#encodeFrom(grid, codes, images, 0, new Float32Array(grid.cells), turn);
  }

  #encodeFrom(grid, codes, images, first, values, turn) {
    if (turn !== this.#turn) return;
    if (first >= grid.cells) return void this.#drawValues(grid, values);
    const { latent, size } = this.scene;
    const count = Math.min(this.#batch, grid.cells - first);
    const part = new Float32Array(count * size);
    for (let i = 0; i < count; i += 1) part.set(images.get(first + i), i * size);
    this.networks.encode('field', part, count, (again) => {
      for (let i = 0; i < count; i += 1) {
        let square = 0;
        for (let k = 0; k < latent; k += 1) square += (again[i * latent + k] - codes[(first + i) * latent + k]) ** 2;
        values[first + i] = Math.sqrt(square);
      }
      setTimeout(() => this.#encodeFrom(grid, codes, images, first + count, values, turn));
    });
  }

  /** Count the codes within reach of each cell, row by row. */
  #count(grid, codes, turn) {
    const { scene } = this;
    const looked = Math.min(scene.count, Math.ceil(MOST_PRODUCTS / (grid.cells * scene.latent)));
    const values = new Float32Array(grid.cells);
    const row = (first) => {
      if (turn !== this.#turn) return;
      if (first >= grid.cells) return void this.#drawValues(grid, values);
      for (let cell = first; cell < Math.min(first + grid.columns, grid.cells); cell += 1) {
        const code = codes.subarray(cell * scene.latent, (cell + 1) * scene.latent);
        values[cell] = (within(scene.codes, looked, code, scene.far) * scene.count) / looked;
      }
      setTimeout(() => row(first + grid.columns));
    };
    row(0);
  }

  #drawImages(grid, images) {
    const context = this.#clean(grid);
    const [, height, width] = this.scene.shape;
    const one = element('canvas', { width, height });
    context.globalAlpha = 1;
    context.imageSmoothingEnabled = grid.width < width;
    images.forEach((image, cell) => {
      paint(one, image, this.scene.shape, 255);
      context.drawImage(one, ...grid.boxOf(cell));
    });
    this.scale.hidden = true;
    this.#tell(grid, null);
  }

  #drawValues(grid, values) {
    const context = this.#clean(grid);
    const high = Math.max(1e-12, values.slice().sort()[Math.floor(0.99 * (values.length - 1))]);
    const bend = this.shown === 'near' ? (value) => Math.log1p(value) / Math.log1p(high) : (value) => value / high;
    context.globalAlpha = VEIL;
    values.forEach((value, cell) => {
      context.fillStyle = `rgb(${scaleColour(bend(value), this.colours).join(' ')})`;
      context.fillRect(...grid.boxOf(cell));
    });
    this.#explain(high);
    this.#tell(grid, values);
  }

  /** For tests: what was drawn, and where. */
  #tell(grid, values) {
    const cell = Math.floor(grid.rows / 2) * grid.columns + Math.floor(grid.columns / 2);
    const [left, top, width, height] = grid.boxOf(cell);
    const middle = [left + width / 2, top + height / 2].map((each) => Math.round((each * this.canvas.width) / this.view.width));
    const places = Array.from({ length: grid.cells }, (_, i) => grid.placeOf(i));
    this.drawn = { title: LAYERS[this.shown].title, values, places, columns: grid.columns, cell, middle };
  }

  #explain(high) {
    const bar = element('span', { class: 'scale-bar' });
    bar.style.background = `linear-gradient(90deg, ${this.colours.scale.join(', ')})`;
    const digits = Math.max(0, Math.min(3, 1 - Math.floor(Math.log10(high))));
    const { title, unit } = LAYERS[this.shown];
    const words = `${title}: ${unit}${this.shown === 'near' ? ', logarithmic' : ''}`;
    this.scale.replaceChildren('0', bar, number(high, digits), element('span', {}, words));
    this.scale.hidden = false;
  }

  /** An empty canvas over the cells, which are in view now. */
  #clean(grid) {
    const density = Math.min(2, devicePixelRatio || 1);
    this.canvas.width = Math.round(this.view.width * density);
    this.canvas.height = Math.round(this.view.height * density);
    this.canvas.style.width = `${this.view.width}px`;
    this.canvas.style.height = `${this.view.height}px`;
    const [left, top] = grid.corner;
    this.#drawn = { scale: grid.scale, left, top };
    this.#follow();
    const context = this.canvas.getContext('2d');
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, this.view.width, this.view.height);
    return context;
  }
}

/**
 * The cells of the plane in view, in the aspect of an image.
 *
 * @param {import('./view.js').View} view @param {number} columns @param {[number, number, number]} shape
 */
export function gridOf(view, columns, [, imageHeight, imageWidth]) {
  const width = view.width / columns;
  const height = (width * imageHeight) / imageWidth;
  const rows = Math.ceil(view.height / height);
  const toPlane = (cell) =>
    view.toPlane(((cell % columns) + 0.5) * width, (Math.floor(cell / columns) + 0.5) * height);
  const places = Array.from({ length: rows * columns }, (_, cell) => toPlane(cell));
  return {
    columns,
    rows,
    width,
    height,
    cells: rows * columns,
    scale: view.scale,
    corner: view.toPlane(0, 0),
    placeOf: (cell) => places[cell],
    boxOf: (cell) => [(cell % columns) * width, Math.floor(cell / columns) * height, width + 0.5, height + 0.5],
  };
}

/** How fast the images of a grid change: each cell against its neighbours to the right and below. */
function changes(grid, images) {
  const [across, along] = [grid.width / grid.scale, grid.height / grid.scale];
  return Float32Array.from({ length: grid.cells }, (_, cell) => {
    const right = (cell + 1) % grid.columns ? cell + 1 : cell - 1;
    const below = cell + grid.columns < grid.cells ? cell + grid.columns : cell - grid.columns;
    return Math.hypot(
      ...[[right, across], [below, along]].map(([other, step]) => apart(images.get(cell), images.get(other)) / step),
    );
  });
}

function apart(one, other) {
  if (!one || !other) return 0;
  return Math.sqrt(one.reduce((sum, value, i) => sum + (value - other[i]) ** 2, 0));
}

function within(codes, count, code, reach) {
  const limit = reach * reach;
  let found = 0;
  for (let i = 0; i < count; i += 1) {
    let square = 0;
    const offset = i * code.length;
    for (let k = 0; k < code.length && square <= limit; k += 1) square += (codes[offset + k] - code[k]) ** 2;
    if (square <= limit) found += 1;
  }
  return found;
}
