import type { CallOutput } from '../../../shared/contract/calls.ts';
import { Badge, Button, CopyText, counted, ErrorCard, type Tone } from '../../kit/index.ts';
import './check-list.css';

type Check = CallOutput<'connection.testing'>;
type Step = Check['steps'][number];
type State = Step['state'];

/** States in the order in which they need somebody, with the words of their heading and of the summary. */
const states: readonly { state: State; title: string; tone: Tone; few: string; many: string }[] = [
  { state: 'failed', title: 'Does not work', tone: 'bad', few: 'does not work', many: 'do not work' },
  { state: 'missing-grant', title: 'Missing grant', tone: 'warn', few: 'needs a grant', many: 'need a grant' },
  { state: 'preview-off', title: 'Not switched on', tone: 'warn', few: 'is not switched on', many: 'are not switched on' },
  { state: 'not-here', title: 'Not in this workspace', tone: 'plain', few: 'is not here', many: 'are not here' },
  { state: 'skipped', title: 'Left out', tone: 'plain', few: 'was left out', many: 'were left out' },
  { state: 'works', title: 'Works', tone: 'ok', few: 'works', many: 'work' },
]; // prettier-ignore

const toneOf = (state: State): Tone => states.find((one) => one.state === state)?.tone ?? 'plain';
const titleOf = (state: State): string => states.find((one) => one.state === state)?.title ?? state;
const unique = (all: readonly string[]): readonly string[] => [...new Set(all)];
/** "a, b and c" */
const listed = (all: readonly string[]): string =>
  all.length < 2 ? (all[0] ?? '') : `${all.slice(0, -1).join(', ')} and ${all.at(-1) ?? ''}`;

type Props = {
  readonly check: Check;
  readonly onStop: () => void;
  /** A person agrees that the warehouse is started. */
  readonly onGoOn: () => void;
};

/** What a test of the connection found: the way there in order, then the sources by what they need. */
export const CheckList = ({ check, onStop, onGoOn }: Props) => {
  const { steps, running, total } = check;
  const way = steps.filter((one) => one.group === 'way');
  const sources = steps.filter((one) => one.group === 'source');
  const asks = !running && steps.some((one) => one.asks === 'start-warehouse');
  return (
    <div className="check" aria-label="Result of the test" data-testid="check-list">
      <div className="line check-head" role="status">
        <span>{running ? `${steps.length} of ${total === 0 ? '…' : total} looked at` : summary(steps)}</span>
        {running ? (
          <Button tone="quiet" onPress={onStop} data-testid="check-stop">
            Stop
          </Button>
        ) : null}
      </div>
      {asks ? (
        <div className="notice">
          <p>The SQL warehouse does not run. Looking further would start it, which may cost money.</p>
          <Button onPress={onGoOn} data-testid="check-go-on">
            Start it and go on
          </Button>
        </div>
      ) : null}
      <ol className="check-steps" aria-label="The way there">
        {way.map((step) => (
          <WayStep key={step.step} step={step} />
        ))}
      </ol>
      {states.map(({ state, title }) => {
        const found = sources.filter((one) => one.state === state);
        return found.length === 0 ? null : (
          <section key={state} className="check-group" aria-label={title}>
            <h3 className="cap strong">
              {title} <span className="cap">{found.length}</span>
            </h3>
            {state === 'works' ? (
              <>
                <Works steps={found} />
                {found.map(({ step, ask }) =>
                  ask === null ? null : (
                    <p key={step} className="cap" data-testid="check-empty">
                      {step} answers and lists nothing. If there should be something, ask for {ask}.
                    </p>
                  ),
                )}
              </>
            ) : (
              <ul className="check-steps">
                {[...Map.groupBy(found, reasonOf)].map(([reason, some]) => {
                  const [only] = some;
                  return some.length === 1 && only !== undefined ? (
                    <SourceStep key={reason} step={only} />
                  ) : (
                    <SameReason key={reason} reason={reason} steps={some} />
                  );
                })}
              </ul>
            )}
          </section>
        );
      })}
      {running ? null : <AskFor steps={steps} />}
    </div>
  );
};

const WayStep = ({ step }: { readonly step: Step }) => (
  <li className="check-step">
    <div className="line">
      <Badge tone={toneOf(step.state)}>{titleOf(step.state).toLowerCase()}</Badge>
      <span className="check-name">{step.step}</span>
      {step.failure === null ? <span className="cap">{step.detail}</span> : null}
    </div>
    <Costs step={step} />
    {step.ask === null ? <Needs grants={step.grants} /> : <p className="cap">Ask for: {step.ask}.</p>}
    {step.failure === null ? null : <ErrorCard failure={step.failure} />}
  </li>
);

/** What a person loses without it, and what still works. */
const Costs = ({ step }: { readonly step: Step }) =>
  step.state === 'skipped' || step.state === 'works' || step.features.length === 0 ? null : (
    <p className="cap">
      It costs: {listed(step.features)}. {step.otherwise ?? ''}
    </p>
  );

/** Sources that work, together by how late they tell and how long the workspace keeps what they tell. */
const Works = ({ steps }: { readonly steps: readonly Step[] }) => (
  <ul className="check-works">
    {[...Map.groupBy(steps, ({ pace }) => pace ?? '')].map(([pace, some]) => (
      <li key={pace} className="cap">
        {pace === '' ? null : <span className="strong">{pace.replace(/^./, (first) => first.toUpperCase())}: </span>}
        {some.map((one) => one.step).join(' · ')}
      </li>
    ))}
  </ul>
);

const SourceStep = ({ step }: { readonly step: Step }) => (
  <li className="check-step">
    <div className="line">
      <Badge tone={toneOf(step.state)}>{titleOf(step.state).toLowerCase()}</Badge>
      <span>{step.step}</span>
    </div>
    {step.failure === null ? <p className="cap">{step.detail}</p> : <ErrorCard failure={step.failure} quiet />}
    <Costs step={step} />
    <Needs grants={step.grants} />
    {step.ask === null ? null : <p className="cap">Ask for: {step.ask}.</p>}
  </li>
);

/** Why a source cannot be read, as the workspace said it. */
const reasonOf = (step: Step): string => step.failure?.what ?? step.detail;

/** Many sources that one reason closes: the reason once, what all of them need once, then what each of them costs. */
const SameReason = ({ reason, steps }: { readonly reason: string; readonly steps: readonly Step[] }) => {
  const { state = 'skipped', failure = null } = steps[0] ?? {};
  const inAll = unique(steps.flatMap(({ grants }) => grants)).filter((one) =>
    steps.every(({ grants }) => grants.includes(one)),
  );
  // What most of them leave usable is said once, below; a source that has another way says so itself.
  const [usual] = [...Map.groupBy(steps, ({ otherwise }) => otherwise)].sort(([, a], [, b]) => b.length - a.length);
  return (
    <li className="check-step">
      <div className="line">
        <Badge tone={toneOf(state)}>{titleOf(state).toLowerCase()}</Badge>
        <span>{counted(steps.length, 'source', 'sources')}, for one reason</span>
      </div>
      {failure === null ? <p className="cap">{reason}</p> : <ErrorCard failure={failure} quiet />}
      {inAll.length === 0 ? null : (
        <p className="cap">
          Each of them needs <code className="mono">{inAll.map(short).join(', ')}</code>
        </p>
      )}
      <ul className="check-sources">
        {steps.map((step) => (
          <li key={step.step} className="check-step">
            <span>{step.step}</span>
            {state === 'skipped' || step.features.length === 0 ? null : (
              <p className="cap">
                It costs: {listed(step.features)}. {step.otherwise === usual?.[0] ? '' : step.otherwise}
              </p>
            )}
            <Needs grants={step.grants.filter((one) => !inAll.includes(one))} />
            {step.ask === null ? null : <p className="cap">Ask for: {step.ask}.</p>}
          </li>
        ))}
      </ul>
      {typeof usual?.[0] === 'string' ? <p className="cap">Where nothing else is said: {usual[0]}</p> : null}
    </li>
  );
};

/** The grant that only this source needs: the last one, since those before it open the way to it. All of them stand below to be copied. */
const Needs = ({ grants }: { readonly grants: readonly string[] }) => {
  const last = grants.at(-1);
  return last === undefined ? null : (
    <p className="cap">
      Needs <code className="mono">{short(last)}</code>
    </p>
  );
};

/** "GRANT SELECT ON TABLE `a`.`b` TO `me`;" → "SELECT ON TABLE a.b", to be read and not to be run. */
const short = (grant: string): string =>
  grant
    .replace(/^GRANT /, '')
    .replace(/ TO `[^`]*`;?$/, '')
    .replaceAll(/`(\w+)`/g, '$1');

/** Everything to ask an administrator for, at once. */
const AskFor = ({ steps }: { readonly steps: readonly Step[] }) => {
  const grants = unique(steps.flatMap((one) => one.grants));
  const commands = unique(steps.flatMap((one) => one.commands));
  if (grants.length + commands.length === 0) return null;
  return (
    <section className="check-group" aria-label="To ask an administrator for">
      <h3 className="cap strong">To ask an administrator for</h3>
      {grants.length === 0 ? null : (
        <>
          <p className="cap">
            {counted(grants.length, 'statement', 'statements')} of SQL, each harmless when it is granted already:
          </p>
          <div className="check-sql" data-testid="check-grants">
            <CopyText block text={grants.join('\n')} />
          </div>
        </>
      )}
      {commands.length === 0 ? null : (
        <>
          <p className="cap">
            To switch on what SQL cannot, an account or metastore admin runs these with the Databricks CLI:
          </p>
          <div className="check-sql" data-testid="check-commands">
            <CopyText block text={commands.join('\n')} />
          </div>
        </>
      )}
    </section>
  );
};

/** "9 work, 3 need a grant, 1 is not here." */
const summary = (steps: readonly Step[]): string =>
  `${[...states]
    .reverse()
    .flatMap(({ state, few, many }) => {
      const count = steps.filter((one) => one.state === state).length;
      return count === 0 ? [] : [`${count} ${count === 1 ? few : many}`];
    })
    .join(', ')}.`;
