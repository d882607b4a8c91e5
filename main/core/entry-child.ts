import type { Failure } from '../../shared/base/failure.ts';
import { type FromCore, refusedExit, type ToCore, windowPorts } from '../../shared/contract/mux.ts';
import { closeInherited } from './close-inherited.ts';
import { createCore } from './create-core.ts';
import { endOnUncaught } from './last-words.ts';
import { entryOptions, nodeCoreDeps, offerThrough } from './entry-deps.ts';
import { keepHeapSmall } from './small-heap.ts';

/**
 * The core as a Node child: `child_process.fork(entry-child, args, { serialization: 'advanced' })`. Speaks contract/mux.ts.
 * A parent that is gone ends it: a core without windows must not hold the profile.
 */
const send = (message: FromCore): void => {
  if (process.connected) process.send?.(message);
};

const refuse = (failure: Failure): void => {
  process.exitCode = refusedExit;
  process.send?.({ t: 'failed', failure } satisfies FromCore, () => process.disconnect());
};

const start = async ({ keyring, variables }: Extract<ToCore, { t: 'start' }>): Promise<void> => {
  const core = await createCore({
    ...nodeCoreDeps(entryOptions(process.argv.slice(2), process.execPath), process.env, keyring, variables),
    offerFile: offerThrough(send),
  });
  if (!core.ok) return refuse(core.error);
  const end = (): void => void core.value.close().then(() => process.exit(0));
  const receive = windowPorts(send, core.value.accept);
  process.on('message', (message: ToCore) => {
    if (message.t === 'end') end();
    else receive(message);
  });
  process.on('disconnect', end);
  process.on('SIGTERM', end);
  process.on('SIGINT', () => undefined); // Ctrl-C reaches the whole group; the parent decides.
  send({ t: 'ready' });
};

keepHeapSmall();
closeInherited();
endOnUncaught((code) => process.exit(code));
process.once('message', (message: ToCore) => {
  if (message.t === 'start') void start(message);
});
