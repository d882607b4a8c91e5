import { MessageChannelMain, type WebContents } from 'electron';
import type { CoreProcess } from './core-process.ts';
import { portMessage } from './ports.ts';

/**
 * Gives each window one port for each life of the core. A page says when it listens; a page that was loaded anew says it
 * again and gets a new port, and the one before is closed.
 */
export const coreLink = () => {
  const listening = new Map<WebContents, { close: () => void } | null>();
  let core: CoreProcess | null = null;

  const hand = (contents: WebContents): void => {
    listening.get(contents)?.close();
    listening.set(contents, null);
    if (core === null || contents.isDestroyed()) return;
    const { port1, port2 } = new MessageChannelMain();
    core.join(port1);
    contents.postMessage(portMessage, null, [port2]);
    listening.set(contents, port1);
  };
  return {
    /** A page listens now. */
    ready: (contents: WebContents): void => {
      if (!listening.has(contents)) contents.once('destroyed', () => listening.delete(contents));
      hand(contents);
    },
    started: (next: CoreProcess): void => {
      core = next;
      for (const contents of listening.keys()) hand(contents);
    },
    died: (): void => {
      core = null;
    },
  };
};
