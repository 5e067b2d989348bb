/**
 * Large arrays that come by themselves, beside the message that names them (aecore/browser/blocks.py).
 *
 * A block's name is the hash of its content: what was fetched once is never asked for again while something holds it,
 * and the browser keeps it on its disk. A page that was saved as one file gives its blocks another source.
 */

const TYPES = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array };

/** @type {Map<string, WeakRef<Float32Array|Int32Array|Uint8Array>>} */
const known = new Map();

let source = fetched;

/** @param {(base: string, hash: string) => Promise<ArrayBuffer>} other where blocks come from instead of the server */
export function takeBlocksFrom(other) {
  source = other;
}

/**
 * @param {string} base address that a hash is put behind
 * @param {{type: string, shape: number[], hash: string}} place
 * @returns {Promise<Float32Array|Int32Array|Uint8Array>}
 */
export async function loadBlock(base, { type, hash }) {
  const held = known.get(hash)?.deref();
  if (held) return held;
  const array = new TYPES[type](await source(base, hash));
  known.set(hash, new WeakRef(array));
  return array;
}

async function fetched(base, hash) {
  const answer = await fetch(new URL(base + hash, location.origin));
  if (!answer.ok) throw new Error(answer.status === 404 ? await answer.text() : `the lab answered ${answer.status}`);
  return answer.arrayBuffer();
}
