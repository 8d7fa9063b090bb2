import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Labels, Telemetry } from '../base/index.ts';

export interface PrometheusTelemetry extends Telemetry {
  /** All metrics in Prometheus' text format. */
  render(): Promise<string>;
}

/** Seconds. */
const buckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 300];

/** Counts for `/metrics`. A metric comes into being with its first figure; its label names are fixed from then on. */
export function createTelemetry(): PrometheusTelemetry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const common = (
    name: string,
    labels: Labels,
  ): { name: string; help: string; labelNames: string[]; registers: Registry[] } => ({
    name,
    help: name.replaceAll('_', ' '),
    labelNames: Object.keys(labels),
    registers: [registry],
  });
  const counters = new Map<string, Counter>();
  const histograms = new Map<string, Histogram>();
  const gauges = new Map<string, Gauge>();
  const known = <T>(metrics: Map<string, T>, name: string, create: () => T): T => {
    const metric = metrics.get(name) ?? create();
    metrics.set(name, metric);
    return metric;
  };
  return {
    count: (name, labels = {}, by = 1) =>
      known(counters, name, () => new Counter(common(name, labels))).inc(labels, by),
    observe: (name, value, labels = {}) =>
      known(histograms, name, () => new Histogram({ ...common(name, labels), buckets })).observe(labels, value),
    gauge: (name, value, labels = {}) => known(gauges, name, () => new Gauge(common(name, labels))).set(labels, value),
    render: () => registry.metrics(),
  };
}
