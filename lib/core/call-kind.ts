/** The kinds of calls. A `query` may run again, a `command` runs at most once, a `stream` has many replies. */
export type CallKind = 'query' | 'command' | 'stream'
