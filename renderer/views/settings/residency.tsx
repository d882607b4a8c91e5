import { useState } from 'react';
import type { CallOutput } from '../../../shared/contract/calls.ts';
import { allows } from '../../../shared/domain/policy.ts';
import { act } from '../../actions/index.ts';
import { Badge, Button, Chip, EmptyState, Field } from '../../kit/index.ts';
import { store } from '../../model/index.ts';
import { FeedGate } from '../common/feed-gate.tsx';
import { useFeed, useStatus, useTimes } from '../common/use.ts';
import { Section } from './section.tsx';

type Row = CallOutput<'residency.list'>['rows'][number];

/** Where facts may lie: rules of the organisation by region, who made them and why. */
export const Residency = () => {
  const feed = useFeed('residency.list', {});
  const roles = useStatus()?.you.roles ?? [];
  const may = allows(roles, 'residency.set');
  return (
    <Section title="Residency">
      <p className="cap">
        A rule holds for everybody in the organisation. Where a region is forbidden, nothing is read of its workspaces
        for rooms or packs, and what was cached of it goes from every device as soon as it learns of the rule, also
        without a connection. What is cited in a room stays as the log of the room holds it.
        {may ? '' : ' Data protection and administrators make these rules.'}
      </p>
      <FeedGate feed={feed} label="the rules">
        {({ rows }) => (
          <>
            <ul className="stack" aria-label="Regions">
              {rows.map((row) => (
                <Region key={row.region} row={row} may={may} />
              ))}
            </ul>
            {rows.length === 0 ? (
              <EmptyState title="No region is known yet">
                A workspace says where it lies when it is first read. Facts may lie here until somebody makes a rule.
              </EmptyState>
            ) : null}
            {may ? <OtherRegion /> : null}
          </>
        )}
      </FeedGate>
    </Section>
  );
};

const Region = ({ row, may }: { readonly row: Row; readonly may: boolean }) => {
  const times = useTimes();
  const [asked, setAsked] = useState(false);
  const forbidden = row.allowed === false;
  return (
    <li className="workspace" data-testid="region" data-region={row.region} data-allowed={String(row.allowed)}>
      <div className="line">
        <Badge tone={forbidden ? 'bad' : row.allowed === null ? 'plain' : 'ok'}>
          {forbidden ? 'forbidden' : row.allowed === null ? 'no rule' : 'allowed'}
        </Badge>
        <code className="mono">{row.region}</code>
        {row.workspaces.map((name) => (
          <Chip key={name}>{name}</Chip>
        ))}
        {row.contested ? <Chip tone="warn">two rules disagree, the stricter holds</Chip> : null}
        {may && !asked ? (
          <span className="push">
            <Button small tone="quiet" onPress={() => setAsked(true)} data-testid="region-change">
              {forbidden ? 'Allow' : 'Forbid'}
            </Button>
          </span>
        ) : null}
      </div>
      {row.by === null ? null : (
        <p className="cap">
          {row.reason ?? 'No reason was given.'} {row.by.name}
          {row.at === null ? '' : `, ${times.full(row.at)}`}
        </p>
      )}
      {asked ? <RuleForm region={row.region} allowed={forbidden} done={() => setAsked(false)} /> : null}
    </li>
  );
};

type RuleProps = { readonly region: string; readonly allowed: boolean; readonly done: () => void };

const RuleForm = ({ region, allowed, done }: RuleProps) => {
  const [reason, setReason] = useState('');
  const set = async (): Promise<void> => {
    const why = reason.trim() === '' ? {} : { reason: reason.trim() };
    if ((await act('residency.set', { region, allowed, ...why })) === null) return;
    store.getState().tell(allowed ? `Facts of ${region} may be read again.` : `Facts of ${region} are forbidden now.`);
    done();
  };
  return (
    <div className="residency-form">
      <Field label="Reason, as everybody reads it" value={reason} onChange={setReason} testId="region-reason" />
      <div className="line">
        <Button tone="primary" onPress={() => void set()} isDisabled={region === ''} data-testid="region-set">
          {allowed ? `Allow facts of ${region}` : `Forbid facts of ${region || 'this region'}`}
        </Button>
        <Button tone="quiet" onPress={done}>
          Leave it
        </Button>
      </div>
    </div>
  );
};

const OtherRegion = () => {
  const [open, setOpen] = useState(false);
  const [region, setRegion] = useState('');
  if (!open)
    return (
      <div className="line">
        <Button tone="quiet" onPress={() => setOpen(true)}>
          Forbid a region that is not in this list
        </Button>
      </div>
    );
  return (
    <div className="residency-form">
      <Field
        label="Region, as the metastore names it"
        mono
        value={region}
        onChange={setRegion}
        placeholder="azure:westeurope"
        testId="region-name"
      />
      <RuleForm
        region={region.trim()}
        allowed={false}
        done={() => {
          setOpen(false);
          setRegion('');
        }}
      />
    </div>
  );
};
