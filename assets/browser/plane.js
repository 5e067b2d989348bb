/**
 * The plane of the map inside the space of codes.
 *
 *   position = (code - origin) componentsᵀ                      components: two rows of length `latent`
 *   code     = anchor + (position - position(anchor)) components
 *
 * Moving in the plane changes the code only along the two components: what the anchor has beside the plane stays.
 * For codes of two numbers the origin is zero and the components are the axes, and position and code are the same.
 */
export class Plane {
  /** @param {Float32Array} origin @param {Float32Array} components [2 * latent] */
  constructor(origin, components) {
    this.origin = origin;
    this.linear = true;
    this.first = components.subarray(0, origin.length);
    this.second = components.subarray(origin.length);
  }

  /** @param {Float32Array} code @returns {[number, number]} */
  position(code) {
    let x = 0;
    let y = 0;
    for (let i = 0; i < code.length; i += 1) {
      x += (code[i] - this.origin[i]) * this.first[i];
      y += (code[i] - this.origin[i]) * this.second[i];
    }
    return [x, y];
  }

  /** The code at a position of the plane through `anchor`. @param {Float32Array} anchor */
  lift(anchor, x, y) {
    const [fromX, fromY] = this.position(anchor);
    return anchor.map((value, i) => value + (x - fromX) * this.first[i] + (y - fromY) * this.second[i]);
  }
}
