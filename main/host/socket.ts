import type { WebSocket } from 'ws';
import { parseJson } from '../../shared/base/json.ts';
import { messageLimit } from '../../shared/contract/calls.ts';
import type { Channel, ClientFrame, ServerFrame } from '../../shared/contract/wire.ts';

/**
 * The largest message that is read at all. The core refuses inputs over `messageLimit` with words; this bound is above it,
 * so that those words arrive, and far below what would hurt.
 */
export const socketLimit = 4 * messageLimit;
/** A tab that does not read while this much waits for it is cut off; it comes back and asks again. */
export const backlogLimit = 64 * 1024 * 1024;

/** One tab as a channel of the contract: frames as JSON text. Binary and unreadable messages end the connection. */
export const serverChannel = (socket: WebSocket): Channel<ServerFrame, ClientFrame> => ({
  send: (frame) => {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > backlogLimit) socket.terminate();
    else socket.send(JSON.stringify(frame));
  },
  onFrame: (listener) => {
    socket.on('message', (data, isBinary) => {
      const parsed = isBinary ? null : parseJson(textOf(data));
      if (parsed === null || !parsed.ok) return socket.close(1003, 'frames are JSON text');
      // serve.ts checks every field of what came; here it is only known to be JSON.
      listener(parsed.value as ClientFrame);
    });
  },
  onClose: (listener) => void socket.on('close', () => listener()),
  close: () => socket.close(1000),
});

const textOf = (data: Buffer | ArrayBuffer | Buffer[]): string =>
  Buffer.isBuffer(data)
    ? data.toString('utf8')
    : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]).toString('utf8');
