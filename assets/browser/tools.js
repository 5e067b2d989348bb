/**
 * What a press on the map means: to put the probe there, to take up the nearest picture, to draw a line around
 * points, or one to walk along. Each tool has the same few functions; a new one is one more entry in TOOLS.
 *
 *   press, drag, lift   of one finger or the left button, in CSS pixels of the map, with the time of the input
 *   hover               of a mouse that is not pressed
 *   enter, escape       the keys
 */

const REACH = 18; // pixels within which a picture can be taken up
const CLOSE = 4; // pixels between two corners of a line that is drawn

class Tool {
  /** @param {import('./map.js').MapView} map */
  constructor(map) {
    this.map = map;
  }

  press() {}
  drag() {}
  lift() {}
  enter() {}

  hover(px, py) {
    this.map.point(this.map.under(px, py, REACH), px, py);
  }

  escape(ms) {
    this.map.explorer.release(ms);
  }
}

class ProbeTool extends Tool {
  press(px, py, ms) {
    this.drag(px, py, ms);
  }

  drag(px, py, ms) {
    const { explorer, view } = this.map;
    explorer.release(ms);
    explorer.moveTo(...view.toPlane(px, py), ms);
  }

  hover(px, py, ms) {
    super.hover(px, py);
    if (this.map.followsMouse) this.drag(px, py, ms);
  }

  enter(ms) {
    const index = this.map.nearestToProbe();
    if (index >= 0) this.map.explorer.hold(index, ms);
  }
}

/** The picture that was taken up is moved while it is held and returns when it is let go; its path stays. */
class PictureTool extends Tool {
  #grip = [0, 0];
  #holds = false;

  press(px, py, ms) {
    const { map } = this;
    const index = map.under(px, py, REACH);
    this.#holds = index >= 0;
    if (!this.#holds) return;
    const [x, y] = map.view.toPixels(...map.scene.placeOf(index));
    this.#grip = [x - px, y - py]; // the point does not jump to the pointer
    map.startPath(index);
    map.explorer.hold(index, ms);
  }

  drag(px, py, ms) {
    const { map } = this;
    if (!this.#holds || !map.canMove) return;
    const place = map.view.toPlane(px + this.#grip[0], py + this.#grip[1]);
    map.path.push(place);
    map.explorer.moveTo(...place, ms);
  }

  lift(ms) {
    const { map } = this;
    if (this.#holds && map.canMove && !map.explorer.atHome) map.goHome(ms);
    this.#holds = false;
  }

  enter(ms) {
    const index = this.map.nearestToProbe();
    if (index < 0) return;
    this.map.startPath(index);
    this.map.explorer.hold(index, ms);
  }

  escape(ms) {
    this.map.path = [];
    super.escape(ms);
  }
}

/** A line around points; with the keyboard Enter sets a corner at the probe, and near the first one closes the line. */
class LassoTool extends Tool {
  press(px, py) {
    this.map.lasso = [this.map.view.toPlane(px, py)];
    this.map.render();
  }

  drag(px, py) {
    const { lasso, view } = this.map;
    const [lastX, lastY] = view.toPixels(...lasso.at(-1));
    if (Math.hypot(px - lastX, py - lastY) < CLOSE) return;
    lasso.push(view.toPlane(px, py));
    this.map.render();
  }

  lift() {
    this.map.closeLasso();
  }

  enter() {
    const { map } = this;
    const place = map.explorer.position;
    const [x, y] = map.view.toPixels(...place);
    const [firstX, firstY] = map.lasso.length ? map.view.toPixels(...map.lasso[0]) : [-1e9, 0];
    if (map.lasso.length > 2 && Math.hypot(x - firstX, y - firstY) < REACH) return void map.closeLasso();
    if (map.lassoClosed) map.dropLasso();
    map.lasso.push(place);
    map.render();
  }

  escape() {
    this.map.dropLasso();
  }
}

/** A line to walk along; with the keyboard Enter sets its corners at the probe, and Escape begins a new one. */
class LineTool extends Tool {
  press(px, py) {
    this.map.line = [this.map.view.toPlane(px, py)];
    this.map.render();
  }

  drag(px, py) {
    const { line, view } = this.map;
    const [lastX, lastY] = view.toPixels(...line.at(-1));
    if (Math.hypot(px - lastX, py - lastY) < CLOSE) return;
    line.push(view.toPlane(px, py));
    this.map.render();
  }

  lift() {
    this.#tell();
  }

  enter() {
    this.map.line.push(this.map.explorer.position);
    this.#tell();
  }

  escape() {
    this.map.line = [];
    this.map.render();
  }

  #tell() {
    const { map } = this;
    if (map.line.length > 1) map.around.line([...map.line]);
    map.render();
  }
}

const LOOK = 'Press a point to take up its picture; Escape lets go.';

/** The tools in the order of their buttons. `moves`: only where the probe can move in the plane of the map. */
export const TOOLS = {
  probe: {
    title: 'Probe',
    kind: ProbeTool,
    moves: true,
    help:
      'Press and drag to decode any place; arrow keys move the probe, with Shift in larger steps; ' +
      'Enter takes up the nearest picture.',
  },
  picture: {
    title: 'Picture',
    kind: PictureTool,
    moves: false,
    help: 'Press a point, drag its picture away and let go: it returns, and its path stays. Escape ends it.',
    look: LOOK,
  },
  lasso: {
    title: 'Lasso',
    kind: LassoTool,
    moves: false,
    help:
      'Draw a line around points. With the keyboard: move the probe, Enter sets a corner, Enter at the first corner ' +
      'closes the line, Escape drops it.',
  },
  line: {
    title: 'Line',
    kind: LineTool,
    moves: true,
    help:
      'Draw a line to walk along. With the keyboard: move the probe, Enter sets a corner, Escape begins a new line.',
  },
};
