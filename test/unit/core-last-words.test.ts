import { expect, it } from 'vitest';
import { lastWords } from '../../main/core/last-words.ts';

it('an error that nobody caught leaves its kind and place, and neither words nor what hangs on it', () => {
  const thrown = Object.assign(new TypeError('Bearer dapiCANARY\n    at dapiCANARY in a second line'), {
    code: 'ECONNRESET',
    config: { headers: { authorization: 'Bearer dapiCANARY' } },
  });
  const said = lastWords(thrown);
  expect(said).toContain('TypeError ECONNRESET');
  expect(said).toContain('core-last-words.test.ts:');
  expect(said).not.toContain('CANARY');
  expect(lastWords('dapiCANARY')).toBe('An error that nobody caught: string');
  expect(lastWords(Object.assign(new Error('x'), { name: 'dapi-CANARY!', code: 'dapi' }))).not.toMatch(/CANARY|dapi/);
});
