import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, type Node } from 'yaml';
import { failure, type Failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { Effect, Scenario } from './scenario-shape.ts';
import { effectFields, kinds } from './scenario-shape.ts';

/** Scenarios that a drill plays, by the name that people type; told by hand, so they are no files. Light: loads no lakehouse. */
export const drills: Readonly<Record<string, string>> = {
  'summer-trading':
    'A schema change in a bronze table breaks a feature table, a daily job fails, a model drifts, revenue forecasts go wrong.',
};

export type ScenarioFailure = Failure<'scenario-not-read'>;
const notRead = (file: string, detail: string): ScenarioFailure =>
  failure(
    'scenario-not-read',
    `The scenario ${file} cannot be used: ${detail}.`,
    'Nothing was started or changed.',
    'Correct the file, or choose another scenario (breakwater practice --list-scenarios).',
  );

type Value = Effect[string][string];
const isKind = (value: string): value is Scenario['kind'] => (kinds as readonly string[]).includes(value);

/**
 * Read one scenario. `file` names it in what is said. Errors name the file, the line and the field: an unknown or missing field,
 * a value of the wrong kind, an effect that does not exist.
 */
export const readScenario = (file: string, text: string): Result<Scenario, ScenarioFailure> => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [syntax] = document.errors;
  if (syntax !== undefined) return err(notRead(file, `line ${lines.linePos(syntax.pos[0]).line}: ${syntax.message.split('\n')[0] ?? ''}`));
  class Wrong extends Error {}
  const wrong = (node: Node | null | undefined, field: string, what: string): Wrong =>
    new Wrong(`line ${node?.range == null ? 1 : lines.linePos(node.range[0]).line}: field '${field}' ${what}`);
  /** The pairs of a map, each key allowed. */
  const pairs = (node: unknown, field: string, allowed: readonly string[]): Map<string, Node> => {
    if (!isMap(node)) throw wrong(node as Node | null, field, 'must be a group of fields');
    return new Map(
      node.items.map((pair) => {
        const key = isPair(pair) && isScalar(pair.key) ? String(pair.key.value) : '?';
        if (!allowed.includes(key)) throw wrong(pair.key as Node, key, `is not known here; there are: ${allowed.join(', ')}`);
        return [key, pair.value as Node];
      }),
    );
  };
  const plain = (node: Node | undefined, field: string, type: string, parent: Node): Value => {
    if (node === undefined) throw wrong(parent, field, 'is missing');
    const value: unknown = isScalar(node) ? node.value : undefined;
    if ((type === 'text' && typeof value === 'string') || (type === 'number' && typeof value === 'number') || (type === 'yes' && value === true)) return value;
    throw wrong(node, field, `must be ${type === 'yes' ? 'true' : `a ${type}`}`);
  };
  const effects = (node: Node | undefined, field: string): readonly Effect[] => {
    if (node === undefined) return [];
    if (!isSeq(node)) throw wrong(node, field, 'must be a list');
    return node.items.map((item): Effect => {
      const [[name, body] = ['', undefined]] = pairs(item, field, Object.keys(effectFields));
      const fields = effectFields[name] ?? {};
      const given = pairs(body, name, Object.keys(fields));
      const read = Object.entries(fields).flatMap(([key, type]) => {
        const optional = type.endsWith('?');
        const found = given.get(key);
        return optional && found === undefined ? [] : [[key, plain(found, `${name}.${key}`, optional ? type.slice(0, -1) : type, item as Node)] as const];
      });
      return { [name]: Object.fromEntries(read) };
    });
  };
  try {
    const root = document.contents as Node;
    const top = pairs(root, 'the file', ['name', 'title', 'kind', 'onset', 'place', 'cause', 'follows', 'red-herrings']);
    const string = (key: string): string => String(plain(top.get(key), key, 'text', root));
    const [name, title, kind] = [string('name'), string('title'), string('kind')];
    if (!isKind(kind)) throw wrong(top.get('kind'), 'kind', `must be one of: ${kinds.join(', ')}`);
    const onset = pairs(top.get('onset'), 'onset', ['hours-ago']);
    const hours = Number(plain(onset.get('hours-ago'), 'onset.hours-ago', 'number', root));
    if (!(hours >= 4 && hours <= 240)) throw wrong(onset.get('hours-ago'), 'onset.hours-ago', 'must be from 4 to 240');
    const place = pairs(top.get('place'), 'place', ['area']);
    const cause = effects(top.get('cause'), 'cause');
    if (cause.length === 0) throw wrong(root, 'cause', 'is missing');
    return ok({
      name, title, kind, hoursAgo: hours,
      area: String(plain(place.get('area'), 'place.area', 'text', root)),
      cause, follows: effects(top.get('follows'), 'follows'), redHerrings: effects(top.get('red-herrings'), 'red-herrings'),
    });
  } catch (thrown) {
    if (thrown instanceof Wrong) return err(notRead(file, thrown.message));
    throw thrown;
  }
}; // prettier-ignore

/** Every scenario of a folder by name, or what is wrong with its file. */
export const listScenarios = (folder: string): readonly { readonly name: string; readonly file: string; readonly read: Result<Scenario, ScenarioFailure> }[] =>
  (existsSync(folder) ? readdirSync(folder) : [])
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => ({ name: file.slice(0, -5), file: join(folder, file), read: readScenario(file, readFileSync(join(folder, file), 'utf8')) })); // prettier-ignore
