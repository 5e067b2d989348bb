/**
 * The panel of the time machine. While it is open the map shows the recorded images where the encoder put them at the
 * time of the slider; the probe keeps its place there, decoded as the decoder of that time did; below are the recorded
 * reconstructions. The present comes back when another panel is chosen.
 */

import { button, element, number, whenQuiet } from './dom.js';
import { openPast } from './past.js';
import { paint, Picture } from './picture.js';
import { crossFade, TimeMachine } from './timemachine.js';

const LARGE = 256; // pixels
const REST_MS = 400; // a screen reader hears about a time when it rests

/** The probe on the map of the past: a place, which is another code in every epoch. Stands in for an Explorer. */
class PastProbe {
  held = -1;
  position = [0, 0];

  constructor(moved) {
    this.moved = moved;
  }

  moveTo(x, y) {
    this.position = [x, y];
    this.moved();
  }

  /** Nothing is taken up in the past; the probe goes where the image lies. */
  hold(index) {
    this.moveTo(...this.points.placeOf(index));
  }

  release() {}
}

export class TimePanel {
  #decoding = false;
  #asked = false; // while decoding

  /**
   * @param {import('./map.js').MapView} map
   * @param {{explorer: import('./explorer.js').Explorer, present: HTMLElement, back: () => void, hook: object}} around
   *   present: the pictures that those of the past take the place of; back: chooses another panel
   */
  constructor(map, around) {
    Object.assign(this, { map, around, open: false, past: null, coming: '' });
    around.hook.time = {};
    this.probe = new PastProbe(() => this.#moved());
    this.machine = new TimeMachine({
      onTime: (moment) => this.#show(moment),
      decodeAt: (index, code) => this.past.decode(index, code),
    });
    this.speak = whenQuiet(() => this.#speak(), REST_MS);
    this.#build();
  }

  #build() {
    this.message = element('p', { class: 'message', role: 'status' });
    this.note = element('p', { class: 'help' });
    this.rows = element('div', { class: 'time-rows' });
    this.shown = element('div', { hidden: true }, this.machine.root, this.rows, this.note);
    this.root = element('section', { class: 'time', 'aria-label': 'Time' }, this.message, this.shown);
    this.grid = element('div', { class: 'picture-grid' });
    this.spoken = element('p', { class: 'unseen', 'aria-live': 'polite' });
    const back = button('Back to the present', () => this.around.back());
    const parts = [this.grid, element('div', { class: 'actions' }, back), this.spoken];
    this.pictures = element('aside', { class: 'pictures past', 'aria-label': 'Pictures of the past', hidden: true }, ...parts);
  }

  /** Another scene of the same space, maybe with more recorded epochs. */
  setScene(scene) {
    this.scene = scene;
    if (this.open) this.#fetch();
  }

  /** The panel is chosen, or another. @param {boolean} open */
  show(open) {
    if (open === this.open) return;
    this.open = open;
    if (!open) this.#leave();
    else if (this.past) this.#enter();
    if (open) this.#fetch();
  }

  async #fetch() {
    const { missing, history } = this.scene.past;
    if (!history) return this.#say(missing);
    if (history.hash === this.coming) return;
    this.coming = history.hash;
    if (!this.past) this.#say('Fetching the recorded epochs \u2026');
    try {
      const past = await openPast(this.scene);
      if (this.coming === history.hash && !this.closed) this.#take(past);
    } catch (error) {
      this.coming = '';
      this.#say(`The recorded epochs could not be fetched: ${error.message}`);
    }
  }

  #say(words) {
    this.message.textContent = words;
    this.message.hidden = words === '';
  }

  #take(past) {
    const before = this.past;
    this.past = past;
    this.probe.points = past.points;
    this.#say('');
    this.note.textContent = past.note;
    this.#newPictures(past);
    if (before) this.machine.append(past.history);
    else this.machine.setHistory(past.history);
    before?.close();
    this.shown.hidden = false;
    if (!before) this.#startProbe();
    if (this.open) this.#enter();
  }

  #newPictures({ points, kept, originals, corrupted }) {
    this.decoded = new Picture(points.shape, 'Decoded', LARGE);
    this.decoded.root.classList.add('large');
    this.grid.replaceChildren(this.decoded.root);
    const differ = corrupted.some((value, i) => value !== originals[i]);
    this.reconstructed = this.#row('Reconstruction', kept);
    const given = [['Original', originals], ...(differ ? [['Corrupted', corrupted]] : [])];
    const fixed = given.map(([title, images]) => {
      const row = this.#row(title, kept);
      this.#paint(row, images);
      return row;
    });
    this.rows.replaceChildren(...[...fixed, this.reconstructed].map(({ root }) => root));
    this.drawn = '';
  }

  #row(title, count) {
    const [, height, width] = this.past.points.shape;
    const canvases = Array.from({ length: count }, (_, i) =>
      element('canvas', { width, height, role: 'img', 'aria-label': `${title} ${i + 1}` }),
    );
    const strip = element('div', { class: 'time-strip', style: `--count: ${count}` }, ...canvases);
    const root = element('div', { role: 'group', 'aria-label': title }, element('p', { class: 'picture-title' }, title), strip);
    return { root, canvases };
  }

  #paint({ canvases }, images) {
    const { shape, size } = this.past.points;
    canvases.forEach((canvas, i) => paint(canvas, images.subarray(i * size, (i + 1) * size), shape, 1));
  }

  /** The probe begins where it stands in the present. */
  #startProbe() {
    const { points } = this.past;
    this.probe.position = points.plane.position(this.around.explorer.code);
  }

  #enter() {
    this.map.visit(this.past.points, this.probe, PRESENT_ONLY);
    this.#swap(true);
    this.machine.jump(this.machine.t);
  }

  #leave() {
    this.machine.pause();
    this.#swap(false);
    this.map.comeBack();
  }

  #swap(past) {
    this.pictures.hidden = !past;
    this.around.present.hidden = past;
  }

  /** Time has moved. */
  #show({ t, before, after, share, places }) {
    if (!this.open) return;
    Object.assign(this.around.hook.time, { t, before, after, share, places });
    this.map.setPlaces(places);
    this.#showReconstructions(before, after, share);
    this.#moved();
  }

  #showReconstructions(before, after, share) {
    const drawn = `${before} ${after} ${share}`;
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const { past } = this;
    this.#paint(this.reconstructed, crossFade(past.reconstructions(before), past.reconstructions(after), share));
  }

  /** Time or the probe has moved. One image is decoded at a time; what is asked for meanwhile follows. */
  #moved() {
    this.map.render();
    this.speak();
    this.#asked = true;
    if (!this.#decoding) this.#decode();
  }

  async #decode() {
    this.#decoding = true;
    while (this.#asked && !this.closed) {
      this.#asked = false;
      const { machine, probe } = this;
      const [t, place] = [machine.t, probe.position];
      try {
        this.#draw(await machine.imageAt(...place), t, place);
      } catch (error) {
        this.#drawNothing(`The decoder of this epoch could not be run: ${error.message}`);
      }
    }
    this.#decoding = false;
  }

  #draw(image, t, place) {
    Object.assign(this.around.hook.time, { image, place, imageTime: t });
    if (image === null) return this.#drawNothing(this.past.undecoded);
    this.decoded.canvas.classList.remove('without');
    this.decoded.drawFloats(image);
    this.decoded.describe('Decoded', `${this.machine.words}, at (${place.map((each) => number(each)).join(', ')})`);
  }

  #drawNothing(words) {
    this.decoded.canvas.classList.add('without');
    this.decoded.describe('Not decoded', words);
  }

  #speak() {
    if (!this.open || !this.past || this.closed) return;
    const words = `Map of ${this.past.points.count} codes as of ${this.machine.words}.`;
    this.map.describe(words);
    this.spoken.textContent = words;
  }

  close() {
    this.closed = true;
    this.machine.close();
    this.past?.close();
  }
}

const PRESENT_ONLY =
  'The map shows an earlier time: press and drag, or use the arrow keys, to move the probe; Enter takes it to the nearest ' +
  'image. Pictures are taken up, and lines drawn, in the present: choose another panel.';
