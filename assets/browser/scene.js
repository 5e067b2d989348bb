/**
 * What Python sends of a latent space (aecore/browser/canvas.py): facts and small arrays in the message, large
 * ones as blocks. The points of the map are waited for; codes and pictures come while it is on screen already.
 *
 *   points    [2 * count], codes [latent * count], labels [count], ids [count] of the images in their data set
 *   pictures  uint8 [pictured * channels * height * width], the originals of the first `pictured` points
 *   spread    [latent], standard deviation of each number of the code
 *   plane     how places and codes belong together: plane.js or inverse.js; null where the probe cannot move
 *   link      {name, title, panels} of a canvas that is linked with others on the page (link.js): what its run is called,
 *             and whether it has panels below the map
 */

import { loadBlock } from './blocks.js';
import { Inverse } from './inverse.js';
import { unpack } from './packing.js';
import { Plane } from './plane.js';

const FIRST = ['points', 'labels']; // what the map is drawn from

export class Scene {
  /** @param {Uint8Array} message */
  constructor(message) {
    const { header, arrays } = unpack(message);
    Object.assign(this, header, arrays);
    this.size = header.shape.reduce((product, each) => product * each, 1);
    this.plane = 'origin' in arrays ? new Plane(arrays.origin, arrays.components) : null;
    this.whole = false; // whether everything has come
  }

  /** Whether points are the codes themselves. */
  get flat() {
    return !('points' in this.blocks) && this.latent <= 2;
  }

  /** Fetch what the map is drawn from. @returns {Promise<Scene>} */
  async openMap() {
    const first = FIRST.filter((name) => name in this.blocks);
    await this.#load(this.flat || this.inverse ? ['codes', ...first] : first);
    if (this.flat) this.points = this.codes;
    if (this.inverse) this.plane = new Inverse(this);
    return this;
  }

  /** Fetch the rest. @returns {Promise<Scene>} */
  async openAll() {
    await this.#load(Object.keys(this.blocks));
    this.whole = true;
    return this;
  }

  /** Everything but groups, directions and recorded epochs, as text: two scenes with the same are the same map. */
  get core() {
    const { key, shape, latent, count, movable, classes, parts, axes, sliders, colourings, far, blocks } = this;
    const others = Object.entries(blocks).filter(([name]) => !name.startsWith('group.'));
    return JSON.stringify([key, shape, latent, count, movable, classes, parts, axes, sliders, colourings, far, others]);
  }

  /** Take over groups, directions and recorded epochs of another scene with the same core. */
  async extend({ groups, along, along_units, along_origins, past, blocks, fingerprint }) {
    Object.assign(this, { groups, along, along_units, along_origins, past, blocks, fingerprint });
    await this.openAll();
  }

  async #load(names) {
    const arrays = await Promise.all(names.map((name) => loadBlock(this.blocks_url, this.blocks[name])));
    names.forEach((name, i) => (this[name] = arrays[i]));
  }

  /** Where an image of the data set is among the points, -1 if it is not. @param {number} id */
  indexOf(id) {
    this.indices ??= new Map(Array.from(this.ids, (each, index) => [each, index]));
    return this.indices.get(id) ?? -1;
  }

  /** The true code of a point. */
  codeOf(index) {
    const code = this.codes.slice(index * this.latent, (index + 1) * this.latent);
    if (this.inverse) this.plane.remember(code, this.placeOf(index));
    return code;
  }

  /** @returns {[number, number]} where a point lies in the plane */
  placeOf(index) {
    return [this.points[2 * index], this.points[2 * index + 1]];
  }

  /** The original of a point with a picture, uint8 [channels * height * width]. */
  original(index) {
    return this.pictures.subarray(index * this.size, (index + 1) * this.size);
  }

  className(index) {
    return this.classes[this.labels[index]].name;
  }

  /** The numbers by which points can be coloured, for one point. @returns {[string, number][]} title and value */
  numbersOf(index) {
    const there = this.colourings.filter(({ key }) => this[`score.${key}`]);
    return there.map(({ key, title }) => [title, this[`score.${key}`][index]]);
  }
}

/** Whether the controls made for one scene serve another. */
export function sameKind(one, other) {
  const kind = ({ latent, shape, parts, movable, link, blocks, inverse }) =>
    JSON.stringify([latent, shape, parts, movable, link, 'encoder' in blocks, inverse && blocks.points.hash]);
  return kind(one) === kind(other);
}

/** Whether two scenes show the same model: then a code means the same in both. */
export function sameModel(one, other) {
  return one.key === other.key && one.blocks.decoder.hash === other.blocks.decoder.hash;
}
