import { collectDefaultMetrics, Gauge, type Metric, Registry } from 'prom-client';
import type { Labels, Telemetry } from '../base/index.ts';
import { MetricSeries } from './metric-series.ts';

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
  const series = new Map<string, MetricSeries>();
  const gauges = new Map<string, Gauge>();
  const createSeries = (name: string, labels: Labels, bounds?: readonly number[]): MetricSeries => {
    const created = new MetricSeries(name, labels, bounds);
    series.set(name, created);
    // All that a registry asks of a metric is `name` and `get`.
    registry.registerMetric(created as unknown as Metric<string>);
    return created;
  };
  const createGauge = (name: string, labels: Labels): Gauge => {
    const help = name.replaceAll('_', ' ');
    const created = new Gauge({ name, help, labelNames: Object.keys(labels), registers: [registry] });
    gauges.set(name, created);
    return created;
  };
  return {
    count: (name, labels = none, by = 1) => (series.get(name) ?? createSeries(name, labels)).add(labels, by),
    observe: (name, value, labels = none) =>
      (series.get(name) ?? createSeries(name, labels, buckets)).observe(labels, value),
    gauge: (name, value, labels = none) => (gauges.get(name) ?? createGauge(name, labels)).set(labels, value),
    render: () => registry.metrics(),
  };
}

const none: Labels = {};
