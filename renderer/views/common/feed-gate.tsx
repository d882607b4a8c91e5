import type { ReactNode } from 'react';
import { ErrorCard, Loading } from '../../kit/index.ts';
import type { Feed } from '../../model/index.ts';

/** Loading, failed, or there: the three first states of every screen. A failure after an answer stands above what is kept. */
export const FeedGate = <T,>({
  feed,
  label,
  children,
}: {
  readonly feed: Feed<T>;
  readonly label: string;
  readonly children: (value: T) => ReactNode;
}) => {
  if (feed.value === null)
    return feed.failure === null ? (
      <Loading label={`Loading ${label}`} />
    ) : (
      <div className="gate-error">
        <ErrorCard failure={feed.failure} />
      </div>
    );
  return (
    <>
      {feed.failure === null ? null : (
        <div className="gate-error">
          <ErrorCard failure={feed.failure} quiet />
        </div>
      )}
      {children(feed.value)}
    </>
  );
};
