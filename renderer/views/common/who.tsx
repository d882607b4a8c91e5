import type { Person } from '../../../shared/contract/common.ts';
import { Chip } from '../../kit/index.ts';
import { whoWords } from './words.ts';

/** A person's name; one that nobody vouches for is marked as not attested. */
export const Who = ({ person }: { readonly person: Person }) => (
  <>
    <span>{whoWords(person)}</span>
    {person.attested ? null : (
      <Chip tone="warn" title="Nobody who may do so has confirmed that this device belongs to this person">
        not attested
      </Chip>
    )}
  </>
);
