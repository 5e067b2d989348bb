/**
 * The points of the map on their canvas, or their pictures where there is room. They are drawn into a picture of their
 * own; while a person pans or zooms and drawing takes too long for a frame, that picture is moved and stretched, and
 * drawn anew when the movement rests.
 */

import { element, whenQuiet } from './dom.js';
import { blendPoints, pointRadius } from './raster.js';
import { Thumbnails } from './thumbnails.js';

const FAST_MS = 12; // a drawing that took no longer is made anew for every frame
const REST_MS = 120;
const DENSEST = 2; // device pixels per CSS pixel; more are not seen, but cost

export class Points {
  #drawn = null; // the view that the picture shows
  #drawMs = 0;
  #drawExactly = whenQuiet(() => this.draw(), REST_MS);

  /** @param {import('./view.js').View} view */
  constructor(view) {
    this.view = view;
    this.thumbnails = new Thumbnails();
    this.pictured = true; // whether pictures take the place of points where there is room
    this.canvas = element('canvas', { role: 'img' });
    this.picture = element('canvas');
  }

  /** @param {object} look of the points, as dress.js makes it */
  setScene(scene, colours, look) {
    if (scene !== this.scene) this.thumbnails.setScene(scene);
    Object.assign(this, { scene, colours, look });
    this.draw();
  }

  /** Draw all points anew, as they must be now. */
  draw() {
    if (!this.scene) return;
    const began = performance.now();
    const { view, picture, scene, look } = this;
    const density = Math.min(DENSEST, devicePixelRatio || 1);
    picture.width = Math.max(1, Math.round(view.width * density));
    picture.height = Math.max(1, Math.round(view.height * density));
    const context = this.#emptied(picture);
    const image = context.getImageData(0, 0, picture.width, picture.height);
    const radius = pointRadius(scene.count, view.magnification);
    const { points } = scene;
    blendPoints(image, points, look.styleOf, look.styles, view, density, radius);
    context.putImageData(image, 0, 0);
    if (this.pictured && scene.whole) this.thumbnails.draw(context, points, look, view, density);
    this.#drawn = { x: view.x, y: view.y, scale: view.scale };
    this.#drawMs = performance.now() - began;
    this.#show();
  }

  /** Follow the view, in this frame. */
  follow() {
    const { view } = this;
    const drawn = this.#drawn;
    if (!drawn || (drawn.x === view.x && drawn.y === view.y && drawn.scale === view.scale)) return;
    if (this.#drawMs <= FAST_MS) {
      this.draw();
    } else {
      this.#show();
      this.#drawExactly();
    }
  }

  /** Put the picture on screen, moved and stretched to where its points are now. */
  #show() {
    const { canvas, picture, view } = this;
    if (canvas.width !== picture.width) canvas.width = picture.width;
    if (canvas.height !== picture.height) canvas.height = picture.height;
    const density = picture.width / view.width;
    const times = view.scale / this.#drawn.scale;
    const [middleX, middleY] = view.toPixels(this.#drawn.x, this.#drawn.y);
    const [width, height] = [picture.width * times, picture.height * times];
    const context = this.#emptied(canvas);
    context.drawImage(picture, middleX * density - width / 2, middleY * density - height / 2, width, height);
  }

  #emptied(canvas) {
    const context = canvas.getContext('2d', { alpha: false });
    context.fillStyle = this.colours.background;
    context.fillRect(0, 0, canvas.width, canvas.height);
    return context;
  }
}
