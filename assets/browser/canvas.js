/**
 * The latent canvas: a Streamlit component whose pictures are decoded here, in the browser.
 *
 * Python sends one scene (aecore/browser/canvas.py), whose large arrays the browser fetches by itself; nothing goes
 * back while a person explores, and one message when they keep something with the run. The parts (map, pictures, and
 * below them panels: walk, sliders, drawing, group) share one Explorer, one Decoder and one Encoder.
 *
 * For tests, and for the curious in the console, the element [data-lab=KEY] has the attribute data-state ("opening",
 * "ready" or "failed") and carries `latentLab`:
 *   error         what went wrong, null if nothing did
 *   code          the code that is decoded now, Float32Array [latent]
 *   image         the decoded values of the picture on screen, Float32Array [channels * height * width]
 *   imageCode     the code that this picture was decoded from (a moment behind `code`)
 *   again, spread what the encoder makes of this picture, Float32Array [latent], null without an encoder; againCode:
 *                 the code whose picture it was
 *   held          index of the picture that was taken up, -1 for none
 *   selected      indices of the points that were chosen as a group
 *   lit           index of the point that lights up because another canvas points to its image, -1 for none
 *   count         how many points the map shows; shown: for each number of points when that many were first drawn, in ms
 *   frames        one {input_ms, painted_ms, cause} per picture drawn for an input: the time stamp of the input
 *                 event, and the time when the decoded picture had been drawn on its canvas; the newest 5,000
 *   layer         what covers the plane: title, places and values of its cells; null until it has been drawn
 *   time          of the time machine, once it is open: t, before, after, share, places of the points; image, as decoded
 *                 at a place and an imageTime, null where it cannot be decoded
 *   pageOf(x, y)  where a place of the plane is on the page, for a test that moves the mouse there
 */

import { Address } from './address.js';
import { component } from './component.js';
import { copyLink } from './copylink.js';
import { openDecoder } from './decoder.js';
import { button, element, whenQuiet } from './dom.js';
import { Draw } from './draw.js';
import { spreadEllipse } from './ellipse.js';
import { openEncoder } from './encoder.js';
import { Explorer } from './explorer.js';
import { Group } from './group.js';
import { Layers } from './layers.js';
import { Link } from './link.js';
import { MapView } from './map.js';
import { readHeader } from './packing.js';
import { Panels } from './panels.js';
import { Pictures } from './pictures.js';
import { sameKind, sameModel, Scene } from './scene.js';
import { simplified } from './simplify.js';
import { directionsOf, numbersOf, Sliders } from './sliders.js';
import { currentColours } from './theme.js';
import { TimePanel } from './timepanel.js';
import { Walk } from './walk.js';
import { fittingIn, goTo, whereabouts } from './whereabouts.js';

const FRAMES = 5000;
const REST_MS = 300; // after the last movement the address says where one is
const ACTS = ['change', 'click', 'dblclick', 'keyup', 'pointerup', 'wheel'];
const OTHER_PLANE = new Set(['slider', 'hold', 'release', 'address']); // causes that move the probe out of its plane

/** The component's entry. */
export const mount = component((place) => new LatentCanvas(place));

class LatentCanvas {
  constructor(parent) {
    this.root = element('section', { class: 'lab', 'aria-label': 'Latent canvas' });
    parent.append(this.root);
    this.hook = { error: null, frames: [], code: null, image: null, imageCode: null, held: -1, selected: [], lit: -1 };
    Object.assign(this.hook, { again: null, spread: null, count: 0, shown: {} });
    this.root.latentLab = this.hook;
    this.rest = whenQuiet(() => this.#writeAddress(), REST_MS);
    ACTS.forEach((act) => this.root.addEventListener(act, this.rest));
  }

  /** Take in what Python sent. The same scene again means that the theme or a callback changed. */
  update({ data, setTriggerValue }) {
    this.tell = (act) => setTriggerValue('act', act);
    const { fingerprint } = readHeader(data);
    if (fingerprint === this.fingerprint) this.#recolour();
    else if (this.scene?.whole && this.coming === this.scene) this.#renew(new Scene(data));
    else this.#take(new Scene(data));
    this.fingerprint = fingerprint;
  }

  /** Where nothing but groups and directions are others, the map and whatever is on it stay as they are. */
  #renew(scene) {
    if (scene.core === this.scene.core) this.#extend(scene);
    else this.#take(scene);
  }

  async #extend(scene) {
    try {
      await this.scene.extend(scene);
      this.#showKept(this.scene);
      this.#setPast(this.scene);
    } catch (error) {
      this.#failed(error);
    }
  }

  #recolour() {
    if (!this.scene) return;
    const colours = this.#colours();
    this.map?.setColours(colours);
    this.layers?.setScene(this.scene, this.map.view, colours);
  }

  #colours() {
    const colours = currentColours(this.root, this.scene.themes);
    this.root.style.colorScheme = colours.dark ? 'dark' : 'light'; // for what the browser draws itself
    return colours;
  }

  /** Wait for what the map is drawn from, then for the rest; a newer scene that comes meanwhile takes its place. */
  async #take(scene) {
    this.coming = scene;
    this.root.setAttribute('data-lab', scene.key);
    this.root.setAttribute('data-state', 'opening');
    try {
      await scene.openMap();
      if (this.coming !== scene || this.closed) return;
      this.#setScene(scene);
      await scene.openAll();
      if (this.coming !== scene || this.closed) return;
      this.#complete(scene);
      await this.#open(scene);
    } catch (error) {
      if (this.coming === scene && !this.closed) this.#failed(error);
    }
  }

  #setScene(scene) {
    const before = this.scene;
    const { lasso } = before?.whole ? whereabouts(this) : {};
    this.scene = scene;
    const same = before && sameKind(before, scene);
    if (same) this.#goOn(scene);
    else this.#build(scene, before);
    if (same && lasso) this.wanted.lasso = lasso; // the map drops it
    this.#silently(() => this.map?.setScene(scene, this.#colours()));
    this.wanted = goTo(this, this.wanted, false);
    this.pictures.setScene(scene);
    this.sliders?.setScene(scene);
    this.#setPast(scene);
    this.hook.count = scene.count;
    this.hook.shown[scene.count] ??= performance.now();
    if (!same) this.map?.describe(`Map of ${scene.count} codes.`);
    if (!same) this.pictures.say('Opening the decoder: about a second at the first time.');
  }

  #setPast(scene) {
    if (scene.past) this.time?.setScene(scene);
    if (this.time) this.panels.offer('time', scene.past !== null);
  }

  /** The same space, learned further or seen whole: the code and the view stay, and so does a picture still there. */
  #goOn(scene) {
    const { explorer } = this;
    this.before = this.#heldBefore();
    explorer.scene = scene;
    explorer.held = -1;
    explorer.anchor = explorer.code;
  }

  /** The same model in another plane: the code stays, and so does a picture that is there too. */
  #carry(explorer, before) {
    this.before = before && sameModel(before, explorer.scene) ? this.#heldBefore() : null;
    if (before && sameModel(before, explorer.scene)) explorer.code = explorer.anchor = this.explorer.code;
    return explorer;
  }

  #heldBefore() {
    const { held, scene } = this.explorer;
    return held >= 0 ? { id: scene.ids?.[held] } : null;
  }

  /** Codes and pictures have come. */
  #complete(scene) {
    const { explorer, before } = this;
    const held = before ? scene.ids.indexOf(before.id) : -1;
    if (held >= 0 && held < scene.pictured) {
      const code = scene.codeOf(held);
      if (code.every((value, i) => Math.abs(value - explorer.code[i]) < 1e-6)) explorer.held = held;
    }
    this.before = null;
    this.map?.complete();
    this.layers?.setScene(scene, this.map.view, this.#colours());
    this.walk?.setScene(scene);
    this.draw?.setScene(scene);
    this.#showKept(scene);
    this.link?.catchUp();
    this.#restore();
    this.pictures.render();
  }

  /** Groups and directions. */
  #showKept(scene) {
    this.directions.setScene(scene);
    this.group.setScene(scene);
    this.panels.offer('directions', scene.along.length > 0);
    this.#offerGroup();
  }

  /** What the address says and no scene has had yet; what a person does meanwhile is not undone. */
  #restore() {
    const { wanted } = this;
    this.wanted = {}; // a probe that moves drops what it waited for
    this.wanted = goTo(this, wanted, true);
  }

  #writeAddress() {
    if (!this.scene?.whole || this.closed) return;
    this.address.write({ ...this.wanted, ...whereabouts(this) });
  }

  #stay(scene, carried) {
    this.address?.close();
    this.address = new Address(scene.key, () => {
      this.wanted = this.address.read();
      if (this.scene.whole) this.#restore();
    });
    this.wanted = fittingIn(scene, this.address.read());
    if (carried) delete this.wanted.probe;
  }

  #join(scene) {
    this.link?.leave();
    this.link = scene.link ? new Link(scene.link.name, (kind, value) => this.#hear(kind, value)) : null;
    this.root.setAttribute('aria-label', scene.link ? `Latent canvas of ${scene.link.title}` : 'Latent canvas');
    this.root.classList.toggle('linked', this.link !== null);
    this.toldHeld = -1;
  }

  #silently(act) {
    return this.link ? this.link.silently(act) : act();
  }

  /** What was done with an image in another canvas is done with it here. */
  #hear(kind, value) {
    if (!this.scene?.whole) return;
    if (kind === 'light') this.#light(this.scene.indexOf(value));
    else if (kind === 'take') this.#takeUp(this.scene.indexOf(value));
    else this.map?.choose(value.map((id) => this.scene.indexOf(id)).filter((index) => index >= 0));
  }

  #light(index) {
    this.hook.lit = index;
    this.map?.light(index);
  }

  #takeUp(index) {
    const { explorer, scene } = this;
    if (index === explorer.held) return;
    if (this.map) this.map.path = [];
    if (index >= 0 && index < scene.pictured) explorer.hold(index, performance.now());
    else explorer.release(performance.now());
  }

  /** Tell the linked canvases which image is held now. */
  #tellHeld() {
    const id = this.scene.ids?.[this.explorer.held] ?? -1;
    if (id !== this.toldHeld) this.link?.tell('take', id);
    this.toldHeld = id;
  }

  #build(scene, before) {
    const parts = new Set(scene.link?.panels === false ? ['map'] : scene.parts);
    this.#stay(scene, before && sameModel(before, scene));
    this.#join(scene);
    this.map?.close();
    this.time?.close();
    this.#leaveNetworks();
    this.explorer = this.#carry(new Explorer(scene), before);
    const decode = (lane, codes, count, deliver) => this.#decode(lane, codes, count, deliver);
    const encode = (lane, images, count, deliver) => this.#encode(lane, images, count, deliver);
    this.layers = parts.has('map') ? new Layers(this.explorer, { decode, encode }) : null;
    this.group = new Group(this.#groupActs());
    this.map = parts.has('map') ? this.#newMap() : null;
    this.sliders = parts.has('sliders') ? this.#newSliders() : null;
    this.directions = this.#newDirections();
    this.walk = parts.has('walk') ? this.#newWalk(decode) : null;
    this.draw = 'encoder' in scene.blocks && scene.link?.panels !== false ? this.#newDraw() : null;
    this.pictures = new Pictures(this.explorer, {
      near: () => (this.time?.open ? -1 : (this.map?.nearestToProbe() ?? -1)),
      forHeld: this.#stopButtons(),
      always: [],
      spoken: (words) => this.time?.open || this.map?.describe(`Map of ${this.scene.count} codes. ${words}`),
    });
    this.time = this.map ? this.#newTime() : null;
    this.#arrange();
    this.explorer.onChange((change) => this.#changed(change));
    this.hook.pageOf = (x, y) => this.#pageOf(x, y);
    Object.defineProperty(this.hook, 'layer', { get: () => this.layers?.drawn ?? null, configurable: true, enumerable: true });
  }

  #newMap() {
    return new MapView(this.explorer, {
      point: (index) => this.#pointed(index),
      selected: (indices) => this.#selected(indices),
      layers: this.layers.controls,
      behind: [this.layers.canvas],
      buttons: this.scene.link?.panels === false ? [] : [copyLink(() => this.#writeAddress())],
      moved: () => this.layers.moved(),
      line: (places) => this.#drawn(places),
    });
  }

  #pointed(index) {
    this.pictures.preview(index);
    this.link?.tell('light', this.scene.ids?.[index] ?? -1);
  }

  /** A line was drawn to walk along. */
  #drawn(places) {
    if (!this.walk || !this.scene.whole) return;
    this.panels.show('walk');
    this.walk.setLine(simplified(places, 0.5 / this.map.view.scale));
  }

  #newSliders() {
    const title = ({ latent }) => `The ${latent} numbers of the code, most active first`;
    return new Sliders(this.explorer, 'Numbers of the code', title, numbersOf);
  }

  #newDirections() {
    const title = () => 'Along directions; the position is the distance from the middle';
    return new Sliders(this.explorer, 'Directions', title, directionsOf);
  }

  #groupActs() {
    return {
      keep: (name, ids) => this.tell({ kind: 'keep_group', name, ids }),
      drop: (name) => this.tell({ kind: 'drop_group', name }),
      choose: (indices) => this.map.choose(indices),
      take: (index) => this.explorer.hold(index, performance.now()),
    };
  }

  #selected(indices) {
    this.hook.selected = indices;
    if (!this.scene.whole) return;
    this.link?.tell('select', indices.map((index) => this.scene.ids[index]));
    this.group.show(indices);
    this.#offerGroup();
    if (indices.length) this.panels.show('group');
  }

  #offerGroup() {
    this.panels.offer('group', this.hook.selected.length > 0 || this.scene.groups.length > 0);
  }

  /** A drawn image is where its code is: the probe goes there, and what it decodes to is the reconstruction. */
  #newDraw() {
    return new Draw({
      encode: (image, inputMs) => this.#encode('draw', image, 1, (code) => this.explorer.jump(code.slice(), inputMs, 'draw')),
      held: () => this.explorer.held,
    });
  }

  #arrange() {
    if (this.map) this.map.legend.root.prepend(this.layers.scale);
    if (this.link) this.pictures.root.setAttribute('aria-label', `Pictures of ${this.scene.link.title}`);
    const beside = this.map?.root ?? this.sliders?.root;
    const before = this.time ? [this.pictures.root, this.time.pictures] : [this.pictures.root];
    const stage = element('div', { class: 'stage' }, ...before, ...(beside ? [beside] : []));
    this.panels = new Panels('What to do with the code', (key, left) => this.#panelChanged(key, left));
    if (this.map && this.sliders) this.panels.add('sliders', 'Numbers', this.sliders.root);
    this.panels.add('directions', 'Directions', this.directions.root);
    if (this.walk) this.panels.add('walk', 'Walk', this.walk.root);
    if (this.draw) this.panels.add('draw', 'Draw', this.draw.root);
    this.panels.add('group', 'Group', this.group.root);
    if (this.time) this.panels.add('time', 'Time', this.time.root);
    this.root.replaceChildren(stage, ...(this.scene.link?.panels === false ? [] : [this.panels.root]));
  }

  #newTime() {
    const { explorer, hook } = this;
    return new TimePanel(this.map, { explorer, hook, present: this.pictures.root, back: () => this.panels.show(this.panelBefore) });
  }

  #panelChanged(key, before) {
    if (key === 'time') this.panelBefore = before;
    this.time?.show(key === 'time');
  }

  #newWalk(decode) {
    return new Walk(this.explorer, {
      decode,
      drawWay: (places) => this.map?.setWay(places),
      save: (walk) => this.tell({ kind: 'save_walk', ...walk }),
    });
  }

  #stopButtons() {
    if (!this.walk) return [];
    const take = (label, act) => button(label, () => this.panels.show('walk') ?? act(this.explorer.held));
    return [
      take('Use as A', (held) => this.walk.setStop(0, held)),
      take('Use as B', (held) => this.walk.setStop(1, held)),
      take('Add to the walk', (held) => this.walk.addStop(held)),
    ];
  }

  #changed({ inputMs, cause }) {
    const { explorer, hook } = this;
    hook.code = explorer.code;
    hook.held = explorer.held;
    delete this.wanted.probe;
    this.#tellHeld();
    this.rest();
    if (cause !== 'walk') this.walk?.interrupted();
    this.#decodeHere(inputMs, cause);
    if (cause === 'hold') this.#decodeHeld();
    if (OTHER_PLANE.has(cause)) this.layers?.moved();
    this.map?.render();
    this.sliders?.render();
    this.directions.render();
    this.draw?.render();
    this.pictures.renderSoon();
  }

  #decodeHeld() {
    const { held } = this.explorer;
    if (held < 0) return;
    this.#decode('reconstruction', this.scene.codeOf(held), 1, (image) => this.pictures.drawReconstruction(image));
  }

  #decodeHere(inputMs, cause) {
    const { code } = this.explorer;
    this.#decode('here', code, 1, (image) => {
      this.pictures.decoded.drawFloats(image);
      if (cause === 'walk') this.walk.drawLive(image);
      Object.assign(this.hook, { image, imageCode: code });
      if (inputMs !== null) this.#record({ input_ms: inputMs, painted_ms: performance.now(), cause });
      this.#encodeAgain(image, code);
    });
  }

  /** Where the decoded image lies when it is encoded again. */
  #encodeAgain(image, code) {
    this.#encode('again', image, 1, (again, spread) => {
      Object.assign(this.hook, { again, spread, againCode: code });
      const { plane } = this.scene;
      this.pictures.setAgain(Math.hypot(...again.map((value, i) => value - code[i])));
      this.map?.setAgain(plane?.position(again) ?? null, plane && spread ? spreadEllipse(plane, spread) : null);
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

  #encode(lane, images, count, deliver) {
    const give = ({ codes, spread }) => deliver(codes, spread ?? null);
    this.encoder?.request(lane, images, count, give, (error) => this.#failed(error));
  }

  async #open(scene) {
    const { decoder, encoder } = scene.blocks;
    const opened = await Promise.all([
      openDecoder(decoder.hash, scene.decoder, scene.plain),
      encoder ? openEncoder(encoder.hash, scene.encoder, scene.shape) : null,
    ]);
    if (this.scene !== scene || this.closed) return;
    this.#use(...opened);
    this.pictures.say('');
    this.root.setAttribute('data-state', 'ready');
  }

  #use(decoder, encoder) {
    decoder.enter();
    encoder?.enter();
    this.#leaveNetworks();
    Object.assign(this, { decoder, encoder });
    this.hook.code = this.explorer.code;
    this.#decodeHere(null, 'open');
    this.#decodeHeld();
    this.walk?.decodeAll();
    this.layers?.renew();
  }

  #leaveNetworks() {
    this.decoder?.leave();
    this.encoder?.leave();
    Object.assign(this, { decoder: null, encoder: null });
  }

  #failed(error) {
    this.root.setAttribute('data-state', 'failed');
    this.hook.error = String(error?.message ?? error);
    const words =
      `The decoder does not run in this browser (${this.hook.error}). The map still shows where the codes lie; ` +
      'a current Chrome, Firefox, Edge or Safari also decodes them.';
    if (this.pictures) this.pictures.say(words, true);
    else this.root.replaceChildren(element('p', { class: 'message error', role: 'alert' }, this.hook.error));
  }

  #pageOf(x, y) {
    const [px, py] = this.map.view.toPixels(x, y);
    const frame = this.map.surface.getBoundingClientRect();
    return [frame.left + px, frame.top + py];
  }

  close() {
    this.#writeAddress(); // it may come back at another place of the page
    this.closed = true;
    this.map?.close();
    this.time?.close();
    this.link?.leave();
    this.address?.close();
    this.#leaveNetworks();
    this.root.remove();
  }
}
