import { useState } from 'react';
import type { People } from '../../../shared/contract/share.ts';
import { type Role, roles } from '../../../shared/domain/policy.ts';
import { act } from '../../actions/index.ts';
import { Button, Choose, Tick } from '../../kit/index.ts';
import { roleNotes, roleWords } from '../common/words.ts';

type Row = People['people'][number];

/** A device that asks to come in: read its fingerprint out to the person on the phone, then admit it with roles. */
export const JoinRequest = ({
  row,
  device,
  people,
}: {
  readonly row: Row;
  readonly device: Row['devices'][number];
  readonly people: People;
}) => {
  const [chosen, setChosen] = useState<readonly Role[]>(['responder']);
  const [person, setPerson] = useState(row.person.id);
  const [busy, setBusy] = useState(false);
  const others = people.people.filter((one) => one.person.attested || one.person.id === row.person.id);
  const admit = async (): Promise<void> => {
    setBusy(true);
    await act('device.admit', { device: device.id, person, roles: [...chosen] });
    setBusy(false);
  };
  return (
    <section className="join" aria-label={`Join request of ${row.person.name}`}>
      <p>
        <span className="strong">{row.person.name}</span> asks to join with {device.label ?? 'an unnamed device'}.
        Compare this fingerprint by voice before you admit it:
      </p>
      <p className="fingerprint mono">{device.fingerprint}</p>
      {others.length > 1 ? (
        <Choose
          label="This device belongs to"
          value={person}
          options={others.map((one) => ({ id: one.person.id, label: one.person.name }))}
          onChange={setPerson}
        />
      ) : null}
      <fieldset className="roles">
        <legend className="label">Roles</legend>
        {roles.map((role) => (
          <Tick
            key={role}
            on={chosen.includes(role)}
            onChange={(on) => setChosen(on ? [...chosen, role] : chosen.filter((one) => one !== role))}
            label={
              <>
                {roleWords[role]} <span className="cap">{roleNotes[role]}</span>
              </>
            }
            testId={`role-${role}`}
          />
        ))}
      </fieldset>
      <div className="line">
        <Button
          tone="primary"
          isDisabled={chosen.length === 0 || busy}
          onPress={() => void admit()}
          data-testid="admit"
        >
          Admit
        </Button>
        <Button tone="quiet" isDisabled={busy} onPress={() => void act('device.revoke', { device: device.id })}>
          Refuse
        </Button>
      </div>
    </section>
  );
};
