// The lint rule that keeps sleeps out of spec/: waiting is for a condition with a deadline, see spec/support/until.ts.
const TIMERS = new Set(
  'setTimeout setInterval setImmediate requestAnimationFrame requestIdleCallback queueMicrotask'.split(' '),
)
const MODULES = /^(node:)?timers(\/promises)?$/
/** Objects that are the platform, and may hold its timers. */
const PLATFORM = new Set(['globalThis', 'window', 'self', 'global'])
/** What waits a while, by object and method; `*` is any object. */
const WAITS = {
  waitForTimeout: '*',
  nextTick: 'process',
  wait: 'Atomics scheduler',
  waitAsync: 'Atomics',
  sleep: 'Bun',
}
const RUNS_COMMANDS = /^(exec|execSync|execFile|execFileSync|spawn|spawnSync)$/
const SLEEP = /(^|[\s/;&])(u?sleep|timeout)\s+[\d.]/
/** Of rxjs: what takes a promise from a stream, and what makes a stream wait. */
const TAKES = /^(first|last)ValueFrom$/
const DELAYS = /^(timer|interval|delay)$/
/** What waits for a condition, and what a condition is not to look at. */
const CONDITIONS = /^(until|soon)$/
const CLOCKS = /^(Date|performance|process)$/

const nameOf = (node) => {
  if (node.type === 'Identifier') return node.name
  if (node.type === 'MemberExpression')
    return node.computed ? node.property.type === 'Literal' && String(node.property.value) : node.property.name
  return node.type === 'PrivateIdentifier' ? node.name : undefined
}
const textOf = (node) =>
  node?.type === 'Literal' ? String(node.value) : node?.type === 'TemplateLiteral' ? node.quasis[0].value.raw : ''

/** Whether a node is such, or one of those in it. */
const has = (node, isSuch) =>
  typeof node?.type === 'string' &&
  (isSuch(node) ||
    Object.entries(node).some(
      ([key, inner]) =>
        key !== 'parent' && (Array.isArray(inner) ? inner.some((each) => has(each, isSuch)) : has(inner, isSuch)),
    ))

/** Whether it makes a stream wait: `timer` and the like without a scheduler. */
const isDelay = (node) =>
  node.type === 'CallExpression' &&
  DELAYS.test(nameOf(node.callee) ?? '') &&
  (node.arguments.length < 2 || node.arguments.at(-1).type === 'Literal')

/** Whether it reads the clock: a condition that does is true after a while. */
const isClock = (node) =>
  node.type === 'MemberExpression' &&
  CLOCKS.test(nameOf(node.object) ?? '') &&
  /^(now|hrtime)$/.test(nameOf(node) ?? '')

export const noSleep = {
  meta: {
    type: 'problem',
    docs: { description: 'specs wait for conditions' },
    messages: { found: 'A sleep: use virtual time, or wait for a condition with `until`.' },
    schema: [],
  },
  create: (context) => {
    const report = (node) => context.report({ node, messageId: 'found' })
    const imported = (node) => {
      if (MODULES.test(textOf(node.source))) report(node)
    }
    return {
      // The platform's own timers, wherever they are named: what has the name of one but is declared here is another.
      'Program:exit': () => {
        const { globalScope } = context.sourceCode.scopeManager
        const references = [...globalScope.through, ...globalScope.variables.flatMap(({ references: of }) => of)]
        for (const { identifier } of references)
          if (TIMERS.has(identifier.name) && identifier.parent?.type !== 'TSTypeQuery') report(identifier)
      },
      MemberExpression: (node) => {
        const name = nameOf(node)
        const object = nameOf(node.object)
        if (TIMERS.has(name) && PLATFORM.has(object)) report(node)
        const objects = Object.hasOwn(WAITS, name) && WAITS[name]
        if (objects && (objects === '*' || objects.split(' ').includes(object))) report(node)
      },
      ImportDeclaration: imported,
      ExportNamedDeclaration: imported,
      ImportExpression: imported,
      CallExpression: (node) => {
        const name = nameOf(node.callee)
        const [first, second] = node.arguments
        if (name === 'require' && MODULES.test(textOf(first))) report(node)
        if (RUNS_COMMANDS.test(name ?? '')) {
          const list = second?.type === 'ArrayExpression' ? second.elements.map(textOf).join(' ') : ''
          if (SLEEP.test(`${textOf(first)} ${list}`)) report(node)
        }
        if (TAKES.test(name ?? '') && node.arguments.some((each) => has(each, isDelay))) report(node)
        if (CONDITIONS.test(name ?? '') && node.arguments.some((each) => has(each, isClock))) report(node)
      },
    }
  },
}
