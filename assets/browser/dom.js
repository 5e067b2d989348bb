/** Makes elements, and writes numbers and words the way the lab writes them. */

/**
 * @param {string} tag
 * @param {Object<string, string|number|boolean>} attributes false or undefined leaves one out, true writes it empty
 * @param {...(Node|string)} children
 */
export function element(tag, attributes = {}, ...children) {
  return furnish(document.createElement(tag), attributes, children);
}

/** The same for a drawing. */
export function drawing(tag, attributes = {}, ...children) {
  return furnish(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function furnish(made, attributes, children) {
  setAttributes(made, attributes);
  made.append(...children);
  return made;
}

export function setAttributes(changed, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === undefined) changed.removeAttribute(name);
    else changed.setAttribute(name, value === true ? '' : value);
  }
}

/** A button of the lab. @param {(event: Event) => void} act */
export function button(label, act, attributes = {}) {
  const made = element('button', { type: 'button', ...attributes }, label);
  made.addEventListener('click', act);
  return made;
}

/**
 * Buttons of which one is chosen.
 *
 * @param {string} label for those who do not see it
 * @param {[string, string][]} choices key and text of each
 * @param {(key: string) => void} choose
 * @returns {{root: HTMLElement, show: (key: string) => void}}
 */
export function choice(label, choices, choose) {
  const buttons = new Map(choices.map(([key, text]) => [key, button(text, () => choose(key), { 'data-key': key })]));
  const show = (chosen) => buttons.forEach((each, key) => each.setAttribute('aria-pressed', String(key === chosen)));
  return { root: element('div', { class: 'choice', role: 'group', 'aria-label': label }, ...buttons.values()), show };
}

/** 1.234 -> "1.23", -0.5 -> "−0.50" with a true minus sign. */
export function number(value, digits = 2) {
  return (Object.is(Math.round(value * 10 ** digits), -0) ? 0 : value).toFixed(digits).replace('-', '\u2212');
}

/** A code in words: all of its numbers when there are at most three. */
export function codeInWords(code) {
  return code.length <= 3 ? `(${Array.from(code, (each) => number(each)).join(', ')})` : `of ${code.length} numbers`;
}

/** Calls `act` once in the next frame, however often it is asked to. */
export function oncePerFrame(act) {
  let asked = 0;
  return () => {
    asked ||= requestAnimationFrame(() => {
      asked = 0;
      act();
    });
  };
}

/** Calls `act` when nobody has asked for `quiet` milliseconds. */
export function whenQuiet(act, quiet) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(act, quiet);
  };
}
