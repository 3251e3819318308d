import type { Parts } from '../../client/parts.js'
import type { PostStep } from '../../client/sending.js'
import type { Extension } from '../../kernel/extension.js'

/** The posts of the present step: everything that happens until the client writes. Call in a turn. */
export interface Steps extends Extension {
  readonly present: () => PostStep
}

export const steps = ({ sending }: Parts): Steps => {
  let step: PostStep = { posts: [] }
  const present = (): PostStep => step
  sending.record(present)
  return {
    present,
    flush: () => {
      if (step.posts.length > 0 || step.refusal) step = { posts: [] }
    },
  }
}
