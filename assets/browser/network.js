/**
 * A network in the browser: values in, values out, by an engine that computes on this thread.
 *
 *   engine.run(values, count)   for `count` inputs: the network's answer, or a promise of it
 *   engine.release()            frees its memory
 *
 * The engines are onnxruntime-web (runtime.js), for any network, and plain.js for dense decoders.
 *
 * Of a network never more than one inference is in flight. What is asked for meanwhile waits in its lane, and in each
 * lane only the newest request survives: the picture follows the pointer and never lags behind a queue.
 */

const KEPT = 8; // networks kept beside the ones in use: going back to a page opens nothing anew
/** @type {Map<string, Promise<Network>>} */
const opened = new Map();

/**
 * The network with these weights: opened at the first call, shared by all later ones.
 *
 * @param {string} hash of the weights
 * @param {() => Promise<{run: function, release: function}>} open makes its engine
 * @returns {Promise<Network>}
 */
export function sharedNetwork(hash, open) {
  let network = opened.get(hash);
  opened.delete(hash);
  network ??= open().then((engine) => new Network(engine));
  opened.set(hash, network); // the newest last
  network.catch(() => opened.delete(hash));
  forgetOldest();
  return network;
}

function forgetOldest() {
  for (const [hash, network] of opened) {
    if (opened.size <= KEPT) return;
    opened.delete(hash);
    network.then((each) => each.closeWhenUnused(), () => {});
  }
}

export class Network {
  #engine;
  #waiting = new Map(); // lane -> request; a lane keeps its turn when its request is replaced
  #busy = false;
  #users = 0;
  #forgotten = false;

  constructor(engine) {
    this.#engine = engine;
  }

  /** Whoever uses a network says so, and says when it no longer does. */
  enter() {
    this.#users += 1;
  }

  leave() {
    this.#users -= 1;
    if (this.#forgotten) this.closeWhenUnused();
  }

  closeWhenUnused() {
    this.#forgotten = true;
    if (this.#users === 0 && !this.#busy) this.#engine.release();
  }

  /**
   * Run soon, unless something newer is asked for in the same lane before.
   *
   * @param {string} lane
   * @param {Float32Array} values of all inputs, one after the other
   * @param {number} count of inputs
   * @param {(answer: any) => void} deliver gets what the engine gives
   * @param {(error: Error) => void} fail
   */
  request(lane, values, count, deliver, fail) {
    this.#waiting.set(lane, { values, count, deliver, fail });
    if (!this.#busy) this.#work();
  }

  async #work() {
    this.#busy = true;
    while (this.#waiting.size > 0) {
      const [lane, { values, count, deliver, fail }] = this.#waiting.entries().next().value;
      this.#waiting.delete(lane);
      try {
        deliver(await this.#engine.run(values, count));
      } catch (error) {
        fail(error);
      }
    }
    this.#busy = false;
    if (this.#forgotten) this.closeWhenUnused();
  }
}
