/**
 * Reads what aecore/browser/packing.py packs: a JSON header and typed arrays in one stretch of bytes.
 *
 *   uint32 (little endian)  length of the header in bytes, padding included
 *   UTF-8 JSON              the header, padded with spaces so that what follows starts at a multiple of 8
 *   arrays                  one after the other, each at a multiple of 8
 *
 * The header's `arrays` says for each name its type, its shape and where it starts, in bytes from the header's end.
 */

const TYPES = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array };

/**
 * @param {Uint8Array} bytes
 * @returns {object} the header alone, which is cheap
 */
export function readHeader(bytes) {
  return JSON.parse(new TextDecoder().decode(bytes.subarray(4, headerEnd(bytes))));
}

function headerEnd(bytes) {
  return 4 + new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
}

/**
 * @param {Uint8Array} bytes a view into a message, so its offset is not aligned: hence the one copy
 * @returns {{header: object, arrays: Object<string, Float32Array|Int32Array|Uint8Array>}}
 */
export function unpack(bytes) {
  const whole = bytes.slice().buffer;
  const header = readHeader(bytes);
  const start = headerEnd(bytes);
  const arrays = {};
  for (const [name, { type, shape, offset }] of Object.entries(header.arrays)) {
    const count = shape.reduce((product, each) => product * each, 1);
    arrays[name] = new TYPES[type](whole, start + offset, count);
  }
  return { header, arrays };
}
