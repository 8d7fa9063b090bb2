import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareText, formatMember, memberEnd, memberFrom, memberPrefix, parseMember } from './index-member.ts';

const awkward = ['', 'a', 'a\0', 'a\0b', 'a\u0001', 'a\u0001\u0002', 'a\u0001b', 'ab', 'b', 'é', '\uffff', '😀', '😀a'];
const prefix = memberPrefix('tasks', 'state', 'a');

test('texts are compared as their UTF-8 bytes are', () => {
  for (const left of awkward) {
    for (const right of awkward) {
      const expected = Buffer.compare(Buffer.from(left), Buffer.from(right));
      assert.equal(Math.sign(compareText(left, right)), expected, JSON.stringify([left, right]));
    }
  }
});

test('members are in the order of their sort value, then of their key, whatever characters these hold', () => {
  const places = awkward.flatMap((sort) => awkward.map((key) => ({ sort, key })));
  const byPlace = places.toSorted((a, b) => compareText(a.sort, b.sort) || compareText(a.key, b.key));
  const byMember = places.toSorted((a, b) => compareText(formatMember(prefix, a), formatMember(prefix, b)));
  assert.deepEqual(byMember, byPlace);
});

test('what a member was made of comes back', () => {
  for (const sort of awkward) {
    for (const key of awkward)
      assert.deepEqual(parseMember(prefix, formatMember(prefix, { sort, key })), { sort, key });
  }
});

test('all members of an index with one value lie between its bounds, and no others', () => {
  for (const equals of awkward) {
    const other = memberPrefix('tasks', 'state', equals);
    for (const sort of awkward) {
      const member = formatMember(other, { sort, key: 'k' });
      const isInside = compareText(member, memberFrom(prefix, '')) >= 0 && compareText(member, memberEnd(prefix)) < 0;
      assert.equal(isInside, equals === 'a', JSON.stringify([equals, sort]));
    }
  }
});
