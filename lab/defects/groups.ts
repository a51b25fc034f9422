import type { Defect } from './all.ts';

export const groups: readonly Defect[] = [];
