/**
 * Which points of the map lie nearest to a place: a grid of buckets, built once, asked at pointer rate.
 */
export class NearestPoint {
  /**
   * @param {Float32Array} points x and y in turn
   * @param {number} count how many of them can be found, from the first on
   */
  constructor(points, count) {
    this.points = points;
    this.count = count;
    this.side = Math.max(1, Math.ceil(Math.sqrt(count / 4))); // about four points in a bucket
    this.#measure();
    this.#fill();
  }

  #measure() {
    let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = 0; i < this.count; i += 1) {
      left = Math.min(left, this.points[2 * i]);
      right = Math.max(right, this.points[2 * i]);
      bottom = Math.min(bottom, this.points[2 * i + 1]);
      top = Math.max(top, this.points[2 * i + 1]);
    }
    this.left = left;
    this.bottom = bottom;
    this.cell = Math.max((right - left) / this.side, (top - bottom) / this.side, 1e-12);
  }

  #column(x) {
    return Math.min(this.side - 1, Math.max(0, Math.floor((x - this.left) / this.cell)));
  }

  #row(y) {
    return Math.min(this.side - 1, Math.max(0, Math.floor((y - this.bottom) / this.cell)));
  }

  #fill() {
    this.next = new Int32Array(this.count).fill(-1); // chains of points in the same bucket
    this.heads = new Int32Array(this.side * this.side).fill(-1);
    for (let i = 0; i < this.count; i += 1) {
      const bucket = this.#row(this.points[2 * i + 1]) * this.side + this.#column(this.points[2 * i]);
      this.next[i] = this.heads[bucket];
      this.heads[bucket] = i;
    }
  }

  /**
   * @param {number} reach how far to look, in units of the plane
   * @param {(index: number) => boolean} admits whether a point may be found
   * @returns {number} the index of the nearest point, -1 when there is none within reach
   */
  find(x, y, reach, admits = () => true) {
    let best = -1;
    let bestSquare = reach * reach;
    for (let row = this.#row(y - reach); row <= this.#row(y + reach); row += 1) {
      for (let column = this.#column(x - reach); column <= this.#column(x + reach); column += 1) {
        for (let i = this.heads[row * this.side + column]; i >= 0; i = this.next[i]) {
          const square = (this.points[2 * i] - x) ** 2 + (this.points[2 * i + 1] - y) ** 2;
          if (square <= bestSquare && admits(i)) [best, bestSquare] = [i, square];
        }
      }
    }
    return best;
  }

  /**
   * The points nearest to a place, wherever it lies, the nearest first; all of them when there are no more.
   *
   * Buckets are looked at in rings around the place. No point outside of the rings is nearer than their border.
   * @param {number} wanted how many
   * @returns {{index: number, distance: number}[]} distance in units of the plane
   */
  closest(x, y, wanted) {
    const best = []; // ascending, with squared distances
    const [row, column] = [this.#row(y), this.#column(x)];
    for (let ring = 0; ring < this.side; ring += 1) {
      this.#ring(row, column, ring, (i) => insert(best, i, (this.points[2 * i] - x) ** 2 + (this.points[2 * i + 1] - y) ** 2, wanted));
      if (best.length === wanted && best[wanted - 1].distance <= this.#border(x, y, row, column, ring) ** 2) break;
    }
    return best.map(({ index, distance }) => ({ index, distance: Math.sqrt(distance) }));
  }

  /** Visit the points of the buckets that are `ring` away from one. */
  #ring(row, column, ring, visit) {
    const [bottom, top] = [Math.max(0, row - ring), Math.min(this.side - 1, row + ring)];
    const [left, right] = [Math.max(0, column - ring), Math.min(this.side - 1, column + ring)];
    for (let r = bottom; r <= top; r += 1) {
      const whole = Math.abs(r - row) === ring;
      for (let c = left; c <= right; c += 1) {
        if (!whole && Math.abs(c - column) !== ring) continue;
        for (let i = this.heads[r * this.side + c]; i >= 0; i = this.next[i]) visit(i);
      }
    }
  }

  /** How far it is at least from a place to a bucket that no ring up to `ring` holds; infinite when all are held. */
  #border(x, y, row, column, ring) {
    const { left, bottom, cell, side } = this;
    return Math.min(
      column - ring > 0 ? x - (left + (column - ring) * cell) : Infinity,
      column + ring < side - 1 ? left + (column + ring + 1) * cell - x : Infinity,
      row - ring > 0 ? y - (bottom + (row - ring) * cell) : Infinity,
      row + ring < side - 1 ? bottom + (row + ring + 1) * cell - y : Infinity,
    );
  }
}

/** Keep the `wanted` nearest, ascending. */
function insert(best, index, distance, wanted) {
  if (best.length === wanted && distance >= best[wanted - 1].distance) return;
  let at = best.length;
  while (at > 0 && best[at - 1].distance > distance) at -= 1;
  best.splice(at, 0, { index, distance });
  if (best.length > wanted) best.pop();
}
