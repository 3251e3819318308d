// The order of the specs: the longest first, so that the workers end together.
const { default: Sequencer } = require('@jest/test-sequencer')

/** Suites that take long, the longest first. Those that mostly wait for processes come between those that work. */
const LONG = [
  'spec/docs/worker.spec.ts',
  'spec/store/kill.spec.ts',
  'spec/chaos/campaign.spec.ts',
  'spec/client/window.spec.ts',
  'spec/browser/demo.spec.ts',
  'spec/browser/demo-page.spec.ts',
  'spec/chaos/virtual.spec.ts',
  'spec/runtimes/react-native.spec.ts',
  'spec/cli/data.spec.ts',
  'spec/store/crash.spec.ts',
  'spec/cli/tail.spec.ts',
  'spec/runtimes/engines.spec.ts',
  'spec/client/storing.spec.ts',
  'spec/cli/send.spec.ts',
  'spec/package/types.spec.ts',
  'spec/client/lives.spec.ts',
  'spec/browser/stores.spec.ts',
  'spec/cli/arguments.spec.ts',
  'spec/node/files/crash.spec.ts',
  'spec/testing/runners.spec.ts',
  'spec/testing/herd.spec.ts',
  'spec/siege/siege.spec.ts',
  'spec/problems/p10-herd.spec.ts',
  'spec/package/modules.spec.ts',
  'spec/docs/docs.spec.ts',
  'spec/setup/comments.spec.ts',
  'spec/docs/architecture.spec.ts',
  'spec/client/consumers.spec.ts',
  'spec/node/files/suite.spec.ts',
  'spec/server/history.spec.ts',
  'spec/cli/serve.spec.ts',
  'spec/node/files/journal.spec.ts',
  'spec/docs/testing.spec.ts',
  'spec/client/secret.spec.ts',
  'spec/connection/walk.spec.ts',
  'spec/chaos/checker.spec.ts',
  'spec/rooms/log.spec.ts',
  'spec/outbox/lanes.spec.ts',
  'spec/problems/p19-pending.spec.ts',
  'spec/problems/p26-leaks.spec.ts',
  'spec/docs/server.spec.ts',
]

module.exports = class extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => LONG.findIndex((name) => path.endsWith(name)) + 1 || LONG.length + 1
    return super.sort(tests).sort((a, b) => rank(a) - rank(b))
  }
}
