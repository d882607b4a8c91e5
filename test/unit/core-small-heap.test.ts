import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { coreFlags } from '../../main/shell/core-arguments.ts';
import { root } from '../support/places.ts';

/**
 * Keeps some 50 MB, throws away many times as much that lived for a while, and prints the largest heap in MB, once the first
 * collections have told V8 how much is kept.
 */
const throwAway = `
  const kept = Array.from({ length: 12 }, (_, i) => Array.from({ length: 50000 }, (_, n) => ({ n, i })));
  const pages = [];
  let peak = 0;
  for (let page = 0; page < 1500; page += 1) {
    pages[page % 60] = Array.from({ length: 3000 }, (_, n) => ({ n, page, text: 'row ' + n }));
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (page >= 600) peak = Math.max(peak, process.memoryUsage().heapUsed);
  }
  process.stdout.write(String(kept.length && peak / 1e6));
`;
const largestHeap = (...code: readonly string[]): number => {
  const ran = spawnSync(
    process.execPath,
    [...coreFlags, '--input-type=module', '-e', [...code, throwAway].join('\n')],
    {
      encoding: 'utf8',
    },
  );
  expect(ran.stderr).toBe('');
  return Number(ran.stdout);
};

describe('the heap of a core', () => {
  it('grows far less over what it keeps than that of a plain Node', () => {
    const entry = JSON.stringify(new URL('../../main/core/small-heap.ts', import.meta.url).href);
    const small = largestHeap(`const { keepHeapSmall } = await import(${entry});`, 'keepHeapSmall();');
    const plain = largestHeap();
    expect(plain).toBeGreaterThan(50);
    expect(small).toBeLessThan(plain * 0.75);
  });

  it('is as small where a browser shows the window: the scripts start Node with the same flags', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    for (const name of ['start', 'breakwater'])
      expect(scripts[name]).toMatch(new RegExp(`^node ${coreFlags.join(' ')} resources/`));
  });
});
