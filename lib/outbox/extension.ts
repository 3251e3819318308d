import { overdue } from '../connection/error.js'
import type { Extension } from '../kernel/extension.js'
import type { Kernel } from '../kernel/kernel.js'
import type { Outbox, OutboxConfig, OutboxNeeds } from './model.js'
import { outbox as outboxOf } from './outbox.js'

export interface OutboxExtensionNeeds extends Pick<OutboxNeeds, 'isJoining' | 'journal' | 'user'> {
  readonly config: OutboxConfig
}

/** Adds the outbox to a client. */
export const addOutbox = (kernel: Kernel, needs: OutboxExtensionNeeds): Outbox => {
  const { config } = kernel

  const outbox = outboxOf({
    ...needs,
    backoff: config.backoff,
    wall: config.wall,
    random: config.random,
    deadlines: kernel.deadlines,
    publish: kernel.turns.publish,
    producer: config.ids(),
    need: () => {
      kernel.send({ _tag: 'Need' })
    },
    overdue: (again) => {
      const { generation } = kernel.state.value()
      if (again)
        kernel.send({ _tag: 'Lost', generation, because: overdue('connection/unacknowledged', 2 * needs.config.ackMs) })
      else kernel.probe()
    },
  })
  const { sender } = outbox
  kernel.add({
    frames: {
      a: sender.ack,
      refused: sender.refuse,
      bye: ({ to }) => {
        // A client that is to move publishes here until it has moved.
        if (to === undefined) sender.pause()
      },
      limits: () => {
        const welcome = kernel.present.welcome()
        if (welcome) sender.agree(welcome)
      },
    },
    up: (welcome, link) => {
      sender.up(link, welcome, welcome.user)
    },
    down: ({ poison, wasOnline, besideBytes }) =>
      sender.down(poison && poison !== 'received' && wasOnline ? besideBytes : undefined),
    write: sender.flush,
    close: outbox.close,
  } satisfies Extension)
  return outbox
}
