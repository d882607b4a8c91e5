import { useState } from 'react';
import type { SignIns as Answer } from '../../../shared/contract/sign-in.ts';
import { act } from '../../actions/index.ts';
import { Badge, Button, Chip, ErrorCard, Field } from '../../kit/index.ts';
import { store } from '../../model/index.ts';
import { useFeed, useTimes } from '../common/use.ts';
import { Section } from './section.tsx';
import { SignInFlow, startSignIn } from './sign-in-flow.tsx';

type Row = Answer['connections'][number];
const ways: Readonly<Record<Row['auth'], string>> = {
  pat: 'a token',
  'oauth-u2m': 'sign-in in the browser',
  'oauth-m2m': 'a service principal',
  'databricks-cli': 'the Databricks CLI',
  azure: 'a service principal of Microsoft Entra',
};

/** Who is signed in where, until when, and how that is kept on this disk. */
export const SignIns = () => {
  const login = useFeed('connection.login', {}).value;
  if (login === null) return null;
  const { secrets, flow, connections } = login;
  return (
    <Section title="Signed in">
      {secrets.locked ? <Unlock /> : null}
      <ul className="stack" aria-label="Sign-ins">
        {connections.map((row) => (
          <SignInRow key={row.id} row={row} />
        ))}
      </ul>
      {flow === null || flow.state === 'done' || !connections.some((one) => one.host === flow.host) ? null : (
        <SignInFlow flow={flow} />
      )}
      <Protection secrets={secrets} />
    </Section>
  );
};

const SignInRow = ({ row }: { readonly row: Row }) => {
  const times = useTimes();
  const practised = row.id === 'practice';
  const signOut = async (): Promise<void> => {
    if ((await act('connection.signOut', { id: row.id })) !== null)
      store.getState().tell(`You are signed out of ${row.name}. Rooms and facts stay.`);
  };
  const person = row.auth === 'oauth-u2m';
  return (
    <li className="workspace" data-testid="sign-in" data-id={row.id} data-auth={row.auth}>
      <div className="line">
        <Badge tone={row.signedIn ? 'ok' : 'warn'}>{row.signedIn ? 'signed in' : 'signed out'}</Badge>
        <span className="strong">{row.name}</span>
        <Chip>{ways[row.auth]}</Chip>
        <span className="push" />
        {person || practised ? (
          <Button small onPress={() => startSignIn({ id: row.id })} data-testid="sign-in-again">
            {person ? 'Sign in again' : 'Sign in as a person'}
          </Button>
        ) : null}
        {row.signedIn && row.auth !== 'databricks-cli' && !(practised && !person) ? (
          <Button small tone="quiet" onPress={() => void signOut()} data-testid="sign-out">
            Sign out
          </Button>
        ) : null}
      </div>
      {row.user === null || !row.signedIn ? null : (
        <p className="cap">
          As {row.user}.
          {row.until === null ? '' : ` The access here lasts until ${times.clock(row.until)} and renews itself.`}
        </p>
      )}
      {row.failure === null ? null : <ErrorCard failure={row.failure} quiet />}
    </li>
  );
};

/** The passphrase goes to the core and is forgotten here. */
const usePassphrase = (send: (passphrase: string) => Promise<unknown>) => {
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (): Promise<void> => {
    setBusy(true);
    const answer = await send(text);
    setBusy(false);
    if (answer !== null) setText('');
  };
  return { text, setText, busy, submit };
};

const Unlock = () => {
  const { text, setText, busy, submit } = usePassphrase((passphrase) => act('connection.unlock', { passphrase }));
  return (
    <form
      className="notice"
      data-testid="unlock"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <p className="strong">Your passphrase opens the sign-ins of this profile</p>
      <p>Until then Breakwater works offline with what is here. A wrong one changes nothing.</p>
      <Field label="Passphrase" secret value={text} onChange={setText} testId="unlock-passphrase" />
      <div className="line">
        <Button type="submit" tone="primary" isDisabled={text === '' || busy} data-testid="unlock-send">
          {busy ? 'Opening' : 'Open'}
        </Button>
      </div>
    </form>
  );
};

const protectionWords = {
  keyring: 'Sign-ins are wrapped by the keyring of this system.',
  passphrase: 'Sign-ins are wrapped by your passphrase, which is asked for once a start and stored nowhere.',
  file: 'Sign-ins lie in plain files, not encrypted (0600): there is no keyring here. Whoever reads your files can sign in as you.',
} as const;

const Protection = ({ secrets }: { readonly secrets: Answer['secrets'] }) => {
  const [asked, setAsked] = useState(false);
  const { text, setText, busy, submit } = usePassphrase(async (passphrase) => {
    const answer = await act('connection.protect', { passphrase });
    if (answer !== null) setAsked(false);
    return answer;
  });
  return (
    <>
      <p className="cap" data-testid="protection">
        {protectionWords[secrets.protection]}
      </p>
      {secrets.protection !== 'file' ? null : asked ? (
        <form
          className="network-fields"
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          <Field
            label="New passphrase"
            secret
            value={text}
            onChange={setText}
            hint="At least 10 characters. Nobody can restore it; without it you sign in again, and nothing else is lost."
            testId="protect-passphrase"
          />
          <div className="line">
            <Button type="submit" isDisabled={text === '' || busy} data-testid="protect-send">
              {busy ? 'Wrapping' : 'Use this passphrase'}
            </Button>
            <Button tone="quiet" onPress={() => setAsked(false)}>
              Leave it
            </Button>
          </div>
        </form>
      ) : (
        <div className="line">
          <Button small onPress={() => setAsked(true)} data-testid="protect">
            Choose a passphrase
          </Button>
        </div>
      )}
    </>
  );
};
