/**
 * The decoder in the browser: codes in, images out, by onnxruntime-web on one thread of WebAssembly.
 *
 * Never more than one inference is in flight. What is asked for meanwhile waits in its lane, and in each lane only
 * the newest request survives: the picture follows the pointer and never lags behind a queue.
 */

import * as ort from './ort/ort.wasm.bundle.min.mjs';

ort.env.wasm.numThreads = 1; // more threads would need a cross-origin isolated page
ort.env.wasm.wasmPaths = { wasm: new URL('./ort/ort-wasm-simd-threaded.wasm', import.meta.url).href };
ort.env.logLevel = 'error';

const KEPT = 4; // sessions kept beside the ones in use: going back to a page opens nothing anew
/** @type {Map<string, Promise<Decoder>>} */
const opened = new Map();

/**
 * The decoder with these weights: opened at the first call, shared by all later ones.
 *
 * @param {string} hash of the weights
 * @param {Uint8Array} onnx input "codes" [batch, latent], output "images" [batch, channels, height, width]
 * @returns {Promise<Decoder>}
 */
export function openDecoder(hash, onnx) {
  let decoder = opened.get(hash);
  opened.delete(hash);
  decoder ??= createDecoder(onnx);
  opened.set(hash, decoder); // the newest last
  decoder.catch(() => opened.delete(hash));
  forgetOldest();
  return decoder;
}

async function createDecoder(onnx) {
  return new Decoder(await ort.InferenceSession.create(onnx, { executionProviders: ['wasm'] }));
}

function forgetOldest() {
  for (const [hash, decoder] of opened) {
    if (opened.size <= KEPT) return;
    opened.delete(hash);
    decoder.then((each) => each.closeWhenUnused(), () => {});
  }
}

export class Decoder {
  #session;
  #waiting = new Map(); // lane -> request; a lane keeps its turn when its request is replaced
  #busy = false;
  #users = 0;
  #forgotten = false;

  constructor(session) {
    this.#session = session;
  }

  /** Whoever uses a decoder says so, and says when it no longer does. */
  enter() {
    this.#users += 1;
  }

  leave() {
    this.#users -= 1;
    if (this.#forgotten) this.closeWhenUnused();
  }

  closeWhenUnused() {
    this.#forgotten = true;
    if (this.#users === 0 && !this.#busy) this.#session.release();
  }

  /**
   * Decode soon, unless something newer is asked for in the same lane before.
   *
   * @param {string} lane
   * @param {Float32Array} codes [count * latent]
   * @param {number} count
   * @param {(images: Float32Array) => void} deliver gets [count * channels * height * width], in [0, 1]
   * @param {(error: Error) => void} fail
   */
  request(lane, codes, count, deliver, fail) {
    this.#waiting.set(lane, { codes, count, deliver, fail });
    if (!this.#busy) this.#work();
  }

  async #work() {
    this.#busy = true;
    while (this.#waiting.size > 0) {
      const [lane, { codes, count, deliver, fail }] = this.#waiting.entries().next().value;
      this.#waiting.delete(lane);
      try {
        deliver(await this.#run(codes, count));
      } catch (error) {
        fail(error);
      }
    }
    this.#busy = false;
  }

  async #run(codes, count) {
    const input = new ort.Tensor('float32', codes, [count, codes.length / count]);
    const { images } = await this.#session.run({ codes: input });
    return images.data;
  }
}
