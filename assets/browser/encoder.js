/**
 * The encoder in the browser: images [count * channels * height * width] in [0, 1] in, codes [count * latent] out, and of
 * a variational model the standard deviation of each number.
 */

import { sharedNetwork } from './network.js';

/**
 * The encoder with these weights, shared by all who ask for it.
 *
 * @param {string} hash of the weights
 * @param {Uint8Array} onnx input "images", outputs "codes" and perhaps "spread", both [batch, latent]
 * @param {[number, number, number]} shape channels, height, width
 * @returns {Promise<import('./network.js').Network>} its answer is {codes: Float32Array, spread?: Float32Array}
 */
export function openEncoder(hash, onnx, shape) {
  return sharedNetwork(hash, async () => {
    const { openRuntime } = await import('./runtime.js');
    const session = await openRuntime(onnx);
    return {
      run: (images, count) => session.run({ images: [images, [count, ...shape]] }),
      release: () => session.release(),
    };
  });
}
