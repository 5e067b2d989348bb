/**
 * The map: all codes as points of their class's colour, and on it the probe.
 *
 * Two ways to start a movement, chosen above the map: the probe goes where it is put, or it takes up the nearest
 * picture, whose way from its true place is then drawn. Input comes in here; points.js and overlay.js draw.
 */

import { button, choice, element, oncePerFrame } from './dom.js';
import { Gestures } from './gestures.js';
import { Legend } from './legend.js';
import { NearestPoint } from './nearest.js';
import { Overlay } from './overlay.js';
import { Points } from './points.js';
import { extentOf, View } from './view.js';

const REACH = 18; // pixels within which a picture can be taken up
const STEP = 0.01; // of the map's width per arrow key; five times that with shift
const ZOOM = 1.5; // of one press of a button; a key zooms by its square root

const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

const HELP = {
  probe:
    'Press and drag to decode any place; arrow keys move the probe, with Shift in larger steps; ' +
    'Enter takes up the nearest picture.',
  picture: 'Press a point to take up its picture, drag it away to change it; Escape or a double click lets go.',
  look: 'Press a point to take up its picture; Escape or a double click lets go.',
};
const HELP_VIEW =
  'Right button or two fingers move the map; the wheel zooms it once it has been clicked, + and \u2212 always.';

export class MapView {
  /**
   * @param {import('./explorer.js').Explorer} explorer
   * @param {(index: number) => void} preview is told which picture the pointer is over, -1 for none
   */
  constructor(explorer, preview) {
    Object.assign(this, { explorer, preview, tool: 'probe', hovered: -1, grip: [0, 0], way: null });
    this.view = new View();
    this.points = new Points(this.view);
    this.overlay = new Overlay(this.view);
    this.legend = new Legend(() => this.points.draw());
    this.render = oncePerFrame(() => this.#render());
    this.#build();
    this.#listen();
  }

  #build() {
    this.surface = element(
      'div',
      { class: 'map', tabindex: 0, role: 'application', 'aria-describedby': 'map-help' },
      this.points.canvas,
      this.overlay.root,
    );
    this.help = element('p', { class: 'help', id: 'map-help' });
    this.root = element('div', { class: 'map-block' }, this.#toolbar(), this.surface, this.legend.root, this.help);
  }

  #toolbar() {
    this.tools = choice('Start from', [['probe', 'Probe'], ['picture', 'Picture']], (tool) => this.setTool(tool));
    this.hoverBox = element('input', { type: 'checkbox' });
    this.hoverLabel = element('label', { class: 'check mouse-only' }, this.hoverBox, 'follow the mouse');
    const zoom = element(
      'div',
      { class: 'zoom' },
      button('\u2212', () => this.#zoom(1 / ZOOM), { 'aria-label': 'Zoom out', class: 'icon' }),
      button('+', () => this.#zoom(ZOOM), { 'aria-label': 'Zoom in', class: 'icon' }),
      button('Reset view', () => this.#resetView()),
    );
    return element('div', { class: 'toolbar' }, this.tools.root, this.hoverLabel, zoom);
  }

  #listen() {
    new Gestures(this.surface, {
      press: (px, py, ms) => this.#press(px, py, ms),
      drag: (px, py, ms) => this.#drag(px, py, ms),
      hover: (px, py, ms) => this.#hover(px, py, ms),
      leave: () => this.#point(-1),
      pan: (dx, dy) => this.#pan(dx, dy),
      zoom: (factor, px, py) => this.#zoom(factor, px, py),
    });
    this.surface.addEventListener('keydown', (event) => this.#key(event));
    this.surface.addEventListener('dblclick', (event) => this.explorer.release(event.timeStamp));
    this.sizes = new ResizeObserver(() => this.#resize());
    this.sizes.observe(this.surface);
  }

  /** Show a scene: its points, names and axes. The part of the plane in view stays if a person has chosen it. */
  setScene(scene, colours) {
    this.scene = scene;
    this.nearest = new NearestPoint(scene.points, scene.pictured);
    this.canMove = scene.plane !== null;
    this.#fit(extentOf(scene.points));
    this.overlay.setScene(scene);
    this.legend.setScene(scene);
    this.setColours(colours);
    this.hoverLabel.hidden = !this.canMove;
    this.tools.root.hidden = !this.canMove;
    this.setTool(this.canMove ? this.tool : 'picture');
  }

  #fit(extent) {
    if (this.view.touched) this.view.extent = extent;
    else this.view.reset(extent);
  }

  setColours(colours) {
    this.legend.setColours(colours);
    this.points.setScene(this.scene, colours, this.legend.singled);
  }

  /** @param {'probe'|'picture'} tool */
  setTool(tool) {
    this.tool = tool;
    this.tools.show(tool);
    this.surface.classList.toggle('picks', tool === 'picture');
    this.#point(-1);
    this.help.textContent = `${HELP[this.canMove ? tool : 'look']} ${HELP_VIEW}`;
    this.surface.setAttribute('aria-label', `Map of ${this.scene.count.toLocaleString('en')} codes`);
    this.render();
  }

  /** The way of an interpolation. @param {[number, number][]} places in the plane */
  setWay(places) {
    this.way = places;
    this.render();
  }

  /** The picture nearest to the probe, -1 when there is none in view of it. */
  nearestToProbe() {
    if (!this.canMove) return this.explorer.held;
    const far = Math.hypot(this.view.width, this.view.height);
    return this.#under(...this.view.toPixels(...this.explorer.position), far);
  }

  /** Says what the map shows; called when the probe rests. */
  describe(words) {
    this.points.canvas.setAttribute('aria-label', words);
  }

  close() {
    this.sizes.disconnect();
  }

  #press(px, py, ms) {
    this.grip = [0, 0];
    if (this.tool === 'picture') this.#take(px, py, ms);
    else this.#drag(px, py, ms);
  }

  #take(px, py, ms) {
    const index = this.#under(px, py);
    if (index < 0) return;
    const [x, y] = this.view.toPixels(...this.#placeOf(index));
    this.grip = [x - px, y - py]; // the point does not jump to the pointer
    this.explorer.hold(index, ms);
  }

  #drag(px, py, ms) {
    if (!this.canMove || (this.tool === 'picture' && this.explorer.held < 0)) return;
    if (this.tool === 'probe') this.explorer.release(ms);
    this.explorer.moveTo(...this.view.toPlane(px + this.grip[0], py + this.grip[1]), ms);
  }

  #hover(px, py, ms) {
    if (this.tool === 'picture') this.#point(this.#under(px, py));
    else if (this.hoverBox.checked) this.#press(px, py, ms);
  }

  #point(index) {
    if (index === this.hovered) return;
    this.hovered = index;
    this.preview(index);
    this.render();
  }

  #under(px, py, reach = REACH) {
    const admits = (index) => this.legend.shows(this.scene.labels[index]);
    return this.nearest.find(...this.view.toPlane(px, py), reach / this.view.scale, admits);
  }

  #placeOf(index) {
    return [this.scene.points[2 * index], this.scene.points[2 * index + 1]];
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const acts = {
      '+': () => this.#zoom(Math.sqrt(ZOOM)),
      '=': () => this.#zoom(Math.sqrt(ZOOM)),
      '-': () => this.#zoom(1 / Math.sqrt(ZOOM)),
      0: () => this.#resetView(),
      Escape: () => this.explorer.release(event.timeStamp),
      Enter: () => this.#takeNearest(event.timeStamp),
    };
    const direction = DIRECTIONS[event.key];
    const act = direction ? () => this.#step(direction, event) : acts[event.key];
    if (!act) return;
    act();
    event.preventDefault();
  }

  #step([right, up], event) {
    if (!this.canMove) return;
    const [x, y] = this.explorer.position;
    const length = ((event.shiftKey ? 5 : 1) * STEP * this.view.width) / this.view.scale;
    this.explorer.moveTo(x + right * length, y + up * length, event.timeStamp);
    this.view.follow(...this.explorer.position);
  }

  #takeNearest(ms) {
    const index = this.nearestToProbe();
    if (index >= 0) this.explorer.hold(index, ms);
  }

  #pan(dx, dy) {
    this.view.pan(dx, dy);
    this.render();
  }

  #zoom(factor, px, py) {
    this.view.zoom(factor, px, py);
    this.render();
  }

  #resetView() {
    this.view.reset();
    this.render();
  }

  #resize() {
    const { clientWidth, clientHeight } = this.surface;
    if (clientWidth === 0 || clientHeight === 0) return;
    this.view.resize(clientWidth, clientHeight);
    this.points.draw();
    this.render();
  }

  #render() {
    if (!this.scene) return;
    const { explorer, hovered } = this;
    this.points.follow();
    this.overlay.draw({
      probe: this.canMove ? explorer.position : null,
      home: explorer.held >= 0 ? this.#placeOf(explorer.held) : null,
      hovered: hovered >= 0 ? this.#placeOf(hovered) : null,
      way: this.way,
      singled: this.legend.singled,
    });
  }
}
