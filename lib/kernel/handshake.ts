import { SESSION, SIGNALS, type Hello, type Welcome } from '../protocol/frame.js'
import type { Extension } from './extension.js'
import type { Identity } from './identity.js'
import type { Kernel } from './kernel.js'
import { refused } from './refusal.js'
import { isOver, type Session } from './session.js'

/** Capabilities of this client beyond the mandatory ones. */
export const can: readonly string[] = ['seen', SIGNALS, 'granted', SESSION]

/** The number of sessions of this client to remember, so that their messages count as own. */
const remembered = 17

export interface HandshakeNeeds {
  readonly identity: Identity
  /** The server has welcomed this client. Called before the session changes. */
  readonly welcomed: (frame: Welcome) => void
}

/** Writes the hello of each link, and takes the welcome, or the refusal of the link. */
export const handshake = (kernel: Kernel, { identity, welcomed }: HandshakeNeeds): Extension => {
  const { present, session } = kernel

  const greet = ({ generation }: { readonly generation: number }): void => {
    const link = present.greeting()
    if (!link) return
    const { instance, resume } = identity.session
    const claim = { instance, generation: identity.before + generation, ...(resume && { resume }) }
    let hello: Hello = { t: 'hello', can, session: claim, messageBytes: kernel.config.messageBytes, rooms: [] }
    for (const { greet: fields } of kernel.extensions)
      if (fields) hello = { ...hello, ...fields(present.helloBytes(hello.token?.length ?? 0)) }
    kernel.diagnostics.secrets.note(resume, 'session')
    link.control(hello)
  }
  const expiry = (inMs: number | undefined): number | undefined =>
    inMs === undefined ? inMs : kernel.config.wall() + inMs
  const change = (fields: Partial<Session>): void => {
    const current = session.value()
    if (current._tag === 'Active') session.set({ ...current, ...fields })
  }
  session.watch((state) => {
    if (state._tag === 'None' || isOver(state)) identity.session = { ...identity.session, resume: '' }
  })
  return {
    outputs: { Greet: greet },
    frames: {
      welcome: (frame, link) => {
        if (present.link() === link && present.welcome()) return
        const { user, roles, data, since, resumed = false, tokenExpiresInMs, limits, durability } = frame
        const { id, resume } = frame.session
        kernel.diagnostics.secrets.note(resume, 'session')
        const { instance, sessions } = identity.session
        // Another user has sent none of the messages of the earlier sessions.
        const earlier = identity.user === user ? sessions.filter((other) => other !== id) : []
        identity.session = { instance, resume, sessions: [id, ...earlier].slice(0, remembered) }
        identity.user = user
        welcomed(frame)
        const expiresAt = expiry(tokenExpiresInMs)
        session.set({ _tag: 'Active', id, user, roles, data, since, expiresAt, resumed, limits, durability })
        kernel.diagnostics.counters.connections++
        present.agree(frame, link)
        kernel.send({ _tag: 'Welcomed', generation: link.generation })
      },
      limits: ({ limits }) => {
        const welcome = present.welcome()
        if (welcome) present.agree({ ...welcome, limits })
        change({ limits })
      },
      'auth.ok': ({ expiresInMs }) => {
        change({ expiresAt: expiry(expiresInMs) })
      },
      session: ({ roles, data }) => {
        change({ roles, data })
      },
      refused: (frame, link) => {
        // The refusal of a frame of another extension.
        if (frame.ref !== undefined) return
        // A message of several frames may have been too large: it is tried again in smaller ones.
        const isSize = frame.code === 'protocol/too-large' && (present.welcome() !== undefined || present.canShrink())
        if (isSize) present.lose(refused('', { ...frame, kind: 'retry' }), 'size', link)
        else present.lose(refused('', frame), undefined, link)
      },
    },
    halt: (because) => {
      const isDenied = because?._tag === 'AuthenticationError' && because.code !== 'auth/subject'
      if (isDenied && session.value()._tag === 'Active') session.set({ _tag: 'Expired', because })
    },
  }
}
