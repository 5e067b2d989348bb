/**
 * The points that a line was drawn around: their pictures, how many of each class, their mean image. A group can be
 * named and kept with the run, and a kept one chosen again.
 */

import { button, element } from './dom.js';
import { Picture } from './picture.js';

const SHOWN = 24; // pictures
const SMALL = 44; // pixels
const LARGE = 112;
const MOST_LETTERS = 60;

export class Group {
  /**
   * @param {{keep: (name: string, ids: number[]) => void, drop: (name: string) => void,
   *   choose: (indices: number[]) => void, take: (index: number) => void}} acts
   */
  constructor(acts) {
    this.acts = acts;
    this.chosen = [];
    this.keptName = null; // of the kept group that is chosen
    this.title = element('p', { class: 'part-title' });
    this.body = element('div', { class: 'group-body' });
    this.kept = element('div', { class: 'group-kept' });
    this.#buildForm();
    const parts = [this.title, this.body, this.form, this.kept];
    this.root = element('section', { class: 'group', 'aria-label': 'Group' }, ...parts);
  }

  #buildForm() {
    this.name = element('input', { type: 'text', maxlength: MOST_LETTERS, 'aria-label': 'Name of the group' });
    this.keepButton = button('Keep with the run', () => this.#keep(), { type: 'submit' });
    this.form = element('form', { class: 'actions' }, element('label', { class: 'field' }, 'Name', this.name), this.keepButton);
    this.form.addEventListener('submit', (event) => event.preventDefault());
    this.name.addEventListener('input', () => this.#offer());
  }

  /** Whatever part of the group exists in a new scene stays chosen. */
  setScene(scene) {
    this.scene = scene;
    this.#showKept();
  }

  /** @param {number[]} indices of points */
  show(indices) {
    this.chosen = indices;
    this.keptName = null;
    this.#showHead();
    this.body.replaceChildren(...(indices.length ? [this.#mean(), this.#bars(), this.#pictures()] : []));
    this.form.hidden = indices.length === 0 || !this.scene.offers.includes('group');
    this.#offer();
  }

  #showHead() {
    const { length } = this.chosen;
    this.title.textContent = length ? `${length.toLocaleString('en')} ${length === 1 ? 'image' : 'images'} chosen` : 'Kept groups';
  }

  #mean() {
    const { scene } = this;
    const seen = this.chosen.filter((index) => index < scene.pictured);
    const picture = new Picture(scene.shape, 'Mean image', LARGE);
    const sum = new Float32Array(scene.size);
    seen.forEach((index) => scene.original(index).forEach((value, i) => (sum[i] += value)));
    if (seen.length) picture.drawFloats(sum.map((value) => value / (255 * seen.length)));
    picture.describe('Mean image', seen.length < this.chosen.length ? `of ${seen.length} with pictures here` : '');
    return picture.root;
  }

  /** How many there are of each class. */
  #bars() {
    const counts = this.scene.classes.map(() => 0);
    this.chosen.forEach((index) => (counts[this.scene.labels[index]] += 1));
    const most = Math.max(...counts);
    const rows = this.scene.classes.flatMap(({ name }, i) => (counts[i] && name ? [bar(name, counts[i], most)] : []));
    return element('div', { class: 'group-bars', role: 'list', 'aria-label': 'Images of each class' }, ...rows);
  }

  #pictures() {
    const seen = this.chosen.filter((index) => index < this.scene.pictured);
    const step = Math.max(1, seen.length / SHOWN);
    const picked = Array.from({ length: Math.min(SHOWN, seen.length) }, (_, i) => seen[Math.floor(i * step)]);
    return element('div', { class: 'group-pictures' }, ...picked.map((index) => this.#picture(index)));
  }

  #picture(index) {
    const picture = new Picture(this.scene.shape, '', SMALL);
    picture.drawBytes(this.scene.original(index));
    const words = `Take up image ${this.scene.ids[index]}, ${this.scene.className(index)}`;
    const made = button('', () => this.acts.take(index), { class: 'picture-button', 'aria-label': words, title: words });
    picture.canvas.setAttribute('aria-hidden', 'true');
    made.append(picture.canvas);
    return made;
  }

  #offer() {
    this.keepButton.disabled = this.name.value.trim() === '' || this.chosen.length === 0;
  }

  #keep() {
    const name = this.name.value.trim();
    if (name) this.acts.keep(name, this.chosen.map((index) => this.scene.ids[index]));
    this.name.value = '';
    this.#offer();
  }

  #showKept() {
    const rows = this.scene.groups.map((each, i) => this.#keptRow(each, i));
    this.kept.replaceChildren(...(rows.length ? [element('p', { class: 'help' }, 'Kept with the run:'), ...rows] : []));
    this.#showHead();
  }

  #keptRow({ name, count }, i) {
    const words = `${name}, ${count.toLocaleString('en')}`;
    const choose = button(words, () => this.#chooseKept(name, i));
    const drop = button('\u00d7', () => this.acts.drop(name), { class: 'icon', 'aria-label': `Delete the group ${name}` });
    return element('span', { class: 'choice' }, choose, drop);
  }

  /** @param {string} name of a kept group; one that there is not is passed over */
  chooseNamed(name) {
    const found = this.scene.groups.findIndex((each) => each.name === name);
    if (found >= 0) this.#chooseKept(name, found);
  }

  #chooseKept(name, i) {
    this.acts.choose(this.#indicesOf(this.scene[`group.${i}`]));
    this.keptName = name;
  }

  /** Where images lie on this map, those that it shows. */
  #indicesOf(ids) {
    const wanted = new Set(ids ?? []);
    const found = [];
    this.scene.ids.forEach((id, index) => wanted.has(id) && found.push(index));
    return found;
  }
}

function bar(name, count, most) {
  const strip = element('span', { class: 'group-bar' });
  strip.style.width = `${(100 * count) / most}%`;
  const track = element('span', { class: 'group-track' }, strip);
  return element('div', { role: 'listitem' }, element('span', {}, name), track, element('span', {}, count.toLocaleString('en')));
}
