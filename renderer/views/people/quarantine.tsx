import { CopyText, Dialog, EmptyState, VirtualList } from '../../kit/index.ts';
import { useModel } from '../../model/index.ts';
import { FeedGate } from '../common/feed-gate.tsx';
import { useFeed, useNow, useTimes } from '../common/use.ts';

/** What came in and could not be trusted: kept apart, named, never dropped, without any effect. */
export const QuarantineDialog = () => {
  const open = useModel((model) => model.layer === 'quarantine');
  const show = useModel((model) => model.show);
  return (
    <Dialog title="Kept apart" kind="wide" open={open} onClose={() => show('none')}>
      {open ? <List /> : null}
    </Dialog>
  );
};

const List = () => {
  const feed = useFeed('quarantine.list', { limit: 500 });
  const times = useTimes();
  const now = useNow();
  return (
    <>
      <p className="cap">These records came in and did not verify. They have no effect and are not deleted.</p>
      <FeedGate feed={feed} label="what is kept apart">
        {(page) => (
          <div className="dialog-list">
            <VirtualList
              label="Records kept apart"
              items={page.rows}
              keyOf={(row) => row.id}
              estimate={64}
              rowProps={() => ({ 'data-testid': 'quarantined' })}
              empty={<EmptyState title="Nothing is kept apart">Everything that came in verified.</EmptyState>}
              render={(row) => (
                <div className="list-row">
                  <div>
                    <p>{row.reason}</p>
                    <p className="cap">
                      from {row.from}, {times.near(row.at, now)} <CopyText text={row.tag} />
                    </p>
                  </div>
                </div>
              )}
            />
          </div>
        )}
      </FeedGate>
    </>
  );
};
