import { builtReports, provenWords } from '../../../shared/domain/proven.ts';
import { useState } from 'react';
import { act } from '../../actions/index.ts';
import { Button, CopyText, Field, localZone, Segmented } from '../../kit/index.ts';
import { useModel } from '../../model/index.ts';
import { useStatus } from '../common/use.ts';
import { roleWords } from '../common/words.ts';
import { ConnectionForm } from './connection-form.tsx';
import { Device } from './device.tsx';
import { Limits } from './limits.tsx';
import { Residency } from './residency.tsx';
import { Section, SectionNav } from './section.tsx';
import { SignIns } from './sign-ins.tsx';
import { WatchList } from './watch-list.tsx';
import { Workspaces } from './workspaces.tsx';
import './settings.css';

const titles = [
  'How it looks', 'You', 'Workspaces', 'Signed in', 'Connection', 'Watched without a room', 'Kept on this device', 'Residency',
  'Daily limit of reading', 'About',
]; // prettier-ignore

/** Taste, the connection, and plain words about what this is. */
export const SettingsPlace = () => (
  <div className="place-page place-scroll">
    <header className="place-head">
      <h1 className="place-title">Settings</h1>
    </header>
    <div className="settings-page">
      <div className="settings">
        <Taste />
        <You />
        <Workspaces />
        <SignIns />
        <ConnectionForm />
        <WatchList />
        <Device />
        <Residency />
        <Limits />
        <About />
      </div>
      <SectionNav titles={titles} />
    </div>
  </div>
);

const Taste = () => {
  const settings = useModel((model) => model.settings);
  const change = useModel((model) => model.change);
  return (
    <Section title="How it looks">
      <div className="setting">
        <span>Theme</span>
        <Segmented
          label="Theme"
          value={settings.theme}
          options={[
            { id: 'system', label: 'As the system' },
            { id: 'dark', label: 'Dark', testId: 'theme-dark' },
            { id: 'light', label: 'Light', testId: 'theme-light' },
          ]}
          onChange={(theme) => change({ theme })}
        />
      </div>
      <div className="setting">
        <span>Rows</span>
        <Segmented
          label="Rows"
          value={settings.density}
          options={[
            { id: 'compact', label: 'Compact' },
            { id: 'comfortable', label: 'Comfortable' },
          ]}
          onChange={(density) => change({ density })}
        />
      </div>
      <div className="setting">
        <span>Times in</span>
        <Segmented
          label="Times in"
          value={localZone() === 'UTC' ? 'UTC' : settings.zone}
          options={[
            ...(localZone() === 'UTC' ? [] : [{ id: 'local' as const, label: localZone() }]),
            { id: 'UTC', label: 'UTC' },
          ]}
          onChange={(zone) => change({ zone })}
        />
      </div>
    </Section>
  );
};

const keyWords = {
  keyring: 'in the keyring of this system',
  file: 'in a file that only your user can read',
  passphrase: 'under your passphrase',
} as const;

const You = () => {
  const status = useStatus();
  const [name, setName] = useState<string | null>(null);
  const tell = useModel((model) => model.tell);
  if (status === null) return null;
  const shown = name ?? status.you.name;
  const save = async (): Promise<void> => {
    if ((await act('person.rename', { name: shown.trim() })) === null) return;
    setName(null);
    tell('Your name is saved. Others see it when it reaches them.');
  };
  return (
    <Section title="You">
      <div className="line settings-name">
        <Field label="Name, as others see it" value={shown} onChange={setName} testId="person-name" />
        <Button isDisabled={shown.trim() === '' || shown === status.you.name} onPress={() => void save()}>
          Save name
        </Button>
      </div>
      <p className="cap">
        Roles: {status.you.roles.map((role) => roleWords[role]).join(', ') || 'none'}. The key of this device lies{' '}
        {keyWords[status.you.keyProtection]}.
        {status.you.admitted ? '' : ' Nobody has admitted this device to an organisation yet.'}
      </p>
      <p className="cap">
        Device <CopyText text={status.you.device} />
      </p>
    </Section>
  );
};

const About = () => {
  const status = useStatus();
  return (
    <Section title="About">
      <p>
        {status === null ? 'Breakwater' : `${status.app.name} ${status.app.version}`}: a war room for data and AI
        incidents that works offline.
      </p>
      <p>
        It {provenWords(builtReports())}, and never on Electron 45. Its tests use the practice lakehouse, Spark with
        Delta Lake, and an older Electron.
      </p>
      <p>
        Not encrypted yet: the database on this disk with everything in it, attached files, and drafts that you have not
        sent. Use the encryption of the disk.
      </p>
      {status === null ? null : (
        <p className="cap">
          Profile {status.profile.name}, kept in <CopyText text={status.profile.folder} />
        </p>
      )}
    </Section>
  );
};
