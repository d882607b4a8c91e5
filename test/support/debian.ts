// System packages that tests use. As root on Debian they are installed; otherwise the test fails with the command to run.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Program or file that must be there → Debian packages that bring it. */
const needed: Readonly<Record<string, { readonly files: readonly string[]; readonly packages: readonly string[] }>> = {
  ssh: { files: ['/usr/bin/ssh-keygen'], packages: ['openssh-client'] },
  unzip: { files: ['/usr/bin/unzip'], packages: ['unzip'] },
  openssl: { files: ['/usr/bin/openssl'], packages: ['openssl'] },
  jq: { files: ['/usr/bin/jq'], packages: ['jq'] },
  python: { files: ['/usr/bin/python3'], packages: ['python3'] },
  xvfb: { files: ['/usr/bin/Xvfb'], packages: ['xvfb', 'xauth'] },
  electron: {
    files: ['libgtk-3.so.0', 'libnss3.so', 'libasound.so.2', 'libgbm.so.1', 'libatk-bridge-2.0.so.0'],
    packages: ['libgtk-3-0', 'libnss3', 'libasound2', 'libgbm1', 'libatk-bridge2.0-0'],
  },
};
/** Only for the conformance run against Spark: a JDK (javac, not a runtime alone) and Maven. */
const forSpark: typeof needed = {
  java: { files: ['/usr/bin/java', '/usr/bin/javac'], packages: ['openjdk-17-jdk-headless'] },
  maven: { files: ['/usr/bin/mvn'], packages: ['maven'] },
};
export type Tool = keyof typeof needed;

const libraries = (): string => spawnSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' }).stdout ?? '';

const isThere = (file: string, loaded: string): boolean =>
  file.startsWith('/') ? existsSync(file) : loaded.includes(`${file} `);

const missingPackages = (tools: readonly Tool[]): string[] => {
  const loaded = libraries();
  return tools.flatMap((tool) => {
    const { files = [], packages = [] } = needed[tool] ?? forSpark[tool] ?? {};
    return files.every((file) => isThere(file, loaded)) ? [] : packages;
  });
};

let updated = false;

/** Install packages by name. Throws with the command to run where this process may not. */
export const installPackages = (packages: readonly string[]): void => {
  if (packages.length === 0) return;
  const command = `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (!mayInstall) throw new Error(`These tests need system packages that are missing. Run as root: ${command}`);
  process.stderr.write(`Installing for the tests: ${packages.join(' ')}\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const run = (args: readonly string[]): void => {
    const done = spawnSync('apt-get', [...args], { stdio: ['ignore', 2, 2], env, timeout: 600_000 });
    if (done.status !== 0) throw new Error(`A system package could not be installed. Run as root: ${command}`);
  };
  if (!updated) run(['-qq', 'update']);
  updated = true;
  run(['-qq', 'install', '-y', '--no-install-recommends', ...packages]);
};

/** Make sure that what these tests use is there (all tools when none is named). Other systems than Linux bring their own. */
export const ensureTestTools = (tools: readonly Tool[] = Object.keys(needed)): void => {
  if (process.platform !== 'linux') return;
  installPackages(missingPackages(tools));
  const still = missingPackages(tools);
  if (still.length > 0) throw new Error(`Still missing after installing: ${still.join(' ')}`);
};
