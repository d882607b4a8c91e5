import { useState } from 'react';
import type { CallOutput } from '../../../shared/contract/calls.ts';
import { allows } from '../../../shared/domain/policy.ts';
import { act } from '../../actions/index.ts';
import { Button, counted, Field, fileSize, Tick } from '../../kit/index.ts';
import { store } from '../../model/index.ts';
import { FeedGate } from '../common/feed-gate.tsx';
import { useFeed, useStatus } from '../common/use.ts';
import { Section } from './section.tsx';

type Kept = CallOutput<'offline.device'>;
type Limits = Kept['limits'];
type Name = Exclude<keyof Limits, 'auto'>;

const fields: readonly (readonly [name: Name, label: string, least: number, most: number])[] = [
  ['rows', 'Rows per room', 1_000, 5_000_000],
  ['megabytes', 'Megabytes per room', 1, 5_000],
  ['factDays', 'Days facts stay', 14, 365],
  ['keepDays', 'Days after closing', 0, 365],
];

/** What this device keeps of the lake: limits for a packed room, and how long. */
export const Device = () => {
  const feed = useFeed('offline.device', {});
  const may = allows(useStatus()?.you.roles ?? [], 'lake.refresh');
  return (
    <Section title="Kept on this device">
      <FeedGate feed={feed} label="what is kept">
        {(kept) => (
          <>
            <p data-testid="device-kept">
              {counted(kept.facts, 'fact', 'facts')} of the lake, {counted(kept.rooms, 'room', 'rooms')} packed for
              offline{kept.rooms === 0 ? '' : ` with ${fileSize(kept.bytes)}`}.
            </p>
            <Change key={JSON.stringify(kept.limits)} limits={kept.limits} may={may} />
          </>
        )}
      </FeedGate>
    </Section>
  );
};

const Change = ({ limits, may }: { readonly limits: Limits; readonly may: boolean }) => {
  const [typed, setTyped] = useState<Readonly<Record<Name, string>>>({
    rows: String(limits.rows),
    megabytes: String(limits.megabytes),
    factDays: String(limits.factDays),
    keepDays: String(limits.keepDays),
  });
  const wrong = (text: string, least: number, most: number): string | null =>
    /^\d{1,8}$/.test(text.trim()) && Number(text) >= least && Number(text) <= most
      ? null
      : `${least.toLocaleString('en-GB')} to ${most.toLocaleString('en-GB')}`;
  const isWrong = fields.some(([name, , least, most]) => wrong(typed[name], least, most) !== null);
  const isSame = fields.every(([name]) => Number(typed[name]) === limits[name]);
  const save = async (): Promise<void> => {
    const given = Object.fromEntries(fields.map(([name]) => [name, Number(typed[name])]));
    if ((await act('offline.limits', given)) === null) return;
    store.getState().tell('Saved for this device. Rooms that have limits of their own keep them.');
  };
  return (
    <>
      <div className="device-fields">
        {fields.map(([name, label, least, most]) => (
          <Field
            key={name}
            label={label}
            value={typed[name]}
            onChange={(text) => setTyped({ ...typed, [name]: text })}
            error={wrong(typed[name], least, most)}
            disabled={!may}
            testId={`device-${name}`}
          />
        ))}
      </div>
      <div className="line">
        <Tick
          label="Pack rooms by themselves when they are opened"
          on={limits.auto}
          disabled={!may}
          onChange={(auto) => void act('offline.limits', { auto })}
          testId="device-auto"
        />
        <span className="push">
          <Button isDisabled={!may || isWrong || isSame} onPress={() => void save()} data-testid="device-save">
            Save
          </Button>
        </span>
      </div>
      <p className="cap">
        Facts that no packed room holds go after {limits.factDays} days. {limits.keepDays} days after the last entry of
        a closed room, what only it needed goes too. What is cited in a room always stays.
      </p>
    </>
  );
};
