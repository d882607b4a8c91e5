import { Anchor } from 'lucide-react';
import { act } from '../../actions/index.ts';
import { Button, Choose, CopyText, Dialog, Tick } from '../../kit/index.ts';
import { useModel } from '../../model/index.ts';
import { FeedGate } from '../common/feed-gate.tsx';
import { useFeed, useStatus } from '../common/use.ts';
import { type Part, PracticeRights, rightsWords } from './practice-rights.tsx';

/** A thin band wherever practice data is shown. */
export const PracticeBand = () => {
  const status = useStatus();
  const show = useModel((model) => model.show);
  if (status?.workspace.kind !== 'practice') return null;
  return (
    <div className="practice-band" role="region" aria-label="Practice">
      <Anchor size={14} strokeWidth={1.75} aria-hidden />
      <span className="cut">Practice: the lakehouse on this machine, made-up data</span>
      <Button tone="link" small onPress={() => show('practice')} data-testid="practice-toggle">
        Practice drawer
      </Button>
    </div>
  );
};

const latencies = ['0', '250', '1000', '5000', '20000'] as const;
const fails = ['none', '401', '403', '429', '500', '503'] as const;
const failWords: Readonly<Record<(typeof fails)[number], string>> = {
  none: 'answer normally',
  '401': '401: the token ended',
  '403': '403: not allowed',
  '429': '429: too many requests',
  '500': '500: an error of the service',
  '503': '503: not available',
};
const commits = [
  { id: 'none', label: 'are stored once' },
  { id: 'duplicated', label: 'the next one is stored twice' },
  { id: 'missing', label: 'the next one is answered, not stored' },
] as const;
const speeds = [
  { id: 'none', label: 'stands still until it is played' },
  { id: '1', label: 'passes as ours does' },
  { id: '60', label: 'an hour in a minute' },
  { id: '1440', label: 'a day in a minute' },
] as const;

type Buttons = Part['buttons'];
type Pressed = Parameters<Part['set']>[0];

/** What is switched on, in words; empty when all is as it should be. */
const switchedOn = (b: Buttons): readonly string[] => [
  ...(b.disconnected ? ['offline'] : []),
  ...(b.fail === null ? [] : [failWords[b.fail]]),
  ...(b.latencyMs > 0 ? [`${b.latencyMs / 1000} s delay`] : []),
  ...(b.loseReply ? ['the next reply is lost'] : []),
  ...(b.coldStart ? ['cold warehouse'] : []),
  ...(b.slowRows ? ['slow rows'] : []),
  ...(b.cutResult ? ['results are cut'] : []),
  ...(b.commits === null ? [] : [b.commits === 'duplicated' ? 'a doubled commit' : 'a missing commit']),
  ...(b.permissionLost ? ['no permission'] : []),
  ...(b.missingColumns ? ['missing columns'] : []),
  ...(b.rights.preset === 'everything' ? [] : [rightsWords[b.rights.preset].short]),
  ...(b.rights.schemasOff.length === 0
    ? []
    : [`system ${b.rights.schemasOff.length === 1 ? 'schema' : 'schemas'} ${b.rights.schemasOff.join(' and ')} off`]),
  ...(b.speed === null ? [] : ['time goes on by itself']),
];

/** The buttons of the practice lakehouse. */
export const PracticeDrawer = () => {
  const open = useModel((model) => model.layer === 'practice');
  const show = useModel((model) => model.show);
  return (
    <Dialog title="Practice lakehouse" kind="drawer" open={open} onClose={() => show('none')}>
      {open ? <Drawer /> : null}
    </Dialog>
  );
};

const Drawer = () => {
  const feed = useFeed('practice.get', {});
  const set = (change: Pressed): void => void act('practice.set', change);
  return (
    <FeedGate feed={feed} label="the practice lakehouse">
      {({ running, address, seed, buttons, granted, systemSchemas }) => (
        <>
          <State running={running} buttons={buttons} set={set} />
          <Answers buttons={buttons} set={set} />
          <Rows buttons={buttons} set={set} />
          <PracticeRights buttons={buttons} set={set} granted={granted} systemSchemas={systemSchemas} />
          <Happenings set={set} />
          <Choose
            label="Time in the practice world"
            value={speeds.find(({ id }) => id === String(buttons.speed))?.id ?? 'none'}
            options={speeds}
            onChange={(id) => set({ speed: id === 'none' ? null : Number(id) })}
            testId="practice-speed"
          />
          <p className="cap">
            REST tells at once what happens. System tables show it later, as a real workspace does: the audit log in 15
            minutes, lineage in 30, runs in an hour, costs in two and a half. Where time is faster, so are they; where
            it stands still, most wait.
          </p>
          {address === null ? null : (
            <p className="cap">
              Address <CopyText text={address} />
            </p>
          )}
          {seed === null ? null : <p className="cap">Seed {seed}</p>}
        </>
      )}
    </FeedGate>
  );
};

const State = ({ running, buttons, set }: Part & { readonly running: boolean }) => {
  const on = switchedOn(buttons);
  return (
    <>
      <p>
        {buttons.disconnected
          ? 'Disconnected: Breakwater works from what is on this disk.'
          : running
            ? 'It runs and answers.'
            : 'It does not run. Breakwater works from what is on this disk.'}
      </p>
      <p className="cap" data-testid="practice-on">
        {on.length === 0 ? 'Nothing is switched on.' : `Switched on: ${on.join(', ')}.`}
      </p>
      <div className="practice-row">
        <Button
          tone={buttons.disconnected ? 'primary' : 'plain'}
          onPress={() => set({ disconnected: !buttons.disconnected })}
          data-testid="practice-disconnect"
          data-on={String(buttons.disconnected)}
        >
          {buttons.disconnected ? 'Connect again' : 'Go offline'}
        </Button>
        {/* Never switched off: a button that is pressed and then disabled takes the keyboard's place in the drawer with it. */}
        <Button onPress={() => set({ happens: 'release' })} data-testid="practice-release">
          Let everything go
        </Button>
      </div>
    </>
  );
};

const Answers = ({ buttons, set }: Part) => (
  <section className="practice-part">
    <h3 className="strong">Answers</h3>
    <Choose
      label="Every answer"
      value={buttons.fail ?? 'none'}
      options={fails.map((id) => ({ id, label: failWords[id] }))}
      onChange={(id) => set({ fail: fails.filter((known) => known !== 'none').find((known) => known === id) ?? null })}
      testId="practice-fail"
    />
    <Choose
      label="Delay of every answer"
      value={String(buttons.latencyMs)}
      options={[...new Set([...latencies, String(buttons.latencyMs)])].map((id) => ({
        id,
        label: id === '0' ? 'none' : `${Number(id) / 1000} s`,
      }))}
      onChange={(id) => set({ latencyMs: Number(id) })}
      testId="practice-latency"
    />
    <Tick
      on={buttons.loseReply}
      onChange={(loseReply) => set({ loseReply })}
      label="Lose the next reply after it was stored"
      testId="practice-lose-reply"
    />
    <Tick
      on={buttons.coldStart}
      onChange={(coldStart) => set({ coldStart })}
      label="Start cold: the warehouse takes its time"
      testId="practice-cold-start"
    />
  </section>
);

const Rows = ({ buttons, set }: Part) => (
  <section className="practice-part">
    <h3 className="strong">Rows</h3>
    <Tick
      on={buttons.slowRows}
      onChange={(slowRows) => set({ slowRows })}
      label="Slow rows: every hundred take a while"
      testId="practice-slow-rows"
    />
    <Tick
      on={buttons.cutResult}
      onChange={(cutResult) => set({ cutResult })}
      label="Cut every result in its middle"
      testId="practice-cut-result"
    />
    <Choose
      label="Writes"
      value={buttons.commits ?? 'none'}
      options={commits}
      onChange={(id) => set({ commits: id === 'duplicated' || id === 'missing' ? id : null })}
      testId="practice-commits"
    />
  </section>
);

const happenings = [
  { id: 'sessions-expire', label: 'End all sessions' },
  { id: 'vacuum', label: 'VACUUM' },
  { id: 'restore', label: 'RESTORE to half' },
  { id: 'recreate', label: 'Drop and create' },
] as const;

const Happenings = ({ set }: Pick<Part, 'set'>) => (
  <section className="practice-part">
    <h3 className="strong">An administrator does</h3>
    <div className="practice-row">
      {happenings.map(({ id, label }) => (
        <Button key={id} small onPress={() => set({ happens: id })} data-testid={`practice-${id}`}>
          {label}
        </Button>
      ))}
    </div>
    <p className="cap">
      To the tables that people made here, such as a share. Once, at once; what is on this disk stays.
    </p>
  </section>
);
