import { Anchor } from 'lucide-react';
import type { CallInput } from '../../../shared/contract/calls.ts';
import { act } from '../../actions/index.ts';
import { Button, Choose, CopyText, Dialog, Tick } from '../../kit/index.ts';
import { useModel } from '../../model/index.ts';
import { FeedGate } from '../common/feed-gate.tsx';
import { useFeed, useStatus } from '../common/use.ts';

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
const fails = ['none', '401', '403', '429', '503'] as const;
const failWords: Readonly<Record<(typeof fails)[number], string>> = {
  none: 'answer normally',
  '401': '401: the token ended',
  '403': '403: not allowed',
  '429': '429: too many requests',
  '503': '503: not available',
};

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
  const set = (change: CallInput<'practice.set'>): void => void act('practice.set', change);
  return (
    <FeedGate feed={feed} label="the practice lakehouse">
      {({ running, address, seed, buttons }) => (
        <>
          <p>
            {buttons.disconnected
              ? 'Disconnected: Breakwater works from what is on this disk.'
              : running
                ? 'It runs and answers.'
                : 'It does not run. Breakwater works from what is on this disk.'}
          </p>
          <Button
            tone={buttons.disconnected ? 'primary' : 'plain'}
            onPress={() => set({ disconnected: !buttons.disconnected })}
            data-testid="practice-disconnect"
            data-on={String(buttons.disconnected)}
          >
            {buttons.disconnected ? 'Connect again' : 'Go offline'}
          </Button>
          <Choose
            label="Every answer"
            value={buttons.fail ?? 'none'}
            options={fails.map((id) => ({ id, label: failWords[id] }))}
            onChange={(id) => set({ fail: id === '401' || id === '403' || id === '429' || id === '503' ? id : null })}
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
