/**
 * Which point of the map lies nearest to a place: a grid of buckets, built once, asked at pointer rate.
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
}
