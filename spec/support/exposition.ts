/** A sample of an exposition. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** A metric with its samples. */
export interface MetricFamily {
  readonly help: string
  readonly type: string
  readonly samples: readonly Sample[]
}

const nameForm = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const labelForm = '[a-zA-Z_][a-zA-Z0-9_]*'
const valueForm = String.raw`"(?:[^"\\\n]|\\["\\n])*"`

/**
 * Reads the text format of Prometheus 0.0.4 strictly: each metric is HELP, TYPE and its samples, in one group and once; no
 * sample comes twice; every line ends with a line feed. Throws at the first fault.
 */
export const readExposition = (text: string): ReadonlyMap<string, MetricFamily> => {
  if (!text.endsWith('\n')) throw new Error('the last line has no line feed')
  const families = new Map<string, { help: string; type: string; samples: Sample[] }>()
  const seen = new Set<string>()
  let present: string | undefined
  let expected: 'HELP' | 'TYPE' | 'sample' = 'HELP'
  for (const [at, line] of text.slice(0, -1).split('\n').entries()) {
    const fail = (what: string): never => {
      throw new Error(`line ${at + 1}: ${what}: ${line}`)
    }
    const comment = new RegExp(`^# (HELP|TYPE) (${nameForm}) (.+)$`).exec(line)
    if (comment) {
      const [, kind = '', name = '', rest = ''] = comment
      if (kind === 'HELP') {
        if (expected === 'TYPE') fail('TYPE is missing')
        if (families.has(name)) fail('a metric comes twice')
        families.set(name, { help: rest, type: '', samples: [] })
        present = name
        expected = 'TYPE'
      } else {
        if (expected !== 'TYPE' || name !== present) fail('TYPE without HELP')
        if (!['counter', 'gauge', 'histogram', 'summary', 'untyped'].includes(rest)) fail('an unknown type')
        families.get(name)!.type = rest
        expected = 'sample'
      }
      continue
    }
    if (line.startsWith('#')) fail('an unknown comment')
    const sample = new RegExp(
      `^(${nameForm})(?:\\{((?:${labelForm}=${valueForm})(?:,${labelForm}=${valueForm})*)\\})? (\\S+)$`,
    ).exec(line)
    if (!sample) throw new Error(`line ${at + 1}: no sample: ${line}`)
    const [, name = '', labels = '', value = ''] = sample
    if (expected !== 'sample' || name !== present) fail('a sample outside of its metric')
    if (!/^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(value)) fail('no number')
    const key = `${name}{${labels}}`
    if (seen.has(key)) fail('a sample comes twice')
    seen.add(key)
    const pairs = [...labels.matchAll(new RegExp(`(${labelForm})=(${valueForm})`, 'g'))].map(
      ([, label = '', quoted = '']) =>
        [label, quoted.slice(1, -1).replace(/\\(.)/g, (_, it: string) => (it === 'n' ? '\n' : it))] as const,
    )
    families.get(name)!.samples.push({ name, labels: Object.fromEntries(pairs), value: Number(value) })
  }
  if (expected === 'TYPE') throw new Error('the last metric has no TYPE')
  return families
}
