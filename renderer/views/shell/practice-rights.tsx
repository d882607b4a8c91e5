import type { CallInput, CallOutput } from '../../../shared/contract/calls.ts';
import { practiceRights } from '../../../shared/domain/practice-rights.ts';
import { Choose, Tick } from '../../kit/index.ts';

export type Part = {
  readonly buttons: CallOutput<'practice.get'>['buttons'];
  readonly set: (change: CallInput<'practice.set'>) => void;
};

export const rightsWords = {
  everything: { short: 'all rights', label: 'everything' },
  'no-system-tables': { short: 'no system tables', label: 'everything but the system tables' },
  little: { short: 'little rights', label: 'little: three tables and one job' },
  own: { short: 'rights set from outside', label: 'what was set from outside' },
} as const;

type Granting = Part & Pick<CallOutput<'practice.get'>, 'granted' | 'systemSchemas'>;

/** What the user of the practice lakehouse may see, in SQL and in REST. */
export const PracticeRights = ({ buttons, set, granted, systemSchemas }: Granting) => (
  <section className="practice-part">
    <h3 className="strong">Rights</h3>
    <Choose
      label="The user there may see"
      value={buttons.rights.preset}
      options={[...practiceRights, ...(buttons.rights.preset === 'own' ? (['own'] as const) : [])].map((id) => ({
        id,
        label: rightsWords[id].label,
      }))}
      onChange={(id) => {
        const preset = practiceRights.find((known) => known === id);
        if (preset !== undefined) set({ rights: { preset, schemasOff: [] } });
      }}
      testId="practice-rights"
    />
    {granted === null ? null : <Granted {...granted} />}
    {buttons.rights.preset === 'everything' && systemSchemas.length > 0 ? (
      <SchemasOff off={buttons.rights.schemasOff} all={systemSchemas} set={set} />
    ) : null}
    <Tick
      on={buttons.permissionLost}
      onChange={(permissionLost) => set({ permissionLost })}
      label="No permission on system tables and jobs"
      testId="practice-permission-lost"
    />
    <Tick
      on={buttons.missingColumns}
      onChange={(missingColumns) => set({ missingColumns })}
      label="Three columns are missing or masked"
      testId="practice-missing-columns"
    />
  </section>
);

/** What is left, named: it is what a room can be about. */
const Granted = ({ tables, jobs }: NonNullable<Granting['granted']>) => (
  <div className="practice-granted" data-testid="practice-granted">
    {tables.map((table) => (
      <p key={table} className="cap">
        SELECT on <code className="mono">{table}</code>
      </p>
    ))}
    {jobs.map((job) => (
      <p key={job} className="cap">
        CAN VIEW on job <code className="mono">{job}</code>
      </p>
    ))}
    <p className="cap">Nothing else is visible, and nothing can be written there.</p>
  </div>
);

const SchemasOff = ({
  off,
  all,
  set,
}: {
  readonly off: readonly string[];
  readonly all: readonly string[];
  readonly set: Part['set'];
}) => (
  <div role="group" aria-labelledby="practice-schemas">
    <p className="label" id="practice-schemas">
      System schemas that nobody has switched on
    </p>
    <div className="practice-row practice-schemas">
      {all.map((schema) => (
        <Tick
          key={schema}
          on={off.includes(schema)}
          onChange={(on) =>
            set({
              rights: {
                preset: 'everything',
                schemasOff: on ? [...off, schema] : off.filter((one) => one !== schema),
              },
            })
          }
          label={schema}
          testId={`practice-schema-${schema}`}
        />
      ))}
    </div>
  </div>
);
