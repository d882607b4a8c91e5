import { MessageChannelMain, type MessagePortMain } from 'electron';
import { contractVersion } from '../../shared/contract/calls.ts';
import type { ServerFrame } from '../../shared/contract/wire.ts';
import type { CoreProcess } from './core-process.ts';

/** A port that nothing refers to is collected, answer or not. */
const asking = new Set<MessagePortMain>();

/** The shell's own question to a core, over a port like any window's: `app.status`, for the READY line. */
export const askStatus = (core: CoreProcess, answered: (workspace: string) => void): void => {
  const { port1, port2 } = new MessageChannelMain();
  core.join(port1);
  port2.on('message', ({ data }) => {
    // Our own core answers; its frames are the contract's.
    const frame = data as ServerFrame;
    if (frame.t === 'welcome') port2.postMessage({ t: 'call', id: 1, name: 'app.status', input: {} });
    if (frame.t !== 'ok' && frame.t !== 'err') return;
    asking.delete(port2);
    port2.close();
    answered(frame.t === 'ok' ? workspaceOf(frame.value) : '');
  });
  asking.add(port2);
  port2.start();
  port2.postMessage({ t: 'hello', contract: contractVersion });
};

const workspaceOf = (status: unknown): string => {
  if (typeof status !== 'object' || status === null || !('workspace' in status)) return '';
  const { workspace } = status;
  return typeof workspace === 'object' && workspace !== null && 'name' in workspace ? String(workspace.name) : '';
};
