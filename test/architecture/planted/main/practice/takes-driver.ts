import { DBSQLClient } from '@databricks/sql';
export const client = DBSQLClient;
