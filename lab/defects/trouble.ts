import type { Defect } from './all.ts';

export const trouble: readonly Defect[] = [];
