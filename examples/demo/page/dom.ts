type Attributes = Readonly<Record<string, string | number | boolean | undefined>>
type Child = Node | string

const dress = (node: Element, attributes: Attributes, children: readonly Child[]): void => {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) node.removeAttribute(name)
    else node.setAttribute(name, value === true ? '' : String(value))
  }
  node.append(...children)
}

/** An element. Text becomes text nodes: nothing here is ever parsed as HTML. */
export const html = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] => {
  const node = document.createElement(tag)
  dress(node, attributes, children)
  return node
}

/** An element of a drawing. */
export const svg = <K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] => {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag)
  dress(node, attributes, children)
  return node
}

/** Changes attributes; `undefined` and `false` take one away. */
export const set = (node: Element, attributes: Attributes): void => {
  dress(node, attributes, [])
}

/** Says something else, if it is something else. */
export const say = (node: Node, text: string): void => {
  if (node.textContent !== text) node.textContent = text
}

/** The element with an id, which the page is known to have. */
export const byId = (id: string): HTMLElement => {
  const found = document.getElementById(id)
  if (!found) throw new Error(`The page has no #${id}.`)
  return found
}

/** What stands for an item of a list, and how it follows the item. */
export interface Row<T> {
  readonly node: Element
  readonly update: (item: T) => void
}

/** Keeps the children of an element like a list of items: rows are made, moved, updated and removed by their keys. */
export const rows = <T>(parent: Element, key: (item: T) => string, make: (item: T) => Row<T>) => {
  let shown = new Map<string, Row<T>>()
  return (items: readonly T[]): void => {
    const next = new Map<string, Row<T>>()
    for (const item of items) next.set(key(item), shown.get(key(item)) ?? make(item))
    for (const [name, { node }] of shown) if (!next.has(name)) node.remove()
    let place = parent.firstElementChild
    for (const item of items) {
      const row = next.get(key(item))
      if (!row) continue
      if (row.node === place) place = place.nextElementSibling
      else parent.insertBefore(row.node, place)
      row.update(item)
    }
    shown = next
  }
}
