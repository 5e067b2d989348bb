/**
 * The latent canvas: a Streamlit component whose pictures are decoded here, in the browser.
 *
 * Python sends one packed scene (pages/shared/latent_canvas.py); nothing goes back while a person explores, and one
 * message when they press the button that keeps a code. The parts (map, sliders, interpolation) share one Explorer
 * and one Decoder.
 *
 * For tests, and for the curious in the console, the element [data-lab=KEY] has the attribute data-state ("opening",
 * "ready" or "failed") and carries `latentLab`:
 *   error         what went wrong, null if nothing did
 *   code          the code that is decoded now, Float32Array [latent]
 *   image         the decoded values of the picture on screen, Float32Array [channels * height * width]
 *   imageCode     the code that this picture was decoded from (a moment behind `code`)
 *   held          index of the picture that was taken up, -1 for none
 *   frames        one {input_ms, painted_ms, cause} per picture drawn for an input: the time stamp of the input
 *                 event, and the time when the decoded picture had been drawn on its canvas; the newest 5,000
 *   pageOf(x, y)  where a place of the plane is on the page, for a test that moves the mouse there
 */

import { openDecoder } from './decoder.js';
import { button, element } from './dom.js';
import { Explorer } from './explorer.js';
import { Interpolation } from './interpolation.js';
import { MapView } from './map.js';
import { readHeader, unpack } from './packing.js';
import { Pictures } from './pictures.js';
import { Plane } from './plane.js';
import { Sliders } from './sliders.js';
import { currentColours } from './theme.js';

const FRAMES = 5000;

/** @type {WeakMap<Node, LatentCanvas>} */
const mounted = new WeakMap();

/** The component's entry: called at the first look, and again whenever its data or the theme change. */
export function mount(component) {
  const { parentElement } = component;
  let canvas = mounted.get(parentElement);
  if (!canvas) {
    canvas = new LatentCanvas(parentElement);
    mounted.set(parentElement, canvas);
  }
  canvas.update(component);
  return () => {
    canvas.close();
    mounted.delete(parentElement);
  };
}

/** Arrays and facts of a packed scene, by the names that the parts use. */
function readScene(bytes) {
  const { header, arrays } = unpack(bytes);
  const size = header.shape.reduce((product, each) => product * each, 1);
  return {
    ...header,
    ...arrays,
    plane: header.movable ? new Plane(arrays.origin, arrays.components) : null,
    points: arrays.points ?? arrays.codes,
    original: (index) => arrays.pictures.subarray(index * size, (index + 1) * size),
    className: (index) => header.classes[arrays.labels[index]].name,
  };
}

/** Whether the controls made for one scene serve another. */
function sameKind(one, other) {
  const kind = ({ latent, shape, parts, movable, keep }) => JSON.stringify([latent, shape, parts, movable, keep]);
  return kind(one) === kind(other);
}

class LatentCanvas {
  constructor(parent) {
    this.root = element('section', { class: 'lab', 'aria-label': 'Latent canvas' });
    parent.append(this.root);
    this.hook = { error: null, frames: [], code: null, image: null, imageCode: null, held: -1 };
    this.root.latentLab = this.hook;
  }

  /** Take in what Python sent. The same scene again means that the theme or a callback changed. */
  update({ data, setStateValue }) {
    this.keep = (value) => setStateValue('kept', value);
    const { fingerprint } = readHeader(data);
    if (fingerprint !== this.fingerprint) this.#setScene(readScene(data));
    else this.#recolour();
    this.fingerprint = fingerprint;
  }

  #recolour() {
    const colours = this.#colours();
    this.map?.setColours(colours);
  }

  #colours() {
    const colours = currentColours(this.root, this.scene.themes);
    this.root.style.colorScheme = colours.dark ? 'dark' : 'light'; // for what the browser draws itself
    return colours;
  }

  #setScene(scene) {
    const before = this.scene;
    this.scene = scene;
    this.root.setAttribute('data-lab', scene.key);
    if (before && sameKind(before, scene)) this.#goOn(scene);
    else this.#build(scene);
    const colours = this.#colours();
    this.map?.setScene(scene, colours);
    this.pictures.setScene(scene);
    this.sliders?.setScene(scene);
    this.interpolation?.setScene(scene);
    this.#open(scene);
  }

  /** The same space, learned further: the code and the view stay, the picture that was held is let go. */
  #goOn(scene) {
    this.explorer.scene = scene;
    this.explorer.held = -1;
    this.explorer.anchor = this.explorer.code;
  }

  #build(scene) {
    const parts = new Set(scene.parts);
    this.map?.close();
    this.decoder?.leave();
    this.decoder = null;
    this.explorer = new Explorer(scene);
    this.map = parts.has('map') ? new MapView(this.explorer, (index) => this.pictures.preview(index)) : null;
    this.sliders = parts.has('sliders') ? new Sliders(this.explorer) : null;
    this.interpolation = parts.has('interpolation') ? this.#interpolation() : null;
    this.pictures = new Pictures(this.explorer, {
      near: () => this.map?.nearestToProbe() ?? -1,
      forHeld: this.#endButtons(),
      always: scene.keep ? [this.#keepButton()] : [],
      spoken: (words) => this.map?.describe(`Map of ${scene.count} codes. ${words}`),
    });
    this.#arrange();
    this.explorer.onChange((change) => this.#changed(change));
    this.hook.pageOf = (x, y) => this.#pageOf(x, y);
  }

  #arrange() {
    const beside = this.map?.root ?? this.sliders?.root;
    const stage = element('div', { class: 'stage' }, this.pictures.root, ...(beside ? [beside] : []));
    const below = [this.map ? this.sliders?.root : null, this.interpolation?.root].filter(Boolean);
    this.root.replaceChildren(stage, ...below);
  }

  #interpolation() {
    const decode = (lane, codes, count, deliver) => this.#decode(lane, codes, count, deliver);
    return new Interpolation(this.explorer, decode, (places) => this.map?.setWay(places));
  }

  #endButtons() {
    if (!this.interpolation) return [];
    return [0, 1].map((which) =>
      button(`Use as ${'AB'[which]}`, () => this.interpolation.setEnd(which, this.explorer.held)),
    );
  }

  #keepButton() {
    return button(this.scene.keep, () => {
      const { code, held } = this.explorer;
      this.keep({ code: Array.from(code), index: held >= 0 ? held : null });
    });
  }

  #changed({ inputMs, cause }) {
    const { explorer, hook } = this;
    hook.code = explorer.code;
    hook.held = explorer.held;
    this.#decodeHere(inputMs, cause);
    if (cause === 'hold') this.#decode('reconstruction', explorer.code, 1, (image) => this.pictures.drawReconstruction(image));
    this.map?.render();
    this.sliders?.render();
    this.pictures.renderSoon();
  }

  #decodeHere(inputMs, cause) {
    const { code } = this.explorer;
    this.#decode('here', code, 1, (image) => {
      this.pictures.decoded.drawFloats(image);
      if (cause === 'interpolation') this.interpolation.drawLive(image);
      Object.assign(this.hook, { image, imageCode: code });
      if (inputMs !== null) this.#record({ input_ms: inputMs, painted_ms: performance.now(), cause });
    });
  }

  #record(frame) {
    this.hook.frames.push(frame);
    if (this.hook.frames.length > FRAMES) this.hook.frames.shift();
  }

  /** What is asked for before the decoder is open is asked for again then. */
  #decode(lane, codes, count, deliver) {
    this.decoder?.request(lane, codes, count, deliver, (error) => this.#failed(error));
  }

  async #open(scene) {
    this.root.setAttribute('data-state', 'opening');
    this.pictures.say('Opening the decoder: about a second at the first time.');
    try {
      const decoder = await openDecoder(scene.decoder_hash, scene.decoder);
      if (this.scene !== scene || this.closed) return;
      this.#use(decoder);
      this.pictures.say('');
      this.root.setAttribute('data-state', 'ready');
    } catch (error) {
      if (this.scene === scene) this.#failed(error);
    }
  }

  #use(decoder) {
    decoder.enter();
    this.decoder?.leave();
    this.decoder = decoder;
    this.hook.code = this.explorer.code;
    this.#decodeHere(null, 'open');
    this.interpolation?.decodeAll();
  }

  #failed(error) {
    this.root.setAttribute('data-state', 'failed');
    this.hook.error = String(error?.message ?? error);
    this.pictures.say(
      `The decoder does not run in this browser (${this.hook.error}). The map still shows where the codes lie; ` +
        'a current Chrome, Firefox, Edge or Safari also decodes them.',
      true,
    );
  }

  #pageOf(x, y) {
    const [px, py] = this.map.view.toPixels(x, y);
    const frame = this.map.surface.getBoundingClientRect();
    return [frame.left + px, frame.top + py];
  }

  close() {
    this.closed = true;
    this.map?.close();
    this.decoder?.leave();
    this.root.remove();
  }
}
