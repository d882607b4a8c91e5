import { isJsonObject } from '../../shared/base/json.ts';
import { ok } from '../../shared/base/result.ts';
import type { Store } from '../store/port.ts';
import { getSetting, setSetting } from '../store/settings.ts';

const key = 'connection.users';

/** The name under which each host knew the person who signed in last. It is shown, and nothing depends on it. */
export type SignedInUsers = {
  readonly of: (host: string) => string | null;
  readonly learn: (host: string, user: string | null) => void;
};

export const signedInUsers = (store: Store): SignedInUsers => {
  const all = () => {
    const found = getSetting(store.read, key);
    return isJsonObject(found) ? found : {};
  };
  return {
    of: (host) => {
      const found = all();
      const user = Object.hasOwn(found, host) ? found[host] : undefined;
      return typeof user === 'string' ? user : null;
    },
    learn: (host, user) => {
      const { [host]: _, ...others } = all();
      store.transaction((db) => {
        setSetting(db, key, user === null ? others : { ...others, [host]: user });
        return ok(null);
      });
    },
  };
};
