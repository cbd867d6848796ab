import { describe } from 'vitest';
import type { Site } from '../support/site.js';
import { describeBounds } from './queue-bounds.js';
import { describeBus } from './bus-fan-out.js';
import { describePatterns } from './bus-patterns.js';
import { describeCancel } from './queue-cancel.js';
import { describeCompeting } from './queue-competing.js';
import { describeDeadLetters } from './queue-dead-letter.js';
import { describeDurableEvents } from './events-durable.js';
import { describeDurableBounds } from './events-bounds.js';
import { describeDurableLog } from './events-log.js';
import { describeDedupe } from './queue-dedupe.js';
import { describeDelay } from './queue-delay.js';
import { describeDelivery } from './queue-delivery.js';
import { describeFeatures } from './features.js';
import { describeInspector } from './inspector.js';
import { describePause } from './queue-pause.js';
import { describePauseMember } from './queue-pause-member.js';
import { describeBacklog } from './inspector-backlog.js';
import { describeBrowsing } from './inspector-messages.js';
import { describeKeys } from './queue-keys.js';
import { describeKeyScopes } from './queue-key-scopes.js';
import { describeKeyWorkers } from './queue-key-workers.js';
import { describeLanes } from './queue-lanes.js';
import { describeLifecycle } from './lifecycle.js';
import { describeMembers } from './queue-members.js';
import { describeNames } from './queue-names.js';
import { describeReader } from './queue-reader.js';
import { describeRecovery } from './queue-recovery.js';
import { describeRequests } from './queue-requests.js';
import { describeRequestsAgain } from './queue-requests-again.js';
import { describeRetry } from './queue-retry.js';
import { describeRoutingTurns } from './queue-routing-turns.js';
import { describeRoutingLoad } from './queue-routing-load.js';
import { describeRoutingKeys } from './queue-routing-keys.js';
import { describeRoutingLocal } from './queue-routing-local.js';
import { describeRoutingScopes } from './queue-routing-scopes.js';
import { describeRoutingWeights } from './queue-routing-weights.js';
import { describeRoutingForward } from './queue-routing-forward.js';
import { describeRoutingMany } from './queue-routing-many.js';
import { describeRoutingStats } from './queue-routing-stats.js';
import { describeTakeOverOverdue, describeTakeOverShare } from './queue-routing-take-over.js';
import { Scene } from './scene.js';

const SUBJECTS = {
  messages: [
    describeDelivery,
    describeReader,
    describeCompeting,
    describeKeys,
    describeKeyScopes,
    describeKeyWorkers,
    describeRetry,
    describeDeadLetters,
    describeDelay,
    describeDedupe,
    describeBounds,
    describeNames,
    describeCancel,
    describeRequests,
    describeRequestsAgain,
    describeBus,
    describePatterns,
    describeDurableEvents,
    describeDurableLog,
    describeDurableBounds,
    describeInspector,
    describeBacklog,
    describeBrowsing,
    describePause,
    describePauseMember,
    describeFeatures,
    describeLifecycle,
  ],
  routing: [
    describeLanes,
    describeRoutingTurns,
    describeRoutingLoad,
    describeRoutingKeys,
    describeRoutingLocal,
    describeRoutingScopes,
    describeRoutingWeights,
    describeRoutingForward,
    describeRoutingMany,
    describeRoutingStats,
    describeTakeOverShare,
    describeTakeOverOverdue,
    describeMembers,
    describeRecovery,
  ],
};

/**
 * The contract of a backend. Whoever writes an adapter runs this against it.
 * @param create a new, empty state for one test
 * @param parts of the contract; default: all of it
 */
export function describeBackend(
  name: string,
  create: () => Promise<Site>,
  parts: readonly (keyof typeof SUBJECTS)[] = ['messages', 'routing'],
): void {
  describe(name, () => {
    for (const subject of parts.flatMap((part) => SUBJECTS[part])) {
      subject((options) => Scene.open(create, options));
    }
  });
}
