import {
  between,
  callable,
  type Check,
  type Checks,
  either,
  faultOfEach,
  group,
  invalid,
  ms,
  optionFault,
  required,
  time,
  whole,
} from '../../core/check.js'
import type { ConfigError } from '../../core/error.js'
import { maskUrls } from '../../core/redact.js'
import type { Url } from '../../kernel/addresses.js'
import { urlFault } from '../../kernel/url.js'
import type { EndpointCheck } from './check.js'

/** An endpoint with a rank. */
export interface EndpointOptions {
  /** As the option `url` of a client: a text, or a function that the client calls before each socket. */
  readonly url: Url
  /** The endpoints with the lowest number are used while one of them is well. Default: the place in the list. */
  readonly priority?: number | undefined
  /** Its share of the clients among endpoints of the same priority. Default 1. */
  readonly weight?: number | undefined
}

/** Times of endpoints, in ms, and their check. All are optional. */
export interface EndpointsOptions {
  /** After a failure the next endpoint is tried at a random time within so long. Default 250. */
  readonly spreadMs?: number | undefined
  /**
   * After its first failure an endpoint is tried after the others for so long and up to twice as long, at random; each
   * further failure doubles it. Default 5 000.
   */
  readonly restMs?: number | undefined
  /** The bound of that growth. Default 300 000. */
  readonly restCapMs?: number | undefined
  /**
   * A client of an endpoint that is not the first returns at a random time within so long, once the rest of a better one is
   * over. Default 30 000.
   */
  readonly returnMs?: number | undefined
  /**
   * Is asked before the client returns to an endpoint, and before it tries one again that has failed, while another one is
   * well: `httpCheck()`, or a function of the endpoint. The first value counts: `true` or a `Right` says that it is well.
   * Default: the connection itself is the check.
   */
  readonly check?: EndpointCheck | undefined
  /** Within so long the check answers, or the endpoint is not well. Default 5 000. */
  readonly checkWithinMs?: number | undefined
  /** An endpoint that its check found unwell is checked again after half to one and a half times this. Default 10 000. */
  readonly checkEveryMs?: number | undefined
}

/** The options that are times. */
export type EndpointTimes = Omit<EndpointsOptions, 'check'>

/** The servers of a client: addresses, or addresses with a priority and a weight. */
export type EndpointList = readonly (Url | EndpointOptions)[]

/** One endpoint of a client. */
export interface Place {
  readonly url: Url
  /** The address as states show it. */
  readonly shown: string
  readonly priority: number
  readonly weight: number
}

const urlCheck: Check = {
  expected: 'url',
  is: (value) => typeof value === 'string' || callable.is(value),
}
const rankedCheck: Check = group({
  url: required(urlCheck),
  priority: whole(0),
  weight: { expected: 'a number above 0', is: between(Number.MIN_VALUE, 1e9) },
} satisfies Checks<keyof EndpointOptions>)
const placeCheck: Check = {
  ...either('a url, or an object with the url', urlCheck, rankedCheck),
  isSecret: true,
  within: (value: Url | EndpointOptions, path: string) => {
    if (typeof value === 'object') return rankedCheck.within?.(value as never, path) ?? faultOfUrl(value.url)
    return faultOfUrl(value)
  },
}
const faultOfUrl = (url: Url): ConfigError | undefined => (typeof url === 'string' ? urlFault(url) : undefined)

const listChecks: Checks<'endpoints'> = {
  endpoints: required({
    expected: 'a list of 1 to 64 urls',
    is: (value) => Array.isArray(value) && value.length > 0 && value.length <= 64,
    within: (list: readonly unknown[], path) => faultOfEach(list, placeCheck, path) ?? repeated(list),
  }),
}

export const optionChecks: Checks<keyof EndpointsOptions> = {
  spreadMs: ms,
  restMs: time,
  restCapMs: time,
  returnMs: ms,
  check: callable,
  checkWithinMs: time,
  checkEveryMs: time,
}

/** An address that is twice in the list is a mistake: its failures would count once for each. */
const repeated = (list: readonly unknown[]): ConfigError | undefined => {
  const urls = list.map(urlOf)
  const at = urls.findIndex((url, place) => urls.indexOf(url) !== place)
  return at < 0
    ? undefined
    : invalid(`endpoints[${at}]`, 'value', { actual: 'the address of an earlier one', expected: 'each endpoint once' })
}

const urlOf = (given: unknown): unknown =>
  typeof given === 'object' && given !== null ? (given as EndpointOptions).url : given

/** Returns the first fault of a list of endpoints. */
export const listFault = (endpoints: unknown): ConfigError | undefined => optionFault({ endpoints }, listChecks)

/** The endpoints of a list without faults. */
export const placesOf = (list: EndpointList): readonly Place[] =>
  list.map((each, at) => {
    const { url, priority = at, weight = 1 } = typeof each === 'object' ? each : { url: each }
    return { url, shown: shownOf(url), priority, weight }
  })

/** Protocol, host and path: a user and a query may be secrets. */
const shownOf = (url: Url): string =>
  typeof url === 'string' ? maskUrls(url.replace(/[?#][^]*$/, '').replace(/\/\/[^/?#]*@/, '//')) : ''
