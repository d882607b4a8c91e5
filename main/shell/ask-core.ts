import { MessageChannelMain, type MessagePortMain } from 'electron';
import { contractVersion, type QueryName } from '../../shared/contract/calls.ts';
import type { ServerFrame } from '../../shared/contract/wire.ts';
import type { CoreProcess } from './core-process.ts';

/** A port that nothing refers to is collected, answer or not. */
const asking = new Set<MessagePortMain>();

/** The shell's own question to a core, over a port like any window's. `answered` gets null where the core refused it. */
const ask = (core: CoreProcess, name: QueryName, answered: (value: unknown) => void): void => {
  const { port1, port2 } = new MessageChannelMain();
  core.join(port1);
  port2.on('message', ({ data }) => {
    // Our own core answers; its frames are the contract's.
    const frame = data as ServerFrame;
    if (frame.t === 'welcome') port2.postMessage({ t: 'call', id: 1, name, input: {} });
    if (frame.t !== 'ok' && frame.t !== 'err') return;
    asking.delete(port2);
    port2.close();
    answered(frame.t === 'ok' ? frame.value : null);
  });
  asking.add(port2);
  port2.start();
  port2.postMessage({ t: 'hello', contract: contractVersion });
};

const textIn = (value: unknown, outer: string, inner: string): string => {
  const within = (found: unknown, name: string): unknown =>
    typeof found === 'object' && found !== null ? Object.entries(found).find(([key]) => key === name)?.[1] : undefined;
  const text = within(within(value, outer), inner);
  return typeof text === 'string' ? text : '';
};

/** The name of the workspace, for the READY line. */
export const askStatus = (core: CoreProcess, answered: (workspace: string) => void): void =>
  ask(core, 'app.status', (status) => answered(textIn(status, 'workspace', 'name')));

/** The page on which a sign-in that waits goes on; empty = none waits. */
export const askSignInPage = (core: CoreProcess, answered: (address: string) => void): void =>
  ask(core, 'connection.login', (signIns) => answered(textIn(signIns, 'flow', 'url')));
