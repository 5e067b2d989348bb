/**
 * One standard deviation of a code with independent numbers, as the plane of the map sees it: the ellipse of
 *
 *   P diag(s^2) Pᵀ       P: the two components of the plane [2, latent], s: the standard deviations [latent]
 *
 * @param {import('./plane.js').Plane} plane
 * @param {Float32Array} spread [latent]
 * @returns {{across: number, along: number, angle: number}|null} half axes in units of the plane, the angle of the first in
 *   degrees, counter-clockwise; null in a plane without components
 */
export function spreadEllipse({ linear, first, second }, spread) {
  if (!linear) return null;
  let [xx, xy, yy] = [0, 0, 0];
  spread.forEach((deviation, i) => {
    const variance = deviation * deviation;
    xx += first[i] * first[i] * variance;
    xy += first[i] * second[i] * variance;
    yy += second[i] * second[i] * variance;
  });
  const middle = (xx + yy) / 2;
  const reach = Math.hypot((xx - yy) / 2, xy);
  const root = (value) => Math.sqrt(Math.max(0, value));
  return { across: root(middle + reach), along: root(middle - reach), angle: (Math.atan2(2 * xy, xx - yy) * 90) / Math.PI };
}
