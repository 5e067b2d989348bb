/** Two ways from one code to another, both at `a` for t = 0 and at `b` for t = 1. */

/**
 * The straight way: a + t (b - a).
 * @param {Float32Array} a @param {Float32Array} b @param {number} t
 */
export function straight(a, b, t) {
  return a.map((value, i) => value + t * (b[i] - value));
}

/**
 * The spherical way: the direction turns evenly from a's to b's, and the length grows evenly from |a| to |b|. Codes of
 * a Gaussian in many dimensions lie near a sphere, which the straight way leaves and this one follows. Where the two
 * directions are the same or opposite no single arc is defined, and the way is the straight one.
 *
 * @param {Float32Array} a @param {Float32Array} b @param {number} t
 */
export function spherical(a, b, t) {
  const lengthA = Math.hypot(...a);
  const lengthB = Math.hypot(...b);
  const cosine = a.reduce((sum, value, i) => sum + value * b[i], 0) / (lengthA * lengthB);
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  if (!(Math.sin(angle) > 1e-6)) return straight(a, b, t);
  const length = lengthA + t * (lengthB - lengthA);
  const fromA = (length * Math.sin((1 - t) * angle)) / (Math.sin(angle) * lengthA);
  const fromB = (length * Math.sin(t * angle)) / (Math.sin(angle) * lengthB);
  return a.map((value, i) => fromA * value + fromB * b[i]);
}

export const WAYS = { straight, spherical };
