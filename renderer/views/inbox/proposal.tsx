import type { Proposal } from '../../../shared/contract/inbox.ts';
import { age, Badge, Button, Chip, counted, withMoments } from '../../kit/index.ts';
import { useNow, useTimes } from '../common/use.ts';
import { classWords, severityTone } from '../common/words.ts';

/** What broke, since when, why these signals belong together, and the two acts. */
export const ProposalCard = ({
  proposal,
  onAccept,
  onDecline,
}: {
  readonly proposal: Proposal;
  readonly onAccept: () => void;
  readonly onDecline: () => void;
}) => {
  const times = useTimes();
  const now = useNow();
  return (
    <article className="proposal">
      <header className="line">
        <Badge tone={severityTone(proposal.severity)}>{proposal.severity}</Badge>
        <button type="button" className="proposal-title" data-row onClick={onAccept}>
          {proposal.title}
        </button>
        <Chip>{classWords[proposal.class]}</Chip>
        <span className="cap">
          since {times.near(proposal.startedAt, now)}, {age(proposal.startedAt, now)} · seen{' '}
          {times.near(proposal.detectedAt, now)}
        </span>
        <span className="push line">
          <Button tone="quiet" onPress={onDecline} kbd="D" data-testid="decline">
            Decline
          </Button>
          <Button tone="primary" onPress={onAccept} kbd="↵" data-testid="accept">
            {proposal.room === null ? 'Open room' : 'Go to room'}
          </Button>
        </span>
      </header>
      <p className="proposal-why">{withMoments(proposal.why, times, now)}</p>
      <ul className="proposal-signals" aria-label="Signals">
        {proposal.signals.slice(0, 6).map((signal) => (
          <li key={signal.id} className="proposal-signal" data-testid="signal" data-monitor={signal.monitor}>
            <span className="proposal-time">{times.near(signal.startedAt, now)}</span>
            <span>
              <span className="strong">{signal.title}</span>{' '}
              <span className="proposal-reason">{withMoments(signal.why, times, now)}</span>
            </span>
            {signal.verdict === null ? null : (
              <Chip>
                {signal.verdict.value} by {signal.verdict.by}
              </Chip>
            )}
          </li>
        ))}
      </ul>
      <p className="cap">
        {proposal.signals.length > 6 ? `${proposal.signals.length - 6} more signals · ` : ''}
        {counted(proposal.assets.length, 'asset', 'assets')}
        {proposal.suppressed === 0 ? '' : ` · ${proposal.suppressed} like them suppressed`}
      </p>
    </article>
  );
};
