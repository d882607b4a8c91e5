import type { IpcMain, IpcMainEvent } from 'electron';
import { isOwnTopFrame } from './origin.ts';

/**
 * The only way to listen to a window: messages from anything but the top frame of our own origin are dropped
 * (facts/security.md 1, row 17). Arguments are not handed on, because there are none.
 */
export const onWindowMessage = (
  ipc: Pick<IpcMain, 'on'>,
  channel: string,
  listener: (sender: IpcMainEvent['sender']) => void,
): void => {
  ipc.on(channel, (event) => {
    if (isOwnTopFrame(event.senderFrame)) listener(event.sender);
  });
};
