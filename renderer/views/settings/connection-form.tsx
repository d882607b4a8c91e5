import { useState } from 'react';
import type { CallOutput } from '../../../shared/contract/calls.ts';
import { act } from '../../actions/index.ts';
import { Button, Choose, ErrorCard, Field, Segmented, Tick } from '../../kit/index.ts';
import { selectDraft, store, useModel } from '../../model/index.ts';
import { useFeed, useStatus } from '../common/use.ts';
import { AdminSql } from './admin-sql.tsx';
import { CheckList } from './check-list.tsx';
import { draftOfNetwork, networkInput, networkOfDraft, withoutCredentials } from './network-draft.ts';
import { NetworkFields } from './network-fields.tsx';
import { Section } from './section.tsx';
import { SignInFlow, startSignIn } from './sign-in-flow.tsx';

type Check = CallOutput<'connection.testing'>;
const key = 'connection';
/** How to sign in, as far as a person in front of the window can. */
type Way = 'token' | 'oauth-u2m' | 'databricks-cli';

const foundNote = (one: CallOutput<'connection.found'>['found'][number]): { readonly note?: string } => {
  if (one.unattended) return { note: 'a service principal, for unattended use' };
  if (one.auth === 'databricks-cli') return { note: 'through the Databricks CLI' };
  if (one.otherSignIn !== null) return { note: `signs in by ${one.otherSignIn}; here in the browser` };
  return one.hasToken ? {} : { note: 'without a token' };
};

/** A workspace of one's own. The token is never kept in this window: not in a draft, not in storage. */
export const ConnectionForm = () => {
  const status = useStatus();
  const draft = useModel(selectDraft(key));
  const { typed, tell } = store.getState();
  const [token, setToken] = useState('');
  const [accepted, setAccepted] = useState(false);
  const [way, setWay] = useState<Way>('token');
  const [network, setNetwork] = useState(() => networkOfDraft(draft));
  const [busy, setBusy] = useState<'no' | 'test' | 'save'>('no');
  const [check, setCheck] = useState<Check | null>(null);
  const live = useFeed('connection.testing', {}).value;
  const host = draft['host'] ?? '';
  const httpPath = draft['httpPath'] ?? '';
  const beside = draft['as'] === 'beside';
  const name = (draft['name'] ?? '').trim();
  const found = useFeed('connection.found', {}).value?.found ?? [];
  // What was found lends its token to its own host only, and never over one that was typed.
  const source = found.find((one) => one.id === draft['from'] && one.host === host.trim());
  const lends = way === 'token' && source?.hasToken === true && token.trim() === '';
  const login = useFeed('connection.login', {}).value;
  // A saved workspace shows its sign-in above, with the others.
  const isSaved = login?.connections.some((one) => one.host === host.trim()) === true;
  const signedIn =
    (login?.flow?.state === 'done' && login.flow.host === host.trim()) ||
    login?.connections.some((one) => one.auth === 'oauth-u2m' && one.signedIn && one.host === host.trim()) === true;
  const canSignIn = lends || { token: token.trim() !== '', 'oauth-u2m': signedIn, 'databricks-cli': true }[way];
  const ready = host.trim() !== '' && httpPath.trim() !== '' && canSignIn && busy === 'no';
  const input = {
    host: host.trim(),
    httpPath: httpPath.trim(),
    ...(way !== 'token' ? { auth: way } : lends ? { from: source.id } : { token: token.trim() }),
    ...networkInput(network),
  };

  const client = (draft['client'] ?? '').trim() === '' ? {} : { clientId: (draft['client'] ?? '').trim() };

  const take = (id: string): void => {
    const one = found.find((candidate) => candidate.id === id);
    if (one === undefined) return;
    typed(key, { from: one.id, host: one.host, httpPath: one.httpPath ?? '' });
    setToken('');
    // Whatever it names instead: a person can sign in in the browser to any workspace.
    setWay(one.otherSignIn === null ? 'token' : 'oauth-u2m');
  };

  const test = async (startWarehouse: boolean): Promise<void> => {
    setBusy('test');
    setCheck({ running: true, total: 0, steps: [] });
    const answer = await act('connection.test', { ...input, ...(startWarehouse ? { startWarehouse } : {}) });
    setBusy('no');
    setCheck(answer === null ? null : { running: false, total: answer.steps.length, steps: answer.steps });
  };
  const save = async (): Promise<void> => {
    setBusy('save');
    const as = beside ? { name: name === '' ? input.host : name } : {};
    const answer = await act('connection.save', { ...input, ...as, acceptUnencrypted: accepted });
    setBusy('no');
    if (answer === null) return;
    setToken('');
    // A password of the proxy is with the core now, as the token is; the route stays, for whoever saves again.
    const route = withoutCredentials(network);
    setNetwork(route);
    typed(key, draftOfNetwork(route));
    tell(beside ? 'The workspace is added.' : 'The connection is saved.');
  };
  const backToPractice = async (): Promise<void> => {
    if ((await act('connection.usePractice', {})) !== null) tell('Breakwater uses the practice lakehouse.');
  };

  return (
    <Section title="Connection">
      {status === null ? null : (
        <p>
          Now: {status.workspace.name}{' '}
          {status.workspace.host === '' ? '' : <code className="mono">{status.workspace.host}</code>}
        </p>
      )}
      {status?.workspace.failure == null ? null : <ErrorCard failure={status.workspace.failure} quiet />}
      {found.length === 0 ? null : (
        <Choose
          label="Found on this machine"
          value={source?.id ?? null}
          placeholder="fill in from what is known here"
          options={found.map((one) => ({
            id: one.id,
            label: `from ${one.label}`,
            ...foundNote(one),
          }))}
          onChange={take}
          testId="connection-found"
        />
      )}
      <Field
        label="Host"
        mono
        value={host}
        onChange={(text) => typed(key, { host: text })}
        placeholder="dbc-a1b2c3d4-e5f6.cloud.databricks.com"
        testId="connection-host"
      />
      <Field
        label="HTTP path of a SQL warehouse"
        mono
        value={httpPath}
        onChange={(text) => typed(key, { httpPath: text })}
        placeholder="/sql/1.0/warehouses/…"
        testId="connection-path"
      />
      <div className="line">
        <Segmented
          label="How to sign in"
          value={way}
          options={[
            { id: 'token', label: 'Token', testId: 'way-token' },
            { id: 'oauth-u2m', label: 'In the browser', testId: 'way-browser' },
            { id: 'databricks-cli', label: 'Databricks CLI', testId: 'way-cli' },
          ]}
          onChange={(chosen) => setWay(chosen)}
        />
      </div>
      {way === 'token' ? (
        <Field
          label="Token"
          secret
          value={token}
          onChange={setToken}
          hint={
            lends
              ? source.unattended
                ? `This is a service principal: the audit log would show a robot for everything you do. It can be tested here; only commands that run unattended may use it.`
                : `Leave this empty: the token stays in ${source.label}. Once saved, a copy is kept with the sign-ins of this profile.`
              : 'Kept by the core, never in this window.'
          }
          testId="connection-token"
        />
      ) : way === 'oauth-u2m' ? (
        <>
          <p className="cap">
            {signedIn
              ? 'You are signed in at this host. Save the connection to keep the sign-in.'
              : 'The workspace asks who you are in your browser. Rows in its audit log carry your name.'}
          </p>
          <Field
            label="Application, where an administrator registered one"
            mono
            value={draft['client'] ?? ''}
            onChange={(text) => typed(key, { client: text })}
            placeholder="databricks-cli"
            testId="connection-client"
          />
          <div className="line">
            <Button
              isDisabled={host.trim() === '' || login?.flow?.state === 'waiting'}
              onPress={() => startSignIn({ host: host.trim(), ...client, ...networkInput(network) })}
              data-testid="connection-sign-in"
            >
              {signedIn ? 'Sign in again' : 'Sign in'}
            </Button>
          </div>
          {login?.flow == null || login.flow.host !== host.trim() || isSaved ? null : <SignInFlow flow={login.flow} />}
        </>
      ) : (
        <p className="cap">
          Whoever is signed in on this machine with <code className="mono">databricks auth login</code>. Breakwater asks
          the CLI for each token and stores none.
        </p>
      )}
      <NetworkFields value={network} onChange={setNetwork} />
      <div className="line">
        <Segmented
          label="This workspace"
          value={beside ? 'beside' : 'instead'}
          options={[
            {
              id: 'instead',
              label: `In place of ${status?.workspace.name ?? 'the first'}`,
              testId: 'connection-instead',
            },
            { id: 'beside', label: 'Beside it', testId: 'connection-beside' },
          ]}
          onChange={(as) => typed(key, { as })}
        />
      </div>
      {beside ? (
        <Field
          label="Name of the workspace"
          value={draft['name'] ?? ''}
          onChange={(text) => typed(key, { name: text })}
          placeholder={host.trim() === '' ? 'for example: pricing, Frankfurt' : host.trim()}
          testId="connection-name"
        />
      ) : null}
      <div className="notice">
        <p className="strong">Before anything but practice is connected</p>
        <p>
          Data at rest is not encrypted yet. What Breakwater reads from this workspace (names of tables, jobs, models
          and people, runs, histories, audit rows) lies readable in{' '}
          {status === null ? 'the profile folder' : <code className="mono">{status.profile.folder}</code>}. The disk's
          own encryption is the only cover.
        </p>
        <Tick
          on={accepted}
          onChange={setAccepted}
          label="I have read this and may store it here"
          testId="connection-accept"
        />
      </div>
      <div className="line">
        <Button isDisabled={!ready} onPress={() => void test(false)} data-testid="connection-test">
          {busy === 'test' ? 'Testing' : 'Test'}
        </Button>
        <Button
          tone="primary"
          isDisabled={!ready || !accepted || (lends && source.unattended)}
          onPress={() => void save()}
          data-testid="connection-save"
        >
          {beside ? 'Add and connect' : 'Save and connect'}
        </Button>
        <AdminSql />
        {status?.workspace.kind === 'practice' ? null : (
          <Button tone="quiet" onPress={() => void backToPractice()}>
            Use the practice lakehouse
          </Button>
        )}
      </div>
      {check === null ? null : (
        <CheckList
          check={busy === 'test' && live?.running === true ? live : check}
          onStop={() => void act('connection.stopTest', {})}
          onGoOn={() => void test(true)}
        />
      )}
    </Section>
  );
};
