const unitsMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };
const most = 99_999_999;

/** The milliseconds of a `grpc-timeout` header; undefined without one, or when it says nothing that can be understood. */
export function parseGrpcTimeout(value: string | undefined): number | undefined {
  const [, digits, unit = ''] = (value !== undefined && /^(\d{1,8})([HMSmun])$/.exec(value)) || [];
  return digits === undefined ? undefined : Number(digits) * (unitsMs[unit] ?? 0);
}

/** A `grpc-timeout` of so many milliseconds, at least one: it has at most eight digits. */
export function formatGrpcTimeout(timeoutMs: number): string {
  const wholeMs = Math.max(1, Math.ceil(timeoutMs));
  return wholeMs <= most ? `${wholeMs}m` : `${Math.min(most, Math.ceil(wholeMs / 1_000))}S`;
}
