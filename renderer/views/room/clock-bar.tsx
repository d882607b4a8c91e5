import { useState } from 'react';
import type { Clock, Room } from '../../../shared/contract/room.ts';
import { Button } from '../../kit/index.ts';
import { useMedia, useNow, useTimes } from '../common/use.ts';
import { clockFace } from './clock-words.ts';
import './clock-bar.css';

/** Harm first, then the clocks: name, big value, its rule in words. The nearest are always there, the rest on demand. */
export const ClockBar = ({ room }: { readonly room: Room }) => {
  const wide = useMedia('(min-width: 1680px)');
  const narrow = useMedia('(max-width: 1360px)');
  const phone = useMedia('(max-width: 700px)');
  const [all, setAll] = useState(false);
  const fit = wide ? 7 : narrow ? (phone ? 2 : 4) : 6;
  // Clocks that run stand before those that do not, in the order of the core; an open question counts as running.
  const sorted = [
    ...room.clocks.filter((clock) => clock.stopped === null || clock.kind === 'state'),
    ...room.clocks.filter((clock) => clock.stopped !== null && clock.kind !== 'state'),
  ];
  const shown = all ? sorted : sorted.slice(0, fit);
  const hidden = sorted.length - shown.length;
  return (
    <section className={all ? 'clock-bar clock-all' : 'clock-bar'} aria-label="Clocks" data-testid="clock-bar">
      {shown.map((clock) => (
        <ClockCell key={clock.id} clock={clock} />
      ))}
      {sorted.length <= fit ? null : (
        <Button tone="quiet" className="clock-more" onPress={() => setAll(!all)} aria-expanded={all}>
          {all ? 'Fewer' : `${hidden} more`}
        </Button>
      )}
    </section>
  );
};

const ClockCell = ({ clock }: { readonly clock: Clock }) => {
  const now = useNow();
  const times = useTimes();
  const face = clockFace(clock, now, times);
  return (
    <div className="clock" data-clock={clock.id} data-tone={face.tone}>
      <p className="clock-name">{clock.label}</p>
      <p className={face.runs ? `clock-value tone-${face.tone}` : 'clock-value clock-still'}>{face.value}</p>
      <p className="clock-rule" title={face.caption}>
        {face.caption}
      </p>
      {face.used === null ? null : (
        <span className="clock-track" aria-hidden="true">
          <span className={`clock-used clock-${face.tone}`} style={{ width: `${face.used * 100}%` }} />
        </span>
      )}
    </div>
  );
};
