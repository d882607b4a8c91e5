import { join } from 'node:path';
import { openDriver } from '../../main/store/sqlite.ts';

/** What a question finds in the database of a profile, through a connection of its own beside the program's. */
export const rowsIn = (home: string, text: string): readonly Record<string, unknown>[] => {
  const driver = openDriver(join(home, 'profiles', 'default', 'breakwater.db'), { mustExist: true });
  try {
    return driver.prepare(text).all([]) as readonly Record<string, unknown>[];
  } finally {
    driver.close();
  }
};
