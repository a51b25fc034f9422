/** What one does to the topic and its groups from outside: make, look, forget. */
import { relative } from 'node:path';
import kafkajs, { type Admin, type SeekEntry } from 'kafkajs';
import { type Terminal, table } from '../../local/cli/terminal.ts';
import { toRun } from '../../local/command-line.ts';
import { askBroker } from '../../local/kafka/admin.ts';
import { kafkaClient } from '../../local/kafka/client.ts';
import { LabError } from '../errors.ts';
import { brokerOf, findBroker, type LabBroker, removeOwnBroker } from './broker.ts';

interface Options {
  readonly json: boolean;
}

const PARTITIONS = 3;

function ask<T>({ brokers }: LabBroker, question: (admin: Admin) => Promise<T>): Promise<T> {
  return askBroker(kafkaClient({ bootstrapServers: brokers, clientId: 'lab' }), question);
}

/** First and next offset of each partition of a topic that is there, and undefined for one that isn't. */
function offsetsOf(broker: LabBroker, topic: string) {
  return ask(broker, async (admin) => {
    if (!(await admin.listTopics()).includes(topic)) return undefined;
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets.toSorted((one, other) => one.partition - other.partition);
  });
}

/**
 * The offsets of the lab's topic.
 *
 * @throws {LabError} `TOPIC_NOT_FOUND`, with how it is made
 */
export async function requireTopic(broker: LabBroker) {
  const offsets = await offsetsOf(broker, broker.topic);
  if (offsets !== undefined) return offsets;
  throw new LabError('TOPIC_NOT_FOUND', `There is no topic ${broker.topic} at ${broker.called}.`, {
    remedy: [`Make it: ${toRun('lab setup')}`],
  });
}

/** `lab setup`. */
export async function setup(projectDir: string, { json }: Options, terminal: Terminal): Promise<void> {
  const broker = await brokerOf(projectDir, terminal.progress);
  const { topic } = broker;
  const there = await offsetsOf(broker, topic);
  if (there === undefined) {
    const wanted = { topic, numPartitions: PARTITIONS };
    await ask(broker, (admin) => admin.createTopics({ topics: [wanted], waitForLeaders: false }));
  }
  // Made, it may still be unknown to those who are asked for it.
  const made = there ?? (await ask(broker, (admin) => admin.fetchTopicOffsets(topic)));
  if (json) {
    terminal.out(JSON.stringify({ topic, partitions: made.length, made: there === undefined }));
    return;
  }
  const isThere = there === undefined ? 'is made' : 'is there already';
  const held = made.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
  terminal.out(
    `${topic} ${isThere}, with ${made.length} partitions and ${held} records, at ${broker.called}`,
  );
}

/** `lab topics`. */
export async function topics(projectDir: string, { json }: Options, terminal: Terminal): Promise<void> {
  const broker = await brokerOf(projectDir, terminal.progress);
  const rows = (await requireTopic(broker)).map(({ partition, low, high }) => ({
    topic: broker.topic,
    partition,
    first: Number(low),
    next: Number(high),
  }));
  if (json) terminal.out(JSON.stringify(rows));
  else
    terminal.out(
      table([
        ['partition', 'first', 'next', 'records'],
        ...rows.map(({ topic, partition, first, next }) => [
          `${topic}-${partition}`,
          first,
          next,
          next - first,
        ]),
      ]),
    );
}

/** `lab groups`. */
export async function groups(projectDir: string, { json }: Options, terminal: Terminal): Promise<void> {
  const broker = await brokerOf(projectDir, terminal.progress);
  const found = await groupsOf(broker);
  if (json) terminal.out(JSON.stringify(found));
  else if (found.length === 0) terminal.out('  there is no group yet');
  else terminal.out(table([['group', 'state', 'member', 'reads'], ...found.flatMap(memberRows)]));
}

function memberRows({ group, state, members }: LabGroup): string[][] {
  if (members.length === 0) return [[group, state, '–', '–']];
  return members.map(({ member, partitions }, at) => [
    at === 0 ? group : '',
    at === 0 ? state : '',
    member,
    partitions.length === 0 ? 'no partition' : partitions.join(', '),
  ]);
}

/** `lab offsets`. */
export async function offsets(projectDir: string, { json }: Options, terminal: Terminal): Promise<void> {
  const broker = await brokerOf(projectDir, terminal.progress);
  const ends = await requireTopic(broker);
  const rows = [];
  for (const { group } of await groupsOf(broker)) {
    const committed = new Map(
      (await committedOf(broker, group)).map(({ partition, offset }) => [partition, Number(offset)]),
    );
    for (const { partition, high } of ends) {
      const offset = committed.get(partition) ?? -1;
      const next = offset < 0 ? null : offset;
      rows.push({ group, topic: broker.topic, partition, committed: next, end: Number(high) });
    }
  }
  if (json) terminal.out(JSON.stringify(rows));
  else if (rows.length === 0) terminal.out('  there is no group yet');
  else
    terminal.out(
      table([
        ['group', 'partition', 'committed', 'end', 'lag'],
        ...rows.map(({ group, topic, partition, committed, end }) => [
          group,
          `${topic}-${partition}`,
          committed ?? '–',
          end,
          committed === null ? '–' : end - committed,
        ]),
      ]),
    );
}

/** What a group has committed of the lab's topic; -1 where that is nothing. */
export async function committedOf(broker: LabBroker, group: string): Promise<readonly SeekEntry[]> {
  const [found] = await ask(broker, (admin) =>
    admin.fetchOffsets({ groupId: group, topics: [broker.topic] }),
  );
  return found?.partitions ?? [];
}

interface LabGroup {
  readonly group: string;
  readonly state: string;
  readonly members: readonly { readonly member: string; readonly partitions: readonly number[] }[];
}

/** The lab's groups and their members, by name. */
function groupsOf(broker: LabBroker): Promise<LabGroup[]> {
  return ask(broker, async (admin) => {
    const listed = (await admin.listGroups()).groups.map(({ groupId }) => groupId);
    const ours = listed.filter((group) => broker.group(group) === group).toSorted();
    if (ours.length === 0) return [];
    const described = (await admin.describeGroups(ours)).groups;
    return described
      .map(({ groupId, state, members }) => ({
        group: groupId,
        state,
        members: members
          .map(({ clientId, memberAssignment }) => ({
            member: clientId,
            partitions: assigned(memberAssignment)[broker.topic] ?? [],
          }))
          .toSorted((one, other) => one.member.localeCompare(other.member)),
      }))
      .toSorted((one, other) => one.group.localeCompare(other.group));
  });
}

/** A member that is only joining has nothing assigned. */
function assigned(assignment: Buffer): Readonly<Record<string, number[]>> {
  if (assignment.length === 0) return {};
  return kafkajs.AssignerProtocol.MemberAssignment.decode(assignment)?.assignment ?? {};
}

/** `lab reset`. */
export async function reset(projectDir: string, { json }: Options, terminal: Terminal): Promise<void> {
  const broker = await findBroker(projectDir);
  const deleted = broker === undefined ? [] : await forget(broker);
  const removed = broker?.own === true ? undefined : await removeOwnBroker(projectDir, terminal.progress);
  if (json) {
    terminal.out(JSON.stringify({ deleted, removed: removed ?? null }));
    return;
  }
  if (deleted.length > 0) terminal.out(`deleted at ${broker?.called}: ${deleted.join(', ')}`);
  if (removed !== undefined) terminal.out(`removed ${relative(projectDir, removed)}`);
  if (deleted.length === 0 && removed === undefined)
    terminal.out(
      broker === undefined
        ? 'no broker runs, and none has kept anything here'
        : `nothing of the lab is at ${broker.called}`,
    );
}

/** Deletes the lab's topic and groups, and says which there were. */
async function forget(broker: LabBroker): Promise<string[]> {
  const found = await groupsOf(broker);
  const busy = found.filter(({ members }) => members.length > 0);
  if (busy.length > 0) {
    const named = busy.map(
      ({ group, members }) => `${group} (${members.map(({ member }) => member).join(', ')})`,
    );
    throw new LabError(
      'GROUP_IN_USE',
      `There are consumers still: ${named.join('; ')}. Nothing was deleted.`,
      {
        remedy: ['End them first, with Ctrl-C. One that was killed is forgotten within 6 s.'],
        retriable: true,
      },
    );
  }
  const names = found.map(({ group }) => group);
  const { topic } = broker;
  const isThere = await ask(broker, async (admin) => (await admin.listTopics()).includes(topic));
  await ask(broker, async (admin) => {
    // It is done again as a whole where the broker is just coming up: what is gone by then is no error.
    const left = new Set((await admin.listGroups()).groups.map(({ groupId }) => groupId));
    const there = names.filter((name) => left.has(name));
    if (there.length > 0) await admin.deleteGroups(there);
    if ((await admin.listTopics()).includes(topic)) await admin.deleteTopics({ topics: [topic] });
  });
  return [...(isThere ? [`topic ${topic}`] : []), ...names.map((name) => `group ${name}`)];
}
