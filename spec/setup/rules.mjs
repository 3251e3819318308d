// Lint rules of this repository that need types; see eslint.config.mjs for where they apply.
import { ESLintUtils } from '@typescript-eslint/utils'
import ts from 'typescript'
import { plainComments } from './comments.mjs'
import { noSleep } from './sleeps.mjs'

const TIMED = new Set(
  'timer interval delay debounceTime throttleTime auditTime sampleTime bufferTime windowTime timeout timeoutWith timeInterval timestamp'.split(
    ' ',
  ),
)
const DELAYED_BY_OPTION = new Set(['retry', 'repeat'])
const SUBJECTS = new Set(['Subject', 'BehaviorSubject', 'ReplaySubject', 'AsyncSubject'])

const fromRxjs = (symbol) =>
  symbol?.declarations?.some((declaration) => /[\\/]rxjs[\\/]/.test(declaration.getSourceFile().fileName)) ?? false

const rule = (description, message, create) => ({
  meta: { type: 'problem', docs: { description }, messages: { found: message }, schema: [] },
  create: (context) => create(context, ESLintUtils.getParserServices(context)),
})

const explicitScheduler = rule(
  'operators that take time are given the scheduler',
  '`{{name}}` runs on the platform clock here: pass the injected scheduler.',
  (context, { getSymbolAtLocation, getTypeAtLocation, program }) => {
    const checker = program.getTypeChecker()
    const symbolOf = (node) => {
      const symbol = getSymbolAtLocation(node)
      return symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    }
    const isScheduler = (type) => Boolean(type.getProperty('schedule') && type.getProperty('now'))
    const isGiven = (argument) => {
      const type = checker.getNonNullableType(getTypeAtLocation(argument))
      return isScheduler(type) || Boolean(type.getProperty('scheduler'))
    }
    const delaysByNumber = (argument) => {
      const type = checker.getNonNullableType(getTypeAtLocation(argument))
      const delay = type.getProperty('delay')
      if (!delay) return false
      const value = checker.getTypeOfSymbol(delay)
      const parts = value.isUnion() ? value.types : [value]
      return parts.some((part) => part.flags & ts.TypeFlags.NumberLike)
    }
    return {
      CallExpression: (node) => {
        const callee = node.callee.type === 'MemberExpression' ? node.callee.property : node.callee
        if (callee.type !== 'Identifier') return
        const symbol = symbolOf(callee)
        const name = symbol?.name
        if (!name || !(TIMED.has(name) || DELAYED_BY_OPTION.has(name)) || !fromRxjs(symbol)) return
        const bad = TIMED.has(name) ? !node.arguments.some(isGiven) : node.arguments.some(delaysByNumber)
        if (bad) context.report({ node, messageId: 'found', data: { name } })
      },
    }
  },
)

const noSubjectError = rule(
  'streams never error',
  'A stream of this library never errors: emit a `Left`.',
  (context, { getTypeAtLocation }) => ({
    'CallExpression > MemberExpression.callee[property.name="error"]': (node) => {
      const symbol = getTypeAtLocation(node.object).getSymbol()
      if (SUBJECTS.has(symbol?.name) && fromRxjs(symbol)) context.report({ node, messageId: 'found' })
    },
  }),
)

export default {
  rules: {
    'explicit-scheduler': explicitScheduler,
    'no-subject-error': noSubjectError,
    'no-sleep': noSleep,
    'plain-comments': plainComments,
  },
}
