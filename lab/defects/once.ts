import type { Defect } from './all.ts';

export const once: readonly Defect[] = [];
