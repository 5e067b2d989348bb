/** The colours in use: the palette comes with the data (from aecore/browser/colours.py), the mode from the page. */

/** @returns {[number, number, number]} red, green and blue of "#rrggbb", 0 to 255 */
export function rgb(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

/**
 * Streamlit tells a component its colours, not its mode: a page whose background is darker than its text is dark.
 *
 * @param {Element} host
 * @param {{light: object, dark: object}} themes
 */
export function currentColours(host, themes) {
  const background = getComputedStyle(host).getPropertyValue('--st-background-color').trim();
  const dark = /^#[0-9a-f]{6}$/i.test(background) && brightness(background) < 128;
  return { dark, ...(dark ? themes.dark : themes.light) };
}

function brightness(hex) {
  const [red, green, blue] = rgb(hex);
  return 0.3 * red + 0.59 * green + 0.11 * blue;
}

/** A class with the colour of the mode. @param {{name: string, shape: string, light: string, dark: string}} known */
export function classColour(known, colours) {
  return colours.dark ? known.dark : known.light;
}

/** The colour of a number on the scale of the mode. @param {number} share 0 to 1 @returns {[number, number, number]} */
export function scaleColour(share, { scale }) {
  const place = Math.min(1, Math.max(0, share)) * (scale.length - 1);
  const below = Math.min(scale.length - 2, Math.floor(place));
  const [from, to] = [rgb(scale[below]), rgb(scale[below + 1])];
  return from.map((value, i) => Math.round(value + (place - below) * (to[i] - value)));
}
