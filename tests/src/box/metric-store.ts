export type Statistic = 'Maximum' | 'Minimum' | 'Sum' | 'Average' | 'SampleCount';

/** A metric as CloudWatch names it. */
export interface MetricName {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** Metrics of the box, at its own time. */
export class MetricStore {
  readonly #samples = new Map<string, { readonly at: number; readonly value: number }[]>();

  /** `at`: seconds of the box's clock. */
  put(metric: MetricName, at: number, ...values: readonly number[]): void {
    const key = keyOf(metric);
    const samples = this.#samples.get(key) ?? [];
    this.#samples.set(key, samples);
    for (const value of values) samples.push({ at, value });
  }

  /** From `from` (inclusive) to `to`; undefined where nothing was put. */
  read(metric: MetricName, statistic: Statistic, from: number, to: number): number | undefined {
    const values = (this.#samples.get(keyOf(metric)) ?? [])
      .filter(({ at }) => at >= from && at < to)
      .map(({ value }) => value);
    if (values.length === 0) return undefined;
    const sum = values.reduce((total, value) => total + value, 0);
    switch (statistic) {
      case 'Maximum':
        return Math.max(...values);
      case 'Minimum':
        return Math.min(...values);
      case 'Sum':
        return sum;
      case 'Average':
        return sum / values.length;
      case 'SampleCount':
        return values.length;
    }
  }

  /** `namespace/name{dimension=value}` of everything that was put. */
  names(): string[] {
    return [...this.#samples.keys()].toSorted();
  }

  has(metric: MetricName): boolean {
    return this.#samples.has(keyOf(metric));
  }
}

export function keyOf({ namespace, name, dimensions }: MetricName): string {
  const sorted = Object.entries(dimensions)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([dimension, value]) => `${dimension}=${value}`);
  return `${namespace}/${name}{${sorted.join(',')}}`;
}
