import type { Subscriber } from 'rxjs'

/**
 * Sends values to subscribers, in the order of subscription. A Subject without a subscription object per subscriber:
 * there are as many as rooms. A subscriber added during a value gets the next one.
 */
export class Fanout<T> {
  #subscribers: Subscriber<T>[] = []
  #told: readonly Subscriber<T>[] | undefined

  get observed(): boolean {
    return this.#subscribers.length > 0
  }

  /** True if a value goes to more than one subscriber. */
  get shared(): boolean {
    return this.#subscribers.length > 1
  }

  add(to: Subscriber<T>): void {
    if (this.#subscribers.length === 0) this.#subscribers = [to]
    else this.#subscribers.push(to)
    this.#told = undefined
  }

  /** Returns false if the subscriber was absent. */
  remove(to: Subscriber<T>): boolean {
    const at = this.#subscribers.indexOf(to)
    if (at < 0) return false
    this.#subscribers.splice(at, 1)
    this.#told = undefined
    return true
  }

  /** Removes all subscribers and returns them. */
  clear(): readonly Subscriber<T>[] {
    const all = this.#subscribers
    this.#subscribers = []
    this.#told = undefined
    return all
  }

  next(value: T): void {
    if (this.#subscribers.length === 1) {
      this.#subscribers[0]?.next(value)
      return
    }
    this.#told ??= [...this.#subscribers]
    for (const to of this.#told) to.next(value)
  }

  complete(): void {
    for (const to of [...this.#subscribers]) to.complete()
  }
}
