/**
 * The pictures beside the map: what the code decodes to, the nearest real images, and while a picture is held its
 * original and its reconstruction, so that one sees what moving has changed.
 */

import { button, codeInWords, element, number, oncePerFrame, whenQuiet } from './dom.js';
import { wayBackInWords } from './inverse.js';
import { affordable, nearestCodes } from './near.js';
import { Picture } from './picture.js';

const LARGE = 256; // pixels
const SMALL = 128;
const TINY = 44;
const NEAREST = 5;
const REST_MS = 400; // a screen reader hears about the code when it rests

export class Pictures {
  /**
   * @param {import('./explorer.js').Explorer} explorer
   * @param {{near: () => number, forHeld: HTMLElement[], always: HTMLElement[], spoken: (words: string) => void,
   *   let: () => void}} around
   *   near: index of the picture nearest to the probe; forHeld, always: further buttons; spoken: is told what is said
   */
  constructor(explorer, around) {
    Object.assign(this, { explorer, around, nearest: [] });
    this.message = element('p', { class: 'message', role: 'status' });
    this.spoken = element('p', { class: 'unseen', 'aria-live': 'polite' });
    this.renderSoon = oncePerFrame(() => this.render());
    this.speak = whenQuiet(() => this.#speak(), REST_MS);
    this.home = button('Put it back', (event) => this.#putBack(event));
    this.letGo = button('Let go', (event) => this.explorer.release(event.timeStamp));
    this.mean = button('', (event) => this.explorer.jump(this.scene.mean, event.timeStamp, 'mean'));
    this.grid = element('div', { class: 'picture-grid' });
    this.forHeld = [this.home, this.letGo, ...around.forHeld];
    this.actions = element('div', { class: 'actions' }, ...this.forHeld, this.mean, ...around.always);
    this.trust = element('p', { class: 'trust' });
    this.wayBack = element('p', { class: 'way-back' });
    this.row = element('div', { class: 'nearest', role: 'group' });
    this.nearTitle = element('p', { class: 'picture-title' });
    this.nearby = element('div', { class: 'nearby' }, this.nearTitle, this.row);
    const parts = [this.message, this.grid, this.trust, this.wayBack, this.nearby, this.actions, this.spoken];
    this.root = element('aside', { class: 'pictures', 'aria-label': 'Pictures' }, ...parts);
  }

  setScene(scene) {
    this.scene = scene;
    this.decoded = new Picture(scene.shape, 'Decoded', LARGE);
    this.original = new Picture(scene.shape, 'Original', SMALL);
    this.reconstruction = new Picture(scene.shape, 'Reconstruction', SMALL);
    this.decoded.root.classList.add('large');
    this.grid.replaceChildren(this.decoded.root, this.original.root, this.reconstruction.root);
    this.middle = scene.drawn && scene.latent > 2 ? 'the image in the middle' : 'the mean code';
    this.mean.textContent = `To ${this.middle}`;
    this.nearTitle.textContent = scene.drawn ? 'Nearest drawn images' : 'Nearest real images';
    this.row.setAttribute('aria-label', this.nearTitle.textContent);
    this.tiny = Array.from({ length: NEAREST }, () => this.#tinyButton());
    this.row.replaceChildren(...this.tiny.map(({ root }) => root));
    this.again = null;
    this.render();
  }

  #tinyButton() {
    const picture = new Picture(this.scene.shape, '', TINY);
    picture.canvas.setAttribute('aria-hidden', 'true');
    const root = button('', (event) => this.explorer.hold(Number(root.dataset.index), event.timeStamp), { class: 'picture-button' });
    root.append(picture.canvas);
    return { picture, root };
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
    this.original.describe(index >= 0 ? 'Under the pointer' : this.scene.drawn ? 'As drawn' : 'Original', this.scene.className(shown));
  }

  /** How far the decoded image lies from its code when it is encoded again. @param {number|null} distance */
  setAgain(distance) {
    this.again = distance;
    this.renderSoon();
  }

  render() {
    const { held, code } = this.explorer;
    this.preview(-1);
    this.reconstruction.show(held >= 0 && !this.scene.drawn); // what was drawn is what its code decodes to
    this.forHeld.forEach((each) => (each.hidden = held < 0));
    this.home.disabled = this.explorer.atHome;
    const title = held >= 0 && !this.explorer.atHome ? 'Moved' : 'Decoded';
    this.decoded.describe(title, code.length <= 3 ? `code ${codeInWords(code)}` : this.#distance());
    this.#showNearest();
    this.wayBack.textContent = wayBackInWords(this.explorer);
    this.wayBack.hidden = this.wayBack.textContent === '';
    this.speak();
  }

  #showNearest() {
    const { scene, explorer } = this;
    this.nearby.hidden = !scene.whole;
    if (!scene.whole) return;
    const looked = affordable(scene.pictured, scene.latent);
    this.nearest = nearestCodes(scene.codes, looked, explorer.code, NEAREST, explorer.atHome ? explorer.held : -1);
    this.tiny.forEach((each, i) => this.#showTiny(each, this.nearest[i]));
    this.#showTrust(this.nearest[0]?.distance ?? Infinity);
  }

  #showTiny({ picture, root }, found) {
    root.hidden = !found;
    if (!found || Number(root.dataset.index) === found.index) return;
    root.dataset.index = found.index;
    picture.drawBytes(this.scene.original(found.index));
    const words = `Take up image ${this.scene.ids[found.index]}${this.#named(found.index)}, ${number(found.distance)} away`;
    root.setAttribute('aria-label', words);
    root.title = words;
  }

  #named(index) {
    const name = this.scene.className(index);
    return name ? `, ${name}` : '';
  }

  #showTrust(distance) {
    const { far } = this.scene;
    const invented = far !== null && distance > far;
    this.decoded.root.classList.toggle('invented', invented);
    const place = invented ? `Invented: the nearest image is ${number(distance)} away, data lie within ${number(far)}` : 'Near the data';
    const again = this.again === null ? '' : `; encoded again it lies ${number(this.again)} away`;
    this.trust.textContent = far === null ? again.slice(2) : `${place}${again}.`;
  }

  #distance() {
    const from = this.explorer.held >= 0 ? this.scene.codeOf(this.explorer.held) : this.scene.mean;
    const distance = Math.hypot(...this.explorer.code.map((value, i) => value - from[i]));
    return `${number(distance)} from ${this.explorer.held >= 0 ? 'its own code' : this.middle}`;
  }

  #speak() {
    const near = this.around.near();
    const name = near >= 0 ? this.scene.className(near) : '';
    const words = `Decoded picture at code ${codeInWords(this.explorer.code)}${name ? `, nearest picture: ${name}` : ''}. ${this.trust.textContent} ${this.wayBack.textContent}`;
    this.decoded.canvas.setAttribute('aria-label', words);
    this.spoken.textContent = words;
    this.around.spoken(words);
  }

  #putBack(event) {
    this.explorer.hold(this.explorer.held, event.timeStamp);
  }
}
