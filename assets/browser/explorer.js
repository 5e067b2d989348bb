/**
 * Where a person is in the space of codes: the one state that map, sliders, pictures and walks share.
 *
 *   code     the code that is decoded now
 *   anchor   the code whose remainder beside the plane of the map is kept while moving in the plane
 *   held     the index of the picture that was taken up, -1 when there is none
 */
export class Explorer {
  #listeners = [];

  /**
   * @param {import('./scene.js').Scene} scene
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

  /** @returns {[number, number]} where the code lies in the plane of the map */
  get position() {
    return this.scene.plane.position(this.code);
  }

  /** Whether the code is still the true one of the picture that is held. */
  get atHome() {
    return this.held >= 0 && this.scene.codeOf(this.held).every((value, i) => value === this.code[i]);
  }

  /** Move in the plane of the map. @param {number} inputMs when the person did it */
  moveTo(x, y, inputMs) {
    this.code = this.scene.plane.lift(this.anchor, x, y);
    this.#tell(inputMs, 'map');
  }

  /** Put another code in the place of this one, keeping a picture that is held. */
  set(code, inputMs, cause) {
    this.code = code;
    this.anchor = code;
    this.#tell(inputMs, cause);
  }

  /** Jump to a code, letting go of any picture. */
  jump(code, inputMs, cause) {
    [this.code, this.anchor, this.held] = [code, code, -1];
    this.#tell(inputMs, cause);
  }

  /** Put the code elsewhere, as a link says, and hold on to any picture. */
  put(code, inputMs) {
    [this.code, this.anchor] = [code, code];
    this.#tell(inputMs, 'address');
  }

  /** Take up a picture: the code becomes its code. */
  hold(index, inputMs) {
    const code = this.scene.codeOf(index);
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
