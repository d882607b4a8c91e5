import { failure, type Failure } from '../../shared/base/failure.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../shared/base/json.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { PracticeRights } from '../../shared/domain/practice-rights.ts';
import { controlPractice, type PracticeAddress } from '../practice/launch.ts';

const texts = (value: JsonValue | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];

const notAnswered: Failure = failure(
  'Offline',
  'The practice lakehouse did not answer.',
  'Its user may see what it could see before.',
  'Run the command again.',
);

/**
 * Press the button `rights` of a practice lakehouse that runs. Answers what its user may see from now on, as the control API
 * tells it; `{}` = everything. Fails with NoSuchSchema before anything is pressed: what is misspelt would switch nothing off.
 */
export const setRights = async (
  at: PracticeAddress,
  preset: PracticeRights,
  schemasOff: readonly string[],
): Promise<Result<JsonObject, Failure>> => {
  const before = await controlPractice(at, {});
  if (before === null) return err(notAnswered);
  const known = texts(before['systemSchemas']);
  const unknown = schemasOff.filter((one) => !known.includes(one));
  if (unknown.length > 0)
    return err(
      failure(
        'NoSuchSchema',
        `The practice lakehouse has no system schema ${unknown.join(', ')}.`,
        'Nothing was changed: its user may see what it could see before.',
        `There are: ${known.join(', ')}.`,
      ),
    );
  const now = await controlPractice(at, { rights: { preset, schemasOff } });
  if (now === null) return err(notAnswered);
  return ok(isJsonObject(now['rights']) ? now['rights'] : {});
};

/** Rights as the control API tells them, in a few words. */
export const rightsText = (rights: JsonObject): string => {
  const [tables, jobs, off] = [texts(rights['tables']), texts(rights['jobs']), texts(rights['schemasOff'])];
  if (rights['everything'] === false)
    return [...tables.map((one) => `SELECT on ${one}`), ...jobs.map((one) => `CAN VIEW on job ${one}`)].join(', ');
  if (off.length > 0) return `everything but the system schemas ${off.join(', ')}`;
  return rights['systemTables'] === false ? 'everything but the system tables' : 'everything';
};
