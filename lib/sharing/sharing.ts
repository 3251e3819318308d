import { AsyncSubject, of } from 'rxjs'
import * as E from '#fp/Either'
import { type Client, clientWith } from '../client/client.js'
import { closedClient } from '../client/closed-client.js'
import { type CloseOptions, type CloseReport, nothingLeft } from '../client/draining.js'
import type { ClientOptions } from '../client/options.js'
import { type HandlePort, partsOf, port } from '../client/port.js'
import type { AnyContract } from '../contract/contract.js'
import { cell } from '../core/cell.js'
import { disposing } from '../core/disposable.js'
import type { Result, ResultStream } from '../core/result.js'
import { isObject } from '../core/shape.js'
import { stream, unhandled } from '../core/stream.js'
import type { ConnectionState } from '../connection/model.js'
import { closedByUser } from '../kernel/kernel.js'
import { observer } from '../store/calls.js'
import { platformWebSocket } from '../transport/websocket.js'
import { owned, ownedRoom, type OwnedNeeds } from './owned.js'
import { difference } from './same.js'

/** Options of `sharing`. All are optional. */
export interface SharingOptions {
  /** Makes each shared client. Default: `createClient`. For tests: the `client` of the test kit. */
  readonly create?: ((options: ClientOptions) => Client) | undefined
}

/** A client that owners share. */
interface Shared {
  readonly options: ClientOptions
  readonly client: Client
  /** The number of owners; `closing` once the last of them has closed it. */
  owners: number | 'closing'
}

const createClient = clientWith(platformWebSocket)

/**
 * Makes a `createClient` whose clients share their connections: those with the same `url` and `identity` have one. Each is
 * an owner of its own, and the connection closes with the last of them. What is shared belongs to the returned function:
 * make one for an application, and on a server one for each request. Other options that differ from those of the shared
 * client give a client that is `Closed` with a `ConfigError`.
 */
export const sharing = ({ create = createClient }: SharingOptions = {}): ((options: ClientOptions) => Client) => {
  const all = new Set<Shared>()

  const open = (options: ClientOptions): Shared => {
    const client = create(options)
    const shared: Shared = { options, client, owners: 0 }
    const { over, kernel } = partsOf(client)
    if (over()) return shared
    all.add(shared)
    kernel.state.watch(({ _tag }) => {
      if (_tag === 'Closed') all.delete(shared)
    })
    return shared
  }
  /** Takes an owner away. Closes the client after the last, unless another comes in the same turn. */
  const leave = (shared: Shared, options: CloseOptions | undefined): ResultStream<CloseReport> => {
    const { threw } = partsOf(shared.client).kernel.diagnostics
    const result$ = new AsyncSubject<Result<CloseReport>>()
    const decide = (): void => {
      const isLast = shared.owners === 0
      if (isLast) {
        shared.owners = 'closing'
        all.delete(shared)
      }
      const close$ = isLast ? shared.client.close(options) : of(E.right(nothingLeft))
      close$.subscribe(result$)
    }
    if (shared.owners !== 'closing') shared.owners--
    if (shared.owners === 0) partsOf(shared.client).kernel.turns.soon(decide)
    else decide()
    return stream(threw, result$)
  }
  return (options) => {
    if (!isObject(options)) return create(options)
    const known = [...all].find(
      ({ options: { url, identity } }) => url === options.url && identity === options.identity,
    )
    const fault = known && difference(known.options, options)
    if (fault) return closedClient(fault)
    const shared = known ?? open(options)
    if (shared.owners !== 'closing') shared.owners++
    return owner(shared, (how) => leave(shared, how))
  }
}

/** Makes the client of one owner. */
const owner = (shared: Shared, leave: (options: CloseOptions | undefined) => ResultStream<CloseReport>): Client => {
  const { client } = shared
  const parts = partsOf(client)
  const { kernel } = parts
  const state = cell<ConnectionState>(kernel.state.value(), kernel.turns)
  const end$ = new AsyncSubject<void>()
  const ends = new Set<() => void>()
  let left$: ResultStream<CloseReport> | undefined
  let isOver = false

  const watch = kernel.state.changes$.subscribe({ next: state.set, error: unhandled, complete: state.complete })
  const needs: OwnedNeeds = {
    kernel,
    end$,
    hasEnded: () => isOver,
    atEnd: (then) => {
      ends.add(then)
      return () => {
        ends.delete(then)
      }
    },
  }
  const end = (): void => {
    isOver = true
    watch.unsubscribe()
    kernel.turns.enter(() => {
      state.set({ _tag: 'Closed', generation: kernel.state.value().generation })
      state.complete()
    })
    end$.next()
    end$.complete()
    for (const then of ends) then()
    ends.clear()
  }
  const close = (options?: CloseOptions): ResultStream<CloseReport> => {
    if (left$) return shared.owners === 'closing' && !isOver ? client.close(options) : left$
    left$ = leave(options)
    // The streams of a last owner end with the client, once it has drained.
    left$.subscribe(observer(end))
    return left$
  }
  const own = {
    state$: stream(kernel.diagnostics.threw, state.changes$),
    close,
    ...disposing(() => close()),
    [port]: (): HandlePort => ({
      parts: { ...parts, kernel: { ...kernel, state }, over: () => (isOver ? closedByUser : parts.over()) },
      fault: undefined,
    }),
  }
  /** The client with features. */
  const owning = (real: Client): Client =>
    Object.freeze({
      ...owned(needs, real),
      ...own,
      room: (name: string, contract: AnyContract) => ownedRoom(needs, real.room(name, contract)),
      with: (...features: readonly ((of: Client) => object)[]) =>
        owning(features.reduce<Client>((so, feature) => ({ ...so, ...feature(so) }), real)),
    }) as unknown as Client
  return owning(client)
}
