import type { Defect } from './all.ts';

export const outbox: readonly Defect[] = [];
