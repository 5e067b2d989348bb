/**
 * A line with fewer corners, which an address can bear (Ramer 1972, Douglas and Peucker 1973): a corner is left out where
 * the line without it is nowhere further than `reach` from the old one.
 */

const MOST = 40; // corners
const DIGITS = 5;

/** @param {[number, number][]} line @param {number} reach in its own unit @returns {[number, number][]} at most 40 corners */
export function simplified(line, reach) {
  let corners = thinned(line, reach);
  for (let wider = 2 * reach; corners.length > MOST; wider *= 2) corners = thinned(line, wider);
  return corners.map((corner) => corner.map((value) => Number(value.toPrecision(DIGITS))));
}

function thinned(line, reach) {
  if (line.length < 3) return line;
  const [first, last] = [line[0], line.at(-1)];
  const far = line.map((corner) => distance(corner, first, last));
  const furthest = far.reduce((best, each, i) => (each > far[best] ? i : best), 0);
  if (far[furthest] <= reach) return [first, last];
  return [...thinned(line.slice(0, furthest + 1), reach).slice(0, -1), ...thinned(line.slice(furthest), reach)];
}

/** Of a place from the stretch between two others. */
function distance([x, y], [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const share = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length));
  return Math.hypot(x - ax - share * dx, y - ay - share * dy);
}
