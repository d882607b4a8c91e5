import { X } from 'lucide-react';
import { useState } from 'react';
import { ErrorCard, IconButton } from '../../kit/index.ts';
import { useModel } from '../../model/index.ts';
import { useStatus } from '../common/use.ts';

/** What the core has to say about this machine, and a line to it that is gone for good: above every place until closed. */
export const Notices = () => {
  const status = useStatus();
  const link = useModel((model) => model.link);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const notices = [
    ...(link.state === 'refused' ? [link.failure] : []),
    ...(status?.notices ?? []).filter((notice) => !closed.has(notice.what)),
  ];
  if (notices.length === 0) return null;
  return (
    <div className="notices" role="region" aria-label="Notices">
      {notices.map((notice) => (
        <div key={notice.what} className="notice-line" data-testid="notice" data-tag={notice.tag}>
          <ErrorCard failure={notice} quiet dense />
          {link.state === 'refused' && notice === link.failure ? null : (
            <IconButton label="Close this notice" onPress={() => setClosed(new Set([...closed, notice.what]))}>
              <X size={15} strokeWidth={1.75} />
            </IconButton>
          )}
        </div>
      ))}
    </div>
  );
};
