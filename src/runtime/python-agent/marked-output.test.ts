import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createMarkedOutput } from './marked-output.ts';

const marker = '\0end\0';

test('output is whole and ends at the marker, however it is cut into chunks', () => {
  const text = fc.array(fc.constantFrom('a', '\0', '\0e', '\0en', '\0end', 'end\0')).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, fc.string(), fc.array(fc.nat(8)), (before, behind, sizes) => {
      fc.pre(!`${before}${marker}`.slice(0, -1).includes(marker));
      const output = createMarkedOutput(marker);
      const bytes = Buffer.from(before + marker + behind);
      const seen: Buffer[] = [];
      for (let offset = 0, turn = 0; offset < bytes.length; turn++) {
        const size = sizes[turn] || bytes.length;
        const { data, ended } = output.push(bytes.subarray(offset, offset + size));
        seen.push(data);
        offset += size;
        if (ended) break;
      }
      assert.equal(Buffer.concat(seen).toString(), before);
    }),
  );
});

test('what cannot be the beginning of the marker is not held back', () => {
  const output = createMarkedOutput(marker);
  assert.equal(output.push(Buffer.from('half a line')).data.toString(), 'half a line');
  assert.equal(output.push(Buffer.from('x\0en')).data.toString(), 'x');
  assert.equal(output.push(Buffer.from('ough')).data.toString(), '\0enough');
});
