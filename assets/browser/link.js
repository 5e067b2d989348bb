/**
 * Canvases on one page that show the same images: what a person does with an image in one is told to the others, by the
 * number of the image in its data set. Nothing of it leaves the browser.
 *
 *   light    an image the pointer is over, -1 for none
 *   take     the image that was taken up, -1 for none
 *   select   the images that were chosen as a group
 */

/** @type {Map<string, {members: Set<Link>, told: Map<string, any>}>} */
const groups = new Map();

export class Link {
  #hearing = false;

  /** @param {string} name all with this name are linked @param {(kind: string, value: any) => void} hear */
  constructor(name, hear) {
    this.hear = hear;
    this.name = name;
    if (!groups.has(name)) groups.set(name, { members: new Set(), told: new Map() });
    this.group = groups.get(name);
    this.group.members.add(this);
  }

  /** Tell the others, unless this is only what they have just told. */
  tell(kind, value) {
    if (this.#hearing) return;
    this.group.told.set(kind, value);
    this.group.members.forEach((each) => each !== this && each.#take(kind, value));
  }

  /** Hear again what was told last: for one that comes later, or has another scene. */
  catchUp() {
    this.group.told.forEach((value, kind) => kind !== 'light' && this.#take(kind, value));
  }

  /** Do something of which nothing is told. */
  silently(act) {
    const before = this.#hearing;
    this.#hearing = true;
    try {
      return act();
    } finally {
      this.#hearing = before;
    }
  }

  #take(kind, value) {
    this.silently(() => this.hear(kind, value));
  }

  leave() {
    this.group.members.delete(this);
    if (this.group.members.size === 0) groups.delete(this.name);
  }
}
