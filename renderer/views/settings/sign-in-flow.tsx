import type { CallInput } from '../../../shared/contract/calls.ts';
import type { SignIns } from '../../../shared/contract/sign-in.ts';
import { act } from '../../actions/index.ts';
import { Button, CopyText, ErrorCard } from '../../kit/index.ts';
import { useTimes } from '../common/use.ts';

/**
 * A sign-in that waits for a person, or how the last one ended. The page is opened by a click of the person, in the system's
 * browser; the desktop window asks before it does.
 */
export const SignInFlow = ({ flow }: { readonly flow: NonNullable<SignIns['flow']> }) => {
  const times = useTimes();
  if (flow.state === 'failed' && flow.failure !== null)
    return (
      <div data-testid="sign-in-failed">
        <ErrorCard failure={flow.failure} />
      </div>
    );
  if (flow.state !== 'waiting' || flow.url === null)
    return (
      <p data-testid="sign-in-done">
        {flow.user === null ? 'You are signed in' : `You are signed in as ${flow.user}`} at{' '}
        <code className="mono">{flow.host}</code>.
      </p>
    );
  return (
    <div className="notice sign-in-waits" data-testid="sign-in-waits">
      <p className="strong">Sign in on the page of the workspace, then come back here</p>
      <p className="line">
        <a className="out" href={flow.url} target="_blank" rel="noreferrer" data-testid="sign-in-open">
          Open the sign-in page of {flow.host}
        </a>
      </p>
      <p className="cap">
        It waits until {times.clock(flow.until)}. If the page does not open, take the address to a browser on this
        machine: <CopyText text={flow.url} />
      </p>
      <div className="line">
        <Button small onPress={() => void act('connection.cancelSignIn', {})} data-testid="sign-in-cancel">
          Cancel
        </Button>
      </div>
    </div>
  );
};

/** Start one; what comes of it shows in `connection.login`. */
export const startSignIn = (input: CallInput<'connection.signIn'>): void => void act('connection.signIn', input);
