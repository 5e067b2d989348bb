/** A part of a Streamlit page that is drawn by this lab's own JavaScript. */

/**
 * What Streamlit calls at the first look, and again whenever the data or the theme change.
 *
 * When data change while a part is still being started, Streamlit starts it once more, and the older start may come
 * last, with data that are no longer the newest; it is ended at once, while its part stays on the page. So data are
 * taken in a moment later, unless their start has been ended by then, and a part ends when it has left the page.
 *
 * @template {{root: Element, update: (given: object) => void, close: () => void}} Part
 * @param {(parent: Element) => Part} make puts a new part into its place on the page
 */
export function component(make) {
  /** @type {WeakMap<Element, Part>} */
  const parts = new WeakMap();
  return (given) => {
    const place = given.parentElement;
    if (!parts.has(place)) parts.set(place, make(place));
    const part = parts.get(place);
    const taking = setTimeout(() => part.update(given));
    return () => {
      clearTimeout(taking);
      setTimeout(() => {
        if (part.root.isConnected) return;
        part.close();
        parts.delete(place);
      });
    };
  };
}
