import { ok, type Result } from '../../../shared/base/result.ts';
import { isJsonObject, type JsonObject } from '../../../shared/base/json.ts';
import type { Instant } from '../../../shared/base/time.ts';
import type { DatabricksFailure } from '../../databricks/port.ts';
import { factId, modelAsset, tableAsset } from '../assets.ts';
import { callsOnly, type CollectContext, type CollectedFact, type Collector } from '../collector.ts';
import { cursorObject, ownOf } from '../cursor.ts';
import type { LakeEdge, LakeFact } from '../port.ts';
import { getOne, idText, instant, listAll, listPages, object, objects, text } from '../rest-read.ts';
import { later } from '../rows.ts';
import { scoped } from '../scope-filter.ts';
import { settingsFact } from '../state-source.ts';
import { lastName, nextTurn, someOf } from '../turns.ts';

const source = 'rest.unity-catalog.models';
const base = '/api/2.1/unity-catalog/models';
/** Models looked at closely per pull; more of them take turns, beside those that changed last. */
const maxModels = 60;
const newest = 30;

const versionFact = (version: JsonObject, full: string, context: CollectContext): LakeFact | null => {
  const [number, at] = [version['version'], instant(version['created_at'])];
  if ((typeof number !== 'number' && typeof number !== 'string') || at === null) return null;
  const name = full.split('.').at(-1) ?? full;
  return {
    id: factId('model-version', context.metastoreId, `${full.toLowerCase()}/${String(number)}`),
    kind: 'model-version',
    source,
    workspace: context.workspaceId,
    happenedAt: at,
    observedAt: context.observedAt,
    completeTo: null,
    assets: [modelAsset(context.metastoreId, full)],
    title: `Version ${String(number)} of model ${name} was registered`,
    data: {
      model: full.toLowerCase(), version: String(number), status: text(version['status']), by: text(version['created_by']),
      run: text(version['run_id']), runWorkspace: idText(version['run_workspace_id']), comment: null,
    }, // prettier-ignore
  };
};

/** Tables that a model version was made from, where the registry knows them (feature tables). */
const dependencyEdges = (version: JsonObject, full: string, context: CollectContext): readonly LakeEdge[] => {
  const at = instant(version['created_at']) ?? context.observedAt;
  const dependencies = objects(object(version['model_version_dependencies'])['dependencies']);
  return dependencies.flatMap((one): LakeEdge[] => {
    const table = text(object(one['table'])['table_full_name']);
    return table === null
      ? []
      : [
          {
            from: tableAsset(context.metastoreId, table),
            to: modelAsset(context.metastoreId, full),
            source,
            via: null,
            firstSeen: at,
            lastSeen: context.observedAt,
          },
        ];
  });
};

type Aliases = Readonly<Record<string, Readonly<Record<string, string>>>>;
const readAliases = (cursor: string | null): Aliases =>
  Object.fromEntries(
    Object.entries(cursorObject(cursor)).flatMap(([model, all]) =>
      model !== '' && isJsonObject(all)
        ? [
            [
              model,
              Object.fromEntries(
                Object.entries(all).flatMap(([alias, to]) => (typeof to === 'string' ? [[alias, to]] : [])),
              ),
            ],
          ]
        : [],
    ),
  );

/** Under which name the cursor holds when a model was looked at last: no alias has an empty name. */
const lookedAt = '';

type Moved = {
  readonly from: string | null;
  readonly to: string | null;
  readonly since: Instant | null;
  /** When the model changed last: the same for everybody who looks, whenever that is. */
  readonly changedAt: Instant | null;
};
/** The background and each packed room look by themselves: one move is one fact, told by who saw it first. */
const seenFirst = (old: LakeFact, next: LakeFact): LakeFact => (old.happenedAt <= next.happenedAt ? old : next);

/**
 * An alias that points elsewhere than at the last look, or nowhere now (`to` null). It moved between the two looks: nothing that REST
 * says is documented to tell when, nor who. Both are known from the audit log, where that can be read.
 */
const moveFact = (
  full: string,
  alias: string,
  { from, to, since, changedAt }: Moved,
  context: CollectContext,
): LakeFact => {
  const at = context.observedAt;
  const model = full.split('.').at(-1) ?? full;
  const moved =
    to === null
      ? `was removed${from === null ? '' : `; it pointed to version ${from}`}`
      : `points to version ${to}${from === null ? '' : ` instead of ${from}`}`;
  return {
    id: factId(
      'alias-move',
      context.metastoreId,
      `${full.toLowerCase()}@${alias}/${from ?? ''}/${to ?? ''}/${changedAt ?? at}`,
    ),
    kind: 'alias-move',
    source,
    workspace: context.workspaceId,
    happenedAt: at,
    observedAt: at,
    completeTo: null,
    assets: [modelAsset(context.metastoreId, full)],
    title: `Alias ${alias} of model ${model} ${moved}${since === null ? '' : `, not before ${since.slice(0, 16).replace('T', ' ')} UTC`}`,
    data: { model: full.toLowerCase(), alias, from, to, by: null, seen: 'by comparison', notBefore: since },
  };
};

/** Where the aliases of a model point now: one fact, beside the one about what is served (a mismatch of the two is drawn). */
const aliasState = (full: string, now: Readonly<Record<string, string>>, context: CollectContext): CollectedFact => {
  const [model, name] = [full.toLowerCase(), full.split('.').at(-1) ?? full];
  const items = Object.entries(now).map(([alias, version]) => ({ alias, version }));
  return settingsFact(
    source,
    modelAsset(context.metastoreId, full),
    { native: `${model}/aliases`, title: `Aliases of model ${name}`, data: { what: 'aliases', model, items } },
    context,
  );
};

const paged = { max_results: '100' } as const;
/**
 * Models are listed by the page of all that there are, and those that one may not see are taken out of it: pages come empty while others
 * follow (docs: models/list). So the largest page is asked for (1,000 of a whole metastore), and many of them.
 */
const listed = { query: { max_results: '1000' }, most: 100 } as const;

/** All models, newest changes first; around a room those in its scope, by name. `whole`: none was left behind. */
const namedModels = async (
  context: CollectContext,
): Promise<
  Result<{ readonly models: readonly { readonly full: string }[]; readonly whole: boolean }, DatabricksFailure>
> => {
  if (context.lane === 'pack') return ok({ models: scoped(context, 'model').map((full) => ({ full })), whole: true });
  const models = await listPages(context, base, 'registered_models', listed);
  if (!models.ok) return models;
  const changedAt = (model: JsonObject): number => (typeof model['updated_at'] === 'number' ? model['updated_at'] : 0);
  const sorted = [...models.value.all].sort((a, b) => changedAt(b) - changedAt(a));
  const names = sorted.flatMap((model) => text(model['full_name']) ?? []);
  return ok({ models: names.map((full) => ({ full })), whole: models.value.whole });
};

/** Registered models with their versions and aliases. */
export const modelsCollector: Collector = {
  source,
  label: 'Models and their versions',
  meta: {
    when: 'watch',
    features: ['model versions and moved aliases'],
    needs: [{ kind: 'privilege', privilege: 'EXECUTE', on: 'the registered models' }],
    probe: { method: 'GET', path: '/api/2.1/unity-catalog/models', query: { max_results: '1' } },
    preview: null,
    latenessMs: null,
    retentionDays: null,
  },
  table: null,
  // A model and its versions, of which one page holds a hundred.
  estimate: (context) => Promise.resolve(ok(callsOnly(scoped(context, 'model').length * 2))),
  collect: async (context) => {
    const named = await namedModels(context);
    if (!named.ok) return named;
    const { models, whole } = named.value;
    const known = readAliases(context.cursor);
    const aliases: Record<string, Record<string, string>> = {};
    const facts: CollectedFact[] = [];
    const edges: LakeEdge[] = [];
    let completeTo: Instant | null = context.completeTo;
    let failure: DatabricksFailure | undefined;
    const how = new Map<string, string>();
    const recent = new Set(models.slice(0, newest));
    const turn = nextTurn(context, models, {
      key: ({ full }) => full,
      limit: maxModels,
      plural: 'models',
      always: (one) => recent.has(one),
    });
    for (const model of turn.each) {
      const { full } = model;
      const path = `${base}/${encodeURIComponent(full)}`;
      const versions = await listAll(context, `${path}/versions`, 'model_versions', paged);
      // Of one that does not answer nothing more is asked.
      const detail = !versions.ok ? versions : await getOne(context, path, { include_aliases: 'true' });
      if (turn.lost(model, versions.ok ? detail : versions)) continue;
      if (!versions.ok || !detail.ok) {
        failure = !versions.ok ? versions.error : !detail.ok ? detail.error : undefined;
        how.set(full, 'refused');
        continue;
      }
      for (const version of versions.value.all) {
        const fact = versionFact(version, full, context);
        if (fact === null) continue;
        completeTo = later(completeTo, fact.happenedAt);
        if (fact.happenedAt >= context.horizon) facts.push({ fact });
        edges.push(...dependencyEdges(version, full, context));
      }
      const now: Record<string, string> = {};
      for (const one of objects(detail.value['aliases'])) {
        const [alias, number] = [text(one['alias_name']), one['version_num']];
        if (alias === null || (typeof number !== 'number' && typeof number !== 'string')) continue;
        now[alias] = String(number);
      }
      const before = known[full];
      // At the first look nobody knows when they moved: only a change between two looks is a fact.
      if (before !== undefined)
        for (const alias of new Set([...Object.keys(before), ...Object.keys(now)])) {
          const [from, to] = [ownOf(before, alias) ?? null, ownOf(now, alias) ?? null];
          if (alias === lookedAt || from === to) continue;
          const since = ownOf(before, lookedAt) ?? null;
          const changedAt = instant(detail.value['updated_at']);
          facts.push({ fact: moveFact(full, alias, { from, to, since, changedAt }, context), merge: seenFirst });
        }
      how.set(full, versions.value.whole ? 'read' : 'read short');
      aliases[full] = { ...now, [lookedAt]: context.observedAt };
      facts.push(aliasState(full, now, context));
    }
    const {
      went,
      left,
      step,
      whole: isAnswered,
    } = turn.ended(how, { cursor: JSON.stringify({ ...known, ...aliases }), failure });
    const [refused, short] = [went('refused').map(lastName), went('short').map(lastName)];
    const notes = [
      ...(whole ? [] : ['Not complete: there are more models than one look goes through.']),
      ...(short.length === 0 ? [] : [`Not complete: more versions than one look goes through: ${someOf(short)}.`]),
      ...(refused.length === 0 ? [] : [`Not readable: ${someOf(refused)}.`]),
      ...(left === null ? [] : [left]),
    ];
    return ok({
      facts,
      edges,
      ...step,
      completeTo: isAnswered ? completeTo : context.completeTo,
      missingColumns: [],
      note: notes.length === 0 ? null : notes.join(' '),
      partly: !whole || short.length > 0,
    });
  },
};
