import { Check, Database, HardDrive, Send, TriangleAlert } from 'lucide-react';
import type { Ledger } from '../../../shared/contract/common.ts';

const icon = { size: 13, strokeWidth: 1.75, 'aria-hidden': true } as const;

/** Where an entry has got to: never a tick for what only this device has. */
export const LedgerMark = ({ ledger, contested }: { readonly ledger: Ledger; readonly contested: boolean }) => {
  if (contested)
    return (
      <span className="ledger tone-warn" title="Somebody else set another value while apart">
        <TriangleAlert {...icon} />
        in conflict
      </span>
    );
  if (ledger === 'only-here')
    return (
      <span className="ledger tone-warn" title="Safe on this disk; no share has it yet">
        <HardDrive {...icon} />
        only here
      </span>
    );
  if (ledger === 'sent')
    return (
      <span className="ledger" title="Sent; it counts as shared when it has been read back">
        <Send {...icon} />
        sent
      </span>
    );
  if (ledger === 'shared')
    return (
      <span className="ledger" title="Read back from a share" role="img" aria-label="shared">
        <Check {...icon} size={15} />
      </span>
    );
  return (
    <span className="ledger" title="What the platform said, in this device's cache; pin it to make it evidence">
      <Database {...icon} />
      cached
    </span>
  );
};
