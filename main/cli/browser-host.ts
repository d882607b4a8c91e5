import { createInterface } from 'node:readline';
import type { Failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { profileFolder } from '../../shared/domain/paths.ts';
import { createCore } from '../core/create-core.ts';
import { nodeCoreDeps } from '../core/entry-deps.ts';
import { keepHeapSmall } from '../core/small-heap.ts';
import { loadAssets } from '../host/assets.ts';
import { openHost } from '../host/host.ts';
import type { CommandContext } from './command.ts';
import { appVersion, bundle, distFolder, systemClock, systemRandom, thisMachine } from './machine.ts';
import { openBrowser } from './open-browser.ts';
import { unlock } from './passphrase.ts';

export type ServeOptions = {
  readonly profile: string;
  readonly port: number;
  /** Open the system's browser on the link. */
  readonly open: boolean;
  readonly json: boolean;
};

/**
 * Serve one profile to a browser on this machine until somebody ends it: the core lives in this process. Prints address and
 * one-time link, then `READY {json}`. Pressing Enter on a terminal prints a new link, because a link is good for a minute.
 */
export const serveBrowser = async (options: ServeOptions, context: CommandContext): Promise<Result<void, Failure>> => {
  keepHeapSmall();
  const machine = thisMachine();
  const assets = loadAssets(distFolder());
  if (!assets.ok) return assets;
  // The core comes before the host that serves it, and offers finished packs through it.
  let offerDownload: (file: string) => string | null = () => null;
  const deps = nodeCoreDeps(
    {
      profile: options.profile,
      host: 'browser',
      version: appVersion(),
      practice: { nodePath: process.execPath, entry: bundle('practice'), seed: 1, fault: 'line' },
    },
    process.env,
    null,
  );
  const core = await createCore({ ...deps, offerFile: (file) => offerDownload(file) });
  if (!core.ok) return core;
  // The page asks for it where no file has it.
  const unlocked = await unlock(core.value, false);
  if (!unlocked.ok) {
    await core.value.close();
    return unlocked;
  }
  const host = await openHost({
    assets: assets.value,
    accept: core.value.accept,
    clock: systemClock,
    random: systemRandom,
    port: options.port,
  });
  if (!host.ok) {
    await core.value.close();
    return host;
  }
  offerDownload = host.value.offerDownload;
  const status = await core.value.call('app.status', {});
  if (!status.ok) {
    await host.value.close();
    await core.value.close();
    return err(status.error);
  }

  const say = options.json ? (): void => undefined : context.out;
  const link = host.value.launchLink();
  say(`Breakwater is served at ${host.value.address}/ for profile ${options.profile}.`);
  say(`Open this link within a minute; it works once: ${link}`);
  const enter = process.stdin.isTTY ? createInterface({ input: process.stdin }) : null;
  if (enter !== null) say('Press Enter for a new link, Ctrl-C to end.');
  enter?.on('line', () => say(host.value.launchLink()));
  enter?.on('SIGINT', () => process.emit('SIGINT'));
  context.out(
    `READY ${JSON.stringify({ url: link, workspace: status.value.workspace.name, profile: options.profile })}`,
  );
  if (
    options.open &&
    !(await openBrowser(machine.platform, profileFolder(machine, options.profile), host.value.launchLink()))
  )
    say('No browser could be opened from here; use the link.');

  await new Promise<void>((resolve) => {
    if (context.signal.aborted) resolve();
    else context.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  enter?.close();
  await host.value.close();
  await core.value.close();
  return ok(undefined);
};
