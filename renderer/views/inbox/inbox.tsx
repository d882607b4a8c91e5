import { type KeyboardEvent, useState } from 'react';
import type { Inbox, Proposal } from '../../../shared/contract/inbox.ts';
import { act, acceptProposal, declineSignals } from '../../actions/index.ts';
import { ago, Button, counted, Dialog, EmptyState, Field, VirtualList } from '../../kit/index.ts';
import { FeedGate } from '../common/feed-gate.tsx';
import { useFeed, useNow, useStatus, useTimes } from '../common/use.ts';
import './inbox.css';
import { ProposalCard } from './proposal.tsx';

/** Signals grouped as proposed incidents, newest consequence first. */
export const InboxPlace = () => {
  const feed = useFeed('inbox.list', {});
  const [declining, setDeclining] = useState<Proposal | null>(null);
  return (
    <div className="place-page">
      <header className="place-head">
        <h1 className="place-title">Inbox</h1>
        {feed.value === null ? null : <Counts inbox={feed.value} />}
        <Button className="push" onPress={() => void act('lake.refresh', {})} data-testid="lake-refresh">
          Look again
        </Button>
      </header>
      <FeedGate feed={feed} label="the inbox">
        {(inbox) => <List inbox={inbox} onDecline={setDeclining} />}
      </FeedGate>
      <DeclineDialog proposal={declining} onClose={() => setDeclining(null)} />
    </div>
  );
};

const Counts = ({ inbox }: { readonly inbox: Inbox }) => {
  const now = useNow();
  return (
    <p className="cap">
      {counted(inbox.proposals.length, 'proposed incident', 'proposed incidents')}
      {inbox.declined === 0 ? '' : ` · ${inbox.declined} declined`}
      {inbox.detectedAt === null ? ' · detectors have not run yet' : ` · detectors ran ${ago(inbox.detectedAt, now)}`}
    </p>
  );
};

const keyOf = (proposal: Proposal): string => proposal.id;

const List = ({ inbox, onDecline }: { readonly inbox: Inbox; readonly onDecline: (proposal: Proposal) => void }) => {
  const key = (event: KeyboardEvent): void => {
    const row = (event.target as HTMLElement).closest('[data-proposal-id]');
    const proposal = inbox.proposals.find((one) => one.id === row?.getAttribute('data-proposal-id'));
    if (event.key !== 'd' || proposal === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    onDecline(proposal);
  };
  return (
    <div className="inbox-list" onKeyDown={key} role="presentation">
      <VirtualList
        label="Proposed incidents"
        items={inbox.proposals}
        keyOf={keyOf}
        estimate={190}
        rowProps={(proposal) => ({
          'data-testid': 'proposal',
          'data-proposal-id': proposal.id,
          'data-open': String(proposal.room !== null),
        })}
        empty={<Watched inbox={inbox} />}
        render={(proposal) => (
          <ProposalCard
            proposal={proposal}
            onAccept={() => void acceptProposal(proposal)}
            onDecline={() => onDecline(proposal)}
          />
        )}
      />
    </div>
  );
};

/** The words of an empty inbox: what is watched, and how far its facts reach. */
const Watched = ({ inbox }: { readonly inbox: Inbox }) => {
  const times = useTimes();
  const now = useNow();
  const status = useStatus();
  const offline = status !== null && status.workspace.state !== 'online';
  return (
    <div className="inbox-empty" data-testid="inbox-empty">
      <EmptyState title="No signal waits for you">
        {offline
          ? 'There is no connection: nothing new can be seen. This is what was watched and how far its facts reach.'
          : 'This is watched, and this is how far its facts reach.'}
      </EmptyState>
      <ul className="watched" aria-label="What is watched">
        {inbox.watched.map((one) => (
          <li key={one.monitor} className="watched-row">
            <span className="watched-count">{one.count.toLocaleString('en-GB')}</span>
            <span>{one.what}</span>
            <span className={one.completeTo === null ? 'cap push tone-warn' : 'cap push'}>
              {one.completeTo === null
                ? 'never read'
                : `facts to ${times.near(one.completeTo, now)}, ${ago(one.completeTo, now)}`}
            </span>
          </li>
        ))}
        {inbox.watched.length === 0 ? (
          <li className="watched-row tone-warn">Nothing is watched: no workspace has been read yet.</li>
        ) : null}
      </ul>
    </div>
  );
};

const DeclineDialog = ({ proposal, onClose }: { readonly proposal: Proposal | null; readonly onClose: () => void }) => {
  const [reason, setReason] = useState('');
  const decline = async (): Promise<void> => {
    if (proposal === null) return;
    if (
      !(await declineSignals(
        proposal.signals.map((one) => one.id),
        reason,
      ))
    )
      return;
    setReason('');
    onClose();
  };
  return (
    <Dialog
      title="Decline these signals"
      open={proposal !== null}
      onClose={onClose}
      foot={
        <>
          <Button onPress={onClose}>Keep</Button>
          <Button tone="primary" onPress={() => void decline()} data-testid="decline-confirm">
            Decline
          </Button>
        </>
      }
    >
      <p>
        {proposal === null ? '' : `${counted(proposal.signals.length, 'signal', 'signals')} of “${proposal.title}”.`}{' '}
        They stay readable and can be judged again.
      </p>
      <Field
        label="Why (helps the threshold)"
        value={reason}
        onChange={setReason}
        lines={3}
        first
        testId="decline-reason"
      />
    </Dialog>
  );
};
