import type { ConnectionStep } from '../databricks/port.ts';

/** One line of the doctor: `wrong` needs a person, `note` is good to know. */
export type Finding = {
  readonly name: string;
  readonly state: 'fine' | 'note' | 'wrong';
  readonly detail: string;
  readonly advice?: string;
  /** A step of the connection check, whole: with what to ask for. */
  readonly check?: ConnectionStep;
  /** The saved workspace that a step is about. */
  readonly workspace?: string;
};
