/**
 * The threshold bench: a histogram of normal and anomalous scores under a line that one drags; confusion matrix, shares,
 * cost and the pictures that change side follow it here, in the browser. Python hears of the line when it is let go.
 *
 * The element [data-lab=KEY] has data-state "ready" and carries `latentLab` for tests: threshold, counts, changed (how
 * many changed side since the line was set), and pageOf(score), where a score is on the page.
 */

import { component } from './component.js';
import { Counting } from './counting.js';
import { button, drawing, element, oncePerFrame, setAttributes, whenQuiet } from './dom.js';
import { readHeader, unpack } from './packing.js';
import { Picture } from './picture.js';
import { currentColours } from './theme.js';
import { ticks } from './view.js';

const BINS = 60;
const HEIGHT = 240;
const MARGIN = { left: 8, right: 8, top: 14, bottom: 24 };
const BESIDE = 8; // pictures on each side of the line
const CHANGED = 16; // of those that change side
const SIDE = 56; // CSS pixels
const STEPS = 200; // of the keyboard, over the whole axis
const REST_MS = 500; // a key that rests for so long has let the line go

/** The component's entry. */
export const mount = component((place) => new Bench(place));

class Bench {
  constructor(parent) {
    this.root = element('section', { class: 'lab bench', 'aria-label': 'Threshold bench' });
    this.hook = {};
    this.root.latentLab = this.hook;
    parent.append(this.root);
    this.render = oncePerFrame(() => this.#render());
    this.rest = whenQuiet(() => this.#commit(), REST_MS);
    this.speak = whenQuiet(() => this.#speak(), REST_MS);
    this.watcher = new ResizeObserver(() => this.#resize());
  }

  close() {
    this.watcher.disconnect();
  }

  update({ data, setStateValue }) {
    this.send = (value) => setStateValue('threshold', value);
    const { fingerprint } = readHeader(data);
    if (fingerprint !== this.fingerprint) this.#setScene(data);
    this.fingerprint = fingerprint;
    this.#recolour();
  }

  #setScene(data) {
    const { header, arrays } = unpack(data);
    const sameLine = this.scene?.line === header.line;
    this.scene = { ...header, ...arrays };
    this.counting = new Counting(arrays.scores, arrays.anomalous);
    this.scale = header.logarithmic ? (value) => Math.log(Math.max(value, header.low)) : (value) => value;
    this.unscale = header.logarithmic ? Math.exp : (value) => value;
    this.bins = this.counting.histogram(BINS, header.low, header.high, this.scale);
    if (!sameLine) this.threshold = this.set = header.threshold;
    this.#build();
    this.root.setAttribute('data-lab', header.key);
    this.root.setAttribute('data-state', 'ready');
    this.hook.pageOf = (score) => {
      const frame = this.plot.getBoundingClientRect();
      return [frame.left + this.#x(score), frame.top + HEIGHT / 2];
    };
    this.#resize();
  }

  #build() {
    const both = this.counting.anomalies > 0;
    this.plot = drawing('svg', { class: 'bench-plot', height: HEIGHT, role: 'group', 'aria-label': this.scene.title });
    this.bars = drawing('g');
    this.axis = drawing('g', { class: 'bench-axis' });
    this.band = drawing('rect', { class: 'bench-band', y: MARGIN.top, height: HEIGHT - MARGIN.top - MARGIN.bottom });
    this.line = drawing('g', { class: 'bench-line', tabindex: 0, role: 'slider', 'aria-label': 'Threshold', 'aria-orientation': 'horizontal' },
      drawing('line', { y1: MARGIN.top - 8, y2: HEIGHT - MARGIN.bottom }),
      drawing('circle', { cy: MARGIN.top - 4, r: 7 }),
    );
    this.plot.append(this.bars, this.axis, this.band, this.line);
    this.#listen();
    this.legend = element('p', { class: 'bench-legend' });
    this.matrix = element('table', { class: 'bench-matrix' });
    this.shares = element('dl', { class: 'bench-shares' });
    this.back = button('Back to the quantile', () => this.#moveTo(this.scene.threshold, true));
    this.spoken = element('p', { class: 'unseen', 'aria-live': 'polite' });
    this.strips = {
      flagged: this.#strip('Just above the line: flagged', BESIDE),
      passed: this.#strip('Just below: passed', BESIDE),
      changed: this.#strip('', CHANGED),
    };
    const numbers = element('div', { class: 'bench-numbers' }, this.matrix, this.shares, this.back);
    const pictures = element('div', { class: 'bench-strips' }, ...Object.values(this.strips).map(({ root }) => root));
    this.root.replaceChildren(this.legend, this.plot, numbers, pictures, this.spoken);
    this.root.classList.toggle('both', both);
    this.watcher.disconnect();
    this.watcher.observe(this.root);
  }

  #strip(title, count) {
    const heading = element('p', { class: 'part-title' }, title);
    const pictures = Array.from({ length: count }, () => new Picture(this.scene.shape, '', SIDE));
    const row = element('div', { class: 'bench-row' }, ...pictures.map(({ root }) => root));
    return { heading, pictures, row, root: element('section', {}, heading, row) };
  }

  #listen() {
    const { plot } = this;
    let dragging = false;
    const follow = (event) => this.#moveTo(this.#score(event.clientX - plot.getBoundingClientRect().left));
    plot.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      dragging = true;
      plot.setPointerCapture(event.pointerId);
      this.set = this.threshold;
      follow(event);
    });
    plot.addEventListener('pointermove', (event) => dragging && follow(event));
    const release = () => {
      if (!dragging) return;
      dragging = false;
      this.#commit();
    };
    plot.addEventListener('pointerup', release);
    plot.addEventListener('pointercancel', release);
    this.line.addEventListener('keydown', (event) => this.#key(event));
  }

  #key(event) {
    const [from, to] = [this.scale(this.scene.low), this.scale(this.scene.high)];
    const step = (to - from) / STEPS;
    const moves = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    const place = this.scale(this.threshold) + move * step;
    this.#moveTo(this.unscale(Math.min(to, Math.max(from, place))));
    this.rest();
  }

  #moveTo(threshold, commit = false) {
    this.threshold = threshold;
    this.render();
    if (commit) this.#commit();
  }

  #commit() {
    this.send(this.threshold);
  }

  // --- places on the plot

  #x(score) {
    const [from, to] = [this.scale(this.scene.low), this.scale(this.scene.high)];
    const share = Math.min(1, Math.max(0, (this.scale(score) - from) / (to - from)));
    return MARGIN.left + share * (this.width - MARGIN.left - MARGIN.right);
  }

  #score(x) {
    const [from, to] = [this.scale(this.scene.low), this.scale(this.scene.high)];
    const share = Math.min(1, Math.max(0, (x - MARGIN.left) / (this.width - MARGIN.left - MARGIN.right)));
    return this.unscale(from + share * (to - from));
  }

  #resize() {
    this.width = Math.max(160, this.root.clientWidth);
    setAttributes(this.plot, { width: this.width, viewBox: `0 0 ${this.width} ${HEIGHT}` });
    this.#drawBars();
    this.#render();
  }

  #recolour() {
    const colours = currentColours(this.root, this.scene.themes);
    this.root.style.setProperty('--normal', colours.muted);
    this.root.style.setProperty('--anomalous', colours.classes[6]);
    this.root.style.colorScheme = colours.dark ? 'dark' : 'light';
  }

  #drawBars() {
    const { normal, anomalous } = this.bins;
    const most = Math.max(...normal, ...anomalous, 1e-9);
    const floor = HEIGHT - MARGIN.bottom;
    const wide = (this.width - MARGIN.left - MARGIN.right) / BINS;
    const bars = (shares, kind) =>
      Array.from(shares, (share, i) => {
        const height = (share / most) * (floor - MARGIN.top);
        return drawing('rect', { class: kind, x: MARGIN.left + i * wide, y: floor - height, width: Math.max(0.5, wide - 1), height });
      });
    this.bars.replaceChildren(...bars(normal, 'bar-normal'), ...bars(anomalous, 'bar-anomalous'));
    this.axis.replaceChildren(
      drawing('line', { x1: MARGIN.left, x2: this.width - MARGIN.right, y1: floor, y2: floor }),
      ...this.#ticks().map((value) => {
        const text = drawing('text', { x: this.#x(value), y: HEIGHT - 8, 'text-anchor': 'middle' });
        text.textContent = digits(value);
        return text;
      }),
    );
  }

  #ticks() {
    const { low, high, logarithmic } = this.scene;
    if (!logarithmic) return ticks(low, high, Math.max(2, Math.floor(this.width / 110)));
    const found = [];
    for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power += 1) {
      [1, 2, 5].forEach((each) => found.push(each * 10 ** power));
    }
    const inside = found.filter((each) => each >= low && each <= high);
    return inside.filter((_, i) => i % Math.ceil((inside.length * 60) / this.width) === 0);
  }

  // --- what follows the line

  #render() {
    const { scene, counting, threshold } = this;
    const counts = counting.at(threshold, scene.prices[0], scene.prices[1]);
    const changed = counting.between(this.set, threshold);
    Object.assign(this.hook, { threshold, counts, changed: changed.length });
    setAttributes(this.line, {
      transform: `translate(${this.#x(threshold)} 0)`,
      'aria-valuemin': scene.low,
      'aria-valuemax': scene.high,
      'aria-valuenow': threshold,
      'aria-valuetext': `${digits(threshold)} ${scene.unit}`,
    });
    const [low, high] = [this.#x(scene.band[0] ?? scene.low), this.#x(scene.band[1] ?? scene.high)];
    setAttributes(this.band, { x: low, width: Math.max(1, high - low) });
    this.#showLegend();
    this.#showMatrix(counts);
    this.#showShares(counts);
    this.#showPictures(changed);
    this.speak();
  }

  #showLegend() {
    const { counting, scene } = this;
    const known = [element('span', { class: 'key key-normal' }, `normal (${counting.normals.toLocaleString('en')})`)];
    if (counting.anomalies) known.push(element('span', { class: 'key key-anomalous' }, `anomalous (${counting.anomalies.toLocaleString('en')})`));
    known.push(element('span', { class: 'key key-band' }, scene.band_words));
    this.legend.replaceChildren(`Threshold ${digits(this.threshold)}. Share of each kind: `, ...known);
  }

  #showMatrix({ caught, missed, falseAlarms, passed }) {
    const count = (value, words) => element('td', {}, value.toLocaleString('en'), element('small', {}, words));
    const row = (name, ...cells) => element('tr', {}, element('th', { scope: 'row' }, name), ...cells);
    const head = element('tr', {}, element('td'), element('th', { scope: 'col' }, 'flagged'), element('th', { scope: 'col' }, 'passed'));
    const rows = [row('normal', count(falseAlarms, 'false alarms'), count(passed, 'rightly passed'))];
    if (this.counting.anomalies) rows.unshift(row('anomalous', count(caught, 'caught'), count(missed, 'missed')));
    this.matrix.replaceChildren(element('caption', { class: 'unseen' }, 'Confusion matrix'), head, ...rows);
  }

  #showShares({ recall, precision, falseAlarmRate, cost }) {
    const entries = [['False alarms', percent(falseAlarmRate), 'of the normal images']];
    if (this.counting.anomalies) {
      entries.unshift(['Recall', percent(recall), 'of the anomalies'], ['Precision', percent(precision), 'of what is flagged']);
      entries.push(['Cost', Number.isInteger(cost) ? cost.toLocaleString('en') : digits(cost), 'false alarms and misses at their prices']);
    }
    this.shares.replaceChildren(
      ...entries.map(([name, value, of]) => element('div', {}, element('dt', {}, name), element('dd', {}, value, element('small', {}, of)))),
    );
  }

  #showPictures(changed) {
    const { flagged, passed } = this.counting.beside(this.threshold, BESIDE);
    this.#fill(this.strips.flagged, flagged);
    this.#fill(this.strips.passed, passed);
    const many = changed.length;
    const towards = this.threshold < this.set ? 'are flagged now' : 'pass now';
    this.strips.changed.heading.textContent = many
      ? `${many.toLocaleString('en')} ${many === 1 ? 'changes' : 'change'} side and ${many === 1 ? towards.replace('are', 'is').replace('pass', 'passes') : towards}${many > CHANGED ? `; the ${CHANGED} nearest to the line` : ''}`
      : 'None changes side: move the line';
    const nearest = this.threshold < this.set ? changed.subarray(0, CHANGED) : changed.subarray(-CHANGED);
    this.#fill(this.strips.changed, Array.from(nearest));
  }

  #fill({ pictures }, indices) {
    const size = this.scene.shape.reduce((product, each) => product * each, 1);
    pictures.forEach((picture, i) => {
      const index = indices[i];
      picture.show(index !== undefined);
      if (index === undefined || picture.index === index) return;
      picture.index = index;
      picture.drawBytes(this.scene.pictures.subarray(index * size, (index + 1) * size));
      const kind = this.scene.anomalous[index] ? 'anomalous' : 'normal';
      const name = this.scene.names[this.scene.labels[index]] ?? '';
      picture.root.classList.toggle('is-anomalous', kind === 'anomalous');
      picture.describe(name || kind, digits(this.scene.scores[index]), `${[kind, name].filter(Boolean).join(', ')}, score ${digits(this.scene.scores[index])}`);
    });
  }

  #speak() {
    const { counts, threshold } = this.hook;
    const anomalies = this.counting.anomalies ? `recall ${percent(counts.recall)}, precision ${percent(counts.precision)}, ` : '';
    this.spoken.textContent = `Threshold ${digits(threshold)}: ${anomalies}false alarms ${percent(counts.falseAlarmRate)}.`;
  }
}

function percent(share) {
  return share === null ? '\u2013' : `${(100 * share).toFixed(1)}\u00a0%`;
}

/** Three digits that count, with a true minus sign. */
function digits(value) {
  const size = Math.abs(value);
  const text = size >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
  const plain = size < 1000 && text.includes('e') ? String(Number(text)) : text;
  return plain.replace('-', '\u2212');
}
