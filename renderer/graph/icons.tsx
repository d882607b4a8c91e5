import {
  Boxes, ChartColumn, Cog, Database, EyeOff, FileText, Layers, type LucideIcon, Notebook, Package, RadioTower, Server, Sigma, Table2, View, Waypoints,
} from 'lucide-react'; // prettier-ignore

const icons: Readonly<Record<string, LucideIcon>> = {
  table: Table2,
  view: View,
  column: Table2,
  volume: FileText,
  job: Cog,
  task: Cog,
  pipeline: Waypoints,
  notebook: Notebook,
  query: Database,
  dashboard: ChartColumn,
  'feature-table': Sigma,
  model: Package,
  'model-version': Package,
  endpoint: RadioTower,
  cluster: Server,
  warehouse: Layers,
  hidden: EyeOff,
};

/** The picture of a kind of asset; a kind that this build does not know gets a plain one. */
export const KindIcon = ({ kind, size = 14 }: { readonly kind: string; readonly size?: number }) => {
  const Icon = icons[kind] ?? Boxes;
  return <Icon size={size} strokeWidth={1.75} aria-hidden="true" />;
};
