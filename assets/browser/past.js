/**
 * The recorded epochs of a run as Python sends them (pages/shared/latent_past.py), fetched when they are first looked at.
 *
 *   history          what the time machine takes (timemachine.js)
 *   points           a scene of the recorded validation images, for the map: `points` are where they lie at some time
 *   kept             how many images have a reconstruction in every epoch
 *   originals, corrupted, reconstructions(index)    uint8 [kept * channels * height * width]
 *   undecoded        a sentence where some epochs have no decoder, else ""
 *   note             how the map is to be read, what is missing, and why
 *   decode(index, code)   what the decoder of an epoch makes of a code, a promise of Float32Array
 */

import { loadBlock } from './blocks.js';
import { openDecoder } from './decoder.js';
import { unpack } from './packing.js';
import { Plane } from './plane.js';
import { Scene } from './scene.js';
import { extentOf } from './view.js';

const OPEN = 4; // decoders of epochs that are kept open: the two about a time, and those just left

/** @param {Scene} scene whose message names the history @returns {Promise<Past>} */
export async function openPast(scene) {
  const url = scene.blocks_url;
  const { header, arrays } = unpack(await loadBlock(url, scene.past.history));
  const pictures = header.pictures ? await loadBlock(url, header.pictures) : new Uint8Array(0);
  return new Past(scene, header, arrays, pictures);
}

export class Past {
  #open = new Map(); // index of an epoch -> promise of a network, the newest last

  constructor(scene, header, arrays, pictures) {
    const { kept, undecoded, note, decoders } = header;
    const { originals, corrupted } = arrays;
    Object.assign(this, { kept, undecoded, note, decoders, originals, corrupted, arrays, url: scene.blocks_url });
    this.history = historyOf(header, arrays);
    this.points = pointsOf(scene, header, arrays, pictures);
  }

  /** Of all kept images, after an epoch. */
  reconstructions(index) {
    const length = this.originals.length;
    return this.arrays.reconstructions.subarray(index * length, (index + 1) * length);
  }

  async decode(index, code) {
    const network = await this.#network(index);
    return new Promise((deliver, fail) => network.request(`epoch ${index}`, code, 1, deliver, fail));
  }

  #network(index) {
    const open = this.#open.get(index) ?? this.#enter(index);
    this.#open.delete(index);
    this.#open.set(index, open);
    open.catch(() => this.#open.delete(index));
    if (this.#open.size > OPEN) this.#leave(this.#open.keys().next().value);
    return open;
  }

  async #enter(index) {
    const place = this.decoders[index];
    const network = await openDecoder(place.hash, await loadBlock(this.url, place));
    network.enter();
    return network;
  }

  #leave(index) {
    this.#open.get(index).then((network) => network.leave(), () => {});
    this.#open.delete(index);
  }

  close() {
    [...this.#open.keys()].forEach((index) => this.#leave(index));
  }
}

function historyOf({ count, latent, decoders, loss }, { epochs, plane, means, components, ...arrays }) {
  const { loss_epochs, training, validation } = arrays;
  const decodes = decoders.map((place) => place !== null);
  return { epochs, count, latent, plane, means, components, decodes, loss: { ...loss, epochs: loss_epochs, training, validation } };
}

/** The newest epoch lies in the plane that all others were turned into. */
function pointsOf(scene, { count, latent, offset, axes, labelled }, { plane, means, components, labels }, pictures) {
  const { shape, size, classes, themes } = scene;
  return Object.assign(Object.create(Scene.prototype), {
    ...{ shape, size, themes, latent, count, axes, labels, pictures },
    points: plane.slice(-2 * count),
    extent: extentOf(plane),
    plane: new Plane(means.subarray(-latent), components.subarray(-2 * latent)),
    pictured: pictures.length / size,
    ids: Int32Array.from({ length: count }, (_, i) => offset + i),
    classes: labelled ? classes : [{ ...classes[0], name: '' }],
    colourings: [],
    whole: true,
  });
}
