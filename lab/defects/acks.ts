import type { Defect } from './all.ts';

export const acks: readonly Defect[] = [];
