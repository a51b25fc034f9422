/**
 * What happens on a log, in one shape, whoever tells it: a plain Kafka client, or the local cloud of its own mappings. Lines of
 * these, one JSON document each, are what a picture of the log is drawn from (frame.ts).
 *
 * Kafka's words throughout (https://kafka.apache.org/documentation/#intro_concepts_and_terms). Times are epoch milliseconds by the
 * clock of whoever tells it, so that they may cross by little; offsets are numbers, since nothing here comes near 2^53 records.
 */
import * as z from 'zod';

const Place = { topic: z.string(), partition: z.int(), offset: z.int() };
/** Milliseconds that the producer waited to be told. */
const Waited = { waited: z.number().optional() };
const Member = { group: z.string(), member: z.string() };

/** What a group does with a record; the last one said counts. */
const Fate = z.enum([
  /** It has been handed to a member, which hasn't said more yet. */
  'delivered',
  /** Handling failed, or was given up in the middle: it will be handed out again. */
  'retried',
  /** Handled: its effect is there. */
  'done',
  /** Handled before: recognised, and nothing done. */
  'duplicate',
  /** Set aside, so that those behind it can go on. */
  'dead-letter',
]);

export const LogEvent = z.discriminatedUnion('type', [
  /** A topic is there, with partitions 0 to `partitions` - 1; said again where it has got more. */
  z.object({ type: z.literal('topic'), at: z.number(), topic: z.string(), partitions: z.int() }),
  /** A record lies on the log, as its producer was told, or as whoever reads it sees. */
  z.object({
    type: z.literal('appended'),
    at: z.number(),
    ...Place,
    key: z.string().nullable(),
    /** The value where a person should read it. */
    text: z.string().optional(),
    ...Waited,
  }),
  /** A producer was refused, got no answer, or asked for none: whether the record lies on the log it can't know. */
  z.object({
    type: z.literal('not-acknowledged'),
    at: z.number(),
    topic: z.string(),
    key: z.string().nullable(),
    /**
     * Kafka's name of the error, e.g. `NOT_ENOUGH_REPLICAS`; `NOT_ASKED` with acks 0; or `LOST` where it was acknowledged, and is there
     * no more.
     */
    code: z.string(),
    ...Waited,
  }),
  /** The log begins here now: what lay before it is gone by retention, or is deleted. */
  z.object({ type: z.literal('log-start'), at: z.number(), ...Place }),
  /** The log ends here now, before where it ended: a new leader hasn't got the rest. Or compaction left holes: `kept`. */
  z.object({
    type: z.literal('log-end'),
    at: z.number(),
    ...Place,
    /** The offsets that are left, where not all before the end are. */
    kept: z.array(z.int()).optional(),
  }),
  /** A member's partitions, all of them, since a rebalance. */
  z.object({
    type: z.literal('assigned'),
    at: z.number(),
    ...Member,
    topic: z.string(),
    partitions: z.array(z.int()),
  }),
  /** A member is gone: it has left, or was killed, which its group notices by its silence alone. */
  z.object({ type: z.literal('left'), at: z.number(), ...Member, how: z.enum(['left', 'killed']) }),
  /** What a group does with a record. */
  z.object({
    type: z.literal('fate'),
    at: z.number(),
    ...Member,
    ...Place,
    fate: Fate,
    key: z.string().nullable().optional(),
    text: z.string().optional(),
  }),
  /** The offset that a group reads next after a restart; lower than before after a rewind. */
  z.object({ type: z.literal('committed'), at: z.number(), group: z.string(), ...Place }),
  /** What a broker does. */
  z.object({
    type: z.literal('broker'),
    at: z.number(),
    broker: z.int(),
    state: z.enum(['up', 'frozen', 'down']),
  }),
  /** Who leads a partition, and which replicas are in sync with it. */
  z.object({
    type: z.literal('leader'),
    at: z.number(),
    topic: z.string(),
    partition: z.int(),
    leader: z.int().nullable(),
    inSync: z.array(z.int()),
  }),
  /** What is done now, in a sentence for whoever watches. */
  z.object({ type: z.literal('step'), at: z.number(), text: z.string() }),
]);

/** One thing that happened. */
export type LogEvent = z.infer<typeof LogEvent>;

/** What happened, before it has a time. */
export type Untimed<E = LogEvent> = E extends LogEvent ? Omit<E, 'at'> : never;
