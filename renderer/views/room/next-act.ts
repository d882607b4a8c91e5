import type { Room } from '../../../shared/contract/room.ts';
import { type Phase, phases } from '../../../shared/domain/vocabulary.ts';

/** The one filled button of the header: what this phase asks for next. */
export type NextAct =
  | { readonly kind: 'take-command' }
  | { readonly kind: 'write-update' }
  | { readonly kind: 'move'; readonly to: Phase }
  | { readonly kind: 'export' };

const soonMs = 10 * 60_000;

/** Somebody commands, then the others are told in time, then the phase moves on; at the end the evidence leaves. */
export const nextAct = (room: Pick<Room, 'commander' | 'clocks' | 'phase'>, now: number): NextAct => {
  const phase = room.phase.value ?? 'detection';
  if (room.commander.value === null) return { kind: 'take-command' };
  const update = room.clocks.find((clock) => clock.id === 'update');
  if (update?.endsAt !== null && update !== undefined && Date.parse(update.endsAt) - now < soonMs)
    return { kind: 'write-update' };
  const to = phases[phases.indexOf(phase) + 1];
  return to === undefined ? { kind: 'export' } : { kind: 'move', to };
};
