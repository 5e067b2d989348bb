/**
 * The loss of a run, training and validation, with a marker that moves over it and can be dragged.
 *
 * An axis is logarithmic where that shows more: the loss when it falls to less than a tenth, the epochs when half of
 * the recorded ones lie in the first twentieth.
 */

import { drawing, element, setAttributes } from './dom.js';

const HEIGHT = 132; // pixels
const [LEFT, RIGHT, TOP, BOTTOM] = [52, 14, 8, 22]; // room for the numbers at the axes
const FALLS = 10;
const CROWDED = 20;

export class LossCurve {
  /** @param {(epoch: number) => void} point is told where on the curve a person points */
  constructor(point) {
    this.drawn = drawing('g', {});
    this.marker = drawing('line', { class: 'time-marker', y1: TOP, y2: HEIGHT - BOTTOM });
    this.spot = drawing('circle', { class: 'time-spot', r: 4.5 });
    this.svg = drawing('svg', { role: 'img', height: HEIGHT }, this.drawn, this.marker, this.spot);
    this.caption = element('figcaption');
    this.root = element('figure', { class: 'time-curve' }, this.caption, this.svg);
    this.#listen(point);
    this.sizes = new ResizeObserver(() => this.#draw());
    this.sizes.observe(this.svg);
  }

  #listen(point) {
    const tell = (event) => point(this.#epochAt(event.clientX - this.svg.getBoundingClientRect().left));
    this.svg.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || !this.loss) return;
      this.svg.setPointerCapture(event.pointerId);
      tell(event);
    });
    this.svg.addEventListener('pointermove', (event) => {
      if (this.svg.hasPointerCapture(event.pointerId)) tell(event);
    });
  }

  /** @param {object} loss see timemachine.js @param {ArrayLike<number>} recorded epochs */
  setLoss(loss, recorded) {
    Object.assign(this, { loss, recorded: Array.from(recorded) });
    this.curves = [
      { name: 'training', points: pointsOf(loss, loss.training) },
      { name: 'validation', points: pointsOf(loss, loss.validation) },
    ];
    this.across = scaleOf([...this.recorded, ...loss.epochs], isCrowded(this.recorded));
    const values = this.curves.flatMap(({ points }) => points.map(({ value }) => value));
    this.along = scaleOf(values, Math.min(...values) > 0 && Math.max(...values) > FALLS * Math.min(...values));
    this.root.hidden = values.length === 0;
    this.#describe(values);
    this.#draw();
  }

  #describe(values) {
    const { title } = this.loss;
    this.caption.replaceChildren(
      element('span', { class: 'time-curve-title' }, title + (this.along.logarithmic ? ', logarithmic' : '')),
      ...this.curves.map(({ name }) => element('span', { class: `time-key ${name}` }, name)),
    );
    const { low, high } = this.across;
    const range = values.length ? ` The loss runs from ${short(this.along.low)} to ${short(this.along.high)}.` : '';
    this.svg.setAttribute('aria-label', `${title}: training and validation, epochs ${low} to ${high}.${range}`);
  }

  /** Put the marker where an epoch is. */
  mark(epoch) {
    this.epoch = epoch;
    this.#place();
  }

  #place() {
    if (!this.loss || this.epoch === undefined) return;
    const x = this.#x(this.epoch);
    setAttributes(this.marker, { x1: x, x2: x });
    const value = valueAt(this.curves[1].points, this.epoch);
    this.spot.style.display = value === null ? 'none' : '';
    if (value !== null) setAttributes(this.spot, { cx: x, cy: this.#y(value) });
  }

  get #width() {
    return Math.max(1, this.svg.clientWidth - LEFT - RIGHT);
  }

  #x(epoch) {
    return LEFT + this.across.share(epoch) * this.#width;
  }

  #y(value) {
    return TOP + (1 - this.along.share(value)) * (HEIGHT - TOP - BOTTOM);
  }

  #epochAt(x) {
    return this.across.at(Math.min(1, Math.max(0, (x - LEFT) / this.#width)));
  }

  #draw() {
    if (!this.loss || this.root.hidden) return;
    this.drawn.replaceChildren(...this.#axes(), ...this.curves.flatMap((curve) => this.#lines(curve)), ...this.#recorded());
    this.#place();
  }

  #axes() {
    const { along, across } = this;
    const [right, floor] = [LEFT + this.#width, HEIGHT - BOTTOM];
    const level = (value) => drawing('line', { class: 'time-rule', x1: LEFT, x2: right, y1: this.#y(value), y2: this.#y(value) });
    const number = (value) => text(short(value), LEFT - 8, this.#y(value) + 4, 'end');
    const levels = along.low === along.high ? [along.low] : [along.low, along.high];
    return [
      ...levels.flatMap((value) => [level(value), number(value)]),
      text(`epoch ${across.low}`, LEFT, floor + 16),
      ...(across.high > across.low ? [text(across.high, right, floor + 16, 'end')] : []),
    ];
  }

  /** A line for each chapter, a dot for a chapter of one epoch. */
  #lines({ name, points }) {
    return chaptersOf(points).map((chapter) => {
      const places = chapter.map(({ epoch, value }) => [this.#x(epoch), this.#y(value)]);
      if (places.length > 1) return drawing('polyline', { class: `time-line ${name}`, points: places.join(' ') });
      return drawing('circle', { class: `time-dot ${name}`, cx: places[0][0], cy: places[0][1], r: 2.5 });
    });
  }

  #recorded() {
    return this.recorded.map((epoch) => {
      const x = this.#x(epoch);
      return drawing('line', { class: 'time-recorded', x1: x, x2: x, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM - 5 });
    });
  }

  close() {
    this.sizes.disconnect();
  }
}

function pointsOf({ epochs, chapters }, values) {
  return Array.from(epochs, (epoch, i) => ({ epoch, value: values[i], chapter: chapters?.[i] ?? '' })).filter(
    ({ value }) => Number.isFinite(value),
  );
}

function chaptersOf(points) {
  const found = [];
  points.forEach((point) => {
    if (found.at(-1)?.at(-1).chapter === point.chapter) found.at(-1).push(point);
    else found.push([point]);
  });
  return found;
}

/** The value of a curve at an epoch, between two known ones in proportion; null beyond them. */
function valueAt(points, epoch) {
  const after = points.findIndex((point) => point.epoch >= epoch);
  if (after < 0) return null;
  const [one, other] = [points[after - 1], points[after]];
  if (other.epoch === epoch) return other.value;
  if (!one || one.chapter !== other.chapter) return null;
  return one.value + ((epoch - one.epoch) / (other.epoch - one.epoch)) * (other.value - one.value);
}

function isCrowded(epochs) {
  return epochs[0] > 0 && epochs.at(-1) > CROWDED * epochs[Math.floor(epochs.length / 2)];
}

/** An axis: where a value lies on it, 0 to 1, and what lies there. */
function scaleOf(values, logarithmic) {
  const [low, high] = values.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);
  const [to, from] = logarithmic ? [Math.log, Math.exp] : [(value) => value, (value) => value];
  const [first, width] = [to(low), to(high) - to(low)];
  return {
    low,
    high,
    logarithmic,
    share: (value) => (width > 0 ? (to(value) - first) / width : 0.5),
    at: (share) => (width > 0 ? from(first + share * width) : low),
  };
}

/** Three digits that count. */
function short(value) {
  return Number(value.toPrecision(3)).toString().replace('-', '\u2212');
}

function text(words, x, y, anchor = 'start') {
  return drawing('text', { x, y, 'text-anchor': anchor }, String(words));
}
