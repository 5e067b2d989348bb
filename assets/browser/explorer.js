/**
 * Where a person is in the space of codes: the one state that map, sliders, pictures and interpolation share.
 *
 *   code     the code that is decoded now
 *   anchor   the code whose remainder beside the plane of the map is kept while moving in the plane
 *   held     the index of the picture that was taken up, -1 when there is none
 */
export class Explorer {
  #listeners = [];

  /**
   * @param {object} scene as canvas.js unpacks it
   */
  constructor(scene) {
    this.scene = scene;
    this.code = scene.mean.slice();
    this.anchor = this.code;
    this.held = -1;
  }

  /** @param {(change: {inputMs: number, cause: string}) => void} listener is called after each change */
  onChange(listener) {
    this.#listeners.push(listener);
  }

  /** The true code of a picture. */
  codeOf(index) {
    const { codes, latent } = this.scene;
    return codes.slice(index * latent, (index + 1) * latent);
  }

  /** @returns {[number, number]} where the code lies in the plane of the map */
  get position() {
    return this.scene.plane.position(this.code);
  }

  /** Whether the code is still the true one of the picture that is held. */
  get atHome() {
    return this.held >= 0 && this.codeOf(this.held).every((value, i) => value === this.code[i]);
  }

  /** Move in the plane of the map. @param {number} inputMs when the person did it */
  moveTo(x, y, inputMs) {
    this.code = this.scene.plane.lift(this.anchor, x, y);
    this.#tell(inputMs, 'map');
  }

  /** Change one number of the code. */
  setDimension(dimension, value, inputMs) {
    this.code = this.code.slice();
    this.code[dimension] = value;
    this.anchor = this.code;
    this.#tell(inputMs, 'slider');
  }

  /** Jump to a code, letting go of any picture. */
  jump(code, inputMs, cause) {
    [this.code, this.anchor, this.held] = [code, code, -1];
    this.#tell(inputMs, cause);
  }

  /** Take up a picture: the code becomes its code. */
  hold(index, inputMs) {
    const code = this.codeOf(index);
    [this.code, this.anchor, this.held] = [code, code, index];
    this.#tell(inputMs, 'hold');
  }

  /** Let go of the picture: the probe stays where it is, in the plane through the mean of all codes. */
  release(inputMs) {
    if (this.held < 0) return;
    const { plane, mean } = this.scene;
    this.code = plane ? plane.lift(mean, ...this.position) : this.code;
    [this.anchor, this.held] = [plane ? mean : this.code, -1];
    this.#tell(inputMs, 'release');
  }

  #tell(inputMs, cause) {
    this.#listeners.forEach((listener) => listener({ inputMs, cause }));
  }
}
