import { useState } from 'react';
import type { Status } from '../../../shared/contract/status.ts';
import { act } from '../../actions/index.ts';
import {
  ago,
  Badge,
  Button,
  Chip,
  counted,
  EmptyState,
  ErrorCard,
  Field,
  Panel,
  Segmented,
  type Tone,
} from '../../kit/index.ts';
import { selectDraft, store, useModel } from '../../model/index.ts';
import { useNow, useStatus, useTimes } from '../common/use.ts';

type Share = Status['shares'][number];
const states: Readonly<Record<Share['state'], readonly [string, Tone]>> = {
  connected: ['connected', 'ok'],
  syncing: ['syncing', 'sea'],
  offline: ['offline', 'warn'],
  'not-set-up': ['not set up', 'warn'],
  denied: ['denied', 'bad'],
  failed: ['failed', 'bad'],
};

/** How entries reach the others: through Delta tables, through a folder, in any mix. */
export const Shares = () => {
  const status = useStatus();
  const shares = status?.shares ?? [];
  const [busy, setBusy] = useState(false);
  const tell = useModel((model) => model.tell);
  const show = useModel((model) => model.show);
  const sync = async (): Promise<void> => {
    setBusy(true);
    const done = await act('share.sync', {});
    setBusy(false);
    if (done !== null)
      tell(`Sent ${counted(done.pushed, 'entry', 'entries')}, received ${counted(done.pulled, 'entry', 'entries')}.`);
  };
  return (
    <Panel
      title="Shares"
      note={status === null || status.you.admitted ? undefined : 'this device is not admitted yet'}
      tools={
        <Button small isDisabled={busy || shares.length === 0} onPress={() => void sync()} data-testid="sync-now">
          {busy ? 'Syncing' : 'Sync now'}
        </Button>
      }
    >
      <div className="shares">
        <ul className="stack" aria-label="Shares">
          {shares.map((share) => (
            <ShareRow key={share.id} share={share} />
          ))}
        </ul>
        {shares.length === 0 ? (
          <EmptyState title="No share yet">
            Everything works without one: entries stay on this disk. A share lets other devices see them, and brings
            theirs here.
          </EmptyState>
        ) : null}
        {(status?.quarantined ?? 0) === 0 ? null : (
          <Button tone="quiet" onPress={() => show('quarantine')} data-testid="quarantine">
            {counted(status?.quarantined ?? 0, 'record', 'records')} kept apart: see why
          </Button>
        )}
        <ShareForm />
      </div>
    </Panel>
  );
};

const ShareRow = ({ share }: { readonly share: Share }) => {
  const now = useNow();
  const times = useTimes();
  const [word, tone] = states[share.state];
  return (
    <li className="share" data-testid="share" data-state={share.state}>
      <div className="line">
        <Badge tone={tone}>{word}</Badge>
        <span className="strong">{share.kind === 'delta' ? 'Delta tables' : 'Folder'}</span>
        <code className="mono cut" title={share.place}>
          {share.place}
        </code>
        <span className="cap push" title={share.lastSyncAt === null ? '' : times.full(share.lastSyncAt)}>
          {share.lastSyncAt === null ? 'never synced' : `synced ${ago(share.lastSyncAt, now)}`}
        </span>
        {share.onlyHere === 0 ? (
          <Chip tone="ok">nothing left to send</Chip>
        ) : (
          <Chip tone="warn">{share.onlyHere} only here</Chip>
        )}
      </div>
      {share.failure === null ? null : <ErrorCard failure={share.failure} quiet />}
    </li>
  );
};

const key = 'share';

const ShareForm = () => {
  const draft = useModel(selectDraft(key));
  const { typed, acknowledged, tell } = store.getState();
  const kind = draft['kind'] === 'folder' ? 'folder' : 'delta';
  const place = draft['place'] ?? '';
  const [busy, setBusy] = useState(false);
  const run = async (call: 'share.setup' | 'share.join'): Promise<void> => {
    setBusy(true);
    const state = await act(call, { kind, place: place.trim() });
    setBusy(false);
    if (state === null) return;
    acknowledged(key, draft);
    tell(
      call === 'share.setup'
        ? 'The share is set up.'
        : 'Asked to join. Somebody who may admit devices has to compare your fingerprint.',
    );
  };
  return (
    <form className="share-form" aria-label="Set up or join a share" onSubmit={(event) => event.preventDefault()}>
      <h3 className="strong">Another share</h3>
      <Segmented
        label="Kind of share"
        value={kind}
        options={[
          { id: 'delta', label: 'Delta tables', testId: 'share-kind-delta' },
          { id: 'folder', label: 'Folder', testId: 'share-kind-folder' },
        ]}
        onChange={(id) => typed(key, { kind: id })}
      />
      <Field
        label={kind === 'delta' ? 'Schema' : 'Folder'}
        value={place}
        onChange={(text) => typed(key, { place: text })}
        mono
        placeholder={kind === 'delta' ? 'catalog.schema' : '/path/that/all/devices/see'}
        hint={
          kind === 'delta'
            ? 'You need CREATE TABLE and MODIFY there to set it up; joining needs SELECT and MODIFY.'
            : 'A folder that a file service carries between devices.'
        }
        testId="share-place"
      />
      <div className="line">
        <Button
          tone="primary"
          isDisabled={busy || place.trim() === ''}
          onPress={() => void run('share.setup')}
          data-testid="share-setup"
        >
          Set up here
        </Button>
        <Button
          isDisabled={busy || place.trim() === ''}
          onPress={() => void run('share.join')}
          data-testid="share-join"
        >
          Join one that is there
        </Button>
      </div>
    </form>
  );
};
