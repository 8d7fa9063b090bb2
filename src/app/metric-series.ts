import type { Labels } from '../base/index.ts';

/** One line of a metric, as Prometheus' registry prints it. */
export interface MetricLine {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** One combination of labels. */
interface Series {
  readonly labels: Labels;
  sum: number;
  count: number;
  /** How many values lie in each bucket alone; the last is for those beyond all of them. */
  readonly perBucket: number[];
}

/**
 * The series of one metric. Made for the hot path, where it is asked several times a call: the place of a combination of labels is
 * found by one look into a map, and what is printed is made when somebody asks for it. The first figure decides the label names.
 */
export class MetricSeries {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'histogram';
  readonly #bounds: readonly number[];
  readonly #labelNames: readonly string[];
  readonly #series = new Map<string, Series>();

  /** With `bounds` a histogram, in ascending order; without them a counter. */
  constructor(name: string, labels: Labels, bounds?: readonly number[]) {
    this.name = name;
    this.help = name.replaceAll('_', ' ');
    this.type = bounds ? 'histogram' : 'counter';
    this.#bounds = bounds ?? [];
    this.#labelNames = Object.keys(labels);
  }

  /** Counts. */
  add(labels: Labels, by: number): void {
    this.#find(labels).sum += by;
  }

  /** Takes a value into its bucket. */
  observe(labels: Labels, value: number): void {
    const series = this.#find(labels);
    series.sum += value;
    series.count++;
    let at = 0;
    while (at < this.#bounds.length && value > (this.#bounds[at] ?? 0)) at++;
    series.perBucket[at] = (series.perBucket[at] ?? 0) + 1;
  }

  /** As the registry asks for it. */
  async get(): Promise<{ name: string; help: string; type: string; values: readonly MetricLine[] }> {
    const { name, help, type } = this;
    const describe = (series: Series): readonly MetricLine[] =>
      type === 'counter' ? [{ metricName: name, labels: series.labels, value: series.sum }] : this.#describe(series);
    return { name, help, type, values: [...this.#series.values()].flatMap(describe) };
  }

  #find(labels: Labels): Series {
    let key = '';
    for (const name of this.#labelNames) key += `${labels[name]}\n`;
    const known = this.#series.get(key);
    if (known) return known;
    const series = { labels, sum: 0, count: 0, perBucket: new Array<number>(this.#bounds.length + 1).fill(0) };
    this.#series.set(key, series);
    return series;
  }

  /** Buckets of a histogram hold what is below their bound, the smaller ones' included. */
  #describe({ labels, sum, count, perBucket }: Series): readonly MetricLine[] {
    let below = 0;
    const buckets = this.#bounds.map((le, at): MetricLine => {
      below += perBucket[at] ?? 0;
      return { metricName: `${this.name}_bucket`, labels: { le, ...labels }, value: below };
    });
    return [
      ...buckets,
      { metricName: `${this.name}_bucket`, labels: { le: '+Inf', ...labels }, value: count },
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: count },
    ];
  }
}
