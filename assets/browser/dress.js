/**
 * How the points of a map look: coloured by class or by a number, those of hidden classes not at all, those outside of
 * a selection pale.
 */

import { classColour, rgb, scaleColour } from './theme.js';

const LEVELS = 32; // of a number's colours
const ENDS = 0.01; // share of the points at each end of a number's scale that is not told apart
const HIDDEN = -1;

/**
 * @param {import('./scene.js').Scene} scene
 * @param {object} colours of the mode
 * @param {{hidden: Set<number>, colouring: string, selected: Uint8Array|null}} how
 * @returns {{styleOf: Int32Array, styles: {colour: [number, number, number], shape: string, dimmed: boolean}[],
 *   range: [number, number]|null}} the style of each point, -1 for one that is not drawn; ends of the scale of numbers
 */
export function dress(scene, colours, { hidden, colouring, selected }) {
  const values = scene[`score.${colouring}`];
  const range = values ? rangeOf(values) : null;
  const plain = values ? numberStyles(colours) : classStyles(scene, colours);
  const rank = values ? (i) => level(values[i], range) : (i) => scene.labels[i];
  const styleOf = new Int32Array(scene.count);
  for (let i = 0; i < scene.count; i += 1) {
    const pale = selected !== null && !selected[i];
    styleOf[i] = hidden.has(scene.labels[i]) ? HIDDEN : rank(i) + (pale ? plain.length : 0);
  }
  const dimmed = plain.map((style) => ({ ...style, dimmed: true }));
  return { styleOf, styles: [...plain, ...dimmed], range };
}

function classStyles(scene, colours) {
  return scene.classes.map((known) => ({ colour: rgb(classColour(known, colours)), shape: known.shape, dimmed: false }));
}

function numberStyles(colours) {
  return Array.from({ length: LEVELS }, (_, i) => ({
    colour: scaleColour(i / (LEVELS - 1), colours),
    shape: 'circle',
    dimmed: false,
  }));
}

function level(value, [low, high]) {
  return Math.min(LEVELS - 1, Math.max(0, Math.floor(((value - low) / (high - low)) * LEVELS)));
}

/** The scale without the outermost values, which would leave one colour for all others. */
function rangeOf(values) {
  const sorted = values.slice().sort();
  const skip = Math.floor(ENDS * sorted.length);
  const [low, high] = [sorted[skip], sorted[sorted.length - 1 - skip]];
  return high > low ? [low, high] : [low - 0.5, low + 0.5];
}
