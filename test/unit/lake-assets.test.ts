import { describe, expect, it } from 'vitest';
import { carrier, externalAsset, modelVersionAsset, plainLabel, workspaceAsset } from '../../main/lake/assets.ts';

describe('ids of assets', () => {
  it('objects of a workspace carry its id, those of Unity Catalog the metastore in lower case', () => {
    expect(workspaceAsset('pipeline', '7', 'a|b/C')).toBe('pipeline|7|a|b/C');
    expect(modelVersionAsset('MS', 'Main.Models.Price', '3')).toBe('model-version|ms|main.models.price/3');
    expect(externalAsset('sap')).toBe('external|external|sap');
  });
  it('a version stands for its model, everything of a workspace for itself', () => {
    expect(carrier(modelVersionAsset('ms', 'a.b.c', '9007199254740993'))).toBe('model|ms|a.b.c');
    expect(carrier(workspaceAsset('warehouse', '7', 'w'))).toBe('warehouse|7|w');
    expect(plainLabel(workspaceAsset('cluster', '7', 'c')).name).toBe('cluster c');
  });
});
