import { useState } from 'react';
import type { OfflineCard, OfflineEstimate } from '../../../shared/contract/offline.ts';
import { act } from '../../actions/index.ts';
import { Button, Choose, counted, Field, fileSize, span, Tick } from '../../kit/index.ts';

const hops = ['1', '2', '3', '4', '5', '6'].map((id) => ({ id, label: id === '1' ? '1 hop' : `${id} hops` }));
const number = (value: number): string => value.toLocaleString('en-GB');

const estimateWords = ({ rows, bytes, statements, ms }: OfflineEstimate): string =>
  `About ${number(rows)} rows, ${fileSize(bytes)}, ${counted(statements, 'statement', 'statements')}, ${span(ms)}.`;

/** How far, and how much at most: folded away, because the suggestion is right most of the time. */
export const OfflineLimits = ({ log, card }: { readonly log: string; readonly card: OfflineCard }) => {
  const { pack, limits, suggested } = card;
  const [reach, setReach] = useState(String(pack?.hops ?? suggested.hops));
  const [rows, setRows] = useState(String(limits.rows));
  const [megabytes, setMegabytes] = useState(String(limits.megabytes));
  const [estimate, setEstimate] = useState<OfflineEstimate | null>(null);
  const [busy, setBusy] = useState(false);
  const disabled = !card.can.pack;
  const wanted = { log, hops: Number(reach), from: pack?.from ?? suggested.from };
  const count = async (): Promise<void> => {
    setBusy(true);
    setEstimate(await act('offline.estimate', wanted));
    setBusy(false);
  };
  const save = async (): Promise<void> => {
    const saved = await act('offline.limits', { rows: Number(rows), megabytes: Number(megabytes) });
    if (saved !== null) await act('offline.start', wanted);
  };
  const isWhole = [rows, megabytes].every((text) => /^[1-9]\d{0,7}$/.test(text.trim()));
  return (
    <details className="offline-limits">
      <summary>How far and how much</summary>
      <div className="offline-form">
        <Choose label="Around its assets" value={reach} options={hops} onChange={setReach} />
        <Field label="Rows at most" value={rows} onChange={setRows} testId="offline-rows" />
        <Field label="Megabytes at most" value={megabytes} onChange={setMegabytes} testId="offline-megabytes" />
      </div>
      <Tick
        label="Pack rooms by themselves when they are opened"
        on={limits.auto}
        disabled={disabled}
        onChange={(auto) => void act('offline.limits', { auto })}
      />
      <p className="cap">
        Where it does not fit, the assets nearest to the affected ones come first. {limits.keepDays} days after the last
        entry of a closed room, what only it needed is removed; cited facts stay.
      </p>
      <div className="line">
        <span className="cap" role="status" data-testid="offline-estimate">
          {estimate === null ? '' : estimateWords(estimate)}
          {estimate === null || estimate.uncounted.length === 0
            ? ''
            : ` Not counted: ${estimate.uncounted.join(', ')}.`}
        </span>
        <span className="push line">
          <Button small isDisabled={disabled || busy} onPress={() => void count()} data-testid="offline-count">
            {busy ? 'Counting' : 'Estimate'}
          </Button>
          <Button small isDisabled={disabled || !isWhole} onPress={() => void save()} data-testid="offline-save">
            Pack like this
          </Button>
        </span>
      </div>
    </details>
  );
};
