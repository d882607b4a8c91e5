import { expect, test } from 'vitest';
import { allChecks } from './suite.ts';
import { notFoundInSources, toVerify } from './to-verify.ts';

const onWorkspace = new Set(allChecks.filter((one) => one.lacking?.workspace === undefined).map((one) => one.id));

test('every fact to be verified in a workspace has a check that runs there', () => {
  expect(toVerify.filter((one) => one.checks.length === 0).map((one) => one.fact)).toEqual([]);
  const named = [...toVerify, ...notFoundInSources].flatMap((one) => one.checks);
  expect(named.filter((id) => !onWorkspace.has(id))).toEqual([]);
});

test('the thirteen points of sync.md 6 are all there, and what no check can settle says why', () => {
  const points = toVerify.flatMap(({ fact }) => /^sync\.md 6\.(\d+)$/.exec(fact)?.[1] ?? []).map(Number);
  expect(points).toEqual(Array.from({ length: 13 }, (_, i) => i + 1));
  const unsettled = notFoundInSources.filter((one) => one.checks.length === 0);
  expect(unsettled.filter((one) => (one.left ?? '').length < 20)).toEqual([]);
});

test('names of checks are unique, and what only a workspace can answer is in the list of what it must answer', () => {
  const ids = allChecks.map((one) => one.id);
  expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
  const listed = new Set([...toVerify, ...notFoundInSources].flatMap((one) => one.checks));
  const only = allChecks.filter(({ lacking }) => lacking?.practice !== undefined && lacking.workspace === undefined);
  expect(only.map((one) => one.id).filter((id) => !listed.has(id) && id !== 'live.retention')).toEqual([]);
});
