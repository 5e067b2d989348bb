/**
 * Dense decoders without a runtime: runs the steps of aecore/analysis/plain_network.py, which says what each one does.
 *
 * A packed block comes in: the header names latent, shape and steps, the arrays are the weights. Sums are in double
 * precision, values are stored in float32.
 */

import { Network } from './network.js';
import { unpack } from './packing.js';

const FOUR = 4; // rows at a time: more sums than that do not stay in registers

/**
 * @param {Uint8Array} packed
 * @returns {Network} a decoder
 */
export function openPlain(packed) {
  return new Network(readPlain(packed));
}

/** The engine alone. */
export function readPlain(packed) {
  const { header, arrays } = unpack(packed);
  return new PlainNetwork(header, arrays);
}

export class PlainNetwork {
  #latent;
  #steps;

  constructor({ latent, steps }, arrays) {
    this.#latent = latent;
    this.#steps = steps.map((step) => ({ ...step, arrays: laidOut(step, step.arrays.map((name) => arrays[name])) }));
  }

  /** @returns {Float32Array} images [count * channels * height * width] */
  run(codes, count) {
    if (codes.length !== count * this.#latent) {
      throw new Error(`${count} codes of ${this.#latent} numbers are ${count * this.#latent}, not ${codes.length}.`);
    }
    const values = [codes];
    for (const { operation, takes, width, arrays, epsilon } of this.#steps) {
      const gives = new Float32Array(count * width);
      OPERATIONS[operation](gives, takes.map((index) => values[index]), arrays, count, epsilon);
      values.push(gives);
    }
    return values.at(-1);
  }

  release() {
    this.#steps = [];
  }
}

function laidOut({ operation, width }, [matrix, ...others]) {
  return operation === 'dense' ? [inFours(matrix, width), ...others] : [matrix, ...others];
}

const OPERATIONS = {
  dense,
  norm,
  scale,
  add: (gives, [a, b]) => each(gives, (i) => a[i] + b[i]),
  multiply: (gives, [a, b]) => each(gives, (i) => a[i] * b[i]),
  relu: (gives, [x]) => each(gives, (i) => (x[i] > 0 ? x[i] : 0)),
  sigmoid: (gives, [x]) => each(gives, (i) => 1 / (1 + Math.exp(-x[i]))),
  tanh: (gives, [x]) => each(gives, (i) => Math.tanh(x[i])),
  erf: (gives, [x]) => each(gives, (i) => erf(x[i])),
};

function each(gives, of) {
  for (let i = 0; i < gives.length; i += 1) gives[i] = of(i);
}

function dense(gives, [x], [blocks, bias], count) {
  const rows = bias.length;
  const columns = x.length / count;
  for (let row = 0; row < rows; row += FOUR) {
    for (let image = 0; image < count; image += 1) {
      fourRows(gives, image * rows, row, x, image * columns, columns, blocks, bias);
    }
  }
}

/** Each number of x is read once for four products; what lies beyond the last row is not written. */
function fourRows(gives, to, row, x, from, columns, blocks, bias) {
  let at = row * columns;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let k = from; k < from + columns; k += 1) {
    const number = x[k];
    a += blocks[at] * number;
    b += blocks[at + 1] * number;
    c += blocks[at + 2] * number;
    d += blocks[at + 3] * number;
    at += FOUR;
  }
  gives[to + row] = a + bias[row];
  if (row + 1 < bias.length) gives[to + row + 1] = b + bias[row + 1];
  if (row + 2 < bias.length) gives[to + row + 2] = c + bias[row + 2];
  if (row + 3 < bias.length) gives[to + row + 3] = d + bias[row + 3];
}

/** A matrix with its rows in fours, the four numbers of a column side by side: twice as fast as row after row. */
function inFours(matrix, rows) {
  const columns = matrix.length / rows;
  const blocks = new Float32Array(FOUR * Math.ceil(rows / FOUR) * columns);
  for (let row = 0; row < rows; row += 1) {
    const first = (row - (row % FOUR)) * columns + (row % FOUR);
    for (let k = 0; k < columns; k += 1) blocks[first + FOUR * k] = matrix[row * columns + k];
  }
  return blocks;
}

function norm(gives, [x], [scales, shifts], count, epsilon) {
  const width = x.length / count;
  for (let from = 0; from < x.length; from += width) {
    let mean = 0;
    let variance = 0;
    for (let i = 0; i < width; i += 1) mean += x[from + i] / width;
    for (let i = 0; i < width; i += 1) variance += (x[from + i] - mean) ** 2 / width;
    const narrowing = 1 / Math.sqrt(variance + epsilon);
    for (let i = 0; i < width; i += 1) gives[from + i] = (x[from + i] - mean) * narrowing * scales[i] + shifts[i];
  }
}

function scale(gives, [x], [scales, shifts]) {
  const width = scales.length;
  for (let i = 0; i < x.length; i += 1) gives[i] = x[i] * scales[i % width] + shifts[i % width];
}

/** Abramowitz and Stegun, "Handbook of Mathematical Functions", 1964, formula 7.1.26: off by at most 1.5e-7. */
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return Math.sign(x) * (1 - series * Math.exp(-x * x));
}
