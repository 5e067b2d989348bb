/** Which points lie inside of a line that was drawn around them. */

/**
 * @param {Float32Array} points x and y in turn
 * @param {[number, number][]} corners of the line, which is closed from the last to the first; it may cross itself:
 *   inside is what a ray leaves after an odd number of crossings
 * @param {(index: number) => boolean} admits whether a point can be chosen
 * @returns {number[]} indices, ascending
 */
export function inside(points, corners, admits = () => true) {
  const [left, right] = ends(corners.map(([x]) => x));
  const [bottom, top] = ends(corners.map(([, y]) => y));
  const found = [];
  for (let i = 0; 2 * i < points.length; i += 1) {
    const [x, y] = [points[2 * i], points[2 * i + 1]];
    if (x < left || x > right || y < bottom || y > top) continue;
    if (surrounds(corners, x, y) && admits(i)) found.push(i);
  }
  return found;
}

function ends(values) {
  return [Math.min(...values), Math.max(...values)];
}

function surrounds(corners, x, y) {
  let odd = false;
  let [beforeX, beforeY] = corners.at(-1);
  for (const [nextX, nextY] of corners) {
    const crosses = nextY > y !== beforeY > y;
    if (crosses && x < ((beforeX - nextX) * (y - nextY)) / (beforeY - nextY) + nextX) odd = !odd;
    [beforeX, beforeY] = [nextX, nextY];
  }
  return odd;
}
