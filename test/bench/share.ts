import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/places.ts';
import type { Figure } from './seams.ts';

const lines = (pattern: string): number =>
  globSync(pattern, { cwd: root }).reduce(
    (sum, path) => sum + readFileSync(join(root, path), 'utf8').split('\n').length - 1,
    0,
  );

/** Lines of the practice lakehouse in percent of all lines of main/. */
export const practiceShare = (): number => (100 * lines('main/practice/**/*.ts')) / lines('main/**/*.ts');

/** How large the practice lakehouse is beside what it is practice for. */
export const shareFigures = (): Promise<readonly Figure[]> =>
  Promise.resolve([
    {
      name: "practice lakehouse, share of main's lines",
      value: Math.round(practiceShare() * 10) / 10,
      unit: '%',
      aim: '≤ 25',
    },
  ]);
