import { batching } from './chapters/batching.ts';
import { event } from './chapters/event.ts';
import { failuresChapter } from './chapters/failures.ts';
import { givingUp } from './chapters/giving-up.ts';
import { groups } from './chapters/groups.ts';
import type { Chapter } from './rule.ts';

/** Every rule there is, in the order of the document. */
export const chapters: readonly Chapter[] = [event, batching, groups, failuresChapter, givingUp];
