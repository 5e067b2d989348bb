/** Any network in the browser, by onnxruntime-web on one thread of WebAssembly. */

import { block, embedded } from './embedded.js';
import * as ort from './ort/ort.wasm.bundle.min.mjs';

ort.env.wasm.numThreads = 1; // more threads would need a cross-origin isolated page
ort.env.logLevel = 'error';

let found = null; // WebAssembly, looked for once

function findWebAssembly() {
  found ??= embedded() ? takeOut() : Promise.resolve(nameIt());
  return found;
}

async function takeOut() {
  ort.env.wasm.wasmBinary = await block('ort.wasm');
}

function nameIt() {
  ort.env.wasm.wasmPaths = { wasm: new URL('./ort/ort-wasm-simd-threaded.wasm', import.meta.url).href };
}

/**
 * @param {Uint8Array} onnx
 * @returns {Promise<{run: function, release: function}>} run takes values and shape of each input by name, and gives the
 *   values of each output by name
 */
export async function openRuntime(onnx) {
  await findWebAssembly();
  const session = await ort.InferenceSession.create(onnx, { executionProviders: ['wasm'] });
  const tensor = ([name, [values, shape]]) => [name, new ort.Tensor('float32', values, shape)];
  return {
    async run(inputs) {
      const outputs = await session.run(Object.fromEntries(Object.entries(inputs).map(tensor)));
      return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data]));
    },
    release: () => session.release(),
  };
}
