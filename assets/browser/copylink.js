/** A button that copies the address of the page; where the browser forbids it, the address is shown to be copied by hand. */

import { button, element } from './dom.js';

const SHOWN_MS = 2500;

/** @param {() => void} before brings the address up to date @returns {HTMLElement} */
export function copyLink(before) {
  const said = element('span', { class: 'unseen', role: 'status' });
  const field = element('input', { type: 'text', readonly: true, hidden: true, class: 'link', 'aria-label': 'Link to copy' });
  const made = button('Copy link', async () => {
    before();
    const copied = await copy(location.href, field);
    const words = copied ? 'Link copied' : 'Copy the link with Ctrl+C';
    said.textContent = words;
    made.textContent = copied ? 'Copied' : 'Copy link';
    setTimeout(() => Object.assign(made, { textContent: 'Copy link' }) && (said.textContent = ''), SHOWN_MS);
  });
  field.addEventListener('blur', () => (field.hidden = true));
  return element('span', { class: 'copy-link' }, made, field, said);
}

/** Without a secure address (another machine, no https) there is no clipboard, but often the older way. */
async function copy(text, field) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    Object.assign(field, { hidden: false, value: text });
    field.select();
    const copied = document.execCommand('copy');
    field.hidden = copied;
    return copied;
  }
}
