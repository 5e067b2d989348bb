/** Which codes lie nearest to a code, by looking at all of them: in many dimensions no index is faster. */

const MOST_NUMBERS = 4_000_000; // looked at per search: 2 to 4 ms

/** How many codes a search can afford to look at. */
export function affordable(count, latent) {
  return Math.min(count, Math.floor(MOST_NUMBERS / latent));
}

/**
 * @param {Float32Array} codes [count * latent] @param {number} count how many of them are looked at, from the first on
 * @param {Float32Array} code @param {number} wanted
 * @param {number} but an index that is left out, -1 for none
 * @returns {{index: number, distance: number}[]} the nearest first, Euclidean distance
 */
export function nearestCodes(codes, count, code, wanted, but = -1) {
  const latent = code.length;
  const best = []; // ascending
  let limit = Infinity; // square of the last one's distance
  for (let i = 0; i < count; i += 1) {
    const square = squareWithin(codes, i * latent, code, limit);
    if (square >= limit || i === but) continue;
    const at = best.findIndex((each) => each.distance > square);
    best.splice(at < 0 ? best.length : at, 0, { index: i, distance: square });
    if (best.length > wanted) best.pop();
    if (best.length === wanted) limit = best[wanted - 1].distance;
  }
  return best.map(({ index, distance }) => ({ index, distance: Math.sqrt(distance) }));
}

/** The squared distance, or some number beyond `limit` once it is. */
function squareWithin(codes, offset, code, limit) {
  let square = 0;
  for (let k = 0; k < code.length && square < limit; k += 1) square += (codes[offset + k] - code[k]) ** 2;
  return square;
}
