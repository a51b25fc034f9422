/** The control: the relay as it is, with a broker that is in trouble once. */
import { relayHandler } from '../../functions/relay/relay.ts';
import { portsWithTroubledBroker } from './relay-ports.ts';

export const handler = relayHandler(portsWithTroubledBroker());
