/** What a threshold does to scores of both kinds: counts by binary search, bins, and who changes side. */

export class Counting {
  /** @param {Float32Array} scores @param {Uint8Array} anomalous 1 for an anomaly, 0 for a normal image */
  constructor(scores, anomalous) {
    this.scores = scores;
    this.anomalous = anomalous;
    this.order = Int32Array.from(scores.keys()).sort((a, b) => scores[a] - scores[b] || a - b);
    this.sorted = Float32Array.from(this.order, (index) => scores[index]);
    this.anomaliesBefore = new Int32Array(scores.length + 1); // among the first i of the order
    this.order.forEach((index, i) => (this.anomaliesBefore[i + 1] = this.anomaliesBefore[i] + anomalous[index]));
    this.anomalies = this.anomaliesBefore[scores.length];
    this.normals = scores.length - this.anomalies;
  }

  /** How many scores are not above the threshold. */
  passedAt(threshold) {
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.sorted[middle] <= threshold) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The confusion matrix at a threshold and what follows from it; null for a share of nothing. */
  at(threshold, alarmPrice = 1, missPrice = 1) {
    const below = this.passedAt(threshold);
    const missed = this.anomaliesBefore[below];
    const caught = this.anomalies - missed;
    const passed = below - missed;
    const falseAlarms = this.normals - passed;
    const share = (part, whole) => (whole ? part / whole : null);
    return {
      caught,
      missed,
      falseAlarms,
      passed,
      recall: share(caught, this.anomalies),
      precision: share(caught, caught + falseAlarms),
      falseAlarmRate: share(falseAlarms, this.normals),
      cost: falseAlarms * alarmPrice + missed * missPrice,
    };
  }

  /** The images nearest to the threshold on its two sides, the nearest first. */
  beside(threshold, count) {
    const below = this.passedAt(threshold);
    return {
      passed: Array.from(this.order.subarray(Math.max(0, below - count), below)).reverse(),
      flagged: Array.from(this.order.subarray(below, below + count)),
    };
  }

  /** The images between two thresholds: those that a move from one to the other takes to the other side. */
  between(one, other) {
    const [low, high] = [this.passedAt(Math.min(one, other)), this.passedAt(Math.max(one, other))];
    return this.order.subarray(low, high);
  }

  /** Shares of each kind in `count` equal bins from low to high after `scale`; what lies beyond is in the last ones. */
  histogram(count, low, high, scale) {
    const bins = [new Float32Array(count), new Float32Array(count)];
    const [from, to] = [scale(low), scale(high)];
    this.scores.forEach((score, index) => {
      const place = Math.floor((count * (scale(score) - from)) / (to - from));
      bins[this.anomalous[index]][Math.min(count - 1, Math.max(0, place))] += 1;
    });
    const totals = [this.normals, this.anomalies];
    bins.forEach((each, kind) => each.forEach((value, i) => (each[i] = totals[kind] ? value / totals[kind] : 0)));
    return { normal: bins[0], anomalous: bins[1] };
  }
}
