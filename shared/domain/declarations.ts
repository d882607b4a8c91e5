import { assetId, type AssetId } from './ids.ts';

/** The asset that a declared thing outside Databricks is: its id is the hash of the event that declared it. */
export const declaredAsset = (hash: string): AssetId => assetId('external', 'external', `declared/${hash}`);
