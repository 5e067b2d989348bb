/**
 * A plane that no formula leads into: a projection by UMAP or t-SNE. Back to a code leads a weighted mean of the codes
 * whose points are nearest to a place, the same as aecore/analysis/projections.py gives (its module says why):
 *
 *   d_1 <= ... <= d_k, R = d_(k+1), s_i = d_i / R        of the k nearest points; of n at most n - 1 are taken for k
 *   w_i = ((1 - s_i) / max(s_i, 1e-4))^2                 all 1 where R is 0 or every w_i is 0
 *   code = sum_i w_i c_i / sum_i w_i                     a single point is its own answer
 *
 * Into the plane leads nothing. A code that was made from a place lies there. Any other one (of a slider, a walk, a
 * drawing, an image encoded again) is marked at the point of the nearest code: the mean of several places could lie
 * between two islands, where there is nothing. How far off that code is, `gapOf` says.
 */

import { number } from './dom.js';
import { affordable, nearestCodes } from './near.js';
import { NearestPoint } from './nearest.js';

const NEAREST_SHARE = 1e-4; // of R
const ASKED = 500; // points that say how far apart points are
const USUAL = 0.99; // share of the points that are nearer to another one
export const ERRORS = 'score.inverse_error'; // the block of what the way back errs at each point

/** Where codes lie, by the plane they lie in, so that a scene that is sent again does not move the probe. */
const KNOWN = new Map();

export class Inverse {
  /** @param {import('./scene.js').Scene} scene whose points and codes have come */
  constructor(scene) {
    this.scene = scene;
    this.linear = false;
    this.points = new NearestPoint(scene.points, scene.count);
    const plane = `${scene.blocks.points.hash} ${scene.blocks.codes.hash}`;
    if (!KNOWN.has(plane)) KNOWN.set(plane, new WeakMap());
    this.known = KNOWN.get(plane);
  }

  /** @param {Float32Array} code @returns {[number, number]} where it is marked */
  position(code) {
    return this.#find(code).place;
  }

  /** How far a code is from the one that its mark belongs to; 0 where the mark is its place. */
  gapOf(code) {
    return this.#find(code).gap;
  }

  /** The code at a place; the anchor does not matter, for the plane is the same around every code. */
  lift(anchor, x, y) {
    const code = this.#mean(this.#near(x, y));
    this.remember(code, [x, y]);
    return code;
  }

  /** Say where a code lies. @param {Float32Array} code @param {[number, number]} place */
  remember(code, place) {
    this.known.set(code, { place, gap: 0 });
  }

  /** The mean error of the way back at the points around a place, by the same weights; NaN before it has come. */
  errorAt(x, y) {
    const errors = this.scene[ERRORS];
    return errors ? this.#near(x, y).reduce((sum, { index, weight }) => sum + weight * errors[index], 0) : NaN;
  }

  /** Whether a place is farther from all points than points are from each other. */
  isEmptyAt(x, y) {
    this.usual ??= this.#usual();
    return this.points.closest(x, y, 1)[0].distance > this.usual;
  }

  #usual() {
    const { count } = this.scene;
    const asked = Math.min(ASKED, count);
    const places = Array.from({ length: asked }, (_, i) => this.scene.placeOf(Math.floor((i * count) / asked)));
    const apart = places.map((place) => this.points.closest(...place, 2).at(-1).distance).sort((a, b) => a - b);
    return apart[Math.ceil(USUAL * asked) - 1];
  }

  #find(code) {
    const known = this.known.get(code);
    if (known) return known;
    const { scene } = this;
    const [{ index, distance }] = nearestCodes(scene.codes, affordable(scene.count, scene.latent), code, 1);
    const found = { place: scene.placeOf(index), gap: distance };
    this.known.set(code, found);
    return found;
  }

  /** The points that make a place's code. @returns {{index: number, weight: number}[]} weights with the sum 1 */
  #near(x, y) {
    const { count, inverse } = this.scene;
    const near = Math.min(inverse.neighbours, count - 1);
    const found = this.points.closest(x, y, near + 1);
    if (count === 1) return [{ index: 0, weight: 1 }];
    return weighted(found.slice(0, near), found[near].distance);
  }

  #mean(near) {
    const { codes, latent } = this.scene;
    const sum = new Float64Array(latent);
    for (const { index, weight } of near) {
      for (let i = 0; i < latent; i += 1) sum[i] += weight * codes[index * latent + i];
    }
    return Float32Array.from(sum);
  }
}

function weighted(found, radius) {
  const raw = found.map(({ distance }) => {
    const share = radius > 0 ? distance / radius : 0;
    return ((1 - share) / Math.max(share, NEAREST_SHARE)) ** 2;
  });
  const even = radius === 0 || raw.every((weight) => weight === 0);
  const total = even ? raw.length : raw.reduce((sum, each) => sum + each, 0);
  return found.map(({ index }, i) => ({ index, weight: (even ? 1 : raw[i]) / total }));
}

/** What a person should know of the code at the probe and its mark; "" in a plane with a formula. */
export function wayBackInWords({ scene, code, atHome }) {
  const { plane, inverse } = scene;
  if (!plane || plane.linear || !scene.whole) return '';
  if (atHome) return 'The code is that of the image itself.';
  const gap = plane.gapOf(code);
  if (gap > 0) return `This code is no place of the map: the dashed marker is at the nearest image, ${number(gap)} away.`;
  const place = plane.position(code);
  const errors = `typical error ${number(plane.errorAt(...place))}, the mean code's ${number(inverse.mean_code_error)}`;
  if (plane.isEmptyAt(...place)) return `No image lies here on the map. Place \u2192 code, from the nearest ones: ${errors}.`;
  return `Place \u2192 code: ${errors}.`;
}
