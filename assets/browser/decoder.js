/** The decoder in the browser: codes [count * latent] in, images [count * channels * height * width] in [0, 1] out. */

import { sharedNetwork } from './network.js';
import { readPlain } from './plain.js';

/**
 * The decoder with these weights, shared by all who ask for it.
 *
 * @param {string} hash of the weights
 * @param {Uint8Array} onnx input "codes" [batch, latent], output "images" [batch, channels, height, width]
 * @param {boolean} plain the bytes are no ONNX but packed steps, which need no runtime
 * @returns {Promise<import('./network.js').Network>} its answer is a Float32Array
 */
export function openDecoder(hash, onnx, plain = false) {
  return sharedNetwork(hash, async () => {
    if (plain) return readPlain(onnx);
    const { openRuntime } = await import('./runtime.js'); // only here: a page with a plain decoder needs none of it
    const session = await openRuntime(onnx);
    return {
      run: async (codes, count) => (await session.run({ codes: [codes, [count, codes.length / count]] })).images,
      release: () => session.release(),
    };
  });
}
