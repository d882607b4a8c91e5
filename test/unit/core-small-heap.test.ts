import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { coreFlags } from '../../shared/contract/mux.ts';
import { root } from '../support/places.ts';

/** By how much the heap may grow before the next collection, as V8 says after each of four. `megabytes`: what Node may use at most. */
const factors = (megabytes: number, ...first: readonly string[]): readonly number[] => {
  const collect = `
    const kept = Array.from({ length: 300000 }, (_, n) => ({ n }));
    for (let turn = 0; turn < 4; turn += 1) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    if (kept.length === 0) process.exit(1);
  `;
  const flags = [...coreFlags, `--max-old-space-size=${megabytes}`, '--expose-gc', '--trace-gc-verbose'];
  const code = ['--input-type=module', '-e', [...first, collect].join('\n')];
  const ran = spawnSync(process.execPath, [...flags, ...code], { encoding: 'utf8' });
  expect(ran.status).toBe(0);
  return Array.from(ran.stdout.matchAll(/\[HeapController\] factor (\d+\.\d)/g), ([, factor]) => Number(factor));
};
const entry = JSON.stringify(new URL('../../main/core/small-heap.ts', import.meta.url).href);
const keptSmall = [`const { keepHeapSmall } = await import(${entry});`, 'keepHeapSmall();'];

describe('the heap of a core', () => {
  it('may double where that of a plain Node may grow to four times as much', () => {
    expect(Math.max(...factors(4096))).toBe(4);
    // What V8 counted before it was told stands once.
    const small = factors(4096, ...keptSmall).slice(1);
    expect(small.length).toBeGreaterThan(2);
    expect(new Set(small)).toEqual(new Set([2]));
  });

  it('is left to V8 where there is little memory', () => {
    expect(Math.max(...factors(500, ...keptSmall))).toBeLessThan(2);
  });

  it('is as small where a browser shows the window: the scripts start Node with the same flags', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    for (const name of ['start', 'breakwater'])
      expect(scripts[name]).toMatch(new RegExp(`^node ${coreFlags.join(' ')} resources/`));
  });
});
