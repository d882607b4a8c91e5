import { useEffect, useState } from 'react';
import type { CallOutput } from '../../../shared/contract/calls.ts';
import { act } from '../../actions/index.ts';
import { Button, Chip, Dialog, EmptyState, Loading, VirtualList } from '../../kit/index.ts';
import { useModel } from '../../model/index.ts';
import { useFeed, useNow, useTimes } from '../common/use.ts';

type Row = CallOutput<'ledger.list'>['rows'][number];
const stateWords = { 'only-here': 'only here', sent: 'sent, not read back yet', shared: 'shared' } as const;

/** The ledger of what has not reached anybody else. */
export const OnlyHere = () => {
  const open = useModel((model) => model.layer === 'only-here');
  const show = useModel((model) => model.show);
  return (
    <Dialog title="What is only here" kind="wide" open={open} onClose={() => show('none')}>
      {open ? <List /> : null}
    </Dialog>
  );
};

const List = () => {
  const input = { limit: 500 };
  const feed = useFeed('ledger.list', input);
  const [older, setOlder] = useState<{ readonly rows: readonly Row[]; readonly next: string | null } | null>(null);
  const [busy, setBusy] = useState(false);
  const enter = useModel((model) => model.enterRoom);
  const times = useTimes();
  const now = useNow();
  useEffect(() => setOlder(null), [feed.value]);
  if (feed.value === null) return <Loading label="Loading the ledger" />;
  const next = older === null ? feed.value.next : older.next;
  const rows = [...feed.value.rows, ...(older?.rows ?? [])];
  const more = async (): Promise<void> => {
    if (next === null || busy) return;
    setBusy(true);
    const page = await act('ledger.list', { ...input, before: next });
    setBusy(false);
    if (page !== null) setOlder({ rows: [...(older?.rows ?? []), ...page.rows], next: page.next });
  };
  return (
    <>
      <p className="cap">Safe on this disk, on this device only until a share takes it. {feed.value.total} in all.</p>
      <div className="dialog-list">
        <VirtualList
          label="Entries that are only here"
          items={rows}
          keyOf={(row) => row.hash}
          estimate={44}
          onEnd={() => void more()}
          empty={
            <EmptyState title="Nothing is only here">
              Every entry of this device has been read back from a share.
            </EmptyState>
          }
          render={(row) => (
            <div className="list-row">
              <button type="button" className="list-main" data-row onClick={() => enter(row.log)}>
                {row.what}
              </button>
              <span className="cap cut">{row.room}</span>
              <span className="cap push">{times.near(row.at, now)}</span>
              <Chip tone={row.state === 'shared' ? 'ok' : 'warn'}>{stateWords[row.state]}</Chip>
            </div>
          )}
        />
      </div>
      <Button onPress={() => void act('share.sync', {})} data-testid="only-here-sync">
        Sync now
      </Button>
    </>
  );
};
