import { contractVersion } from '../../shared/contract/calls.ts';
import type { Channel, ClientFrame, ServerFrame } from '../../shared/contract/wire.ts';
import { contractMismatch, notAQuery, type Serve, specNamed } from './serve.ts';
import type { Subscriptions } from './subscriptions.ts';

/** One window, tab or tool at the end of a channel: greets, calls, follows. Frames that are none are ignored. */
export const acceptChannel = (
  channel: Channel<ServerFrame, ClientFrame>,
  core: { readonly serve: Serve; readonly subscriptions: Subscriptions; readonly app: string },
): void => {
  const { serve, subscriptions } = core;
  const owner = {};
  let greeted = false;
  let open = true;
  const send = (frame: ServerFrame): void => {
    if (open) channel.send(frame);
  };

  const greet = (contract: unknown): void => {
    if (contract === contractVersion) {
      greeted = true;
      send({ t: 'welcome', contract: contractVersion, app: core.app });
      return;
    }
    send({ t: 'refused', error: contractMismatch(contract, contractVersion) });
    channel.close();
  };

  const follow = (id: number, name: string, input: unknown): void => {
    const spec = specNamed(name);
    if (spec?.kind === 'command') send({ t: 'err', id, error: notAQuery(name) });
    else subscriptions.add(owner, id, name, input, send);
  };

  channel.onClose(() => {
    open = false;
    subscriptions.removeAll(owner);
  });
  channel.onFrame((frame: unknown) => {
    if (!isFrame(frame)) return;
    if (frame.t === 'hello') return greet(frame.contract);
    if (!greeted) return greet(null);
    if (frame.t === 'unsub') return subscriptions.remove(owner, frame.id);
    if (frame.t === 'sub') return follow(frame.id, frame.name, frame.input);
    void serve(frame.name, frame.input).then((answer) =>
      send(
        answer.ok ? { t: 'ok', id: frame.id, value: answer.value } : { t: 'err', id: frame.id, error: answer.error },
      ),
    );
  });
};

/** Only the frame's own fields are checked here; what is inside `input` is the business of serve.ts. */
const isFrame = (frame: unknown): frame is ClientFrame => {
  if (typeof frame !== 'object' || frame === null) return false;
  const { t, id, name } = frame as Record<string, unknown>;
  if (t === 'hello') return true;
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) return false;
  return t === 'unsub' || ((t === 'call' || t === 'sub') && typeof name === 'string');
};
