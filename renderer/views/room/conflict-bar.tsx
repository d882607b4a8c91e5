import { TriangleAlert } from 'lucide-react';
import type { Person } from '../../../shared/contract/common.ts';
import type { Room } from '../../../shared/contract/room.ts';
import { act } from '../../actions/index.ts';
import { Button, useShortcuts } from '../../kit/index.ts';
import { useFeed, useNow, useTimes } from '../common/use.ts';
import { Who } from '../common/who.tsx';
import { classWords, harmWords, phaseWords } from '../common/words.ts';
import './conflict.css';

type Side = {
  readonly label: string;
  readonly hash: string;
  readonly by: Person;
  readonly at: string;
  readonly sawOthers: boolean;
  readonly settle: () => void;
};
type Conflict = { readonly id: string; readonly what: string; readonly sides: readonly Side[] };

/** Every value of a room that two people set while apart, as things to settle. Settling names both heads, so both stay readable. */
const conflictsOf = (room: Room, nameOf: (person: string) => string): readonly Conflict[] => {
  const { log } = room;
  const one = <T,>(id: string, what: string, settled: { conflict: readonly { value: T; hash: string; by: Person; at: string; sawOthers: boolean }[]; heads: readonly string[] }, label: (value: T) => string, settle: (value: T, over: string[]) => void): readonly Conflict[] =>
    settled.conflict.length < 2 ? [] : [{ id, what, sides: settled.conflict.map((side) => ({ ...side, label: label(side.value), settle: () => settle(side.value, [...settled.heads]) })) }]; // prettier-ignore
  return [
    ...one('severity', 'Severity', room.severity, (value) => value, (severity, over) => void act('severity.set', { log, severity, over })),
    ...one('phase', 'Phase', room.phase, (value) => phaseWords[value], (phase, over) => void act('phase.set', { log, phase, over })),
    ...one('commander', 'Command', room.commander, nameOf, (person, over) => void act('commander.set', { log, person, over })),
    ...one('class', 'Class', room.class, (value) => classWords[value], (value, over) => void act('class.set', { log, class: value, over })),
    ...one('title', 'Title', room.title, (value) => value, (title, over) => void act('title.set', { log, title, over })),
    ...one('harm', 'Harm', room.harm, (value) => harmWords[value], (harm, over) => void act('harm.set', { log, harm, over })),
    ...one('summary', 'Know, Don’t, Next', room.summary, (value) => [value.know, value.unknown, value.next].filter((line) => line !== '').join(' · '), (summary, over) => void act('summary.set', { log, summary, over })),
  ]; // prettier-ignore
};

/** Both values side by side, who, when, what each had seen. One press or one key settles; the other stays readable. */
export const ConflictBar = ({ room }: { readonly room: Room }) => {
  const people = useFeed('people.list', {}).value;
  const nameOf = (id: string): string =>
    people?.people.find((row) => row.person.id === id)?.person.name ??
    room.people.find((row) => row.person.id === id)?.person.name ??
    'somebody';
  const conflicts = conflictsOf(room, nameOf);
  const first = conflicts[0];
  useShortcuts(
    Object.fromEntries(
      (first?.sides ?? [])
        .slice(0, 9)
        .map((side, at) => [`alt+${at + 1}`, () => (room.can.steer ? side.settle() : undefined)]),
    ),
  );
  if (conflicts.length === 0) return null;
  return (
    <div className="conflicts" role="region" aria-label="Values to settle">
      {conflicts.map((conflict) => (
        <ConflictRow
          key={conflict.id}
          conflict={conflict}
          keys={conflict === first}
          can={conflict.id === 'summary' ? room.can.write : room.can.steer}
        />
      ))}
    </div>
  );
};

const ConflictRow = ({
  conflict,
  keys,
  can,
}: {
  readonly conflict: Conflict;
  readonly keys: boolean;
  readonly can: boolean;
}) => {
  const times = useTimes();
  const now = useNow();
  return (
    <section className="conflict" aria-label={`${conflict.what} was set twice`} data-testid={`conflict-${conflict.id}`}>
      <p className="conflict-what">
        <TriangleAlert size={16} strokeWidth={1.75} aria-hidden />
        {conflict.what} was set while apart
      </p>
      {conflict.sides.map((side, at) => (
        <div key={side.hash} className="conflict-side">
          <p>
            <span className="conflict-value">{side.label}</span> <Who person={side.by} />, {times.near(side.at, now)}
          </p>
          <p className="cap">{side.sawOthers ? 'had seen the other' : 'had not seen the other'}</p>
          <Button
            small
            isDisabled={!can}
            onPress={side.settle}
            data-testid="settle"
            data-value={side.label}
            {...(keys ? { kbd: `Alt ${at + 1}` } : {})}
          >
            Keep {side.label.length > 24 ? 'this' : side.label}
          </Button>
        </div>
      ))}
      {can ? null : <p className="cap">Your roles do not settle this.</p>}
    </section>
  );
};
