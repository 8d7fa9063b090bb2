import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Histogram } from '../load/histogram.ts';
import { SampleBook } from './samples.ts';
import { median, quantile, shuffle, spread } from './statistics.ts';

test('the median is the middle value, or lies between the two middle ones', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4, 1, 9, 6]), 5);
  assert.equal(spread([90, 100, 110]), 0.1);
});

test('a quantile is the value below which that share lies', () => {
  const values = Array.from({ length: 100 }, (_, index) => 99 - index);
  assert.deepEqual([quantile(values, 0.5), quantile(values, 0.99), quantile(values, 1)], [50, 99, 99]);
  assert.equal(quantile([7], 0.5), 7);
  assert.ok(Number.isNaN(quantile([], 0.5)));
});

test('a ratio is taken within each round, so that a slow round does not count twice', () => {
  const book = new SampleBook();
  for (const [ours, peer] of [
    [300, 100],
    [30, 10],
    [8, 4],
  ] as const) {
    book.add('ours', ours);
    book.add('peer', peer);
  }
  assert.equal(book.ratio('ours', 'peer'), 3);
});

test('shuffling loses nothing', () => {
  assert.deepEqual([...shuffle([1, 2, 3, 4])].sort(), [1, 2, 3, 4]);
});

test('a percentile of the histogram is right within its two percent', () => {
  const histogram = new Histogram();
  for (let us = 1; us <= 100_000; us++) histogram.add(us);
  for (const fraction of [0.5, 0.99]) {
    const expectedMs = fraction * 100;
    assert.ok(Math.abs(histogram.percentileMs(fraction) / expectedMs - 1) < 0.025, `${fraction}`);
  }
  assert.equal(histogram.maxMs, 100);
});
