// `breakwater drill` as a command: points 2 to 6 without a display, in real processes.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';
import { root } from '../support/places.ts';

const dir = mkdtempSync(join(tmpdir(), 'breakwater-drill-e2e-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

type Report = {
  readonly ok: boolean;
  readonly seed: number;
  readonly fault: string;
  readonly detected: readonly { readonly title: string; readonly why: string; readonly signals: number }[];
  readonly steps: readonly { readonly step: string; readonly ms: number; readonly detail: string }[];
  readonly pack: string | null;
};
type Ran = { readonly code: number | null; readonly out: string; readonly err: string };

/** As a person types it in a checkout. */
const breakwater = (...args: readonly string[]): Ran => {
  const done = spawnSync('npm', ['run', '-s', 'breakwater', '--', ...args], {
    cwd: root,
    encoding: 'utf8',
    timeout: 180_000,
    env: { ...process.env, BREAKWATER_HOME: join(dir, 'untouched') },
  });
  return { code: done.status, out: done.stdout, err: done.stderr };
};

type Truth = {
  readonly catalog: string;
  readonly incidents: readonly { readonly cause: string; readonly title: string }[];
};
type Played = Report & { readonly truth: Truth };

/** A drill and what really happened in its world, which the lakehouse writes beside its database and never serves. */
const drill = (...args: readonly string[]): Played => {
  const ran = breakwater('drill', 'summer-trading', '--headless', '--keep', '--json', ...args);
  // Nothing but one line of JSON on standard output, whatever npm and the build have to say.
  expect(ran.out, ran.err).toMatch(/^\{[^\n]*\}\n$/);
  const report = JSON.parse(ran.out) as Report;
  expect(report, ran.err).toMatchObject({ ok: true });
  expect(ran.code).toBe(0);
  const kept = /^kept: (.+)$/m.exec(ran.err)?.[1] ?? '';
  const truth = JSON.parse(readFileSync(join(kept, 'practice', 'ground-truth.json'), 'utf8')) as Truth;
  rmSync(kept, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  return { ...report, truth };
};

const stepOf = (report: Report, name: string): string =>
  report.steps.find((one) => one.step === name)?.detail ?? `no step "${name}"`;

describe('breakwater drill', () => {
  const file = join(dir, 'drill.zip');
  let first: Played;

  it('plays the line and writes a pack and, outside it, its signers, which verify accepts', () => {
    first = drill('--seed', '11', '--export', file);
    expect(first).toMatchObject({ seed: 11, fault: 'line', pack: file });
    expect(first.detected).toHaveLength(1);
    expect(first.detected[0]?.signals).toBeGreaterThan(1);
    expect(stepOf(first, 'settle')).toMatch(/SEV\d against SEV\d, settled on SEV\d/);
    expect(stepOf(first, 'verify')).toBe('verified');
    expect(existsSync(file) && existsSync(`${file}.signers`)).toBe(true);
    // What is exported is not what lies in a profile of this machine: the drill has folders of its own.
    expect(existsSync(join(dir, 'untouched', 'profiles'))).toBe(false);

    const verified = breakwater('verify', file, '--signers', `${file}.signers`, '--json');
    expect(JSON.parse(verified.out)).toMatchObject({ outcome: 'verified', findings: [] });
    expect(verified.code).toBe(0);
    const unknown = breakwater('verify', file);
    expect(unknown.out).toContain('INTACT, SIGNER UNKNOWN');
    expect(unknown.code).toBe(3);
  }, 240_000);

  it('has other names, ids and places, and another cause, under another seed', () => {
    const second = drill('--seed', '12');
    expect(second.pack).toBeNull();
    expect(second.detected).toHaveLength(1);
    expect(second.detected[0]?.title).not.toBe(first.detected[0]?.title);
    expect(second.detected[0]?.why).not.toBe(first.detected[0]?.why);
    expect(second.truth.catalog).not.toBe(first.truth.catalog);
    expect(second.truth.incidents.map(({ cause }) => cause)).not.toEqual(
      first.truth.incidents.map(({ cause }) => cause),
    );
    for (const step of ['share and admission', 'both open a room from one signal while apart'])
      expect(stepOf(second, step)).not.toBe(stepOf(first, step));
  }, 240_000);

  it('detects nothing where nothing broke', () => {
    const none = drill('--seed', '13', '--fault', 'none');
    expect(none).toMatchObject({ fault: 'none', detected: [], pack: null });
    expect(stepOf(none, 'detect')).toContain('no signal');
    expect(none.truth.incidents).toEqual([]);
  }, 120_000);

  it('detects two incidents where two things broke', () => {
    const two = drill('--seed', '14', '--fault', 'two');
    expect(two.detected).toHaveLength(2);
    expect(two.truth.incidents).toHaveLength(2);
    expect(new Set(two.detected.map(({ title }) => title)).size).toBe(2);
  }, 240_000);

  it('says how it is used, and refuses what it does not know', () => {
    expect(breakwater('drill', '--help')).toMatchObject({
      code: 0,
      out: expect.stringContaining('--export FILE') as unknown,
    });
    expect(breakwater('drill', 'winter-trading', '--headless').code).toBe(2);
    expect(breakwater('drill', 'summer-trading').code).toBe(2);
    expect(breakwater('drill', 'summer-trading', '--headless', '--fault', 'three').code).toBe(2);
  }, 60_000);
});
