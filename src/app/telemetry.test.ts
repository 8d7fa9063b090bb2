import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTelemetry } from './telemetry.ts';

test('figures are printed as Prometheus reads them: counters, histograms whose buckets add up, gauges', async () => {
  const telemetry = createTelemetry();
  telemetry.count('calls_total', { agent: 'a', state: 'completed' });
  telemetry.count('calls_total', { state: 'completed', agent: 'a' }, 2);
  telemetry.count('calls_total', { agent: 'a"\n', state: 'failed' });
  for (const seconds of [0.001, 0.002, 7, 500]) telemetry.observe('call_seconds', seconds, { agent: 'a' });
  telemetry.gauge('open', 3);
  telemetry.gauge('open', 2);
  const lines = (await telemetry.render()).split('\n').filter((line) => /^(# TYPE )?(call|open)/.test(line));
  assert.deepEqual(lines, [
    '# TYPE calls_total counter',
    'calls_total{agent="a",state="completed"} 3',
    'calls_total{agent="a\\"\\n",state="failed"} 1',
    '# TYPE call_seconds histogram',
    'call_seconds_bucket{le="0.001",agent="a"} 1',
    'call_seconds_bucket{le="0.005",agent="a"} 2',
    'call_seconds_bucket{le="0.01",agent="a"} 2',
    'call_seconds_bucket{le="0.05",agent="a"} 2',
    'call_seconds_bucket{le="0.1",agent="a"} 2',
    'call_seconds_bucket{le="0.5",agent="a"} 2',
    'call_seconds_bucket{le="1",agent="a"} 2',
    'call_seconds_bucket{le="5",agent="a"} 2',
    'call_seconds_bucket{le="30",agent="a"} 3',
    'call_seconds_bucket{le="300",agent="a"} 3',
    'call_seconds_bucket{le="+Inf",agent="a"} 4',
    'call_seconds_sum{agent="a"} 507.003',
    'call_seconds_count{agent="a"} 4',
    '# TYPE open gauge',
    'open 2',
  ]);
});
