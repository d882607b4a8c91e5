import type { Room } from '../../../shared/contract/room.ts';

export type Task = Room['tasks'][number];
export type Decision = Room['decisions'][number];
export type Handoff = Room['handoffs'][number];
export type Attachment = Room['attachments'][number];
export type Member = Room['people'][number];

/** A line of the Now panel: headings and things under them, so that one virtual list holds them all. */
export type NowRow =
  | { readonly kind: 'heading'; readonly key: string; readonly title: string; readonly count: number | null }
  | { readonly kind: 'empty'; readonly key: string; readonly text: string }
  | {
      readonly kind: 'waiting';
      readonly key: string;
      readonly text: string;
      readonly act: 'summary' | 'conflict' | 'command';
    }
  | { readonly kind: 'task'; readonly key: string; readonly task: Task }
  | { readonly kind: 'decision'; readonly key: string; readonly decision: Decision }
  | { readonly kind: 'handoff'; readonly key: string; readonly handoff: Handoff }
  | { readonly kind: 'attachment'; readonly key: string; readonly attachment: Attachment }
  | { readonly kind: 'person'; readonly key: string; readonly member: Member };

const late = (task: Task, now: number): boolean => task.dueAt !== null && Date.parse(task.dueAt) < now;

/** Late first, then by due time, then without one; done ones at the end, newest first. */
export const sortTasks = (tasks: readonly Task[], now: number): readonly Task[] => {
  const group = (task: Task): number =>
    task.state.value === 'done' ? 3 : late(task, now) ? 0 : task.dueAt === null ? 2 : 1;
  return tasks.toSorted(
    (a, b) =>
      group(a) - group(b) || (group(a) === 3 ? (a.at < b.at ? 1 : -1) : (a.dueAt ?? a.at) < (b.dueAt ?? b.at) ? -1 : 1),
  );
};

const section = (title: string, rows: readonly NowRow[], empty: string | null): readonly NowRow[] => {
  if (rows.length === 0 && empty === null) return [];
  const body: readonly NowRow[] =
    rows.length === 0 ? [{ kind: 'empty', key: `empty ${title}`, text: empty ?? '' }] : rows;
  return [{ kind: 'heading', key: `heading ${title}`, title, count: rows.length === 0 ? null : rows.length }, ...body];
};

/** What waits for this person: derived, so that it can never disagree with the rest of the screen. */
const waiting = (room: Room, now: number): readonly NowRow[] => {
  const rows: NowRow[] = [];
  const conflicts = [room.severity, room.phase, room.commander, room.class, room.title, room.harm, room.summary].filter(
    (one) => one.conflict.length > 1,
  ).length;
  if (conflicts > 0)
    rows.push({
      kind: 'waiting',
      key: 'wait conflict',
      text: conflicts === 1 ? 'Settle a value that was set twice' : `Settle ${conflicts} values that were set twice`,
      act: 'conflict',
    });
  if (room.commander.value === null && room.can.steer)
    rows.push({ kind: 'waiting', key: 'wait command', text: 'Take command', act: 'command' });
  const update = room.clocks.find((clock) => clock.id === 'update');
  if (
    room.can.write &&
    update?.endsAt !== undefined &&
    update.endsAt !== null &&
    Date.parse(update.endsAt) - now < 15 * 60_000
  )
    rows.push({
      kind: 'waiting',
      key: 'wait update',
      text: Date.parse(update.endsAt) < now ? 'Write the update: it is late' : 'Write the update: due soon',
      act: 'summary',
    });
  return rows;
};

export const nowRows = (room: Room, now: number): readonly NowRow[] => {
  const offered = room.handoffs.filter((one) => one.state.value !== 'accepted' && one.state.value !== 'refused');
  const answered = room.handoffs.filter((one) => !offered.includes(one));
  const inForce = room.decisions.filter((one) => one.state.value !== 'withdrawn' && !one.expired);
  const past = room.decisions.filter((one) => !inForce.includes(one));
  const asDecision = (decision: Decision): NowRow => ({ kind: 'decision', key: decision.id, decision });
  const asHandoff = (handoff: Handoff): NowRow => ({ kind: 'handoff', key: handoff.id, handoff });
  return [
    ...section('Waiting on you', waiting(room, now), null),
    ...section('In force', inForce.map(asDecision), 'no decision is in force'),
    ...section('Tasks', sortTasks(room.tasks, now).map((task): NowRow => ({ kind: 'task', key: task.id, task })), 'no task yet'),
    ...section('To answer', offered.map(asHandoff), null),
    ...section('People', room.people.map((member): NowRow => ({ kind: 'person', key: member.person.id, member })), 'nobody else has written here'),
    ...section('Files', room.attachments.map((attachment): NowRow => ({ kind: 'attachment', key: attachment.id, attachment })), null),
    ...section('Answered', answered.map(asHandoff), null),
    ...section('No longer in force', past.map(asDecision), null),
  ]; // prettier-ignore
};
