// Every command that README.md shows is run here, in the order in which it stands there, in a home of its own. A line without
// a runner and a runner without a line are failures: what is documented works, and what is tested is documented.
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nodeScheduler } from '../../main/core/node-seams.ts';
import { stopPractice } from '../../main/practice/launch.ts';
import { type Ready, until } from '../support/browser.ts';
import { root } from '../support/places.ts';

const top = mkdtempSync(join(tmpdir(), 'bw-readme-'));
const home = join(top, 'home');
mkdirSync(home);
afterAll(async () => {
  await stopPractice({ dir: join(home, 'practice'), clock: { now: () => Date.now() }, scheduler: nodeScheduler });
  rmSync(top, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

type Ran = { readonly code: number | null; readonly out: string; readonly text: string };
type Running = { readonly ended: Promise<Ran>; readonly text: () => string; readonly end: () => void };

/** A line as a shell runs it; paths below ./ lie in a folder of the test, and nobody's profile is touched. */
const start = (line: string, cwd = root): Running => {
  const child = spawn('sh', ['-c', `exec ${line.replaceAll(' ./', ` ${top}/`)}`], {
    cwd,
    // npm and what it starts: ended together.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, BREAKWATER_HOME: home, NO_COLOR: '1' },
  });
  let out = '';
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    out += part;
    text += part;
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => (text += part));
  const end = (): void => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
  };
  return {
    ended: new Promise((resolve) => child.once('close', (code) => resolve({ code, out, text }))),
    text: () => text,
    end,
  };
};

/** Run to the end; the exit code must be the expected one. */
const run = async (line: string, expected = 0, cwd = root): Promise<Ran> => {
  const ran = await start(line, cwd).ended;
  expect(ran.code, `${line}\n${ran.text}`).toBe(expected);
  return ran;
};

/** Start for real, without a window and without a browser, up to READY; then Ctrl-C as far as a test can press it. */
const ready = async (line: string, profile: string): Promise<void> => {
  const missing = ['--browser', '--no-open'].filter((option) => !line.includes(option));
  const full = missing.length === 0 ? line : `${line}${line.includes(' -- ') ? '' : ' --'} ${missing.join(' ')}`;
  const app = start(full);
  let over = false;
  void app.ended.then(() => (over = true));
  try {
    const found = await until(
      `READY of ${full}`,
      () => {
        const line = /^READY (\{.*\})$/m.exec(app.text())?.[1];
        if (line === undefined && over) throw new Error(`${full} ended: ${app.text()}`);
        return line;
      },
      60_000,
    );
    const { url, profile: served, workspace } = JSON.parse(found) as Ready;
    expect([served, workspace]).toEqual([profile, 'Practice lakehouse']);
    const page = await fetch(new URL('/', url));
    expect([page.status, (await page.text()).includes('<html')]).toEqual([200, true]);
  } finally {
    app.end();
    await app.ended;
  }
};

const lines = (text: string): readonly string[] => text.trim().split('\n');

const runners: Readonly<Record<string, (line: string) => Promise<unknown>>> = {
  // In a copy without node_modules: what the lock file says must be what package.json asks for, whatever npm would do here.
  'npm ci': async (line) => {
    const copy = join(top, 'install');
    mkdirSync(copy);
    for (const name of ['package.json', 'package-lock.json', '.npmrc'])
      if (existsSync(join(root, name))) copyFileSync(join(root, name), join(copy, name));
    await run(`${line} --dry-run`, 0, copy);
  },
  'npm start': (line) => ready(line, 'default'),
  'npm start -- --browser --no-open': (line) => ready(line, 'default'),
  'npm start -- --profile bob': async (line) => {
    await ready(line, 'bob');
    expect(readdirSync(join(home, 'profiles')).toSorted()).toEqual(['bob', 'default']);
  },
  // All of it would run this test again: the list must name every folder that has tests, so that none is left out.
  'npm test': async (line) => {
    const { out } = await run(`${line} -s -- --list`);
    const folders = readdirSync(join(root, 'test'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .filter((name) => readdirSync(join(root, 'test', name)).some((file) => /\.test\.tsx?$/.test(file)));
    expect(lines(out).toSorted()).toEqual(folders.toSorted());
  },
  'npm run -s breakwater -- doctor': async (line) => {
    const { out } = await run(line);
    expect(out).toContain('Breakwater');
    expect(out).toContain(join(home, 'profiles', 'default'));
  },
  'npm run -s breakwater -- practice --help': async (line) => {
    expect((await run(line)).out).toMatch(/Exit codes: 0/);
  },
  'npm run -s breakwater -- setup --print-sql': async (line) => {
    expect((await run(line)).out).toMatch(/GRANT SELECT[^]*REVOKE SELECT/);
  },
  'npm run -s breakwater -- practice --list-scenarios': async (line) => {
    const scenarios = readdirSync(join(root, 'resources/scenarios')).map((name) => name.replace(/\.yaml$/, ''));
    expect(scenarios.length).toBeGreaterThan(8);
    const { out } = await run(line);
    for (const name of scenarios) expect(out).toContain(name);
  },
  'npm run -s breakwater -- share status': async (line) => {
    expect((await run(line)).out).toContain('No share is set up');
  },
  // Exit 4: a profile that nobody shares yet has nothing to exchange with, and says so.
  'npm run -s breakwater -- sync': async (line) => {
    expect((await run(line, 4)).out).toContain('No share is set up');
  },
  'npm run -s breakwater -- export --all ./breakwater-export': async (line) => {
    await run(line);
    expect(readdirSync(join(top, 'breakwater-export')).length).toBeGreaterThan(0);
  },
  'npm run -s breakwater -- drill summer-trading --headless --seed 7 --export ./drill.zip': async (line) => {
    await run(line);
    expect([existsSync(join(top, 'drill.zip')), existsSync(join(top, 'drill.zip.signers'))]).toEqual([true, true]);
  },
  'npm run -s breakwater -- verify ./drill.zip --signers ./drill.zip.signers': async (line) => {
    expect((await run(line)).out).toMatch(/verified/i);
  },
  // In full it takes minutes and has its own place in CI: here it has to be there, with checks that have names.
  'npm run conformance -- --engine spark': async (line) => {
    const { out } = await run(`${line.replace('npm run', 'npm run -s')} --list`);
    expect(lines(out).length).toBeGreaterThan(50);
    for (const check of lines(out)) expect(check).toMatch(/^[a-z][\w./-]+: \S/);
  },
  'npm run bench': async (line) => {
    const { out } = await run(`${line} -s -- --list`);
    for (const name of lines(out)) expect(existsSync(join(root, 'test/bench', `${name}.ts`)), name).toBe(true);
    expect(lines(out).length).toBeGreaterThan(2);
  },
};

const shown = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^```sh\n([^]*?)^```$/gm)]
  .flatMap(([, block = '']) => block.split('\n'))
  .map((line) => line.trim())
  .filter((line) => line !== '' && !line.startsWith('#'));

describe('README.md', () => {
  it('shows what is run here, and nothing else', () => {
    expect(shown.length).toBeGreaterThan(5);
    expect(shown.filter((line) => !Object.hasOwn(runners, line))).toEqual([]);
    expect(Object.keys(runners).filter((line) => !shown.includes(line))).toEqual([]);
  });
  it.each(shown)('%s', { timeout: 300_000 }, async (line) => {
    await runners[line]?.(line);
  });
});
