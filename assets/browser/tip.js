/** What the mouse is over: the picture of the point, its class, and its numbers. */

import { element, number } from './dom.js';
import { paint } from './picture.js';

const SIZE = 84; // pixels of the picture's longer side
const AWAY = 16; // pixels from the pointer

export class Tip {
  constructor() {
    this.words = element('span');
    this.root = element('div', { class: 'tip', hidden: true, 'aria-hidden': 'true' });
  }

  /** @param {import('./scene.js').Scene} scene @param {number} index -1 hides it @param {import('./view.js').View} view */
  show(scene, index, px, py, view) {
    this.root.hidden = index < 0;
    if (index < 0) return;
    if (index !== this.index || scene !== this.scene) this.#fill(scene, index);
    const right = px > view.width / 2;
    const below = py > view.height / 2;
    this.root.style.left = right ? '' : `${px + AWAY}px`;
    this.root.style.right = right ? `${view.width - px + AWAY}px` : '';
    this.root.style.top = below ? '' : `${py + AWAY}px`;
    this.root.style.bottom = below ? `${view.height - py + AWAY}px` : '';
  }

  #fill(scene, index) {
    Object.assign(this, { scene, index });
    const [, height, width] = scene.shape;
    const canvas = element('canvas', { width, height });
    canvas.style.width = `${(SIZE * width) / Math.max(height, width)}px`;
    paint(canvas, scene.original(index), scene.shape, 1);
    const lines = scene.numbersOf(index).map(([title, value]) => element('span', {}, `${title} ${number(value)}`));
    const name = scene.className(index);
    this.root.replaceChildren(canvas, ...(name ? [element('strong', {}, name)] : []), ...lines);
  }
}
