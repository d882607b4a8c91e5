import { existsSync } from 'node:fs';
import { nodeScheduler } from '../core/node-seams.ts';
import { findPractice, type PracticeAddress } from '../practice/launch.ts';
import { practiceFolder } from '../../shared/domain/paths.ts';
import { loadAssets } from '../host/assets.ts';
import { chooseHost } from './choose-host.ts';
import { electronArguments, findElectron, probeElectron } from './electron.ts';
import type { Finding } from './doctor-finding.ts';
import { appVersion, distFolder, rootFolder, systemClock, thisMachine } from './machine.ts';

/** The program, its Node, and which window it would open. */
export const machineFindings = async (profile: string): Promise<readonly Finding[]> => {
  const assets = loadAssets(distFolder());
  const offset = Number(process.env['BREAKWATER_CLOCK_OFFSET_MS'] ?? 0) || 0;
  return [
    { name: 'Breakwater', state: 'fine', detail: `${appVersion()} in ${rootFolder()}` },
    {
      name: 'Node',
      state: Number.parseInt(process.versions.node, 10) >= 24 ? 'fine' : 'wrong',
      detail: `${process.version} (Node-API ${process.versions['napi'] ?? 'unknown'}), ${process.platform} ${process.arch}`,
    },
    assets.ok
      ? { name: 'window', state: 'fine', detail: `${assets.value.size} files, each the one that was built` }
      : {
          name: 'window',
          state: 'wrong',
          detail: `${assets.error.what} ${assets.error.code ?? ''}`,
          advice: assets.error.advice,
        },
    await electronFinding(profile),
    {
      name: 'clock',
      state: offset === 0 ? 'fine' : 'note',
      detail:
        new Date(systemClock.now() + offset).toISOString() +
        (offset === 0 ? '' : `, moved by ${offset} ms through BREAKWATER_CLOCK_OFFSET_MS`),
    },
  ];
};

const electronFinding = async (profile: string): Promise<Finding> => {
  const root = rootFolder();
  const found = findElectron(root, process.env);
  const choice = chooseHost({
    platform: process.platform,
    env: process.env,
    isRoot: process.getuid?.() === 0,
    electron: found,
  });
  const name = 'desktop window';
  if (choice.host === 'browser') return { name, state: 'note', detail: `the browser is used: ${choice.reason}` };
  const probe = await probeElectron(choice.path, root, choice.sandbox, profile, nodeScheduler);
  if ('problem' in probe) return { name, state: 'note', detail: `the browser is used: ${probe.problem}` };
  const core = Number(probe.napi) >= 10 ? 'as its utility process' : 'as a Node 24 child (its Node-API is too old)';
  const line = electronArguments(root, choice.sandbox, []).length > 1 ? ', without its sandbox' : '';
  return { name, state: 'fine', detail: `Electron ${probe.electron} at ${choice.path}${line}; the core runs ${core}` };
};

export const practiceFinding = async (): Promise<{ finding: Finding; address: PracticeAddress | null }> => {
  const folder = practiceFolder(thisMachine());
  const address = await findPractice(folder);
  const detail =
    address === null
      ? `not running${existsSync(folder) ? `; its state is in ${folder}` : ''}`
      : `running at ${address.host}:${address.port}, seed ${address.seed}, process ${address.pid}`;
  return { finding: { name: 'practice lakehouse', state: address === null ? 'note' : 'fine', detail }, address };
};
