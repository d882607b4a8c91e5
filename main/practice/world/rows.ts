import type { JsonValue } from '../../../shared/base/json.ts';
import { dateOf, stamp, type Row } from './bulk.ts';
import { slotStart, type DomainPlan, type Plan, type PlannedTable } from './plan.ts';
import type { Random } from './random.ts';

const rounded = (value: number): number => Math.round(value * 100) / 100;

/** A plausible value for a column, by its name and type. */
const value = (name: string, type: string, at: number, random: Random): JsonValue => {
  if (type === 'timestamp') return stamp(at - random.integer(0, 900_000));
  if (type === 'date') return dateOf(at);
  if (type === 'int' || type === 'bigint') return name === 'quantity' ? random.integer(1, 6) : random.integer(20, 900);
  if (type === 'double') {
    if (/share|uplift|discount/.test(name)) return rounded(random.between(0.05, 0.4));
    if (/temperature/.test(name)) return rounded(random.between(14, 33));
    if (/weight/.test(name)) return rounded(random.between(0.4, 12));
    if (/price/.test(name)) return rounded(random.between(2, 60));
    return rounded(random.between(80, 4_000));
  }
  if (name === 'sku') return `SKU-${random.integer(100, 199)}`;
  if (name === 'country') return random.pick(['DE', 'FR', 'ES', 'PL', 'AE', 'ZA']);
  if (name === 'region') return random.pick(['north', 'south', 'iberia', 'gulf', 'benelux']);
  if (name === 'currency') return 'EUR';
  if (name === 'depot') return `D${random.integer(1, 12)}`;
  if (name === 'store_id') return `ST${random.integer(10, 40)}`;
  if (name === 'carrier_id') return `C${random.integer(1, 9)}`;
  return `${name.slice(0, 2).toUpperCase()}${random.digits(8)}`;
};

/** How far the cause moves a number downstream. */
export const bent = (domain: DomainPlan, normal: number, column: string): number => {
  const cause = domain.fault?.cause;
  if (cause === 'units changed') return rounded(normal * (column === 'prediction' ? 60 : 100));
  return column === 'prediction' ? rounded(normal * 0.18) : 0;
};

/** Is this table and column downstream of what broke, and in a slot after it broke? */
const suffers = (domain: DomainPlan, table: PlannedTable, column: string, slot: number): boolean => {
  const { fault, template } = domain;
  if (fault === null || slot > fault.slot) return false;
  const { weak } = template;
  const role = table.template.role;
  return (
    (role === weak.silver && column === weak.silverColumn) ||
    (role === weak.feature && column === weak.featureColumn) ||
    (role === template.scores && (column === weak.featureColumn || column === 'prediction')) ||
    (table.template.from.includes(template.scores) && column === 'forecast')
  );
};

/** Rows that one round writes into a table. */
export const roundRows = (
  plan: Plan,
  domain: DomainPlan,
  table: PlannedTable,
  slot: number,
  random: Random,
  at = slotStart(plan, slot),
): readonly Row[] => {
  const { fault, template } = domain;
  const count = table.template.layer === 'bronze' ? 6 : table.template.layer === 'gold' ? 3 : 5;
  const changed = fault !== null && slot <= fault.slot && table.template.role === template.weak.bronze;
  return Array.from({ length: count }, () => {
    const row: Record<string, JsonValue> = {};
    for (const c of table.columns) {
      const normal = c.name === 'model_version' ? String(domain.model.aliasMove.to) : value(c.name, c.type, at, random);
      const weak = changed && c.name === template.weak.column;
      if (weak && fault.cause === 'column renamed') row[fault.newName] = normal;
      else if (weak && fault.cause === 'units changed') row[c.name] = Math.round(Number(normal) * 100);
      else if (weak) continue;
      else if (suffers(domain, table, c.name, slot))
        row[c.name] =
          table.template.role === template.weak.silver && fault?.cause !== 'units changed'
            ? null
            : bent(domain, Number(normal), c.name);
      else row[c.name] = normal;
    }
    return row;
  });
};
