import { useState } from 'react';
import type { CallOutput } from '../../../shared/contract/calls.ts';
import type { Status } from '../../../shared/contract/status.ts';
import { act } from '../../actions/index.ts';
import { Badge, Button, Chip, ErrorCard, type Tone } from '../../kit/index.ts';
import { store } from '../../model/index.ts';
import { useFeed, useNow, useStatus, useTimes } from '../common/use.ts';
import { CheckList } from './check-list.tsx';
import { Section } from './section.tsx';

type Check = CallOutput<'connection.testing'>;
type Row = Status['workspaces'][number];
const words: Readonly<Record<Row['state'], readonly [string, Tone]>> = {
  online: ['online', 'ok'],
  offline: ['offline', 'warn'],
  connecting: ['connecting', 'sea'],
  denied: ['access denied', 'bad'],
  'not-configured': ['not complete', 'warn'],
};

/** The workspaces whose facts a room may hold. The first carries the share. */
export const Workspaces = () => {
  const rows = useStatus()?.workspaces ?? [];
  return (
    <Section title="Workspaces">
      <p className="cap">
        A room may span several. Each is read by itself: one that cannot be reached holds up no other. The share lives
        in the first.
      </p>
      <ul className="stack" aria-label="Workspaces">
        {rows.map((row) => (
          <WorkspaceRow key={row.id} row={row} />
        ))}
      </ul>
    </Section>
  );
};

const WorkspaceRow = ({ row }: { readonly row: Row }) => {
  const [asked, setAsked] = useState(false);
  const now = useNow();
  const times = useTimes();
  const [word, tone] = words[row.state];
  const [check, setCheck] = useState<Check | null>(null);
  const live = useFeed('connection.testing', {}).value;
  const test = async (startWarehouse: boolean): Promise<void> => {
    setCheck({ running: true, total: 0, steps: [] });
    const answer = await act('connection.check', { id: row.id, ...(startWarehouse ? { startWarehouse } : {}) });
    setCheck(answer === null ? null : { running: false, total: answer.steps.length, steps: answer.steps });
  };
  const remove = async (): Promise<void> => {
    if ((await act('connection.remove', { id: row.id })) === null) return;
    store.getState().tell(`${row.name} is removed. What was read of it stays on this disk.`);
  };
  return (
    <li className="workspace" data-testid="workspace" data-state={row.state} data-id={row.id}>
      <div className="line">
        <Badge tone={tone}>{word}</Badge>
        <span className="strong">{row.name}</span>
        {row.host === '' || row.host === row.name ? null : <code className="mono cut">{row.host}</code>}
        {row.region === null ? null : <Chip>{row.region}</Chip>}
        {row.primary ? <Chip tone="sea">share</Chip> : null}
        <span className="cap push">{row.since === null ? '' : `since ${times.near(row.since, now)}`}</span>
        {row.kind === 'none' ? null : (
          <Button
            small
            tone="quiet"
            isDisabled={check?.running === true}
            onPress={() => void test(false)}
            data-testid="workspace-test"
          >
            {check?.running === true ? 'Testing' : 'Test'}
          </Button>
        )}
        {row.kind !== 'workspace' || asked ? null : (
          <Button small tone="quiet" onPress={() => setAsked(true)} data-testid="workspace-remove">
            Remove
          </Button>
        )}
      </div>
      {row.failure === null ? null : <ErrorCard failure={row.failure} quiet />}
      {check === null ? null : (
        <CheckList
          check={check.running && live?.running === true ? live : check}
          onStop={() => void act('connection.stopTest', {})}
          onGoOn={() => void test(true)}
        />
      )}
      {asked ? (
        <div className="notice">
          <p>
            Address and token of {row.name} are forgotten on this device. Facts that were read of it stay here and in
            rooms until they grow old.
            {row.primary ? ' Breakwater then uses the practice lakehouse, and shares in this workspace wait.' : ''}
          </p>
          <div className="line">
            <Button onPress={() => void remove()} data-testid="workspace-remove-yes">
              Remove {row.name}
            </Button>
            <Button tone="quiet" onPress={() => setAsked(false)}>
              Keep it
            </Button>
          </div>
        </div>
      ) : null}
    </li>
  );
};
