import cytoscape from 'cytoscape';
export const graph = cytoscape;
