import { hasCode } from '../../base/index.ts';
import type { KafkaClient } from './port.ts';

const wantedCopies = 3;

/**
 * What about the brokers puts records at risk, in sentences for an operator; empty when all is well. What they do not show
 * (their settings are often for administrators alone) is said, too.
 */
export async function checkKafkaSafety(client: KafkaClient): Promise<readonly string[]> {
  try {
    const { brokers, settings } = await client.admin.describeBrokers();
    return [...copyWarnings(brokers, settings), ...settingWarnings(settings)];
  } catch (thrown) {
    if (hasCode(thrown, 'UNAVAILABLE')) throw thrown;
    return ['Kafka does not let us read its settings: nobody has checked how many copies of records it keeps.'];
  }
}

function copyWarnings(brokers: number, settings: Readonly<Record<string, string>>): readonly string[] {
  if (brokers < wantedCopies) {
    const count = brokers === 1 ? 'one broker' : `${brokers} brokers`;
    return [`Kafka has ${count}: when a disk breaks, records may be lost. Run three, each on a machine of its own.`];
  }
  const copies = Number(settings['default.replication.factor'] ?? 1);
  const inSync = Number(settings['min.insync.replicas'] ?? 1);
  return [
    ...(copies < wantedCopies
      ? [`New topics have ${copies} of ${wantedCopies} copies (default.replication.factor). Set it to ${wantedCopies}.`]
      : []),
    ...(inSync < 2
      ? ['A record is acknowledged when one broker has it (min.insync.replicas 1). Set min.insync.replicas 2.']
      : []),
  ];
}

function settingWarnings(settings: Readonly<Record<string, string>>): readonly string[] {
  if (settings['unclean.leader.election.enable'] !== 'true') return [];
  return [
    'A broker that has missed records may lead (unclean.leader.election.enable true): they are lost. Set it to false.',
  ];
}
