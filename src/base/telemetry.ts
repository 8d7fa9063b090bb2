export type Labels = Readonly<Record<string, string>>;

/** Where rooms count and time. Metric names follow Prometheus: `parley_tasks_total`, `parley_dispatch_duration_seconds`. */
export interface Telemetry {
  /** Adds to a counter. */
  count(name: string, labels?: Labels, by?: number): void;
  /** Records one observation of a histogram. */
  observe(name: string, value: number, labels?: Labels): void;
  /** Sets a gauge. */
  gauge(name: string, value: number, labels?: Labels): void;
}

/** Counts nothing. */
export const silentTelemetry: Telemetry = { count() {}, observe() {}, gauge() {} };
