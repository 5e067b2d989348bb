/**
 * The map: all codes as points of their class's colour, and on it the probe.
 *
 * Two ways to start a movement, chosen above the map: the probe goes where it is put, or it takes up the nearest
 * picture, whose way from its true place is then drawn. The points are on a canvas, everything else in an SVG over it.
 */

import { button, choice, drawing, element, oncePerFrame, number, setAttributes, whenQuiet } from './dom.js';
import { Gestures } from './gestures.js';
import { NearestPoint } from './nearest.js';
import { blendPoints, pointRadius } from './raster.js';
import { classColour, rgb } from './theme.js';
import { extentOf, ticks, View } from './view.js';

const REACH = 18; // pixels within which a picture can be taken up
const STEP = 0.01; // of the map's width per arrow key; five times that with shift
const FAST_MS = 12; // a raster that took longer is moved and stretched until the movement rests
const REST_MS = 120;
const LABELLED = 20; // with more classes, names on the map would only cover it

const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export class MapView {
  /**
   * @param {import('./explorer.js').Explorer} explorer
   * @param {(index: number) => void} preview is told which picture the pointer is over, -1 for none
   */
  constructor(explorer, preview) {
    this.explorer = explorer;
    this.preview = preview;
    this.view = new View();
    this.tool = 'probe';
    this.follows = false;
    this.hovered = -1;
    this.singled = new Set();
    this.path = null;
    this.render = oncePerFrame(() => this.#render());
    this.rasterExactly = whenQuiet(() => this.#raster(), REST_MS);
    this.#build();
    this.#listen();
  }

  #build() {
    this.canvas = element('canvas', { role: 'img' });
    this.buffer = element('canvas');
    this.#buildOverlay();
    this.surface = element(
      'div',
      { class: 'map', tabindex: 0, role: 'application', 'aria-describedby': 'map-help' },
      this.canvas,
      this.overlay,
    );
    this.legend = element('div', { class: 'legend', role: 'group', 'aria-label': 'Classes: choose which to see' });
    this.help = element('p', { class: 'help', id: 'map-help' });
    this.root = element('div', { class: 'map-block' }, this.#toolbar(), this.surface, this.legend, this.help);
  }

  #buildOverlay() {
    this.tickMarks = drawing('g', { class: 'ticks' });
    this.names = drawing('g', { class: 'names' });
    this.way = drawing('polyline', { class: 'way' });
    this.trace = drawing('line', { class: 'trace' });
    this.home = drawing('circle', { class: 'home', r: 6 });
    this.ring = drawing('circle', { class: 'ring', r: 8 });
    this.probe = drawing(
      'g',
      { class: 'probe' },
      drawing('path', { class: 'halo', d: PROBE }),
      drawing('path', { class: 'cross', d: PROBE }),
    );
    this.overlay = drawing('svg', { 'aria-hidden': 'true' });
    this.overlay.append(this.tickMarks, this.way, this.names, this.trace, this.home, this.ring, this.probe);
  }

  #toolbar() {
    this.tools = choice('Start from', [['probe', 'Probe'], ['picture', 'Picture']], (tool) => this.setTool(tool));
    this.hoverBox = element('input', { type: 'checkbox' });
    this.hoverBox.addEventListener('change', () => (this.follows = this.hoverBox.checked));
    this.hoverLabel = element('label', { class: 'check mouse-only' }, this.hoverBox, 'follow the mouse');
    return element(
      'div',
      { class: 'toolbar' },
      this.tools.root,
      this.hoverLabel,
      this.#zoomButtons(),
    );
  }

  #zoomButtons() {
    return element(
      'div',
      { class: 'zoom' },
      button('\u2212', () => this.#zoom(1 / 1.5), { 'aria-label': 'Zoom out', class: 'icon' }),
      button('+', () => this.#zoom(1.5), { 'aria-label': 'Zoom in', class: 'icon' }),
      button('Reset view', () => this.resetView()),
    );
  }

  #listen() {
    this.gestures = new Gestures(this.surface, {
      press: (px, py, ms) => this.#press(px, py, ms),
      drag: (px, py, ms) => this.#drag(px, py, ms),
      hover: (px, py, ms) => this.#hover(px, py, ms),
      leave: () => this.#point(-1),
      pan: (dx, dy) => this.#change(() => this.view.pan(dx, dy)),
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
    this.middles = classMiddles(scene);
    const extent = extentOf(scene.points);
    if (this.view.touched) this.view.extent = extent;
    else this.view.reset(extent);
    this.canMove = scene.plane !== null;
    this.hoverLabel.hidden = !this.canMove;
    this.tools.root.hidden = !this.canMove || scene.pictured === 0;
    this.singled.clear();
    this.setColours(colours);
    this.setTool(this.canMove ? this.tool : 'picture');
  }

  setColours(colours) {
    this.colours = colours;
    this.#fillLegend();
    this.#raster();
  }

  /** @param {'probe'|'picture'} tool */
  setTool(tool) {
    this.tool = tool;
    this.tools.show(tool);
    this.surface.classList.toggle('picks', tool === 'picture');
    this.#point(-1);
    this.help.textContent = this.#helpText();
    this.surface.setAttribute('aria-label', `Map of ${this.scene.count.toLocaleString('en')} codes. ${this.#helpText()}`);
  }

  #helpText() {
    const start = {
      probe: 'Press and drag to decode any place; arrow keys move the probe, with Shift in larger steps; Enter takes up the nearest picture.',
      picture: this.canMove
        ? 'Press a point to take up its picture, drag it away to change it; Escape or a double click lets go.'
        : 'Press a point to take up its picture; Escape or a double click lets go.',
    }[this.tool];
    return `${start} Right button or two fingers move the map; the wheel zooms it once it has been clicked, + and \u2212 always.`;
  }

  /** The way of an interpolation. @param {[number, number][]|null} places in the plane */
  setPath(places) {
    this.path = places;
    this.render();
  }

  resetView() {
    this.#change(() => this.view.reset());
  }

  // Input

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
    if (!this.canMove) return;
    if (this.tool === 'picture' && this.explorer.held < 0) return;
    if (this.tool === 'probe' && this.explorer.held >= 0) this.explorer.release(ms);
    this.explorer.moveTo(...this.view.toPlane(px + this.grip[0], py + this.grip[1]), ms);
  }

  #hover(px, py, ms) {
    if (this.tool === 'picture') this.#point(this.#under(px, py));
    else if (this.follows && this.canMove) this.#press(px, py, ms);
  }

  #point(index) {
    if (index === this.hovered) return;
    this.hovered = index;
    this.preview(index);
    this.render();
  }

  #under(px, py, reach = REACH) {
    const admits = (i) => this.singled.size === 0 || this.singled.has(this.scene.labels[i]);
    return this.nearest.find(...this.view.toPlane(px, py), reach / this.view.scale, admits);
  }

  #placeOf(index) {
    return [this.scene.points[2 * index], this.scene.points[2 * index + 1]];
  }

  /** The picture nearest to the probe, -1 when the map is empty. */
  nearestToProbe(reach = Infinity) {
    const far = Math.hypot(this.view.width, this.view.height);
    return this.#under(...this.view.toPixels(...this.explorer.position), Math.min(reach, far));
  }

  #key(event) {
    const direction = DIRECTIONS[event.key];
    const acts = {
      '+': () => this.#zoom(1.25),
      '=': () => this.#zoom(1.25),
      '-': () => this.#zoom(1 / 1.25),
      0: () => this.resetView(),
      Escape: () => this.explorer.release(event.timeStamp),
      Enter: () => this.#takeNearest(event.timeStamp),
    };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (direction && this.canMove) this.#step(direction, event);
    else if (acts[event.key]) acts[event.key]();
    else return;
    event.preventDefault();
  }

  #step([right, up], event) {
    const [x, y] = this.explorer.position;
    const length = ((event.shiftKey ? 5 : 1) * STEP * this.view.width) / this.view.scale;
    this.explorer.moveTo(x + right * length, y + up * length, event.timeStamp);
    if (this.view.follow(...this.explorer.position)) this.#changed();
  }

  #takeNearest(ms) {
    const index = this.nearestToProbe();
    if (index >= 0) this.explorer.hold(index, ms);
  }

  #zoom(factor, px, py) {
    this.#change(() => this.view.zoom(factor, px, py));
  }

  #change(act) {
    act();
    this.#changed();
  }

  #changed() {
    this.stale = true;
    this.render();
  }

  // Drawing

  #resize() {
    const { clientWidth, clientHeight } = this.surface;
    if (clientWidth === 0 || clientHeight === 0) return;
    this.view.resize(clientWidth, clientHeight);
    if (this.scene) this.#raster();
  }

  #styles() {
    return this.scene.classes.map((known, index) => ({
      colour: rgb(classColour(known, this.colours)),
      shape: known.shape,
      dimmed: this.singled.size > 0 && !this.singled.has(index),
    }));
  }

  /** Draw all points anew, as they must be now. */
  #raster() {
    const began = performance.now();
    const { view, buffer, scene } = this;
    const density = Math.min(2, devicePixelRatio || 1);
    buffer.width = Math.max(1, Math.round(view.width * density));
    buffer.height = Math.max(1, Math.round(view.height * density));
    const context = buffer.getContext('2d', { alpha: false });
    context.fillStyle = this.colours.background;
    context.fillRect(0, 0, buffer.width, buffer.height);
    const image = context.getImageData(0, 0, buffer.width, buffer.height);
    const radius = pointRadius(scene.count, view.magnification);
    blendPoints(image, scene.points, scene.labels, this.#styles(), view, density, radius);
    context.putImageData(image, 0, 0);
    this.rastered = { x: view.x, y: view.y, scale: view.scale };
    this.stale = false;
    this.rasterMs = performance.now() - began;
    this.#show();
    this.render();
  }

  /** Put the last raster on screen, moved and stretched to where its points are now. */
  #show() {
    const { canvas, buffer, view, rastered } = this;
    if (canvas.width !== buffer.width) canvas.width = buffer.width;
    if (canvas.height !== buffer.height) canvas.height = buffer.height;
    const context = canvas.getContext('2d', { alpha: false });
    const times = view.scale / rastered.scale;
    const [middleX, middleY] = view.toPixels(rastered.x, rastered.y);
    const density = buffer.width / view.width;
    context.fillStyle = this.colours.background;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(
      buffer,
      middleX * density - (buffer.width * times) / 2,
      middleY * density - (buffer.height * times) / 2,
      buffer.width * times,
      buffer.height * times,
    );
  }

  #render() {
    if (!this.scene || !this.rastered) return;
    if (this.stale && this.rasterMs <= FAST_MS) this.#raster();
    else if (this.stale) {
      this.#show();
      this.rasterExactly();
    }
    this.#drawTicks();
    this.#drawNames();
    this.#drawProbe();
  }

  #drawProbe() {
    const { explorer, view } = this;
    const [x, y] = this.canMove ? view.toPixels(...explorer.position) : [0, 0];
    const home = explorer.held >= 0 ? view.toPixels(...this.#placeOf(explorer.held)) : null;
    const ring = this.hovered >= 0 ? view.toPixels(...this.#placeOf(this.hovered)) : null;
    this.probe.setAttribute('transform', `translate(${x} ${y})`);
    show(this.probe, this.canMove);
    show(this.home, home !== null, home && { cx: home[0], cy: home[1] });
    show(this.trace, home !== null && this.canMove, home && { x1: home[0], y1: home[1], x2: x, y2: y });
    show(this.ring, ring !== null, ring && { cx: ring[0], cy: ring[1] });
    const way = this.path?.map((place) => view.toPixels(...place).join(',')).join(' ');
    show(this.way, Boolean(way), way && { points: way });
  }

  #drawTicks() {
    const { view, scene } = this;
    const state = `${view.x} ${view.y} ${view.scale} ${view.width} ${view.height}`;
    if (state === this.tickState) return;
    this.tickState = state;
    const [left, top] = view.toPlane(0, 0);
    const [right, bottom] = view.toPlane(view.width, view.height);
    const across = ticks(left, right, view.width / 90).map((value) => [value, ...view.toPixels(value, bottom)]);
    const along = ticks(bottom, top, view.height / 90).map((value) => [value, ...view.toPixels(left, value)]);
    const digits = Math.max(0, Math.ceil(-Math.log10((right - left) / (view.width / 90))));
    this.tickMarks.replaceChildren(
      ...across
        .filter(([, x]) => x > 30 && x < view.width - 20)
        .map(([value, x, y]) => drawing('text', { x, y: y - 6, 'text-anchor': 'middle' }, number(value, digits))),
      ...along
        .filter(([, , y]) => y > 28 && y < view.height - 24)
        .map(([value, x, y]) => drawing('text', { x: x + 6, y: y + 4 }, number(value, digits))),
      drawing('text', { x: view.width - 8, y: view.height - 20, 'text-anchor': 'end' }, scene.axes[0]),
      drawing('text', { x: 8, y: 16 }, scene.axes[1]),
    );
  }

  #drawNames() {
    const taken = [];
    const names = this.middles
      .filter(({ label }) => this.singled.size === 0 || this.singled.has(label))
      .map(({ label, place }) => [this.scene.classes[label].name, ...this.view.toPixels(...place)])
      .filter(([, x, y]) => {
        const free = taken.every(([otherX, otherY]) => Math.abs(otherX - x) > 28 || Math.abs(otherY - y) > 15);
        if (free) taken.push([x, y]);
        return free;
      });
    this.names.replaceChildren(
      ...names.map(([name, x, y]) => drawing('text', { x, y: y + 5, 'text-anchor': 'middle' }, name)),
    );
  }

  #fillLegend() {
    const named = this.scene.classes.filter(({ name }) => name !== '');
    this.legend.hidden = named.length === 0;
    this.legend.replaceChildren(...named.map((known, index) => this.#legendEntry(known, index)));
  }

  #legendEntry(known, index) {
    const entry = button('', () => this.#single(index), { 'aria-pressed': String(this.singled.has(index)) });
    const mark = drawing('path', { d: MARKS[known.shape], fill: classColour(known, this.colours) });
    entry.append(drawing('svg', { viewBox: '-6 -6 12 12', 'aria-hidden': 'true' }, mark), known.name);
    return entry;
  }

  #single(index) {
    if (!this.singled.delete(index)) this.singled.add(index);
    [...this.legend.children].forEach((entry, i) => entry.setAttribute('aria-pressed', String(this.singled.has(i))));
    this.#raster();
  }

  /** Says what the map shows; called when the probe rests. */
  describe(words) {
    this.canvas.setAttribute('aria-label', words);
  }

  close() {
    this.sizes.disconnect();
  }
}

const PROBE = 'M0 -13V-5M0 5V13M-13 0H-5M5 0H13M5 0A5 5 0 1 1 -5 0A5 5 0 1 1 5 0';

const MARKS = {
  circle: 'M5 0A5 5 0 1 1 -5 0A5 5 0 1 1 5 0',
  square: 'M-4.5 -4.5H4.5V4.5H-4.5Z',
  diamond: 'M0 -6L6 0L0 6L-6 0Z',
  triangle: 'M0 -5.5L5.5 4.5H-5.5Z',
};

function show(part, shown, attributes) {
  part.style.display = shown ? '' : 'none';
  if (shown && attributes) setAttributes(part, attributes);
}

/** The median place of each class, where its name is written. */
function classMiddles({ points, labels, classes }) {
  if (classes.length > LABELLED || classes.some(({ name }) => name === '')) return [];
  const places = classes.map(() => [[], []]);
  labels.forEach((label, i) => {
    places[label][0].push(points[2 * i]);
    places[label][1].push(points[2 * i + 1]);
  });
  return places
    .map(([xs, ys], label) => ({ label, place: [median(xs), median(ys)] }))
    .filter((_, label) => places[label][0].length > 0);
}

function median(values) {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
