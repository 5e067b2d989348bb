/**
 * A latent space to take away: the canvas in a page made of one file, with the scene that aecore/analysis/takeaway.py
 * made. Blocks come from the file; light or dark is what the system wants.
 */

import { takeBlocksFrom } from './blocks.js';
import { mount } from './canvas.js';
import { block } from './embedded.js';
import { readHeader } from './packing.js';

const VARIABLES = {
  '--st-background-color': 'background',
  '--st-secondary-background-color': 'surface',
  '--st-text-color': 'text',
  '--st-primary-color': 'accent',
  '--st-border-color': 'hairline',
};

/** @param {HTMLElement} main filled with the canvas when the scene has been read */
export async function open(main) {
  takeBlocksFrom(async (base, hash) => (await block(hash)).buffer);
  const data = await block('message');
  const { themes } = readHeader(data);
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const show = () => {
    dress(themes[dark.matches ? 'dark' : 'light']);
    mount({ parentElement: main, data, setTriggerValue: () => {} }); // nobody is there to be told
  };
  dark.addEventListener('change', show);
  show();
}

/** The colours that Streamlit gives a component on a page of the lab. */
function dress(theme) {
  for (const [variable, name] of Object.entries(VARIABLES)) document.documentElement.style.setProperty(variable, theme[name]);
}
