/**
 * The map: all codes as points, coloured by class or by a number, and on it the probe.
 *
 * What a press means is said by the tool that is chosen (tools.js); points.js, layers.js and overlay.js draw.
 */

import { button, choice, element, oncePerFrame } from './dom.js';
import { dress } from './dress.js';
import { Gestures } from './gestures.js';
import { inside } from './inside.js';
import { Legend } from './legend.js';
import { NearestPoint } from './nearest.js';
import { Overlay } from './overlay.js';
import { Points } from './points.js';
import { simplified } from './simplify.js';
import { Tip } from './tip.js';
import { TOOLS } from './tools.js';
import { extentOf, View } from './view.js';

const STEP = 0.01; // of the map's width per arrow key; five times that with shift
const ZOOM = 1.5; // of one press of a button; a key zooms by its square root
const HOME_MS = 320; // how long a picture that was let go takes to return
const BY_CLASS = 'class';

const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

const HELP_VIEW =
  'Right button or two fingers move the map; the wheel zooms it once it has been clicked, + and \u2212 always.';

export class MapView {
  /**
   * @param {import('./explorer.js').Explorer} explorer
   * @param {{point: (index: number) => void, selected: (indices: number[]) => void, layers: HTMLElement[],
   *   behind: HTMLElement[], buttons: HTMLElement[], moved: () => void, line: (places: [number, number][]) => void}} around
   *   point is told which picture the pointer is over, -1 for none; selected which points a line was drawn around;
   *   layers, buttons: further controls; behind: what lies between points and overlay; moved: another part of the plane
   *   is seen; line: a line was drawn to walk along
   */
  constructor(explorer, around) {
    Object.assign(this, { explorer, around, tool: 'probe', hovered: -1, way: null, again: null, ellipse: null });
    Object.assign(this, { path: [], line: [], lasso: [], lassoClosed: false, selected: null, colouring: BY_CLASS, lit: -1 });
    this.away = null; // what is kept of the present while other points are shown
    this.view = new View();
    this.points = new Points(this.view);
    this.overlay = new Overlay(this.view);
    this.tip = new Tip();
    this.legend = new Legend(() => this.#dressAgain());
    this.tools = Object.fromEntries(Object.entries(TOOLS).map(([key, { kind }]) => [key, new kind(this)]));
    this.render = oncePerFrame(() => this.#render());
    this.#build();
    this.#listen();
  }

  #build() {
    this.surface = element(
      'div',
      { class: 'map', tabindex: 0, role: 'application', 'aria-describedby': 'map-help' },
      this.points.canvas,
      ...this.around.behind,
      this.overlay.root,
      this.tip.root,
    );
    this.help = element('p', { class: 'help', id: 'map-help' });
    const parts = [this.#toolbar(), this.#looks(), this.surface, this.legend.root, this.help];
    this.root = element('div', { class: 'map-block' }, ...parts);
  }

  #toolbar() {
    const offered = Object.entries(TOOLS).map(([key, { title }]) => [key, title]);
    this.choice = choice('A press on the map', offered, (tool) => this.setTool(tool));
    this.hoverBox = element('input', { type: 'checkbox' });
    this.hoverLabel = element('label', { class: 'check mouse-only' }, this.hoverBox, 'follow the mouse');
    const zoom = element(
      'div',
      { class: 'zoom' },
      button('\u2212', () => this.#zoom(1 / ZOOM), { 'aria-label': 'Zoom out', class: 'icon' }),
      button('+', () => this.#zoom(ZOOM), { 'aria-label': 'Zoom in', class: 'icon' }),
      button('Reset view', () => this.#resetView()),
      ...this.around.buttons,
    );
    return element('div', { class: 'toolbar' }, this.choice.root, this.hoverLabel, zoom);
  }

  #looks() {
    this.colourBox = element('select');
    this.colourBox.addEventListener('change', () => this.setColouring(this.colourBox.value));
    this.colourLabel = element('label', { class: 'field' }, 'Colour', this.colourBox);
    this.thumbBox = element('input', { type: 'checkbox', checked: true });
    this.thumbBox.addEventListener('change', () => this.#setPictured(this.thumbBox.checked));
    const thumbs = element('label', { class: 'check' }, this.thumbBox, 'pictures where there is room');
    const over = element('div', { class: 'over' }, ...this.around.layers);
    return element('div', { class: 'toolbar looks' }, this.colourLabel, over, thumbs);
  }

  #setPictured(pictured) {
    this.points.pictured = pictured;
    this.points.draw();
  }

  #listen() {
    const tool = () => this.tools[this.tool];
    new Gestures(this.surface, {
      press: (px, py, ms) => this.#press(px, py, ms),
      drag: (px, py, ms) => tool().drag(px, py, ms),
      lift: (ms) => tool().lift(ms),
      hover: (px, py, ms) => tool().hover(px, py, ms),
      leave: () => this.point(-1),
      pan: (dx, dy) => this.#pan(dx, dy),
      zoom: (factor, px, py) => this.#zoom(factor, px, py),
    });
    this.surface.addEventListener('keydown', (event) => this.#key(event));
    this.surface.addEventListener('dblclick', (event) => this.tools[this.tool].escape(event.timeStamp));
    this.sizes = new ResizeObserver(() => this.#resize());
    this.sizes.observe(this.surface);
  }

  #press(px, py, ms) {
    this.point(-1);
    this.surface.focus({ preventScroll: true });
    this.tools[this.tool].press(px, py, ms);
  }

  /** Show a scene: its points, names and axes. The part of the plane in view stays if a person has chosen it. */
  setScene(scene, colours) {
    this.present = scene;
    if (this.away) this.setColours(colours);
    else this.#show(scene, colours);
  }

  /**
   * Show other points with a probe of their own, and nothing that belongs to the present, until `comeBack`.
   *
   * @param {import('./scene.js').Scene} scene and the `extent` that is seen of it at first
   * @param {object} explorer with the position, moveTo, hold and release of an Explorer
   * @param {string} help why only the probe can be used
   */
  visit(scene, explorer, help) {
    if (!this.away) {
      const { view, tool, colouring } = this;
      this.dropLasso();
      this.away = { seen: view.seen, mine: { explorer: this.explorer, tool, colouring } };
      view.touched = false;
    }
    Object.assign(this, { explorer, tool: 'probe' });
    this.away.help = help;
    this.#show(scene, this.colours);
  }

  /** Show the present again, as it was seen before. */
  comeBack() {
    if (!this.away) return;
    const { seen, mine } = this.away;
    Object.assign(this, mine, { away: null });
    this.view.recall(seen);
    this.#show(this.present, this.colours);
    this.around.moved();
  }

  /** The points of the scene lie elsewhere than before. @param {Float32Array} places x and y in turn */
  setPlaces(places) {
    this.scene.points = places;
    this.nearest = new NearestPoint(places, this.scene.count);
    this.overlay.pointsMoved();
    this.points.draw();
    this.render();
  }

  #show(scene, colours) {
    this.scene = scene;
    this.root.classList.toggle('away', this.away !== null);
    this.nearest = new NearestPoint(scene.points, scene.count);
    this.canMove = scene.plane !== null;
    this.dropLasso();
    this.path = [];
    this.line = [];
    this.#fit(scene.extent ?? extentOf(scene.points));
    this.overlay.setScene(scene);
    this.legend.setScene(scene);
    this.#offerColours();
    this.setColours(colours);
    this.hoverLabel.hidden = !this.canMove;
    for (const each of this.choice.root.children) {
      each.hidden = TOOLS[each.dataset.key].moves && !this.canMove;
      each.disabled = this.away !== null && each.dataset.key !== 'probe';
    }
    this.setTool(this.canMove || !TOOLS[this.tool].moves ? this.tool : 'picture');
  }

  #offerColours() {
    const offered = [[BY_CLASS, 'by class'], ...this.scene.colourings.map(({ key, title }) => [key, `by ${lowered(title)}`])];
    this.colourBox.replaceChildren(...offered.map(([value, words]) => element('option', { value }, words)));
    if (!offered.some(([key]) => key === this.colouring)) this.colouring = BY_CLASS;
    this.colourBox.value = this.colouring;
    this.colourLabel.hidden = offered.length < 2;
  }

  #fit(extent) {
    if (this.view.touched) this.view.extent = extent;
    else this.view.reset(extent);
  }

  setColours(colours) {
    this.colours = colours;
    this.legend.setColours(colours);
    this.#dressAgain();
  }

  /** @param {string} colouring "class" or the key of a number */
  setColouring(colouring) {
    this.colouring = colouring;
    this.colourBox.value = colouring;
    this.#dressAgain();
  }

  #dressAgain() {
    const { scene, colours, colouring, selected } = this;
    if (!scene) return;
    const look = dress(scene, colours, { hidden: this.legend.hidden, colouring, selected });
    const known = scene.colourings.find(({ key }) => key === colouring) ?? null;
    this.legend.setScale(look.range && known, look.range, colours);
    this.points.setScene(scene, colours, look);
    this.render();
  }

  /** The rest of the scene has come. */
  complete() {
    if (!this.away) this.#dressAgain();
  }

  /** @param {string} tool one of TOOLS */
  setTool(tool) {
    this.tool = tool;
    this.choice.show(tool);
    this.surface.classList.toggle('picks', tool === 'picture');
    this.point(-1);
    const { help, look } = TOOLS[tool];
    this.help.textContent = `${this.away?.help ?? (this.canMove ? help : (look ?? help))} ${HELP_VIEW}`;
    this.surface.setAttribute('aria-label', `Map of ${this.scene.count.toLocaleString('en')} codes`);
    this.render();
  }

  /** Show a part of the plane. @param {number} magnification 1 for all of it */
  showView(x, y, magnification) {
    this.view.show(x, y, magnification);
    this.#viewed();
  }

  /** @param {number[]} classes that are not to be seen */
  hideClasses(classes) {
    this.legend.hide(classes);
    this.#dressAgain();
  }

  get followsMouse() {
    return this.hoverBox.checked;
  }

  /** The way of a walk. @param {[number, number][]} places in the plane */
  setWay(places) {
    this.way = places;
    this.render();
  }

  /** Where the image under the probe is encoded again, and how widely. @param {object|null} ellipse see overlay.js */
  setAgain(place, ellipse) {
    Object.assign(this, { again: place, ellipse });
    this.render();
  }

  /** Light a point up, as another map does. @param {number} index -1 for none */
  light(index) {
    this.lit = index;
    this.render();
  }

  /** The point nearest to the probe, -1 when there is none to be seen. */
  nearestToProbe() {
    if (!this.canMove) return this.explorer.held;
    const far = Math.hypot(this.view.width, this.view.height);
    return this.under(...this.view.toPixels(...this.explorer.position), far);
  }

  /** Says what the map shows; called when the probe rests. */
  describe(words) {
    this.points.canvas.setAttribute('aria-label', words);
  }

  close() {
    this.sizes.disconnect();
  }

  /** The point of a class to be seen that is nearest to a pixel, and has a picture; -1 without one within reach. */
  under(px, py, reach) {
    if (!this.scene.whole) return -1;
    const admits = (index) => index < this.scene.pictured && this.legend.shows(this.scene.labels[index]);
    return this.nearest.find(...this.view.toPlane(px, py), reach / this.view.scale, admits);
  }

  /** The pointer is over a point. */
  point(index, px, py) {
    this.tip.show(this.scene, index, px, py, this.view);
    if (index === this.hovered) return;
    this.hovered = index;
    if (!this.away) this.around.point(index);
    this.render();
  }

  /** A picture begins to move. */
  startPath(index) {
    this.path = [this.scene.placeOf(index)];
  }

  /** The picture that was moved returns to where it belongs; whoever wants no motion sees it there at once. */
  goHome(ms) {
    const { explorer, scene } = this;
    const [from, home, held] = [explorer.position, scene.placeOf(explorer.held), explorer.held];
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const began = performance.now();
    const step = () => {
      const share = still ? 1 : Math.min(1, (performance.now() - began) / HOME_MS);
      if (explorer.held !== held || this.path.length === 0) return;
      if (share === 1) return void explorer.hold(held, ms);
      explorer.moveTo(...from.map((value, i) => value + share * share * (3 - 2 * share) * (home[i] - value)), ms);
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  /** Choose what lies inside the line, or nothing when it is too short to hold anything. */
  closeLasso() {
    this.takeLasso(simplified(this.lasso, 0.5 / this.view.scale)); // the address can say exactly the same
  }

  /** @param {[number, number][]} corners of a line that was drawn */
  takeLasso(corners) {
    this.lasso = corners;
    const few = this.lasso.length < 3;
    const found = few ? [] : inside(this.scene.points, this.lasso, (i) => this.legend.shows(this.scene.labels[i]));
    this.lassoClosed = !few;
    if (few) this.lasso = [];
    this.select(found);
  }

  dropLasso() {
    Object.assign(this, { lasso: [], lassoClosed: false });
    if (this.selected) this.select([]);
    this.render();
  }

  /** Choose points around which no line was drawn. @param {number[]} indices */
  choose(indices) {
    Object.assign(this, { lasso: [], lassoClosed: false });
    this.select(indices);
  }

  /** @param {number[]} indices of points; the others become pale, unless there are none */
  select(indices) {
    this.selected = indices.length ? new Uint8Array(this.scene.count) : null;
    indices.forEach((index) => (this.selected[index] = 1));
    this.around.selected(indices);
    this.#dressAgain();
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const tool = this.tools[this.tool];
    const acts = {
      '+': () => this.#zoom(Math.sqrt(ZOOM)),
      '=': () => this.#zoom(Math.sqrt(ZOOM)),
      '-': () => this.#zoom(1 / Math.sqrt(ZOOM)),
      0: () => this.#resetView(),
      Escape: () => tool.escape(event.timeStamp),
      Enter: () => tool.enter(event.timeStamp),
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
    this.#movedView();
  }

  #pan(dx, dy) {
    this.view.pan(dx, dy);
    this.#viewed();
  }

  #zoom(factor, px, py) {
    this.view.zoom(factor, px, py);
    this.#viewed();
  }

  #resetView() {
    this.view.reset();
    this.#viewed();
  }

  #viewed() {
    this.point(-1);
    this.#movedView();
    this.render();
  }

  #movedView() {
    if (!this.away) this.around.moved();
  }

  #resize() {
    const { clientWidth, clientHeight } = this.surface;
    if (clientWidth === 0 || clientHeight === 0) return;
    this.view.resize(clientWidth, clientHeight);
    this.points.draw();
    this.#movedView();
    this.render();
  }

  #render() {
    if (!this.scene) return;
    const { explorer, hovered, scene, lit } = this;
    const here = this.away === null;
    const pointed = hovered >= 0 || !here ? hovered : lit;
    this.points.follow();
    this.overlay.draw({
      probe: this.canMove ? explorer.position : null,
      home: explorer.held >= 0 ? scene.placeOf(explorer.held) : null,
      hovered: pointed >= 0 && pointed < scene.count ? scene.placeOf(pointed) : null,
      way: here ? this.#way() : null,
      hidden: this.legend.hidden,
      path: this.path,
      lasso: this.lasso,
      lassoClosed: this.lassoClosed,
      again: here && this.canMove ? this.again : null,
      ellipse: here && this.canMove ? this.ellipse : null,
      approximate: here && this.canMove && !scene.plane.linear && scene.plane.gapOf(explorer.code) > 0,
    });
  }

  #way() {
    return this.tool === 'line' && this.line.length ? this.line : this.way;
  }
}

/** A title inside a sentence: abbreviations stay as they are. */
function lowered(title) {
  return /^[A-Z]{2}/.test(title) ? title : title[0].toLowerCase() + title.slice(1);
}
