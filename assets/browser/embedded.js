/**
 * What a page made of one file holds beside its code: a header, and named blocks of bytes.
 *
 * aecore/analysis/bundle.py writes them, each block packed with gzip and written in base64 into a script element of its
 * own that no browser runs.
 */

/** Whether this code runs in such a page, and not on a server's. */
export function embedded() {
  return document.getElementById('lab-header') !== null;
}

/** @returns {object} what the page was given to say about itself */
export function header() {
  return JSON.parse(document.getElementById('lab-header').textContent);
}

/** @returns {Promise<Uint8Array>} the bytes of a block, unpacked anew at every call */
export async function block(name) {
  const holder = document.querySelector(`script[data-block="${CSS.escape(name)}"]`);
  if (!holder) throw new Error(`This file holds nothing called ${name}.`);
  const unpacked = new Blob([bytesOf(holder.textContent)]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
}

function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return bytes;
}
