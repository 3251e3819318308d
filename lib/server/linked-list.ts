/** A linked list of nodes. Adding, moving and removing take constant time. */
export interface LinkedList<T> {
  first: Node<T> | undefined
  last: Node<T> | undefined
  size: number
}

/** A node for an item, in at most one list. */
export interface Node<T> {
  item: T | undefined
  list: LinkedList<T> | undefined
  before: Node<T> | undefined
  after: Node<T> | undefined
}

export const linkedList = <T>(): LinkedList<T> => ({ first: undefined, last: undefined, size: 0 })

export const node = <T>(): Node<T> => ({ item: undefined, list: undefined, before: undefined, after: undefined })

/** Removes a node from its list, if it is in one. */
export const unlink = <T>(of: Node<T>): void => {
  const { list, before, after } = of
  if (!list) return
  if (before) before.after = after
  else list.first = after
  if (after) after.before = before
  else list.last = before
  list.size--
  of.item = of.list = of.before = of.after = undefined
}

/** Moves an item's node to the end of a list. */
export const append = <T>(list: LinkedList<T>, of: Node<T>, item: T): void => {
  unlink(of)
  of.item = item
  of.list = list
  of.before = list.last
  if (list.last) list.last.after = of
  else list.first = of
  list.last = of
  list.size++
}
