/**
 * What a person does with mouse, pen or fingers on the map, told as what it means.
 *
 *   one finger, left button        press, drag, lift
 *   no button                      hover, leave
 *   right or middle button, or     pan
 *   left button with space held
 *   two fingers                    pan and zoom
 *   wheel with Ctrl (which is also zoom; the wheel alone scrolls the page until the map has been clicked
 *   what a trackpad's pinch sends)
 *
 * Places are in CSS pixels from the upper left corner of the surface. Times are those of the input events.
 */

const WHEEL = 0.0018; // of a doubling per pixel of wheel
const EARLY_MS = 12; // a drag need not wait for the next frame, but a fast mouse must not keep the decoder busy either

export class Gestures {
  #fingers = new Map();
  #doing = 'nothing'; // 'drag' or 'pan'
  #space = false;
  #dragged = 0; // when the last movement of a drag was told

  /**
   * @param {HTMLElement} surface
   * @param {{press, drag, lift, hover, leave, pan, zoom}} meaning functions; see the calls below
   */
  constructor(surface, meaning) {
    this.surface = surface;
    this.meaning = meaning;
    surface.addEventListener('pointerdown', (event) => this.#down(event));
    surface.addEventListener('pointermove', (event) => this.#move(event));
    surface.addEventListener('pointerrawupdate', (event) => this.#early(event)); // where it exists
    surface.addEventListener('mousedown', (event) => event.button === 1 && event.preventDefault()); // no autoscroll
    surface.addEventListener('pointerup', (event) => this.#up(event));
    surface.addEventListener('pointercancel', (event) => this.#up(event));
    surface.addEventListener('pointerleave', () => meaning.leave());
    surface.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    surface.addEventListener('contextmenu', (event) => event.preventDefault());
    surface.addEventListener('keydown', (event) => this.#key(event, true));
    surface.addEventListener('keyup', (event) => this.#key(event, false));
    surface.addEventListener('blur', () => (this.#space = false));
  }

  #place(event) {
    const frame = this.surface.getBoundingClientRect();
    return [event.clientX - frame.left, event.clientY - frame.top];
  }

  #down(event) {
    this.surface.setPointerCapture(event.pointerId);
    this.#fingers.set(event.pointerId, this.#place(event));
    if (this.#fingers.size > 1 || event.button !== 0 || this.#space) {
      this.#lift(event);
      this.#doing = 'pan';
    } else {
      this.#doing = 'drag';
      this.meaning.press(...this.#place(event), event.timeStamp);
    }
  }

  /** A browser tells `pointermove` once per frame, just before it draws; this comes as soon as the hand has moved. */
  #early(event) {
    if (this.#doing === 'drag' && event.timeStamp - this.#dragged >= EARLY_MS) this.#move(event);
  }

  #move(event) {
    const place = this.#place(event);
    const before = this.#fingers.get(event.pointerId);
    if (before === undefined) {
      if (event.pointerType !== 'touch') this.meaning.hover(...place, event.timeStamp);
    } else if (this.#doing === 'drag') {
      if (place[0] === before[0] && place[1] === before[1]) return; // told early
      this.#dragged = event.timeStamp;
      this.#fingers.set(event.pointerId, place);
      this.meaning.drag(...place, event.timeStamp);
    } else if (this.#fingers.size === 2) {
      this.#pinch(event.pointerId, place);
    } else {
      this.#fingers.set(event.pointerId, place);
      this.meaning.pan(place[0] - before[0], place[1] - before[1]);
    }
  }

  #pinch(moved, place) {
    const [widthBefore, middleBefore] = this.#spread();
    this.#fingers.set(moved, place);
    const [width, middle] = this.#spread();
    this.meaning.pan(middle[0] - middleBefore[0], middle[1] - middleBefore[1]);
    this.meaning.zoom(width / Math.max(1, widthBefore), ...middle);
  }

  #spread() {
    const [[ax, ay], [bx, by]] = [...this.#fingers.values()];
    return [Math.hypot(ax - bx, ay - by), [(ax + bx) / 2, (ay + by) / 2]];
  }

  #up(event) {
    if (!this.#fingers.delete(event.pointerId)) return;
    this.#lift(event);
    if (this.#fingers.size === 0) this.#doing = 'nothing';
  }

  /** A drag ends when its finger is lifted, and when a second finger makes it a movement of the map. */
  #lift(event) {
    if (this.#doing === 'drag') this.meaning.lift(event.timeStamp);
  }

  #wheel(event) {
    const focused = this.surface.getRootNode().activeElement === this.surface;
    if (!event.ctrlKey && !focused) return;
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1) * (event.ctrlKey ? 4 : 1);
    this.meaning.zoom(2 ** (-pixels * WHEEL), ...this.#place(event));
  }

  #key(event, down) {
    if (event.key !== ' ') return;
    this.#space = down;
    event.preventDefault(); // the page would scroll
  }
}
