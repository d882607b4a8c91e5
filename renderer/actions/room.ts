import type { CallInput } from '../../shared/contract/calls.ts';
import { feedKey, stitch, store } from '../model/index.ts';
import { act, call } from './bridge.ts';

/** Open the room of a proposal, or go to the one that already answers it. */
export const acceptProposal = async (proposal: {
  readonly id: string;
  readonly room: string | null;
}): Promise<void> => {
  if (proposal.room !== null) return store.getState().enterRoom(proposal.room);
  const opened = await act('room.open', { from: 'proposal', proposal: proposal.id });
  if (opened !== null) store.getState().enterRoom(opened.log);
};

export const declineSignals = async (signals: readonly string[], reason: string): Promise<boolean> => {
  const answer = await act('signal.judge', {
    signals: signals.slice(0, 100),
    verdict: 'declined',
    ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
  });
  return answer !== null;
};

export const openByHand = async (
  input: Omit<Extract<CallInput<'room.open'>, { from: 'hand' }>, 'from'>,
): Promise<boolean> => {
  const opened = await act('room.open', { from: 'hand', ...input });
  if (opened === null) return false;
  store.getState().enterRoom(opened.log);
  return true;
};

/** Fetch the page below what a timeline shows; does nothing at its end or while one is on its way. */
export const loadOlder = async (input: CallInput<'room.timeline'>): Promise<void> => {
  const key = feedKey('room.timeline', input);
  const model = store.getState();
  const head = (model.feeds[key]?.value ?? null) as Parameters<typeof stitch>[0];
  const tail = model.tails[key];
  const { next } = stitch(head, tail);
  if (head === null || next === null || tail?.loading === true) return;
  model.tailLoading(key);
  const answer = await call('room.timeline', { ...input, before: next });
  if (answer.ok) store.getState().tailArrived(key, answer.value, head.rows);
  else store.getState().tailFailed(key, answer.error);
};
