import type { Subscriber } from 'rxjs'

/**
 * Tells subscribers, in the order they came. A Subject without its own subscription per subscriber: there are as many as
 * rooms. Who comes while a value is told gets the next one.
 */
export class Fanout<T> {
  #subscribers: Subscriber<T>[] = []
  #told: readonly Subscriber<T>[] | undefined

  get observed(): boolean {
    return this.#subscribers.length > 0
  }

  /** True where one value goes to more than one subscriber. */
  get shared(): boolean {
    return this.#subscribers.length > 1
  }

  add(to: Subscriber<T>): void {
    if (this.#subscribers.length === 0) this.#subscribers = [to]
    else this.#subscribers.push(to)
    this.#told = undefined
  }

  /** False if it was not there. */
  remove(to: Subscriber<T>): boolean {
    const at = this.#subscribers.indexOf(to)
    if (at < 0) return false
    this.#subscribers.splice(at, 1)
    this.#told = undefined
    return true
  }

  /** Removes all, and gives them. */
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
