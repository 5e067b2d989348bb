/**
 * The pictures beside the map: what the code decodes to and, while a picture is held, its original and its
 * reconstruction, so that one sees what moving has changed.
 */

import { button, codeInWords, element, number, oncePerFrame, whenQuiet } from './dom.js';
import { Picture } from './picture.js';

const LARGE = 256; // pixels
const SMALL = 128;
const REST_MS = 400; // a screen reader hears about the code when it rests

export class Pictures {
  /**
   * @param {import('./explorer.js').Explorer} explorer
   * @param {{near: () => number, forHeld: HTMLElement[], always: HTMLElement[], spoken: (words: string) => void}} around
   *   near: index of the picture nearest to the probe; forHeld, always: further buttons; spoken: is told what is said
   */
  constructor(explorer, around) {
    Object.assign(this, { explorer, around });
    this.message = element('p', { class: 'message', role: 'status' });
    this.spoken = element('p', { class: 'unseen', 'aria-live': 'polite' });
    this.renderSoon = oncePerFrame(() => this.render());
    this.speak = whenQuiet(() => this.#speak(), REST_MS);
    this.home = button('Put it back', (event) => this.#putBack(event));
    this.letGo = button('Let go', (event) => this.explorer.release(event.timeStamp));
    this.mean = button('To the mean code', (event) => this.explorer.jump(this.scene.mean, event.timeStamp, 'mean'));
    this.grid = element('div', { class: 'picture-grid' });
    this.forHeld = [this.home, this.letGo, ...around.forHeld];
    this.actions = element('div', { class: 'actions' }, ...this.forHeld, this.mean, ...around.always);
    this.root = element('aside', { class: 'pictures', 'aria-label': 'Pictures' }, this.message, this.grid, this.actions, this.spoken);
  }

  setScene(scene) {
    this.scene = scene;
    this.decoded = new Picture(scene.shape, 'Decoded', LARGE);
    this.original = new Picture(scene.shape, 'Original', SMALL);
    this.reconstruction = new Picture(scene.shape, 'Reconstruction', SMALL);
    this.decoded.root.classList.add('large');
    this.grid.replaceChildren(this.decoded.root, this.original.root, this.reconstruction.root);
    this.render();
  }

  /** What is waited for or what went wrong; empty when there is nothing to say. */
  say(words, isError = false) {
    this.message.textContent = words;
    this.message.hidden = words === '';
    this.message.classList.toggle('error', isError);
  }

  /** Show the reconstruction of the held picture. @param {Float32Array} image */
  drawReconstruction(image) {
    if (this.explorer.held < 0) return;
    this.reconstruction.drawFloats(image);
    const original = this.scene.original(this.explorer.held);
    const error = image.reduce((sum, value, i) => sum + (value - original[i] / 255) ** 2, 0);
    this.reconstruction.describe('Reconstruction', `squared error ${number(error, 1)}, summed over pixels`);
  }

  /** A picture the pointer is over is shown in the place of the original until it is left. */
  preview(index) {
    const shown = index >= 0 ? index : this.explorer.held;
    this.original.show(shown >= 0);
    if (shown < 0) return;
    this.original.drawBytes(this.scene.original(shown));
    this.original.describe(index >= 0 ? 'Under the pointer' : 'Original', this.scene.className(shown));
  }

  render() {
    const { held, code } = this.explorer;
    this.preview(-1);
    this.reconstruction.show(held >= 0);
    this.forHeld.forEach((each) => (each.hidden = held < 0));
    this.home.disabled = this.explorer.atHome;
    const title = held >= 0 && !this.explorer.atHome ? 'Moved' : 'Decoded';
    this.decoded.describe(title, code.length <= 3 ? `code ${codeInWords(code)}` : this.#distance());
    this.speak();
  }

  #distance() {
    const from = this.explorer.held >= 0 ? this.explorer.codeOf(this.explorer.held) : this.scene.mean;
    const distance = Math.hypot(...this.explorer.code.map((value, i) => value - from[i]));
    return `${number(distance)} from ${this.explorer.held >= 0 ? 'its own code' : 'the mean code'}`;
  }

  #speak() {
    const near = this.around.near();
    const name = near >= 0 ? this.scene.className(near) : '';
    const words = `Decoded picture at code ${codeInWords(this.explorer.code)}${name ? `, nearest picture: ${name}` : ''}.`;
    this.decoded.canvas.setAttribute('aria-label', words);
    this.spoken.textContent = words;
    this.around.spoken(words);
  }

  #putBack(event) {
    this.explorer.hold(this.explorer.held, event.timeStamp);
  }
}
