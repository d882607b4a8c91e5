export const lazy = () => import('@databricks/sql');
